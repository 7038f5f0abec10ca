package schema

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tailback/tailback/configs"
)

// What the schema says of a value is what Load says of it, in each form that a
// value may have. VALUE in a file stands for it.
func TestSchemaAgreesWithLoad(t *testing.T) {
	const (
		head  = "version: 1\ntarget: {url: \"http://127.0.0.1:1\"}\nrequests: [{path: /}]\ndependencies: [{name: db, listen: \"127.0.0.1:2\", upstream: \"127.0.0.1:3\"}, {name: bank, host: \"bank.example:80\"}]\nchaos: {egress: {listen: \"127.0.0.1:4\"}}\n"
		phase = head + "phases: [{name: p, duration: 100s, rate: 8, faults: [{dependency: db, %s}]}]\n"
		all   = "phases: [{name: p, duration: 100s, rate: 8}]\n"
	)
	s := compile(t)
	dir := t.TempDir()
	n, good := 0, 0
	for _, row := range []struct{ file, values string }{
		{head + "phases: [{name: p, duration: VALUE, rate: 8}]\n", `10s | 1m30s | 1.5s | .5s | +3s | 300ms | 90 | "90" | 10 sec | 0s | 0 | "0" | -1s | 1h5 | "" | 1us | 2µs | [10s] | ten`},
		{head + "phases: [{name: p, duration: 10s, rate: VALUE}]\n", `8 | 0 | 0.25 | "8" | 8/s | 480/m | 480 / m | 480/1m | 5/500ms | 1/.5s | 10/1m30s | 8/0s | 8/0 | 8/0m0.0s | 8/-1s | 8/+1s | 8/10 | 8/1m/s | 8/d | 8/ | -1 | 1000001 | fast | "1e2" | {from: 0, to: 20} | {from: 5} | {from: 2, to: 6, step: 2, every: 2s} | {from: 2, to: 6, step: 2} | {from: 2, to: 6, every: 2s} | {from: 2, to: 6, step: 0, every: 2s} | {from: 2, to: 6, step: 2, every: 2} | {from: -2, to: 6} | {from: 1, to: 2, til: 3} | true | [8]`},
		{head + "phases: [{name: p, duration: 10s, burst: VALUE}]\n", `8 | -1 | 1.5 | "8" | 10000`},
		{head + "phases: [{name: VALUE, duration: 10s, rate: 1}]\n", `p | "a b" | " a" | "a:b" | "" | 5 | é | "a\tb" | a/b`},
		{fmt.Sprintf(phase, "latency: VALUE"), `{delay: 2s} | {delay: 2} | 2s | {} | {delay: 0s} | {delay: {from: 0s, to: 1s, step: 500ms, every: 2s}} | {delay: {from: 0s}} | {from: 0s, to: 1s, step: 500ms, every: 2s} | {from: 0s, to: 1s, step: 500ms} | {from: 0s} | {delay: 1s, from: 0s, to: 1s} | {delay: 1s, jitter: 10ms, direction: upstream} | {delay: 1s, direction: up} | {jitter: 1s} | {step: 1s, every: 1s}`},
		{fmt.Sprintf(phase, "hang: VALUE"), `{} | true | false | null | {after: 1s} | 5 | []`},
		{fmt.Sprintf(phase, "reset: VALUE"), `{} | true | false | null | {after: 1s} | {after: -1s} | 1s`},
		{fmt.Sprintf(phase, "bandwidth: {rate: VALUE}"), `100KB/s | 100kb | 1MB | 1 GB/s | 1000 | 1500 | 1500B/s | 2000B | 0KB/s | "5000" | 100kib/s | 0 | 1.5MB`},
		{fmt.Sprintf(phase, "slice: {size: VALUE}"), `1 | 100B | 1KB | 0 | "0" | -1 | 1.5 | 100 b | [1]`},
		{fmt.Sprintf(phase, "http_error: VALUE"), `{} | null | {status: 429} | {status: 200} | {status: "429"} | {headers: [{name: Retry-After, value: "5"}]} | {headers: [{name: Host, value: a}]} | {headers: [{name: content-Length, value: "5"}]} | {headers: [{name: "a b", value: c}]} | {headers: [{value: c}]} | {headers: [{name: X-A, value: "a\nb"}]} | {headers: [{name: X-A, value: 5}]}`},
		{fmt.Sprintf(phase, "hang: {}, share: VALUE"), `1 | 0.5 | 0 | 50 | "0.5" | -0.5`},
		{fmt.Sprintf(phase, "VALUE"), `hang: {} | share: 1 | hang: {}, down: {} | hangs: {} | hang: {}, after: 1s, for: 2s | hang: {}, for: 0s | hang: {}, after: -1s | hang: {}, after: 5`},
		{head + all + "objectives: [VALUE]\n", `"errors < 1%" | "p: p99 < 300ms" | "p99 < 300" | "rate >= 7.5/s" | "502 == 0" | "502 < 5 %" | ": errors < 1" | "errors under 1" | "p98 < 1s" | "errors < few" | 502 | "errors<1%" | "  p :  ok  >=  99.9% " | "rate > 5%" | "errors < 5s" | {errors: 1} | "GET / p95 < 1s" | "p:GET / p95<1s" | "\"GET /\" errors < 1%" | "\"GET / errors < 1%" | "p: \"GET /\" ok > 9" | "errors < 5% over 10s" | "GET / 502 < 3 over 1m" | "errors < 5% over 10" | "p95 < 1s over" | "db timeout < 400ms" | "timeout < 400ms" | "db timeout < 5" | "p: db timeout < 1s" | "db budget > 1s" | "db retries <= 1" | "db retries <= 1s" | "db retries == 1x baseline" | "capacity > 30/s" | "capacity > 30s" | "workers >= 8" | "db workers >= 8" | "queue_slots > 1e2" | "gateway_timeout == 60s" | "gateway_timeout == 1x baseline" | "p95 < 1.2x baseline" | "p95 < 1.2 baseline" | "p95 < baseline" | "p: errors <= 1 x baseline" | "errors == 1x baseline" | "GET / p95 < 1.1x baseline" | "capacity > 0.9x baseline" | "recovered < 1x baseline" | "p95 < 2x baseline over 10s" | "GET / onset > 1s" | "db timeout > 1s over 10s"`},
		{head + all + "abort_when: VALUE\n", `["errors > 50% over 10s"] | "errors > 50% over 10s" | ["errors > 50%"] | ["errors > 50% over soon"] | ["recovered > 5s over 10s"] | ["p: errors > 5% over 10s"] | ["GET / errors > 5% over 10s"] | ["workers < 3 over 10s"] | ["errors > 2x baseline"] | ["p95 > 1s over 2h"]`},
		{head + "capacity: {from: 1, to: 20, objective: VALUE}\n", `"errors < 1%" | "errors < 1%, p95 < 1s" | "errors < 1%," | "p: errors < 1%" | "onset > 1s" | "" | "GET / p95 < 1s, errors < 1%" | "errors < 1% over 10s" | "workers > 3" | "p95 < 1x baseline" | "db timeout < 1s, p95 < 1s"`},
		{head + "capacity: VALUE\n", `{from: 1, to: 20, objective: ok > 90%} | {} | null | {from: 0, to: 20, objective: ok > 90%} | {to: 20, objective: ok > 90%}`},
		{head + "audit: VALUE\n", `{rate: 8, horizon: 30s} | {} | null | {rate: 0, horizon: 30s} | {rate: 8} | {rate: 8/s, horizon: 30s}`},
		{strings.Replace(head, "/}", "/, VALUE}", 1) + all, `weight: 0 | weight: 3 | weight: -1 | method: POST | method: post | method: CONNECT | method: GE T | headers: [{name: Host, value: a}] | headers: [{name: X-vegeta-Seq, value: a}] | headers: [{name: Retry-After, value: a}] | headers: {Accept: a} | body: a, body_file: b | body: {env: A, file: b} | body: {} | query: [{name: a, value: b}] | query: [{value: b}] | expect: {status: 404} | expect: {status: [2xx, 204]} | expect: {status: [20x]} | expect: {status: 600} | expect: {body: [a]} | json: {a: [1, {b: null}]} | json: text | json: 5 | json: [] | json: {}, body: a | json: {a: 1}, body: "" | form: {a: b} | form: {a: 5, b: true, c: [x, 1], d: null} | form: {a: {env: PATH}} | form: {a: {b: c}} | form: [{name: a, value: b}] | form: [{value: b}] | form: {} | form: {}, json: 1 | form: a | form: {a: b}, multipart: [{name: a, value: b}] | form: {a: b}, body_file: agree_test.go | multipart: [{name: a, value: b}] | multipart: [{value: b}] | multipart: {a: b} | multipart: [{name: a, value: b, filename: c}] | multipart: [{name: a, value: b, type: "a\nb"}] | headers: ["Accept: a"] | headers: ["Accept : a"] | headers: ["Accept:"] | headers: [Accept] | headers: ["X Y: a"] | headers: ["host: a"] | headers: ["Content-Length: 5"] | headers: ["Hosted: a"] | headers: [": a"] | headers: ["Content-Type: a"], multipart: [{name: a, value: b}] | headers: [{name: content-type, value: a}], form: {a: b} | headers: [{name: content-type, value: a}], multipart: [{name: a, value: b}]`},
		{strings.Replace(head, "requests:", "data: VALUE\nrequests:", 1) + all, `[] | [{name: card}] | [{file: a.csv}] | [{name: card, file: a.xls}] | [{name: 5x, file: a.csv}] | {name: card, file: a.csv} | [{name: card, file: a.csv, order: any}] | [{name: card, file: a.csv, secrets: x}]`},
		{strings.Replace(head, "path: /", "path: VALUE", 1) + all, `/ | "/a?b=c&d" | "/{{uuid}}" | "/a?b={{random 1 5}}&c={{ seq }}" | '/{{"a b"}}' | "/{{now unix}}/ b" | a | //a | /a#b | /a b | "" | /é | 5`},
		{strings.Replace(head, "path: /", "path: /, VALUE", 1) + all, `weight: 3 | weight: 0 | rate: 2, weight: 1 | rate: 2, weight: 0 | rate: 2`},
		{strings.Replace(head, "path: /", "path: /, rate: VALUE", 1) + "phases: [{name: p, duration: 10s}]\n", `2 | 0.25 | "2" | 120/1m | 120/m | 0 | "0" | 0/5m | 0.0/s | 0.5/s | 2/0s | -2 | 1000001 | fast | {from: 2, to: 2} | [2]`},
		{strings.Replace(head, "path: /", "path: /, rate: 2", 1) + "phases: [{name: p, duration: 10s, VALUE}]\n", `rate: 0 | rate: 8 | burst: 8 | concurrency: 8 | warmup: false`},
		{strings.Replace(head, "path: /", "path: /, rate: 2}, {path: /b", 1) + "phases: [{name: p, duration: 10s, VALUE}]\n", `rate: 0 | rate: 8 | burst: 8 | concurrency: 8 | warmup: false`},
		{strings.Replace(head, "path: /", "path: /, rate: 2}, {path: /b, weight: 0", 1) + "phases: [{name: p, duration: 10s, VALUE}]\n", `rate: 0 | rate: 8 | warmup: false`},
		{strings.Replace(head, "path: /", "path: /, rate: 2", 1) + "VALUE\n", `capacity: {from: 1, to: 20, objective: ok > 90%} | audit: {rate: 8, horizon: 30s} | arrivals: {replay: ../testdata/access.log}`},
		{strings.Replace(head, `"http://127.0.0.1:1"`, "VALUE", 1) + all, `http://127.0.0.1:1 | "HTTP://localhost/a?b" | "http://[::1]:8080/" | "http://localhost:" | ftp://localhost | localhost | "http://" | "http://localhost:70000" | "http://localhost/#a" | "http://u:p@localhost/" | "http://:80/"`},
		{strings.Replace(head, `:1"}`, `:1", VALUE}`, 1) + all, `timeout: 5s | timeout: 0s | allow: [a.example, 10.0.0.0/8] | allow: a.example | allow: ["*.a"] | allow: ["http://a"] | user: a | password: a | user: a, password: b | user: "a:b" | insecure: true | insecure: yes please | host: a.example:80 | host: http://a | self: [a.example] | self: [a/b] | protocol: http/1.1 | protocol: h2 | protocol: h2c | protocol: 2 | socket: /run/a.sock | socket: "" | socket: /run/a.sock, use_proxy: true | socket: "", use_proxy: true | socket: /run/a.sock, source_addresses: [] | socket: /a, source_addresses: 127.0.0.2 | source_addresses: [127.0.0.2] | source_addresses: eth0 | client_cert: {cert: a.pem} | client_cert: a.pem`},
		{strings.Replace(head, `"127.0.0.1:2"`, "VALUE", 1) + all, `"127.0.0.1:2" | "[::1]:2" | "localhost:2" | "db.example:2" | "127.0.0.1" | "127.0.0.1:0" | "127.0.0.1:65536" | "127.0.0.1:065535" | ":2" | 2 | "http://127.0.0.1:2"`},
		{strings.Replace(head, `listen: "127.0.0.1:2", upstream: "127.0.0.1:3"`, "VALUE", 1) + all, `listen: "127.0.0.1:2" | upstream: "a:3" | host: "a:443" | host: "a:443", upstream: "b:1" | host: "a:443", listen: "127.0.0.1:2" | host: a | listen: "127.0.0.1:2", upstream: "https://a:443"`},
		{strings.Replace(head, `{listen: "127.0.0.1:4"}`, "VALUE", 1) + all, `{listen: "127.0.0.1:4"} | {} | null | {listen: "0.0.0.0:4"} | {listen: "0.0.0.0:4", allow: [10.0.0.0/8]} | {listen: "10.0.0.1:4", allow: [ten]} | {listen: "[::1]:4"} | {listen: "127.0.0.1:4", parent: "http://a:1"} | {listen: "127.0.0.1:4", parent: "https://a:1"} | {listen: "127.0.0.1:4", no_proxy: [a]} | {listen: "127.0.0.1:4", parent: "http://a:1/x", no_proxy: [a]} | {listen: "127.0.0.1:4", parent: "http://a:1", no_proxy: [".a", "10.0.0.0/8"]}`},
		{head + all + "site: VALUE\n", `{nginx_error_log: {file: a}} | {nginx_error_log: {command: a}} | {nginx_error_log: {file: a, command: b}} | {nginx_error_log: a} | {php_access_log: {file: a, format: "%s %d"}} | {nginx_access_log: {file: a, format: "%s"}} | {php_fpm_status: {url: "http://127.0.0.1:1/s"}} | {php_fpm_status: {every: 1s}} | {php_fpm_status: {url: "http://127.0.0.1:1/s", every: 0s}} | {apache: {}}`},
	} {
		for value := range strings.SplitSeq(row.values, " | ") {
			n++
			file := filepath.Join(dir, fmt.Sprintf("v%d.yaml", n))
			write(t, file, strings.Replace(row.file, "VALUE", value, 1))
			_, wrong := configs.Load(file, nil)
			read, err := instance(file)
			if err != nil {
				t.Errorf("%s: %v", value, err)
				continue
			}
			refused := s.Validate(read)
			if (wrong == nil) != (refused == nil) {
				t.Errorf("%s\nload:   %v\nschema: %v", strings.Replace(row.file, "VALUE", value, 1), wrong, refused)
			}
			if wrong == nil {
				good++
			}
		}
	}
	if good < 80 || n-good < 120 {
		t.Errorf("%d of %d values are good", good, n)
	}
}
