// Package accesslog reads lines of web servers' access logs: nginx's and
// Apache's common and combined format with fields of one's own before or behind
// them, name=value, and JSON. It keeps nothing of a line and allocates nothing
// for one.
package accesslog

import (
	"bytes"
	"time"
)

// Line is what one line tells of a request. Its texts are parts of what was
// parsed or of the parser's buffer, and hold until the next Parse.
type Line struct {
	Time   int64  // when the line's request ended, nanoseconds since 1970, or as Started says
	Zone   int32  // of the time as it was written, seconds east of UTC
	Whole  bool   // the time is one of whole seconds: the request was at any moment of that second
	Start  bool   // the time is known to be that at which the request began
	Status int32  // 0 when the line has none
	Host   []byte // of the site, as the line names it; empty when it does not
	Method []byte
	Target []byte        // path and query as the client sent them; or a whole URL, or *
	Took   time.Duration // how long the request took; below 0 when the line does not say
	Bytes  int64         // of the answer; below 0 when the line does not say
}

// Began returns when the request began, nanoseconds since 1970: servers write a
// line, with its time, when they have answered. It is the time itself when the
// line does not say how long that took.
func (l *Line) Began() int64 {
	if l.Start || l.Took < 0 {
		return l.Time
	}
	return l.Time - int64(l.Took)
}

// Path returns the path and query of the target, of which proxies are asked for the
// whole URL; ok is false where it has none, as in * and in the host:443 of CONNECT.
func (l *Line) Path() (path []byte, ok bool) {
	if len(l.Target) == 0 || l.Target[0] == '/' {
		return l.Target, len(l.Target) > 0
	}
	scheme, rest, found := bytes.Cut(l.Target, []byte("://"))
	if !found || bytes.ContainsAny(scheme, "/?") {
		return nil, false
	}
	if i := bytes.IndexByte(rest, '/'); i >= 0 {
		return rest[i:], true
	}
	return []byte("/"), true
}

// At returns Time as it was written, in its zone.
func (l *Line) At() time.Time {
	return time.Unix(0, l.Time).In(time.FixedZone("", int(l.Zone)))
}

// Parser reads lines. The zero Parser is ready; it serves one goroutine.
type Parser struct {
	line     Line
	timed    bool // line has a time
	told     bool // how long the request took stands by its name
	asked    bool // a request was read, or what stands in its place
	path     []byte
	query    []byte
	plain    []byte // the request, or its parts, without escapes
	day      [11]byte
	midnight int64
}

// Parse reads one line, without its line feed. ok is false when it is not one
// of an access log. A line of a client that sent no request ("-", or noise) is
// one, and has no Method.
func (p *Parser) Parse(text []byte) (l Line, ok bool) {
	p.line, p.timed, p.told, p.asked = Line{Took: -1, Bytes: -1}, false, false, false
	p.path, p.query, p.plain = nil, nil, p.plain[:0]
	text = bytes.TrimSpace(text)
	if i := bytes.IndexByte(text, '{'); i >= 0 && bytes.IndexByte(text[:i], '"') < 0 {
		p.object(text[i:])
	} else {
		p.words(text)
		p.virtualHost(text)
	}
	if p.line.Target == nil && p.path != nil {
		p.join()
	}
	if !p.timed || !p.asked && p.line.Method == nil {
		return Line{}, false
	}
	if p.line.Method == nil || len(p.line.Target) == 0 {
		p.line.Method, p.line.Target = nil, nil
	}
	return p.line, true
}

// virtualHost reads the host before the port with which lines of Apache's vhost_combined begin.
func (p *Parser) virtualHost(text []byte) {
	first, _, _ := bytes.Cut(text, []byte{' '})
	host, port, found := bytes.Cut(first, []byte{':'})
	if found && digits(port) && len(port) <= 5 && len(host) > 0 && !digits(host) && p.line.Host == nil {
		p.line.Host = host
	}
}

// join puts a path and a query that were told apart together.
func (p *Parser) join() {
	p.line.Target = p.path
	if len(p.query) == 0 || bytes.IndexByte(p.path, '?') >= 0 {
		return
	}
	from := len(p.plain)
	p.plain = append(append(append(p.plain, p.path...), '?'), bytes.TrimPrefix(p.query, []byte{'?'})...)
	p.line.Target = p.plain[from:]
}

// request reads "GET /path HTTP/1.1", and reports whether it is one.
func (p *Parser) request(text []byte) bool {
	method, rest, found := bytes.Cut(text, []byte{' '})
	if !found || !isMethod(method) {
		return false
	}
	i := bytes.LastIndex(rest, []byte(" HTTP/"))
	if i >= 0 {
		rest = rest[:i]
	}
	if len(rest) == 0 || i < 0 && rest[0] != '/' {
		return false
	}
	p.line.Method, p.line.Target = p.unescape(method), p.unescape(rest)
	return true
}

// longestMethod bounds what is taken for a method, bytes.
const longestMethod = 24

// isMethod reports whether text is a method as clients write them.
func isMethod(text []byte) bool {
	if len(text) == 0 || len(text) > longestMethod {
		return false
	}
	for _, c := range text {
		if (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return text[0] >= 'A'
}

// unescape takes the escapes of nginx (\x22) and Apache (\", \x22, \t) back.
func (p *Parser) unescape(text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	from := len(p.plain)
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' || i+1 == len(text) {
			p.plain = append(p.plain, c)
			continue
		}
		i++
		if text[i] == 'x' && i+2 < len(text) {
			if high, low := hex(text[i+1]), hex(text[i+2]); high >= 0 && low >= 0 {
				p.plain = append(p.plain, byte(high<<4|low))
				i += 2
				continue
			}
		}
		p.plain = append(p.plain, control(text[i]))
	}
	return p.plain[from:]
}

// control returns the byte for which the letter stands behind a backslash.
func control(letter byte) byte {
	switch letter {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'v':
		return '\v'
	}
	return letter
}

// hex returns the value of a hexadecimal digit, or -1.
func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
