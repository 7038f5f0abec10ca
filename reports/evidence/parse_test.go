package evidence

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

func newParser(t testing.TB, make func(string) (parser, error), format string) parser {
	t.Helper()
	p, err := make(format)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each row is what nginx writes after the time, level and connection, and what
// the table "502 or 504?" says it means.
func TestNginxErrorKinds(t *testing.T) {
	const tail = `, client: 127.0.0.1, server: , request: "GET /a?b=upstream timed out (110) HTTP/1.1", upstream: "fastcgi://unix:/run/app.sock:", host: "foo.bar"`
	for message, want := range map[string]journal.Kind{
		`connect() to unix:/run/app.sock failed (11: Resource temporarily unavailable) while connecting to upstream`:                            journal.QueueFull,
		`recv() failed (104: Connection reset by peer) while reading response header from upstream`:                                             journal.UpstreamReset,
		`readv() failed (104: Connection reset by peer) while reading upstream`:                                                                 journal.UpstreamReset,
		`kevent() reported about an closed connection (54: Connection reset by peer) while reading response header from upstream`:               journal.UpstreamReset,
		`upstream timed out (110: Connection timed out) while reading response header from upstream`:                                            journal.ReadTimeout,
		`upstream timed out (110: Operation timed out) while reading response header from upstream`:                                             journal.ReadTimeout, // musl
		`upstream timed out (60: Operation timed out) while reading upstream`:                                                                   journal.ReadTimeout, // BSD
		`upstream timed out (110: Connection timed out) while connecting to upstream`:                                                           journal.ConnectTimeout,
		`connect() failed (110: Connection timed out) while connecting to upstream`:                                                             journal.ConnectTimeout,
		`connect() failed (111: Connection refused) while connecting to upstream`:                                                               journal.UpstreamRefused,
		`connect() to [::1]:9000 failed (111: Connection refused) while connecting to upstream`:                                                 journal.UpstreamRefused,
		`kevent() reported that connect() failed (61: Connection refused) while connecting to upstream`:                                         journal.UpstreamRefused,
		`connect() to unix:/run/app.sock failed (2: No such file or directory) while connecting to upstream`:                                    journal.NoSocket,
		`upstream prematurely closed connection while reading response header from upstream`:                                                    journal.UpstreamClosed,
		`upstream prematurely closed FastCGI stdout while reading response header from upstream`:                                                journal.UpstreamClosed,
		`writev() failed (32: Broken pipe) while sending request to upstream`:                                                                   journal.UpstreamClosed,
		`no live upstreams while connecting to upstream`:                                                                                        journal.NoLiveUpstreams,
		`1024 worker_connections are not enough while connecting to upstream`:                                                                   journal.WorkerConnections,
		`socket() failed (24: Too many open files) while connecting to upstream`:                                                                journal.WorkerConnections,
		`connect() to unix:/run/app.sock failed (13: Permission denied) while connecting to upstream`:                                           journal.NoPermission,
		`connect() to 10.0.0.7:80 failed (99: Cannot assign requested address) while connecting to upstream`:                                    journal.NoAddress,
		`bind(10.0.0.1) failed (99: Cannot assign requested address) while connecting to upstream`:                                              journal.NoAddress,
		`connect() to 10.0.0.7:80 failed (113: No route to host) while connecting to upstream`:                                                  journal.NoRoute,
		`connect() to 10.0.0.7:80 failed (101: Network is unreachable) while connecting to upstream`:                                            journal.NoRoute,
		`SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking to upstream`:                  journal.NoTLS,
		`peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking to upstream`:                             journal.NoTLS,
		`upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream`:                                 journal.NoTLS,
		`SSL_do_handshake() failed (SSL: error:0A000416:SSL routines::sslv3 alert certificate unknown) while SSL handshaking`:                   journal.OtherError, // the visitor's
		`upstream timed out (110: Connection timed out) while SSL handshaking to upstream`:                                                      journal.ReadTimeout,
		`backend.internal could not be resolved (3: Host not found)`:                                                                            journal.NoName,
		`no resolver defined to resolve backend.internal`:                                                                                       journal.NoName,
		`upstream sent no valid HTTP/1.0 header while reading response header from upstream`:                                                    journal.BadHeader,
		`upstream sent unsupported FastCGI protocol version: 72 while reading response header from upstream`:                                    journal.BadHeader,
		`upstream sent more data than specified in "Content-Length" header while reading upstream`:                                              journal.OtherError, // the visitor has an answer
		`limiting requests, excess: 0.996 by zone "limited"`:                                                                                    journal.RequestLimit,
		`limiting requests, dry run, excess: 0.996 by zone "limited"`:                                                                           journal.OtherError,
		`delaying requests, excess: 0.996, by zone "limited"`:                                                                                   journal.OtherError,
		`limiting connections by zone "limited"`:                                                                                                journal.ConnectionLimit,
		`limiting connections, dry run, by zone "limited"`:                                                                                      journal.OtherError,
		`client intended to send too large body: 2000000 bytes`:                                                                                 journal.TooLargeBody,
		`open() "/srv/limiting requests" failed (2: No such file or directory)`:                                                                 journal.OtherError,
		`recv() failed (104: Connection reset by peer) while sending to client`:                                                                 journal.OtherError, // the visitor's
		`upstream sent too big header while reading response header from upstream`:                                                              journal.TooBigHeader,
		`FastCGI sent in stderr: "PHP message: connect() failed (111: Connection refused) while connecting to upstream" while reading upstream`: journal.OtherError, // the application's words
		`open() "/srv/no live upstreams" failed (2: No such file or directory)`:                                                                 journal.OtherError,
	} {
		p := newParser(t, newNginxError, "")
		e, ok := p([]byte("2025/10/28 22:56:52 [error] 207#0: *8050 " + message + tail))
		if !ok || e.kind != want {
			t.Errorf("%s: got %q, %v, want %q", message, e.kind, ok, want)
		}
		if at := time.Date(2025, 10, 28, 22, 56, 52, 0, time.UTC); !e.stamp.at.Equal(at) || e.stamp.zoned {
			t.Errorf("%s: stamp %+v, want %v without a zone", message, e.stamp, at)
		}
	}
}

// What the article shows, what has no connection number, what is said for
// information only, and what has a head before its head.
func TestNginxErrorLines(t *testing.T) {
	for text, want := range map[string]journal.Kind{
		`2025/10/28 22:56:52 [error] 207#0: *8050 recv() failed (104: Connection reset by peer) while reading response header from upstream, client: 81.122.114.94, server: , request: "GET /foo/bar HTTP/1.1", upstream: "fastcgi://unix:/run/app.sock:", host: "foo.bar", referrer: "https://foo.bar/baz-com"`: journal.UpstreamReset,
		`2025/10/28 22:56:52 [alert] 207#0: 1024 worker_connections are not enough`:                                                                                               journal.WorkerConnections,
		`2025/10/28 22:56:52 [notice] 207#0: signal 10 (SIGUSR1) received from 1, reopening logs`:                                                                                 "",
		`web-1  | 2025/10/28 22:56:52 [error] 7#7: *1 no live upstreams while connecting to upstream, client: ::1, upstream: "uwsgi://backend"`:                                   journal.NoLiveUpstreams,
		`2025-10-28T22:56:52.123+01:00 [error] 7#7: *1 no live upstreams while connecting to upstream, client: ::1`:                                                               journal.NoLiveUpstreams,
		`127.0.0.1 - - [24/Nov/2026:04:22:33 +0000] "GET /a HTTP/1.1" 502 15`:                                                                                                     journal.Foreign,
		`{"time":"2026-11-29T06:32:32.945Z","level":"error","msg":"*2794 limiting requests, excess: 2.616 by zone \"rr\", client: ::1, server: , request: \"GET / HTTP/1.1\""}`:   journal.RequestLimit,
		`{"@timestamp":"2026-11-29T06:32:32Z","log":{"level":"ERROR"},"message":"7#7: *1 no live upstreams while connecting to upstream, client: ::1, server: "}`:                 journal.NoLiveUpstreams,
		`{"severity":"error","message":"*3 nobody has seen this before, client: ::1, server: "}`:                                                                                  journal.OtherError,
		`{"severity":"info","message":"*3 client closed connection, client: ::1, server: "}`:                                                                                      "",
		`{"status":502,"request":"GET /a HTTP/1.1"}`:                                                                                                                              journal.Foreign,
		`<187>Oct 28 22:56:52 web nginx: 2025/10/28 22:56:52 [crit] 7#7: *1 connect() to unix:/a failed (2: No such file or directory) while connecting to upstream, client: ::1`: journal.NoSocket,
	} {
		if e, ok := newParser(t, newNginxError, "")([]byte(text)); !ok || e.kind != want {
			t.Errorf("%s: got %q, %v, want %q", text, e.kind, ok, want)
		}
	}
}

// Of another log's forms nothing is known, and in an access log an error of
// nginx's is another log's.
func TestOtherLogsLines(t *testing.T) {
	for _, text := range []string{
		`2026-11-24T04:22:33Z error: upstream timed out (110: Connection timed out) while reading response header from upstream`,
		`[Tue Nov 24 04:22:33.123456 2026] [proxy_fcgi:error] [pid 7:tid 8] (70007)The timeout specified has expired: [client ::1] AH01075: Error dispatching request to :`,
		`[2026-11-24 04:22:33 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:12)`,
		`{"level":"error","message":"an application's: payment failed"}`,
		`{"level":"error","message":"payment failed","user":"a, client: b"}`,
	} {
		if e, ok := newParser(t, newNginxError, "")([]byte(text)); ok {
			t.Errorf("%s: got %+v, want it not to be known", text, e)
		}
	}
	if e, ok := newParser(t, newNginxAccess, "")([]byte(realLines[0])); !ok || e.kind != journal.Foreign {
		t.Errorf("%s: got %v, %+v, want another log's", realLines[0], ok, e)
	}
	e, ok := newParser(t, newNginxError, "")([]byte("2025-10-28T22:56:52Z [error] 7#7: *1 x"))
	if want := time.Date(2025, 10, 28, 22, 56, 52, 0, time.UTC); !ok || !e.stamp.at.Equal(want) || e.stamp.zoned {
		t.Errorf("stamp %+v, want %v", e.stamp, want)
	}
}

// What a worker wrote to stderr is one entry, whatever its lines look like; a
// line without a head is otherwise not known.
func TestNginxErrorOfManyLines(t *testing.T) {
	p := newParser(t, newNginxError, "")
	var kinds []string
	for _, text := range strings.Split(`lost head
2025/10/28 22:56:52 [error] 7#7: *1 FastCGI sent in stderr: "PHP message: PHP Fatal error:  Uncaught Exception in /a.php:1
Stack trace:
#0 {main}
  thrown in /a.php on line 1" while reading response header from upstream, client: ::1
2025/10/28 22:56:53 [error] 7#7: *2 upstream prematurely closed connection while reading response header from upstream, client: ::1
lost tail`, "\n") {
		e, ok := p([]byte(text))
		kind := string(e.kind)
		if !ok {
			kind = "?"
		}
		kinds = append(kinds, kind)
	}
	if got, want := strings.Join(kinds, ","), "?,other_error,,,,upstream_closed,?"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// accessRow is a line and what it says; -1 is nothing.
type accessRow struct {
	text           string
	code, upstream int32
	took, answer   float64
	cpu            float64
}

func checkAccess(t *testing.T, p parser, rows []accessRow) {
	t.Helper()
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	for _, row := range rows {
		e, ok := p([]byte(row.text))
		if !ok || e.kind != journal.Access || e.code != row.code || e.upstream != row.upstream || !near(e.took, row.took) || !near(e.upstreamTook, row.answer) || !near(e.cpu, row.cpu) {
			t.Errorf("%s: got %v %+v, want %+v", row.text, ok, e, row)
		}
	}
}

func TestNginxAccessLines(t *testing.T) {
	const head = `127.0.0.1 - - [24/Nov/2026:04:22:33 +0000] "GET /external?ms=100 HTTP/1.1" `
	checkAccess(t, newParser(t, newNginxAccess, ""), []accessRow{
		{head + `200 15`, 200, 0, -1, -1, -1},
		{head + `200 15 "-" "tailback"`, 200, 0, -1, -1, -1},
		{head + `200 15 "-" "tailback" 0.101 0.102`, 200, 0, 0.101, 0.102, -1},         // the staging site's; rounded up
		{head + `502 150 "-" "tailback" 0.000 -`, 502, 0, 0, -1, -1},                   // no answer of the workers
		{head + `200 15 "-" "x" 0.303 0.001, 0.002 : 0.300`, 200, 0, 0.303, 0.303, -1}, // three servers were asked
		{head + `200 15 "-" "x" 0.100 0.101`, 200, 0, 0.1, 0.101, -1},
		{head + `200 15 "-" "x" 0.050 0.000 0.040 0.049`, 200, 0, 0.05, 0.049, -1}, // request, connect, header, response
		{head + `504 1 "-" "x" rt=10.001 uct="0.000" uht="-" urt="10.001" us="504"`, 504, 0, 10.001, 10.001, -1},
		{head + `500 1 "-" "x" rt=0.020 uct="0.000" uht="0.019" urt="0.020" us="500"`, 500, 500, 0.02, 0.02, -1},
		{head + `200 15 "9.999" "8.888" 0.101`, 200, 0, 0.101, -1, -1},          // what visitors write is no time
		{head + `499 0 "-" "x" 0.300 1700000000.123 3.25`, 499, 0, 0.3, -1, -1}, // a stamp, a compression ratio
		{`::1 - bob [24/Nov/2026:04:22:33 +0000] "\x16\x03\x01" 400 157 "-" "-"`, 400, 0, -1, -1, -1},
		{`{"time_iso8601":"2026-11-24T04:22:33+00:00","status":"504","request_time":"10.001","upstream_response_time":"10.001","upstream_status":"504","upstream_header_time":"-","request":"GET / HTTP/1.1"}`, 504, 0, 10.001, 10.001, -1},
		{`{"status":200,"request_time":0.1,"upstream_response_time":"0.001, 0.002 : 0.1","request_method":"GET","request_uri":"/a"}`, 200, 0, 0.1, 0.103, -1},
		{`web | {"status":503,"request_time":0,"upstream_status":"502, 503"}`, 503, 503, 0, -1, -1},
		// Google's HttpRequest; the Elastic Common Schema, nested and dotted, whose times are nanoseconds
		{`{"severity":"ERROR","httpRequest":{"requestMethod":"GET","requestUrl":"/a","status":502,"latency":"0.059s"}}`, 502, 0, 0.059, -1, -1},
		{`{"@timestamp":"2026-11-24T04:22:33Z","http":{"request":{"method":"GET"},"response":{"status_code":504}},"event":{"duration":10001000000}}`, 504, 0, 10.001, -1, -1},
		{`{"http.response.status_code":503,"event.duration":1500000,"url.path":"/a"}`, 503, 0, 0.0015, -1, -1},
		{`{"status":200,"duration":0.1,"request":{"method":"GET","uri":"/"}}`, 200, 0, -1, -1, -1}, // of no unit
		{`{"status":200,"duration":"120ms"}`, 200, 0, 0.12, -1, -1},
		// name=value
		{`time=2026-11-24T04:22:33Z level=info method=GET path="/a b" status=502 duration=12ms`, 502, 0, 0.012, -1, -1},
		{`status=504 request_time=10.001 upstream_response_time="0.001, 10.000" upstream_status="502, 504" uri=/`, 504, 504, 10.001, 10.001, -1},
	})
	for _, text := range []string{"", "-", "GET / 200", head, head + "abc", head + "20", `{"status":999}`, `{"status":"ok"}`, `{"status":`,
		`status=502`, `status=ok method=GET`, `{"upstream":{"status":502}}`, `{"a":{"a":{"a":{"a":{"a":{"a":{"status":502}}}}}}}`} {
		if e, ok := newParser(t, newNginxAccess, "")([]byte(text)); ok {
			t.Errorf("%q: got %+v, want it not to be known", text, e)
		}
	}
}

// A request that got no answer is of no interest, but it was read.
func TestNginxAccessUnanswered(t *testing.T) {
	for _, text := range []string{`127.0.0.1 - - [24/Nov/2026:04:22:33 +0000] "GET / HTTP/2.0" 000 0`, `{"status":000,"request_time":0.000}`} {
		if e, ok := newParser(t, newNginxAccess, "")([]byte(text)); !ok || e.kind != "" {
			t.Errorf("%s: got %v, %+v, want it to be known and of no interest", text, ok, e)
		}
	}
}

// A log_format without quotes around times writes broken JSON of just the
// requests that failed; one without escape=json, of what visitors write.
func TestNginxAccessBrokenJSON(t *testing.T) {
	checkAccess(t, newParser(t, newNginxAccess, ""), []accessRow{
		{`{"status":503,"request_time":0.000,"upstream_response_time":-,"uri":"/"}`, 503, 0, 0, -1, -1},
		{`{"status":503,"request_time":0.000,"upstream_response_time":}`, 503, 0, 0, -1, -1},
		{`{"upstream_response_time": , "status": 503, "request_time": 0.000}`, 503, 0, 0, -1, -1},
		{`{"upstream_response_time":0.001, 0.002 : 0.1,"upstream_status":502, 502 : 504,"status":504,"request_time":0.103}`, 504, 504, 0.103, 0.103, -1},
		{`{"upstream_response_time":0.001, -,"upstream_header_time":-, -, "upstream_status":502, 504,"status":504}`, 504, 504, -1, 0.001, -1},
		{`{"status":009,"upstream_response_time":0.001}`, 9, 0, -1, 0.001, -1}, // HTTP/0.9
		{`{"http":{"response":{"status_code":502}},"upstream_response_time":-}`, 502, 0, -1, -1, -1},
		{`{"upstream":{"status":-,"response_time":-},"status":502}`, 502, 0, -1, -1, -1},
		{`{"status":502,"request":"GET /\x22a\x5C HTTP/1.1","request_time":0.101}`, 502, 0, 0.101, -1, -1},
		{`{"status":502,"agent":"a\q` + "\x01" + `","request_time":0.101,}`, 502, 0, 0.101, -1, -1},
	})
	e, _ := newParser(t, newNginxAccess, "")([]byte(`{"status":502,"request":"GET /\x22\xc3\xa4 HTTP/1.1","urt":-}`))
	if got, want := string(e.text), "GET /\"Ã¤ HTTP/1.1"; got != want {
		t.Errorf("got request %q, want %q", got, want)
	}
	for _, text := range []string{`{"status":502,"agent":"cut of`, `{"status":502,"urt":-`, `{"status":502,"a":"b"c"}`, `{status:502}`} {
		if e, ok := newParser(t, newNginxAccess, "")([]byte(text)); ok {
			t.Errorf("%s: got %+v, want it not to be known", text, e)
		}
	}
}

func TestNginxAccessStamp(t *testing.T) {
	want := time.Date(2026, 11, 24, 4, 22, 33, 0, time.UTC)
	for _, text := range []string{
		`127.0.0.1 - - [24/Nov/2026:05:22:33 +0100] "GET / HTTP/1.1" 200 15`,
		`{"status":200,"time_local":"24/Nov/2026:05:22:33 +0100"}`,
		`{"status":200,"@timestamp":"2026-11-24T04:22:33Z"}`,
		`{"status":200,"msec":1795494153.000}`,
		`{"status":200,"ts":1795494153000}`,
		`{"status":200,"time_iso8601":2026-11-24T05:22:33+01:00,"urt":-}`,
		`{"status":200,"timestamp":"2026-11-24T05:22:33+0100"}`,
		`status=200 time=2026-11-24T04:22:33Z`,
	} {
		if e, _ := newParser(t, newNginxAccess, "")([]byte(text)); !e.stamp.at.Equal(want) || !e.stamp.zoned {
			t.Errorf("%s: got %v, want %v", text, e.stamp, want)
		}
	}
}

func TestPHPAccessLines(t *testing.T) {
	checkAccess(t, newParser(t, newPHPAccess, ""), []accessRow{
		{`2024-04-25T01:43:53Z GET 404 9069.887 ms 14336 kB 1.43% /foo/bar/baz`, 404, 0, 9.069887, -1, 9.069887 * 0.0143}, // the article's
		{`- -  24/Nov/2026:04:22:33 +0000 "GET /external?ms=100" 200 /srv/index.php 101.212 2048 49.40%`, 200, 0, 0.101212, -1, 0.101212 * 0.494},
		{`127.0.0.1 - bob 24/Nov/2026:04:22:33 +0000 "GET /a"b" d" 500`, 500, 0, -1, -1, -1}, // php-fpm's default
		{`x GET 200 0.5s 512 kB 2.00% "/a 404 7 ms"`, 200, 0, 0.5, -1, 0.01},
		{`GET 200 501.234 14336 0.00 /a`, 200, 0, -1, -1, -1}, // no unit, no time
	})
	checkAccess(t, newParser(t, newPHPAccess, `[%T] %{seconds}d/%{user}C %s %{REQUEST_URI}e`), []accessRow{
		{`[24/Nov/2026:04:22:33 +0000] 9.069/12.00 200 /a b`, 200, 0, 9.069, -1, -1}, // the user's part is not all of the CPU
	})
	checkAccess(t, newParser(t, newPHPAccess, `%{microseconds}d %C%% %n %p %l %{X-A}o`), []accessRow{
		{`1500000 50.00% www 12 0 x`, 0, 0, 1.5, -1, 0.75},
	})
	for _, text := range []string{"", "NOTICE: fpm is running", "200 404", strings.Repeat("9", 400) + " ms"} {
		if e, ok := newParser(t, newPHPAccess, "")([]byte(text)); ok {
			t.Errorf("%q: got %+v, want it not to be known", text, e)
		}
	}
	if e, ok := newParser(t, newPHPAccess, "%s %d")([]byte(`2024-04-25T01:43:53Z GET 404 9069.887 ms 14336 kB 1.43% /foo`)); ok {
		t.Errorf("a line of another format than that given: got %+v, want it not to be known", e)
	}
}

// The page is shown, without its query.
func TestPHPAccessText(t *testing.T) {
	e, _ := newParser(t, newPHPAccess, "")([]byte(realLines[5]))
	if got := string(e.text); got != "/external" {
		t.Errorf("got %q, want /external", got)
	}
}

// %t is when the request came, %T when it was logged: the stamp is the latter.
func TestPHPAccessStamp(t *testing.T) {
	for format, want := range map[string]time.Duration{"%t %s %d": 7500 * time.Millisecond, "%T %s %d": 0} {
		e, _ := newParser(t, newPHPAccess, format)([]byte("24/Nov/2026:04:22:33 +0000 200 7.500"))
		if got := e.stamp.at.Sub(time.Date(2026, 11, 24, 4, 22, 33, 0, time.UTC)); got != want || !e.stamp.zoned {
			t.Errorf("%s: the stamp is %v after the time, want %v", format, got, want)
		}
	}
}

func TestPHPSlowEntries(t *testing.T) {
	p := newParser(t, newPHPSlow, "")
	var got []string
	for _, text := range strings.Split(`[0x00007f3a5c01f050] lost() /head.php:1

[28-Oct-2025 22:56:52]  [pool www] pid 1234
script_filename = /var/www/html/index.php
[0x00007f3a5c01f0e0] curl_exec() /var/www/html/checkout.php:42
[0x00007f3a5c01f050] pay() /var/www/html/index.php:7

[28-Oct-2025 22:56:53]  [pool www] pid 1235
script_filename = /var/www/html/index.php
[0x00007f3a5c01f0e0] [INCLUDE_OR_EVAL]() /var/www/a:b.php:3

[28-Oct-2025 22:56:54]  [pool www] pid 1236
script_filename = /var/www/html/index.php
[0x00007f3a5c01f0e0] curl_exec() /srv/vendor/guzzlehttp/guzzle/src/Handler/CurlHandler.php:44
[0x00007f3a5c01f0d0] __invoke() /srv/vendor/guzzlehttp/guzzle/src/Client.php:3
[0x00007f3a5c01f0c0] request() /srv/app/Pay.php:17
[0x00007f3a5c01f0b0] pay() /srv/public/index.php:9

[28-Oct-2025 22:56:55]  [pool www] pid 1237
script_filename = /var/www/html/index.php
[0x00007f3a5c01f0e0] curl_exec() /srv/wp-includes/Requests/src/Transport/Curl.php:205
[0x00007f3a5c01f0d0] request() /srv/wp-includes/class-wp-http.php:1

[28-Oct-2025 22:56:56]  [pool www] pid 1238
script_filename = /var/www/html/index.php
+++ dump failed

[php-fpm:slow] [28-Oct-2025 22:56:57]  [pool www] pid 1239
script_filename = /var/www/html/index.php
`+strings.Repeat("[0x00007f3a5c01f0e0] fread() /srv/vendor/predis/predis/src/Connection/StreamConnection.php:315\n", 20)+`garbage`, "\n") {
		e, ok := p([]byte(text))
		if !ok {
			got = append(got, "?"+text)
		} else if e.kind != "" {
			got = append(got, string(e.kind)+" "+string(e.text)+" "+e.stamp.at.Format("05"))
		}
	}
	want := []string{"waiting curl_exec() called at checkout.php:42 52", "waiting [INCLUDE_OR_EVAL]() called at a:b.php:3 53",
		"waiting curl_exec() called at guzzlehttp/guzzle (CurlHandler.php:44) from Pay.php:17 54",
		"waiting curl_exec() called at wp-includes (Curl.php:205) 55", "waiting fread() called at predis/predis (StreamConnection.php:315) 57", "?garbage"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTextsAreClean(t *testing.T) {
	for text, want := range map[string]string{
		"a\x00b\x1b[31mc\xff": "a b [31mc",
		`request: "GET /a?token=hush&b=c HTTP/1.1", host: "x"`: `request: "GET /a HTTP/1.1", host: "x"`,
		"upstream: \"http://me:hush@10.0.0.1/\"":               `upstream: "http://10.0.0.1/"`,
		`{"authorization":"Bearer hush","a":1}`:                `{"authorization":[hidden],"a":1}`,
		"Authorization: Bearer hush more":                      "Authorization: [hidden] more",
		"api_key=hush; x":                                      "api_key=[hidden]; x",
		strings.Repeat("ä", 400):                               strings.Repeat("ä", 148) + "...", // 296 bytes and 3
	} {
		if got := clean([]byte(text)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
