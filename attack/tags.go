package attack

import (
	"bytes"

	"golang.org/x/net/html/atom"
)

// tags goes from tag to tag of a page, by the rules of the HTML standard's tokenizer
// (13.2.5) outside of SVG and MathML. It makes nothing of them, so that it takes a
// fraction of the time that tokens take.
type tags struct {
	page []byte
	at   int // behind the last tag
	odd  bool
}

// next returns the next tag: its name, 0 for one that HTML does not know, whether it
// ends an element, and the tag itself. There is none at the end of the page, and none
// where the rules get too odd to be followed here: odd is true then.
func (t *tags) next() (name atom.Atom, end bool, tag []byte) {
	for {
		i := bytes.IndexByte(t.page[t.at:], '<')
		if i < 0 || t.at+i+1 == len(t.page) {
			return 0, false, nil
		}
		from := t.at + i
		rest := t.page[from+1:]
		end = rest[0] == '/'
		if end {
			rest = rest[1:]
		}
		switch {
		case len(rest) == 0:
			return 0, false, nil
		case letter(rest[0]):
			n := t.name(rest)
			size := tagEnd(rest[n:])
			if size < 0 { // the page ends within the tag, which is none then
				return 0, false, nil
			}
			t.at = len(t.page) - len(rest) + n + size
			name = known(rest[:n])
			if raw[name] && !end {
				t.skipText(name)
			}
			return name, end, t.page[from:t.at]
		case !end && rest[0] == '!' || rest[0] == '?' && !end, end:
			if t.skipComment(from); t.odd {
				return 0, false, nil
			}
		default:
			t.at = from + 1
		}
	}
}

// known is a name in whatever case, 0 for one that HTML does not know.
func known(name []byte) atom.Atom {
	var lower [16]byte
	if len(name) > len(lower) { // none that matters here is as long
		return 0
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	return atom.Lookup(lower[:len(name)])
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func space(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' }

// name is how long the tag's name is.
func (t *tags) name(rest []byte) int {
	for i, c := range rest {
		if space(c) || c == '/' || c == '>' {
			return i
		}
	}
	return len(rest)
}

// tagEnd is where a tag ends, of which the name has been read; -1 if it does not. A >
// within the quotes of a value does not end it.
func tagEnd(rest []byte) int {
	for i := 0; i < len(rest); {
		switch c := rest[i]; {
		case c == '>':
			return i + 1
		case space(c) || c == '/':
			i++
		default:
			i = attributeEnd(rest, i)
		}
	}
	return -1
}

// attributeEnd is where the attribute that begins at i ends.
func attributeEnd(rest []byte, i int) int {
	for i++; i < len(rest) && !space(rest[i]) && rest[i] != '/' && rest[i] != '>' && rest[i] != '='; i++ {
	}
	equals := i
	for equals < len(rest) && space(rest[equals]) {
		equals++
	}
	if equals == len(rest) || rest[equals] != '=' {
		return i
	}
	for i = equals + 1; i < len(rest) && space(rest[i]); i++ {
	}
	if i < len(rest) && (rest[i] == '"' || rest[i] == '\'') {
		if n := bytes.IndexByte(rest[i+1:], rest[i]); n >= 0 {
			return i + n + 2
		}
		return len(rest)
	}
	for ; i < len(rest) && !space(rest[i]) && rest[i] != '>'; i++ {
	}
	return i
}

// skipText goes to the end of an element whose content is text. A script within a
// comment within a script has rules of its own.
func (t *tags) skipText(name atom.Atom) {
	text, close := t.page[t.at:], []byte("</"+name.String())
	for i := 0; ; {
		n := bytes.IndexByte(text[i:], '<')
		if n < 0 || name == atom.Plaintext {
			t.at = len(t.page)
			return
		}
		i += n
		if rest := text[i:]; len(rest) > len(close) && bytes.EqualFold(rest[:len(close)], close) && (space(rest[len(close)]) || rest[len(close)] == '/' || rest[len(close)] == '>') {
			t.at += i
			return
		} else if name == atom.Script && bytes.HasPrefix(rest, []byte("<!--")) {
			t.at, t.odd = len(t.page), true
			return
		}
		i++
	}
}

// skipComment goes to the end of what begins with <!, <? or </ and is no tag.
func (t *tags) skipComment(from int) {
	rest := t.page[from:]
	n := bytes.IndexByte(rest, '>') + 1
	if bytes.HasPrefix(rest, []byte("<!--")) {
		n = bytes.Index(rest[2:], []byte("-->")) + 5
		t.odd = n == 4 || bytes.Contains(rest[:n], []byte("--!>"))
	}
	t.odd = t.odd || n == 0
	t.at = from + n
}
