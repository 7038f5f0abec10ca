package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/ports"
)

// benchShop is an nginx that answers as a shop does, from memory: pages of 4 KB with a
// token in a form behind a session's cookie, and JSON.
const benchShop = `daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 4096; }
http { access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s; keepalive_requests 1000000;
 server { listen %[2]s; default_type text/html;
  location / { add_header Set-Cookie "sid=$request_id; Path=/; HttpOnly"; return 200 '<html><head><title>Cart</title></head><body>%[3]s<form method="post"><input type="hidden" name="_token" value="$request_id"></form></body></html>'; }
  location /add { default_type application/json; return 200 '{"cart": {"id": $connection_requests, "items": [{"sku": "a-1"}]}}'; } } }
`

const benchVisit = `visits:
  - name: buy
    steps:
      - {name: cart, path: /cart, capture: [{name: csrf, html: "input[name=_token]", attribute: value}]}
      - {name: add, method: POST, path: /add, form: {_token: "{{csrf}}"}, capture: [{name: id, json: /cart/id}]}
      - {name: show, path: "/order?id={{id}}", capture: [{name: etag, header: Content-Type}]}
      - {name: ship, path: /ship, capture: [{name: token, regexp: 'name="_token" value="([0-9a-f]+)"'}]}
      - {name: pay, method: POST, path: /pay, form: {_token: "{{token}}", order: "{{id}}"}}
`

const benchSingle = `requests:
  - {name: cart, path: /cart}
  - {name: add, method: POST, path: /add, form: {_token: "0123456789abcdef0123456789abcdef"}}
  - {name: show, path: "/order?id=1"}
  - {name: ship, path: /ship}
  - {name: pay, method: POST, path: /pay, form: {_token: "0123456789abcdef0123456789abcdef", order: "1"}}
`

// BenchmarkVisits drives the same nginx with 64 closed clients, by turns with the steps
// of a visit as single requests and with visits of 5 steps and 4 captures, and reports
// the median of the pairs' ratios in hits/s. BENCH_BEFORE is another tailback, whose
// single requests then take their turn too.
func BenchmarkVisits(b *testing.B) {
	url := startShop(b)
	bin := b.TempDir()
	goBuild(b, bin, "build", "-o", filepath.Join(bin, "tailback"), ".")
	before := os.Getenv("BENCH_BEFORE")
	var single, visits, ratios, than []float64
	for b.Loop() {
		for range benchPairs {
			s := tailbackRate(b, filepath.Join(bin, "tailback"), url, benchSingle)
			v := tailbackRate(b, filepath.Join(bin, "tailback"), url, benchVisit)
			single, visits, ratios = append(single, s), append(visits, v), append(ratios, v/s)
			if before != "" {
				than = append(than, s/tailbackRate(b, before, url, benchSingle))
			}
		}
	}
	b.ReportMetric(median(single), "single-hits/s")
	b.ReportMetric(median(visits), "visits-hits/s")
	b.ReportMetric(median(ratios), "ratio")
	if before != "" {
		b.ReportMetric(median(than), "single-over-before")
	}
}

func startShop(b *testing.B) (url string) {
	b.Helper()
	if _, err := exec.LookPath("nginx"); err != nil {
		b.Skip("not run: install nginx")
	}
	dir, addr := b.TempDir(), ports.Test(b)
	conf := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(benchShop, dir, addr, strings.Repeat(`<p class="item">A thing to buy, <a href="/thing">look</a>.</p>`, 60))
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command("nginx", "-p", dir, "-c", conf)
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for range 100 {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return "http://" + addr
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.Fatal("nginx did not come up")
	return ""
}
