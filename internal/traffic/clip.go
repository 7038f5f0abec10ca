package traffic

import "io"

// clipper cuts long texts out of JSON as it is read, so that a recording with bodies
// of many megabytes needs no more memory than one without.
type clipper struct {
	in      io.Reader
	most    int // bytes of a text, as it is written, that are let through
	inside  bool
	cutting bool
	escaped bool // the byte before was a backslash that stands for itself
	digits  int  // of a \u escape that are still to come
	length  int  // of the text so far
}

// Read implements io.Reader.
func (c *clipper) Read(p []byte) (int, error) {
	for {
		n, err := c.in.Read(p)
		kept := p[:0]
		for _, b := range p[:n] {
			if c.keeps(b) {
				kept = append(kept, b)
			}
		}
		if len(kept) > 0 || err != nil || n == 0 {
			return len(kept), err
		}
	}
}

// keeps reports whether a byte is let through. No escape is cut in two.
func (c *clipper) keeps(b byte) bool {
	if !c.inside {
		c.inside = b == '"'
		c.cutting, c.escaped, c.digits, c.length = false, false, 0, 0
		return true
	}
	if !c.escaped && b == '"' {
		c.inside = false
		return true
	}
	if !c.escaped && c.digits == 0 && c.length >= c.most {
		c.cutting = true
	}
	c.length++
	switch {
	case c.escaped:
		c.escaped = false
		if b == 'u' {
			c.digits = 4
		}
	case b == '\\':
		c.escaped = true
	case c.digits > 0:
		c.digits--
	}
	return !c.cutting
}
