package evidence

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// jsonLine has the names that people give to nginx's variables in a JSON log,
// the variables' own first. Values are numbers or texts.
type jsonLine struct {
	Status               json.RawMessage `json:"status"`
	StatusCode           json.RawMessage `json:"status_code"`
	ResponseStatus       json.RawMessage `json:"response_status"`
	RequestTime          json.RawMessage `json:"request_time"`
	UpstreamResponseTime json.RawMessage `json:"upstream_response_time"`
	UpstreamTime         json.RawMessage `json:"upstream_time"`
	UpstreamStatus       json.RawMessage `json:"upstream_status"`
	UpstreamHeaderTime   json.RawMessage `json:"upstream_header_time"`

	TimeISO   json.RawMessage `json:"time_iso8601"`
	TimeLocal json.RawMessage `json:"time_local"`
	Msec      json.RawMessage `json:"msec"`
	Timestamp json.RawMessage `json:"timestamp"`
	At        json.RawMessage `json:"@timestamp"`
	Time      json.RawMessage `json:"time"`

	Request json.RawMessage `json:"request"`
	Method  json.RawMessage `json:"request_method"`
	URI     json.RawMessage `json:"request_uri"`
	Path    json.RawMessage `json:"uri"`
}

// parseJSON reads a line of JSON. It needs at least a status.
func parseJSON(text []byte) (entry, bool) {
	e := line(journal.Access, nil)
	var l jsonLine
	if json.Unmarshal(text, &l) != nil {
		return e, false
	}
	if e.code = statusCode(plain(firstOf(l.Status, l.StatusCode, l.ResponseStatus))); e.code == 0 {
		return e, false
	}
	e.named("upstream_status", plain(l.UpstreamStatus))
	e.named("upstream_header_time", plain(l.UpstreamHeaderTime))
	e.answered()
	if v, ok := times(plain(l.RequestTime), decimal); ok {
		e.took = v
	}
	if v, ok := times(plain(firstOf(l.UpstreamResponseTime, l.UpstreamTime)), decimal); ok {
		e.upstreamTook = v
	}
	e.stamp = jsonStamp(firstOf(l.TimeISO, l.TimeLocal, l.Msec, l.At, l.Timestamp, l.Time))
	e.text = plain(l.Request)
	if len(e.text) == 0 {
		e.text = bytes.TrimSpace(bytes.Join([][]byte{plain(l.Method), plain(firstOf(l.URI, l.Path))}, []byte{' '}))
	}
	return e, true
}

func firstOf(values ...json.RawMessage) json.RawMessage {
	for _, v := range values {
		if len(v) > 0 {
			return v
		}
	}
	return nil
}

// plain is the text of a value: that of a string without its quotes.
func plain(value json.RawMessage) []byte {
	if len(value) == 0 || value[0] != '"' {
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

func jsonStamp(value json.RawMessage) stamp {
	text := plain(value)
	if v, ok := positive(text); ok {
		return epoch(v)
	}
	for _, layout := range []string{time.RFC3339, "02/Jan/2006:15:04:05 -0700"} {
		if at, err := time.Parse(layout, strings.TrimSpace(string(text))); err == nil {
			return stamp{at: at, zoned: true}
		}
	}
	return stamp{}
}
