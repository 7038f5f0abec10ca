package accesslog

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// object reads a line that is a JSON object. Keys are those that people use for
// nginx's and Apache's variables, and Traefik's; a nested object, such as Caddy's request, is read
// as if its keys stood beside it. What is no key of ours is skipped without being
// decoded: a log of a million lines is read in seconds.
func (r *Reader) object(line []byte) (record Record, why string) {
	o := object{text: line, r: r}
	if !o.read(&record, 0) {
		return Record{}, "it is no JSON"
	}
	if record.Target == nil && o.request != nil {
		record.Method, record.Target, _ = splitRequest(o.request)
	}
	if o.query != nil && bytes.IndexByte(record.Target, '?') < 0 {
		record.Target = append(append(append(make([]byte, 0, len(record.Target)+len(o.query)+1), record.Target...), '?'), o.query...)
	}
	if record.Method == nil && o.request == nil {
		return Record{}, "it has neither a request nor a method (request; or request_method and request_uri)"
	}
	return record, ""
}

type object struct {
	text    []byte
	at      int
	r       *Reader
	request []byte // "GET / HTTP/1.1"
	query   []byte // that of its own
}

// deepest is how far objects within objects are looked into.
const deepest = 3

// read reads an object, from its brace to behind its end.
func (o *object) read(record *Record, depth int) bool {
	if !o.next('{') {
		return false
	}
	if o.next('}') {
		return true
	}
	for {
		key, ok := o.string()
		if !ok || !o.next(':') {
			return false
		}
		o.space()
		switch {
		case o.at < len(o.text) && o.text[o.at] == '{' && depth < deepest:
			ok = o.read(record, depth+1)
		case o.at < len(o.text) && o.text[o.at] == '"':
			var value []byte
			if value, ok = o.string(); ok {
				o.take(record, key, value)
			}
		default:
			start := o.at
			if ok = o.skip(); ok {
				o.take(record, key, o.text[start:o.at])
			}
		}
		if !ok {
			return false
		}
		if o.next('}') {
			return true
		}
		if !o.next(',') {
			return false
		}
	}
}

// take puts a value where it belongs.
func (o *object) take(record *Record, key, value []byte) {
	switch string(key) {
	case "time_local", "time_iso8601", "@timestamp", "timestamp", "time", "ts", "msec", "date", "datetime", "start_time", "StartUTC":
		if t, ok := o.r.stamps.parse(value); ok && record.Time.IsZero() {
			record.Time = t
		}
	case "request", "request_line", "requestLine":
		o.request = value
	case "request_method", "method", "verb", "http_method", "requestMethod", "RequestMethod":
		record.Method = value
	case "request_uri", "uri", "url", "path", "request_path", "requestUri", "requestUrl", "http_path", "RequestPath":
		if record.Target == nil || string(key) == "request_uri" {
			record.Target = value
		}
	case "args", "query_string", "query":
		if len(value) > 0 && value[0] != '{' && value[0] != '[' && string(value) != "-" {
			o.query = bytes.TrimPrefix(value, []byte("?"))
		}
	case "status", "response", "status_code", "http_status", "code", "DownstreamStatus":
		if n, err := strconv.Atoi(string(value)); err == nil && n >= 100 && n < 600 {
			record.Status = n
		}
	case "host", "http_host", "server_name", "vhost", "RequestHost":
		record.Host = value
	}
}

func (o *object) space() {
	for o.at < len(o.text) && (o.text[o.at] == ' ' || o.text[o.at] == '\t') {
		o.at++
	}
}

// next steps over a character, if it is the next.
func (o *object) next(c byte) bool {
	o.space()
	if o.at >= len(o.text) || o.text[o.at] != c {
		return false
	}
	o.at++
	return true
}

// string reads a text in quotes.
func (o *object) string() (value []byte, ok bool) {
	if !o.next('"') {
		return nil, false
	}
	end := closing(o.text[o.at:])
	if end < 0 {
		return nil, false
	}
	value = o.text[o.at : o.at+end]
	o.at += end + 1
	if bytes.IndexByte(value, '\\') >= 0 {
		var plain string
		if json.Unmarshal(o.text[o.at-end-2:o.at], &plain) != nil {
			plain = string(o.r.unescape(value)) // nginx without escape=json
		}
		value = []byte(plain)
	}
	return value, true
}

// skip steps over a value that is no text.
func (o *object) skip() bool {
	start, depth := o.at, 0
	for o.at < len(o.text) {
		switch o.text[o.at] {
		case '"':
			if _, ok := o.string(); !ok {
				return false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return o.at > start
			}
			depth--
		case ',', ' ':
			if depth == 0 {
				return o.at > start
			}
		}
		o.at++
	}
	return false
}
