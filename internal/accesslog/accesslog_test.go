package accesslog

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

// told is what a line tells, or why it is broken.
func told(line string) string {
	r := NewReader(strings.NewReader(line))
	record, err := r.Next()
	if err != nil {
		return r.First.Why
	}
	at := "-"
	if !record.Time.IsZero() {
		at = record.Time.Format("2006-01-02T15:04:05Z07:00")
	}
	return fmt.Sprintf("%s %s %s %d %s", at, record.Method, record.Target, record.Status, record.Host)
}

func TestLines(t *testing.T) {
	for line, want := range map[string]string{
		// Apache's common and combined, nginx's combined, and more behind it.
		`192.0.2.1 - - [29/Nov/2026:09:00:01 +0100] "GET /a?b=c HTTP/1.1" 200 512`:                           "2026-11-29T09:00:01+01:00 GET /a?b=c 200 ",
		`192.0.2.1 - eva [29/Nov/2026:09:00:01 +0000] "POST /a HTTP/2.0" 302 0 "https://x/" "M (\"q\")" 0.1`: "2026-11-29T09:00:01Z POST /a 302 ",
		`shop.example:443 192.0.2.1 - - [29/Nov/2026:09:00:01 +0100] "HEAD / HTTP/1.0" 304 -`:                "2026-11-29T09:00:01+01:00 HEAD / 304 shop.example",
		`[29/Nov/2026:09:00:01 +0100] rt=0.012 "GET /x HTTP/1.1" 499 0`:                                      "2026-11-29T09:00:01+01:00 GET /x 499 ",
		`192.0.2.1 "GET / HTTP/1.1" 200`:                                                                     "- GET / 200 ",
		// What nginx and Apache escape.
		`192.0.2.1 - - [29/Nov/2026:09:00:01 +0100] "GET /\xC3\xA4\x22\" HTTP/1.1" 200 1`: "2026-11-29T09:00:01+01:00 GET /ä\"\" 200 ",
		`192.0.2.1 - - [29/Nov/2026:09:00:01 +0100] "GET /a b HTTP/1.1" 400 1`:            "2026-11-29T09:00:01+01:00 GET /a b 400 ",
		// JSON, as nginx is set to write it, and as Caddy does.
		`{"time_iso8601":"2026-11-29T09:00:01+01:00","request":"GET /a HTTP/1.1","status":"200","x":{"y":[1,"}"]}}`:                                        "2026-11-29T09:00:01+01:00 GET /a 200 ",
		`{"@timestamp": "2026-11-29T09:00:01Z", "request_method": "GET", "uri": "/a", "args": "b=c", "status": 200, "host":"h"}`:                           "2026-11-29T09:00:01Z GET /a?b=c 200 h",
		`{"ts":1795942801.25,"request":{"method":"GET","host":"h","uri":"/\u00e4"},"status":200}`:                                                          "2026-11-29T09:00:01Z GET /ä 200 h",
		`{"ClientHost":"192.0.2.1","DownstreamStatus":200,"RequestHost":"h","RequestMethod":"GET","RequestPath":"/a","StartUTC":"2026-11-29T09:00:01.5Z"}`: "2026-11-29T09:00:01Z GET /a 200 h",
		`{"msec":"1795942801.250","request":"GET / HTTP/1.1","status":null}`:                                                                               "2026-11-29T09:00:01Z GET / 0 ",
		// Broken.
		`192.0.2.1 - - [29/Nov/2026:09:00:01 +0100] "\x16\x03\x01" 400 157`: "what was sent was no HTTP request",
		`192.0.2.1 - - [29/Nov/2026:09:00:01 +0100] "-" 408 0 "-" "-"`:      "what was sent was no HTTP request",
		`192.0.2.1 - - [yesterday] "GET / HTTP/1.1" 200 1`:                  "its time cannot be read",
		`hello`:                 `it has no request in quotes, such as "GET / HTTP/1.1"`,
		`"GET / HTTP/1.1`:       `it has no request in quotes, such as "GET / HTTP/1.1"`,
		`{"request":"GET /`:     "it is no JSON",
		`{"message":"started"}`: "it has neither a request nor a method (request; or request_method and request_uri)",
	} {
		if got := told(line); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", line, got, want)
		}
	}
}

// Broken lines are counted, and the first is told with its number. Empty ones are neither.
func TestBroken(t *testing.T) {
	long := strings.Repeat("x", 3*maxLine)
	r := NewReader(strings.NewReader("\n\n" + long + "\n\"GET / HTTP/1.1\" 200\r\nhello\n\"GET /last HTTP/1.1\" 200"))
	var targets []string
	for {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		targets = append(targets, string(record.Target))
	}
	if want := []string{"/", "/last"}; !reflect.DeepEqual(targets, want) || r.Line != 6 || r.Broken != 2 {
		t.Errorf("got %q in %d lines, %d broken", targets, r.Line, r.Broken)
	}
	if f := r.First; f.Line != 3 || f.Why != "it is longer than 256 KB" || len(f.Text) != 200 {
		t.Errorf("the first broken is %+v", f)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(`192.0.2.1 - - [29/Nov/2026:09:00:01 +0100] "GET /\xC3\x HTTP/1.1" 200 1`)
	f.Add(`{"time":"x","request":{"uri":"/"},"a":[{"b":"\""}],"status":2e2}`)
	f.Add("\"\\")
	f.Fuzz(func(t *testing.T, text string) {
		r := NewReader(strings.NewReader(text))
		good := 0
		for {
			record, err := r.Next()
			if err != nil {
				break
			}
			good++
			if len(record.Method) == 0 || len(record.Target) == 0 || record.Status < 0 || record.Status > 599 {
				t.Errorf("got %s %s %d", record.Method, record.Target, record.Status)
			}
		}
		if lines := strings.Count(text, "\n") + 1; good+r.Broken > lines || r.Line > lines {
			t.Errorf("%d good and %d broken of %d lines, the last being %d", good, r.Broken, lines, r.Line)
		}
	})
}
