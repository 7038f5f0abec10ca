package accesslog

import (
	"testing"
	"time"
)

// end is the time of most lines below.
var end = time.Date(2026, 11, 29, 8, 22, 27, 0, time.UTC)

func TestParse(t *testing.T) {
	ms := func(n int) int64 { return end.Add(time.Duration(n) * time.Millisecond).UnixNano() }
	for _, c := range []struct {
		name, text, method, target string
		status                     int32
		at                         int64
		took                       time.Duration
		whole                      bool
	}{
		{"common", `127.0.0.1 - - [29/Nov/2026:09:22:27 +0100] "GET /a?b=c HTTP/1.1" 200 12`,
			"GET", "/a?b=c", 200, ms(0), -1, true},
		{"combined, with nginx's times behind", `127.0.0.1 - eve [29/Nov/2026:08:22:27 +0000] "POST /a HTTP/2.0" 502 0 "-" "curl/8 \"x\" 1.500" 0.101 0.100`,
			"POST", "/a", 502, ms(0), 101 * time.Millisecond, true},
		{"times with names", `::1 - - [29/Nov/2026:08:22:27 +0000] "GET / HTTP/1.1" 200 5 "-" "-" urt="0.900, 0.1" rt=1.001 9.999`,
			"GET", "/", 200, ms(0), 1001 * time.Millisecond, true},
		{"$msec behind", `::1 - - [29/Nov/2026:08:22:27 +0000] "GET / HTTP/1.1" 200 5 "-" "-" 1795940547.123`,
			"GET", "/", 200, ms(123), -1, false},
		{"a time of ISO 8601", `::1 - - [2026-11-29T09:22:27+01:00] "HEAD / HTTP/1.1" 304 0`,
			"HEAD", "/", 304, ms(0), -1, true},
		{"Apache with a fraction and a virtual host", `shop:80 ::1 - - [29/Nov/2026:09:22:27.250 +0100] "GET / HTTP/1.1" 200 -`,
			"GET", "/", 200, ms(250), -1, false},
		{"the escapes of nginx", `::1 - - [29/Nov/2026:08:22:27 +0000] "GET /\x22\xC3\xA4 HTTP/1.1" 200 5`,
			"GET", "/\"\u00e4", 200, ms(0), -1, true},
		{"the escapes of Apache", `::1 - - [29/Nov/2026:08:22:27 +0000] "GET /\"\\ HTTP/1.1" 200 5`,
			"GET", `/"\`, 200, ms(0), -1, true},
		{"a client that sent nothing", `::1 - - [29/Nov/2026:08:22:27 +0000] "-" 408 0 "-" "-"`,
			"", "", 408, ms(0), -1, true},
		{"a client that spoke TLS", `::1 - - [29/Nov/2026:08:22:27 +0000] "\x16\x03\x01" 400 157 "-" "-"`,
			"", "", 400, ms(0), -1, true},
		{"JSON with nginx's names", `{"time_iso8601":"2026-11-29T08:22:27+00:00","msec":1795940547.005,"request":"GET /a\u0026b HTTP/1.1","status":"200","request_time":0.2,"body_bytes_sent":7}`,
			"GET", "/a&b", 200, ms(5), 200 * time.Millisecond, false},
		{"JSON with parts of the request", `{"time":"2026-11-29T08:22:27.5Z","method":"GET","uri":"/a","args":"b=c","status":404}`,
			"GET", "/a?b=c", 404, ms(500), -1, false},
		{"$request_uri stands before $uri", `{"ts":"2026-11-29T08:22:27Z","request_method":"GET","request_uri":"/a?b","uri":"/index.php","args":"b","status":200}`,
			"GET", "/a?b", 200, ms(0), -1, true},
		{"Caddy", `{"level":"info","ts":1795940547.25,"request":{"remote_ip":"::1","method":"GET","uri":"/a","headers":{"Date":["x"],"Method":["y"]}},"duration":0.25,"size":3,"status":200}`,
			"GET", "/a", 200, ms(250), 250 * time.Millisecond, false},
		{"Traefik", `{"Duration":50000000,"RequestMethod":"GET","RequestPath":"/a","DownstreamStatus":200,"StartUTC":"2026-11-29T08:22:27.001Z","time":"2026-11-29T08:22:27.051Z"}`,
			"GET", "/a", 200, ms(1), 50 * time.Millisecond, false},
		{"behind syslog's head", `Nov 29 09:22:27 web nginx: ::1 - - [29/Nov/2026:09:22:27 +0100] "GET / HTTP/1.1" 200 5`,
			"GET", "/", 200, ms(0), -1, true},
		{"name=value", `time=2026-11-29T08:22:27Z method=GET uri="/a b" status=200 rt=0.5`,
			"GET", "/a b", 200, ms(0), 500 * time.Millisecond, true},
	} {
		var p Parser
		l, ok := p.Parse([]byte(c.text))
		if !ok || string(l.Method) != c.method || string(l.Target) != c.target || l.Status != c.status || l.Time != c.at || l.Took != c.took || l.Whole != c.whole {
			t.Errorf("%s: got %s %s, status %d, %s, took %s, whole %t, ok %t", c.name, l.Method, l.Target, l.Status, time.Unix(0, l.Time).UTC(), l.Took, l.Whole, ok)
		}
	}
}

func TestHostAndTime(t *testing.T) {
	for text, host := range map[string]string{
		`shop.example:443 10.0.0.1 - - [29/Nov/2026:09:22:27 +0100] "GET / HTTP/1.1" 200 5`:                "shop.example",
		`::1 - - [29/Nov/2026:09:22:27 +0100] "GET / HTTP/1.1" 200 5`:                                      "",
		`fe80::1:80 - - [29/Nov/2026:09:22:27 +0100] "GET / HTTP/1.1" 200 5`:                               "",
		`{"time":"2026-11-29T09:22:27+01:00","host":"shop.example","method":"GET","uri":"/","status":200}`: "shop.example",
	} {
		var p Parser
		l, ok := p.Parse([]byte(text))
		if !ok || string(l.Host) != host || l.At().Format("15:04 -0700") != "09:22 +0100" {
			t.Errorf("%s: host %q, at %s", text, l.Host, l.At())
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "{", "{}", `{"time":"2026-11-29T08:22:27Z"}`, `"GET / HTTP/1.1" 200 5`,
		`::1 - - [31/Feb/2026:08:22:27 +0000] "GET / HTTP/1.1" 200 5`,
		`::1 - - [29/Nov/2026:08:22:27 +0000] "GET / HT`,
		`2026/11/29 08:22:27 [error] 7#7: *1 upstream timed out (110: Connection timed out), request: "GET / HTTP/1.1", upstream: "x"`,
		`[29-Nov-2026 08:22:27] WARNING: [pool www] child 9 said`,
	} {
		var p Parser
		if l, ok := p.Parse([]byte(text)); ok {
			t.Errorf("%q was taken for a line of an access log: %s %s", text, l.Method, l.Target)
		}
	}
}

// A request that was answered after 300 ms, by a server that writes the end,
// began 300 ms before; one whose beginning is written began then.
func TestBegan(t *testing.T) {
	l := Line{Time: 1e9, Took: 3e8}
	if l.Began() != 7e8 {
		t.Errorf("began at %d ns", l.Began())
	}
	if l.Start = true; l.Began() != 1e9 {
		t.Errorf("began at %d ns, though that is the time of its beginning", l.Began())
	}
	if l := (Line{Time: 1e9, Took: -1}); l.Began() != 1e9 {
		t.Errorf("began at %d ns, though its line does not say how long it took", l.Began())
	}
}

var bench = []byte(`203.0.113.9 - - [29/Nov/2026:09:22:27 +0100] "GET /product/1234?ref=abc HTTP/1.1" 200 5123 "https://shop.example/list?page=2" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36" 0.101 0.100`)

func TestParseAllocatesNothing(t *testing.T) {
	var p Parser
	escaped := []byte(`{"msec":1795940547.005,"request":"GET /a\u0026b HTTP/1.1","status":"200"}`)
	if n := testing.AllocsPerRun(100, func() { p.Parse(bench); p.Parse(escaped) }); n > 0 {
		t.Errorf("two lines take %v allocations", n)
	}
}

func BenchmarkParse(b *testing.B) {
	var p Parser
	b.SetBytes(int64(len(bench)))
	for b.Loop() {
		p.Parse(bench)
	}
}

// Whatever a file holds, a line that is taken has what it needs to be sent, or
// neither method nor path.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		string(bench), `{"time":"2026-11-29T08:22:27.5Z","method":"GET","uri":"/a\ud83d\ude00","args":"b=c","status":404}`,
		`::1 - - [29/Nov/2026:08:22:27 +0000] "GET /\x2" 200`, `{"a":[{"b":"`, `time=1795940547 req="GET /`, `"\`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var p Parser
		l, ok := p.Parse(text)
		if !ok {
			return
		}
		if (l.Method == nil) != (l.Target == nil) || l.Method != nil && (!isMethod(l.Method) || len(l.Target) == 0) {
			t.Errorf("%q: method %q, target %q", text, l.Method, l.Target)
		}
		if l.Status < 0 || l.Status > 599 || l.Took < -1 || l.Bytes < -1 {
			t.Errorf("%q: %+v", text, l)
		}
	})
}

// Proxies are asked for whole URLs; CONNECT and * ask for no path.
func TestPathOfTarget(t *testing.T) {
	for target, want := range map[string]string{"/a?b=http://c/d": "/a?b=http://c/d", "http://shop.example/c?d": "/c?d", "http://shop.example": "/", "*": "", "shop.example:443": "", "a?b=http://c/d": ""} {
		path, ok := (&Line{Target: []byte(target)}).Path()
		if string(path) != want || ok != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", target, path, ok, want)
		}
	}
}
