package evidence

import (
	"bytes"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// Lines that real nginx 1.22 and php-fpm 8.2 wrote.
var realLines = []string{
	`2026/11/24 04:22:31 [error] 32730#32730: *71 connect() to unix:/tmp/site/pool.sock failed (11: Resource temporarily unavailable) while connecting to upstream, client: 127.0.0.1, server: , request: "GET /external?ms=100 HTTP/1.1", upstream: "fastcgi://unix:/tmp/site/pool.sock:", host: "127.0.0.1:18081"`,
	`2026/11/24 04:22:31 [error] 32730#32730: *7 recv() failed (104: Connection reset by peer) while reading response header from upstream, client: 127.0.0.1, server: , request: "GET /work HTTP/1.1", upstream: "fastcgi://unix:/tmp/site/pool.sock:", host: "127.0.0.1:37243"`,
	`2026/11/24 04:22:31 [error] 32730#32730: *7 upstream timed out (110: Connection timed out) while connecting to upstream, client: 127.0.0.1, server: , request: "GET /work HTTP/1.1", upstream: "fastcgi://127.0.0.1:38191", host: "127.0.0.1:42049"`,
	`127.0.0.1 - - [24/Nov/2026:04:22:33 +0000] "GET /external?ms=100 HTTP/1.1" 200 15 "-" "tailback" 0.101 0.102`,
	`{"time_iso8601":"2026-11-24T04:22:33+00:00","status":"504","request_time":"10.001","upstream_response_time":"0.001, 10.001 : -","upstream_status":"502, 504"}`,
	`- -  24/Nov/2026:04:22:33 +0000 "GET /external?ms=100" 200 /tmp/site/index.php 101.212 2048 0.00%`,
	`2024-04-25T01:43:53Z GET 404 9069.887 ms 14336 kB 1.43% /foo/bar/baz`,
	"[28-Oct-2025 22:56:52]  [pool www] pid 1234\nscript_filename = /var/www/html/index.php\n[0x00007f3a5c01f0e0] curl_exec() /var/www/html/checkout.php:42\n",
	`[28-Nov-2026 22:09:48] WARNING: [pool www] child 7, script '/a.php' (request: "GET /a.php?x=1") execution timed out (4.013433 sec), terminating`,
	`[2026-11-28 22:10:56 +0000] [2515] [CRITICAL] WORKER TIMEOUT (pid:2530)`,
	`[Sat Nov 28 22:10:00.501267 2026] [proxy_fcgi:error] [pid 1042:tid 1096] (104)Connection reset by peer: [client 127.0.0.1:33054] AH01075: Error dispatching request to :18099: `,
}

// Whatever is in a log, nothing panics; each line counts once or is known and
// of no interest; times are times, and texts can be shown.
func FuzzLines(f *testing.F) {
	for _, text := range realLines {
		f.Add([]byte(text), uint8(len(text)))
	}
	f.Fuzz(func(t *testing.T, text []byte, cut uint8) {
		for name, newOne := range map[string]func(string) (parser, error){"error": newNginxError, "access": newNginxAccess, "php": newPHPAccess, "slow": newPHPSlow,
			"php error": newPHPError, "gunicorn": newGunicornError, "apache": newApacheError} {
			parse := newParser(t, newOne, "")
			var counted, interesting int64
			sum := newSummary("", func(o journal.Observation) {
				counted += o.Count
				checkObservation(t, name, &o)
			})
			times := &clock{t0: time.Now().Add(-time.Minute), live: true, count: sum.add}
			var lines splitter
			take := func(text []byte) {
				e, known := parse(text)
				if !known {
					e = line(journal.Unparsed, text)
				}
				if e.kind != "" {
					e.stamp = stamp{}
					interesting++
					times.take(time.Since(times.t0), &e)
				}
			}
			first := text[:min(int(cut), len(text))]
			lines.add(first, take)
			lines.add(text[len(first):], take)
			lines.add([]byte{'\n'}, take)
			sum.flush(1 << 60)
			if counted != interesting {
				t.Errorf("%s: counted %d of %d lines", name, counted, interesting)
			}
			if n := int64(bytes.Count(text, []byte{'\n'})) + 1; interesting > n {
				t.Errorf("%s: %d entries of %d lines", name, interesting, n)
			}
		}
	})
}

func checkObservation(t *testing.T, name string, o *journal.Observation) {
	t.Helper()
	if len(o.Text) > maxText || !utf8.ValidString(o.Text) {
		t.Errorf("%s: text %q can't be shown", name, o.Text)
	}
	for _, r := range o.Text {
		if !unicode.IsPrint(r) {
			t.Errorf("%s: text %q has a control character", name, o.Text)
		}
	}
	if o.Kind == journal.Access && (o.Code < 0 || o.Code > 599 || o.UpstreamCode < 0 || o.UpstreamCode > 599) {
		t.Errorf("%s: statuses %d, %d", name, o.Code, o.UpstreamCode)
	}
	if x := o.Times; x != nil && !(x.SumS >= 0 && x.SumS < 1e13 && x.UpstreamSumS >= 0 && x.UpstreamSumS < 1e13 && x.CPUSumS >= 0 && x.MaxS <= x.SumS) {
		t.Errorf("%s: times %+v", name, x)
	}
}

// A format that configs takes makes a matcher, and no line panics in it.
func FuzzAccessFormat(f *testing.F) {
	for _, format := range usualFormats {
		f.Add(format, realLines[5])
	}
	f.Add(`%{%e %j}T %{micro}d %{user}C`, "")
	f.Fuzz(func(t *testing.T, format, text string) {
		_, valid := configs.ParseAccessFormat(format)
		parse, err := newPHPAccess(format)
		if (valid == nil) != (err == nil) && format != "" {
			t.Fatalf("%q: configs says %v, the matcher %v", format, valid, err)
		}
		if err == nil {
			parse([]byte(text))
		}
	})
}

// Whatever a status page says, its figures are counts that add up, or it is refused.
func FuzzStatus(f *testing.F) {
	f.Add([]byte(jsonPage + "}"))
	f.Add([]byte(fullText))
	f.Fuzz(func(t *testing.T, page []byte) {
		p, err := parseStatus(page)
		if err == nil && (p.Total != p.Active+p.Idle || p.Active < 0 || p.Idle < 0 || p.Queue < 0) {
			t.Errorf("got %+v", p)
		}
		if err != nil && len(err.Error()) > 4*maxText {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}

// Lines a second on one core, by log. 10,000 a second are a busy site.
func BenchmarkLines(b *testing.B) {
	for name, row := range map[string]struct {
		newOne func(string) (parser, error)
		text   string
	}{
		"nginx_error":  {newNginxError, realLines[0]},
		"nginx_access": {newNginxAccess, realLines[3]},
		"nginx_json":   {newNginxAccess, realLines[4]},
		"php_access":   {newPHPAccess, realLines[5]},
	} {
		b.Run(name, func(b *testing.B) {
			parse := newParser(b, row.newOne, "")
			sum := newSummary("", func(journal.Observation) {})
			times := &clock{t0: time.Now(), live: true, count: sum.add}
			b.ReportAllocs()
			for b.Loop() {
				e, ok := parse([]byte(row.text))
				if !ok {
					b.Fatal("not known")
				}
				times.take(time.Second, &e)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}
