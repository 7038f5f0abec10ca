package accesslog

import (
	"bytes"
	"strconv"
)

// columns reads a line such as
//
//	shop.example:443 10.0.0.1 - eva [29/Nov/2026:09:00:01 +0100] "GET /a?b=c HTTP/1.1" 200 512 "-" "curl/8" 0.012
//
// of which only the time in brackets, the request in quotes and the status behind
// it need to be there: what else there is, and where, is the log's own affair.
func (r *Reader) columns(line []byte) (record Record, why string) {
	request, rest, found := r.request(line)
	if !found {
		return Record{}, `it has no request in quotes, such as "GET / HTTP/1.1"`
	}
	var ok bool
	if record.Method, record.Target, ok = splitRequest(request); !ok {
		return Record{}, "what was sent was no HTTP request"
	}
	if at := bytes.IndexByte(line, '['); at >= 0 {
		if end := bytes.IndexByte(line[at:], ']'); end > 0 {
			record.Time, ok = r.stamps.parse(line[at+1 : at+end])
		}
		if !ok {
			return Record{}, "its time cannot be read"
		}
	}
	record.Status = statusIn(rest)
	if first, _, _ := bytes.Cut(line, []byte(" ")); bytes.IndexByte(first, ':') > 0 && bytes.IndexByte(first, '.') > 0 {
		host, port, _ := bytes.Cut(first, []byte(":"))
		if _, err := strconv.ParseUint(string(port), 10, 16); err == nil { // vhost_combined
			record.Host = host
		}
	}
	return record, ""
}

// request finds the first text in quotes that is a request, or, when there is none,
// the first behind the time: a client may send anything.
func (r *Reader) request(line []byte) (request, rest []byte, found bool) {
	at := 0
	if end := bytes.Index(line, []byte("] ")); end >= 0 {
		at = end
	}
	for from := at; ; {
		open := bytes.IndexByte(line[from:], '"')
		if open < 0 {
			return nil, nil, false
		}
		inside := line[from+open+1:]
		end := closing(inside)
		if end < 0 {
			return nil, nil, false
		}
		text := r.unescape(inside[:end])
		if first, _, ok := bytes.Cut(text, []byte(" ")); ok && method(first) || !found && statusIn(inside[end+1:]) > 0 {
			return text, inside[end+1:], true
		}
		from += open + 1 + end + 1
	}
}

// closing is where the quotes end; -1 when they do not. A quote within is escaped.
func closing(text []byte) int {
	for from := 0; ; {
		at := bytes.IndexByte(text[from:], '"')
		if at < 0 {
			return -1
		}
		at += from
		slashes := 0
		for slashes < at && text[at-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return at
		}
		from = at + 1
	}
}

// splitRequest takes "GET /a HTTP/1.1" apart. A path may hold spaces, when its
// client was careless.
func splitRequest(request []byte) (method, target []byte, ok bool) {
	method, target, ok = bytes.Cut(request, []byte(" "))
	if end := bytes.LastIndex(target, []byte(" HTTP/")); end >= 0 {
		target = target[:end]
	} else if bytes.HasPrefix(target, []byte("HTTP/")) {
		target = nil
	}
	return method, bytes.TrimSpace(target), ok
}

// statusIn is the first column that is a status; 0 without one.
func statusIn(rest []byte) int {
	for i := 0; i < 3; i++ {
		rest = bytes.TrimLeft(rest, " \t,;|\"'")
		end := 0
		for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
			end++
		}
		if end == 3 && rest[0] >= '1' && rest[0] <= '5' {
			return int(rest[0]-'0')*100 + int(rest[1]-'0')*10 + int(rest[2]-'0')
		}
		next := bytes.IndexByte(rest, ' ')
		if next < 0 {
			return 0
		}
		rest = rest[next:]
	}
	return 0
}

// unescape takes out what nginx (\xE2) and Apache (\xe2, \", \\, \t) put in.
func (r *Reader) unescape(text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	plain := r.scratch[:0]
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			plain = append(plain, text[i])
			continue
		}
		i++
		switch c := text[i]; c {
		case 'x':
			if n, err := strconv.ParseUint(string(text[i+1:min(i+3, len(text))]), 16, 8); err == nil && i+3 <= len(text) {
				plain = append(plain, byte(n))
				i += 2
				continue
			}
			plain = append(plain, '\\', 'x')
		case 'n':
			plain = append(plain, '\n')
		case 't':
			plain = append(plain, '\t')
		case 'r':
			plain = append(plain, '\r')
		default:
			plain = append(plain, c)
		}
	}
	r.scratch = plain
	return plain
}
