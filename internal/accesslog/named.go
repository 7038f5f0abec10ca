package accesslog

import (
	"bytes"
	"time"
)

// longestName bounds the names that are known, bytes.
const longestName = 32

// named takes a value with its name: nginx's variable, a usual short form of it,
// or what Apache, Caddy, Traefik and ECS call it. In an object in an object the
// name is the inner one's.
func (p *Parser) named(name, value []byte) {
	var small [longestName]byte
	if len(name) > longestName {
		return
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		small[i] = c
	}
	switch string(small[:len(name)]) {
	case "time", "time_local", "time_iso8601", "timestamp", "@timestamp", "ts", "msec", "datetime", "date", "t":
		if !p.line.Start {
			p.at(value)
		}
	case "startutc", "start_time", "started", "start":
		p.began(value)
	case "status", "status_code", "statuscode", "response_status", "downstreamstatus", "code", "response":
		p.status(value)
	case "body_bytes_sent", "bytes_sent", "bytes", "size", "downstreamcontentsize", "response_size":
		p.size(value)
	default:
		if !p.part(small[:len(name)], value) {
			p.length(small[:len(name)], value)
		}
	}
}

// part takes the request or a part of it.
func (p *Parser) part(name, value []byte) bool {
	switch string(name) {
	case "request", "request_line", "req":
		if p.line.Target == nil {
			p.asked = true
			p.request(value)
		}
	case "request_method", "method", "http_method", "verb", "requestmethod":
		if p.line.Method == nil && isMethod(value) {
			p.line.Method = value
		}
	case "request_uri", "requestpath", "original", "target": // with the query
		p.path = value
	case "uri", "url", "path", "request_path":
		if p.path == nil {
			p.path = value
		}
	case "host", "http_host", "server_name", "vhost", "requesthost":
		p.line.Host = value
	case "args", "query_string", "query":
		p.query = value
	default:
		return false
	}
	return true
}

// length takes how long the request took.
func (p *Parser) length(name, value []byte) {
	before := p.line.Took
	defer func() { p.told = p.told || p.line.Took != before }()
	switch string(name) {
	case "request_time", "rt", "req_time", "response_time", "time_taken":
		p.took(value, 1e9)
	case "request_time_ms", "duration_ms", "elapsed_ms", "response_time_ms", "latency_ms", "took_ms":
		p.took(value, 1e6)
	case "request_time_us", "duration_us", "elapsed_us":
		p.took(value, 1e3)
	case "duration":
		if digits(value) { // Traefik's and ECS' are nanoseconds, Caddy's seconds with a fraction
			p.took(value, 1)
		} else {
			p.took(value, 1e9)
		}
	}
}

// began takes the time at which a request began, which stands before all others.
func (p *Parser) began(text []byte) {
	if p.line.Start {
		return
	}
	timed, line := p.timed, p.line
	p.timed = false
	if p.at(text) {
		p.line.Start = true
		return
	}
	p.timed, p.line = timed, line
}

func (p *Parser) status(text []byte) {
	if v := number(text); len(text) == 3 && v >= 0 && v < 600 {
		p.line.Status = int32(v)
	}
}

func (p *Parser) size(text []byte) {
	if v, rest := whole(text); len(rest) == 0 && len(text) > 0 {
		p.line.Bytes = v
	}
}

// longest bounds what is taken for how long a request took.
const longest = 30 * 24 * time.Hour

// took takes a decimal number of units, each of that many nanoseconds.
func (p *Parser) took(text []byte, unit int64) {
	text = bytes.TrimSuffix(text, []byte{'s'}) // "0.101s"
	v, rest := whole(text)
	if len(text) == 0 || len(rest) == len(text) || v > int64(longest)/unit {
		return
	}
	var nanos int64
	if len(rest) > 1 && rest[0] == '.' {
		nanos, rest = fraction(rest[1:])
	}
	if len(rest) == 0 {
		p.line.Took = time.Duration(v*unit + nanos*unit/1e9)
	}
}

// whole reads the digits with which text begins.
func whole(text []byte) (v int64, rest []byte) {
	for len(text) > 0 && '0' <= text[0] && text[0] <= '9' && v < 1<<58 {
		v = v*10 + int64(text[0]-'0')
		text = text[1:]
	}
	return v, text
}
