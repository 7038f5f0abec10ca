package evidence

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// fields are the values of a line that names them, as texts. Those of an object
// within an object have a dot in their name: http.response.status_code.
type fields map[string][]byte

// The names that values have, those of nginx's variables first, then usual ones
// of them, Google's HttpRequest and the Elastic Common Schema.
var (
	statusNames   = []string{"status", "status_code", "statusCode", "response_status", "response_code", "http_status", "httpRequest.status", "http.response.status_code", "http.status_code", "response.status"}
	upstreamNames = []string{"upstream_status", "upstream.status"}
	headerNames   = []string{"upstream_header_time", "upstream.header_time"}
	answerNames   = []string{"upstream_response_time", "upstream_time", "upstream.response_time"}
	stampNames    = []string{"time_iso8601", "time_local", "msec", "@timestamp", "timestamp", "ts", "time"}
	requestNames  = []string{"request"}
	methodNames   = []string{"request_method", "httpRequest.requestMethod", "http.request.method", "request.method", "method"}
	pathNames     = []string{"request_uri", "uri", "httpRequest.requestUrl", "url.path", "url.original", "request.uri", "path", "url"}
)

// tookNames are the names of the time that a request took, and their units in seconds.
var tookNames = []struct {
	name string
	unit float64
}{{"request_time", 1}, {"httpRequest.latency", 1}, {"event.duration", 1e-9}, {"request_time_ms", 1e-3}, {"duration_ms", 1e-3}}

// entry is what a line says by its fields. It needs at least a status.
func (f fields) entry() (entry, bool) {
	e := line(journal.Access, nil)
	status := f.first(statusNames...)
	if e.code = statusCode(status); e.code == 0 {
		return entry{}, string(status) == unanswered
	}
	e.named("upstream_status", f.first(upstreamNames...))
	e.named("upstream_header_time", f.first(headerNames...))
	e.answered()
	e.took = f.took()
	if v, ok := times(f.first(answerNames...), decimal); ok {
		e.upstreamTook = v
	}
	e.stamp = stampOf(f.first(stampNames...))
	if e.text = f.first(requestNames...); len(e.text) == 0 {
		e.text = bytes.TrimSpace(bytes.Join([][]byte{f.first(methodNames...), f.first(pathNames...)}, []byte{' '}))
	}
	return e, true
}

// first is the first of the named values that is there.
func (f fields) first(names ...string) []byte {
	for _, name := range names {
		if v := f[name]; len(v) > 0 {
			return v
		}
	}
	return nil
}

// took is the time that the request took, seconds; negative where the line does
// not say. A "duration" may be of any unit, and counts where it names its own.
func (f fields) took() float64 {
	for _, of := range tookNames {
		text := f[of.name]
		if v, ok := times(text, positive); ok && v*of.unit < longest {
			return v * of.unit
		}
		if v, ok := spelled(text); ok {
			return v
		}
	}
	if v, ok := spelled(f["duration"]); ok {
		return v
	}
	return -1
}

// spelled reads a time with its unit: 59ms, 0.059s.
func spelled(text []byte) (float64, bool) {
	v, err := time.ParseDuration(string(text))
	return v.Seconds(), err == nil && v >= 0 && len(text) > 0 && !digit(text[len(text)-1])
}

// stampOf reads a time as it stands in a field.
func stampOf(text []byte) stamp {
	if v, err := strconv.ParseFloat(string(text), 64); err == nil {
		return epoch(v)
	}
	for _, layout := range []string{time.RFC3339, "02/Jan/2006:15:04:05 -0700", "2006-01-02T15:04:05-0700"} {
		if at, err := time.Parse(layout, strings.TrimSpace(string(text))); err == nil {
			return stamp{at: at, zoned: true}
		}
	}
	return stamp{}
}

// readLogfmt reads name=value, name="a value". It reports false where a line has
// fewer than two of them.
func readLogfmt(text []byte) (fields, bool) {
	f := fields{}
	for len(text) > 0 {
		var word []byte
		word, text = nextWord(text)
		name, value, named := bytes.Cut(word, []byte{'='})
		if named && len(name) > 0 && name[0] != '"' {
			f[string(name)] = bytes.Trim(value, `"`)
		}
	}
	return f, len(f) > 1
}

// deepest is how deep objects are read.
const deepest = 5

// readObject reads a line of JSON, also one that only its log_format makes look like it.
func readObject(text []byte) (fields, bool) {
	f := fields{}
	if f.object("", text, 0) {
		return f, true
	}
	clear(f)
	return f, f.object("", repair(text), 0)
}

// object takes in the values of an object, under names that begin with prefix.
func (f fields) object(prefix string, text []byte, depth int) bool {
	var values map[string]json.RawMessage
	if depth > deepest || json.Unmarshal(text, &values) != nil {
		return false
	}
	for name, value := range values {
		if value[0] == '{' {
			f.object(prefix+name+".", value, depth+1)
		} else {
			f[prefix+name] = plain(value)
		}
	}
	return true
}

// plain is the text of a value: that of a string without its quotes; null is none.
func plain(value json.RawMessage) []byte {
	if string(value) == "null" {
		return nil
	}
	if value[0] != '"' {
		return value
	}
	inner := value[1 : len(value)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		return nil
	}
	return []byte(s)
}
