package accuracy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports"
)

// publishedConf is a gateway as configurations that are published have it: a limit,
// an error page of its own, and a JSON log without quotes around what upstreams
// give, which is broken JSON of just the requests that no upstream answered.
const publishedConf = `daemon off;
worker_processes 1;
pid "{{.Dir}}/nginx.pid";
error_log "{{.Dir}}/error.log" error;
{{if .Root}}user root;{{end}}
events { worker_connections 256; }
http {
	log_format published '{"time":"$time_iso8601","status":$status,"request_time":$request_time,"upstream_connect_time":$upstream_connect_time,'
	                     '"upstream_header_time":$upstream_header_time,"upstream_response_time":$upstream_response_time,"request":"$request"}';
	access_log "{{.Dir}}/access.log" published;
	client_body_temp_path "{{.Dir}}/body"; fastcgi_temp_path "{{.Dir}}/fastcgi"; proxy_temp_path "{{.Dir}}/proxy";
	scgi_temp_path "{{.Dir}}/scgi"; uwsgi_temp_path "{{.Dir}}/uwsgi";
	limit_req_zone $scheme zone=visitors:32k rate=10r/s;
	server {
		listen {{.Gateway}};
		fastcgi_param SCRIPT_FILENAME "{{.Pool.Dir}}/index.php";
		fastcgi_param SCRIPT_NAME $uri;
		fastcgi_param REQUEST_URI $request_uri;
		fastcgi_param REQUEST_METHOD $request_method;
		fastcgi_param QUERY_STRING $query_string;
		fastcgi_param SERVER_PROTOCOL $server_protocol;
		fastcgi_param DEPENDENCY {{.Payments}};
		fastcgi_read_timeout 1s;
		error_page 502 503 504 {{.Page}};
		location = /busy.html { internal; root "{{.Dir}}"; }
		location = /busy.json { internal; default_type application/json; return 503 '{"error": "busy"}'; }
		location = /busy.php { internal; fastcgi_pass "unix:{{.Pool.Dir}}/pool.sock"; }
		location / {
			{{if .Limited}}limit_req zone=visitors burst=3 nodelay;{{end}}
			fastcgi_pass "unix:{{.Pool.Dir}}/pool.sock";
		}
	}
}
`

// published is a site with a gateway like that, and what goes wrong with it.
type published struct {
	name, page, path, trouble string
	limited                   bool
	stop                      bool // the pool, before
	code                      int
	cause                     reports.Cause
	line, advice              string // in the evidence, and in the first advice
}

// What a gateway refused, or gave up, is never laid on a CDN: with all four logs
// the cause is the line that names it, whatever the page looks like.
func TestPublishedGateways(t *testing.T) {
	const waiting = "2, faults: [{dependency: payments, hang: {}, after: 0s, for: 4s}]"
	for _, row := range []published{
		{name: "limit_req, and a page that is a file", page: "/busy.html", path: "/work?ms=10", trouble: "30", limited: true,
			code: 503, cause: reports.GatewayRefused, line: "limiting requests", advice: "burst"},
		{name: "limit_req, and JSON like an application's", page: "/busy.json", path: "/work?ms=10", trouble: "30", limited: true,
			code: 503, cause: reports.GatewayRefused, line: "limiting requests", advice: "burst"},
		{name: "the gateway gives up", page: "/busy.html", path: "/external?ms=10", trouble: waiting,
			code: 504, cause: reports.GatewayTimeout, line: "upstream timed out"},
		{name: "no pool, and a page that it would serve", page: "/busy.php", path: "/work?ms=10", trouble: "10", stop: true,
			code: 502, cause: reports.PoolDown, line: "No such file or directory"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := trusted(t, func() *reports.Report { return row.run(t) })
			if len(r.Onset) != 1 || r.Onset[0].Code != row.code || r.Onset[0].Cause != row.cause {
				t.Fatalf("onsets %+v, want one of %d: %s", r.Onset, row.code, row.cause)
			}
			o := r.Onset[0]
			if o.Confidence == nil || *o.Confidence < 0.9 {
				t.Errorf("confidence %v, want at least 0.9", *o.Confidence)
			}
			all := strings.Join(o.Evidence, "\n")
			for _, want := range []string{row.line, "php's access log has none"} {
				if !strings.Contains(all, want) {
					t.Errorf("evidence\n%s\nwant %q in it", all, want)
				}
			}
			for _, lie := range []string{"something in front of it answered", "says nothing"} {
				if strings.Contains(all, lie) {
					t.Errorf("evidence\n%s\nhas %q", all, lie)
				}
			}
			if !slices.ContainsFunc(r.Advice, func(a reports.Advice) bool { return strings.Contains(a.Text, row.advice) }) {
				t.Errorf("advice %+v, want %q in it", r.Advice, row.advice)
			}
			for _, e := range r.Evidence {
				if e.Kind == "unparsed" {
					t.Errorf("%+v", e)
				}
			}
		})
	}
}

// run runs an experiment of 6 s on the real gateway and a real pool, with all four logs.
func (p published) run(t *testing.T) *reports.Report {
	t.Helper()
	payments, gateway := ports.Test(t), ports.Test(t)
	pool, err := phpfpm.Start(t.Context(), staging.Options{Workers: 12, SlowLog: 5 * time.Second})
	if errors.Is(err, phpfpm.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skipf("not run: install %s (%v)", phpfpm.Packages, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	site := &staging.Site{Dir: t.TempDir()}
	conf := filepath.Join(site.Dir, "nginx.conf")
	err = errors.Join(os.WriteFile(filepath.Join(site.Dir, "busy.html"), []byte("<h1>We are busy</h1>"), 0o644),
		staging.Fill(conf, publishedConf, map[string]any{"Dir": site.Dir, "Root": os.Geteuid() == 0, "Gateway": gateway, "Pool": pool,
			"Payments": payments, "Page": p.page, "Limited": p.limited}))
	if err != nil {
		t.Fatal(err)
	}
	nginx, err := staging.StartChild(site, staging.Program(staging.ProgramDirs(), "nginx"), filepath.Join(site.Dir, "error.log"), "-p", site.Dir, "-c", conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nginx.Stop() })
	if err := staging.AwaitSocket(t.Context(), "tcp", gateway); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(site.Dir, "experiment.yaml")
	if err := os.WriteFile(file, []byte(p.experiment(site.Dir, gateway, payments, pool)), 0o600); err != nil {
		t.Fatal(err)
	}
	if p.stop {
		time.AfterFunc(2500*time.Millisecond, func() { pool.StopPool() })
	}
	r, err := Run(t.Context(), file, filepath.Join(site.Dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Log(r.Summary)
	return r
}

func (p published) experiment(dir, gateway, payments string, pool *staging.Site) string {
	return fmt.Sprintf(`version: 1
name: published
seed: 1
target: {url: "http://%s", timeout: 10s}
requests: [{name: page, path: %q}]
dependencies: [{name: payments, listen: "%s", upstream: "%s"}]
phases:
  - {name: baseline, duration: 2s, rate: 5}
  - {name: trouble, duration: 4s, rate: %s}
site:
  nginx_error_log: {file: %q}
  nginx_access_log: {file: %q}
  php_access_log: {file: %q}
  php_slow_log: {file: %q}
`, gateway, p.path, payments, pool.DependencyAddr, p.trouble, filepath.Join(dir, "error.log"), filepath.Join(dir, "access.log"), pool.PHPAccessLog, pool.SlowLog)
}
