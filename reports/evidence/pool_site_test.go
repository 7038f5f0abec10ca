package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gunicorn"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports/journal"
)

// poolSite starts a real site.
func poolSite(t *testing.T, start func(context.Context, staging.Options) (*staging.Site, error), o staging.Options) *staging.Site {
	t.Helper()
	site, err := start(t.Context(), o)
	if (errors.Is(err, phpfpm.ErrNotInstalled) || errors.Is(err, gunicorn.ErrNotInstalled)) && os.Getenv("CI") != "true" {
		t.Skipf("not run: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	return site
}

// ask asks for all pages at once and waits for their answers.
func ask(t *testing.T, url string, paths ...string) {
	t.Helper()
	var v visitor
	var asking sync.WaitGroup
	for _, path := range paths {
		asking.Go(func() { v.get(t.Context(), url+path) })
	}
	asking.Wait()
}

// kinds are how many lines of each kind were seen.
func (w *watched) kinds() map[journal.Kind]int64 {
	m := map[journal.Kind]int64{}
	for _, o := range w.seen() {
		m[o.Kind] += o.Count
	}
	return m
}

func wantKinds(t *testing.T, w *watched, want map[journal.Kind]int64) {
	t.Helper()
	for kind, n := range want {
		await(t, w, kind, n)
	}
	w.stop()
	if got := w.kinds(); !maps.Equal(got, want) {
		t.Errorf("the log says %v, want %v: %v", got, want, w.seen())
	}
}

// What real php-fpm says of its own workers: one that is ended for its time, one
// that is killed, and a pool that may have no more.
func TestRealPHPErrorLog(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		options staging.Options
		paths   []string
		want    map[journal.Kind]int64
	}{
		"ended":  {staging.Options{Workers: 3, TerminateTimeout: time.Second}, []string{"/work?ms=20000", "/work?ms=20000", "/work?ms=10"}, map[journal.Kind]int64{journal.WorkerTimeout: 2}},
		"killed": {staging.Options{Workers: 2}, []string{"/close", "/close"}, map[journal.Kind]int64{journal.WorkerKilled: 2}},
		"full":   {staging.Options{Workers: 2, PM: "dynamic"}, []string{"/work?ms=3500", "/work?ms=3500", "/work?ms=10"}, map[journal.Kind]int64{journal.MaxWorkers: 1}},
		"well":   {staging.Options{Workers: 2}, []string{"/work?ms=10"}, map[journal.Kind]int64{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := poolSite(t, phpfpm.Start, row.options)
			w := watch(t, configs.Site{PHPErrorLog: configs.Source{File: site.PHPErrorLog}}, time.Now())
			ask(t, site.URL, row.paths...)
			wantKinds(t, w, row.want)
		})
	}
}

// What real gunicorn says.
func TestRealGunicornErrorLog(t *testing.T) {
	t.Parallel()
	site := poolSite(t, gunicorn.Start, staging.Options{Workers: 3, TerminateTimeout: 2 * time.Second})
	w := watch(t, configs.Site{GunicornErrorLog: configs.Source{File: site.GunicornErrorLog}}, time.Now())
	ask(t, site.URL, "/close", "/work?ms=20000", "/work?ms=10")
	wantKinds(t, w, map[journal.Kind]int64{journal.WorkerTimeout: 1, journal.WorkerKilled: 1})
}

// What real Apache says as the gateway of php-fpm, and of a server that closes,
// resets and hangs: a line for each answer that it gave in their stead.
func TestRealApacheErrorLog(t *testing.T) {
	t.Parallel()
	const modules = "/usr/lib/apache2/modules"
	apache := staging.Program(staging.ProgramDirs(), "apache2")
	if _, err := os.Stat(modules); (apache == "" || err != nil) && os.Getenv("CI") != "true" {
		t.Skip("not run: install apache2-bin")
	}
	site := poolSite(t, phpfpm.Start, staging.Options{Network: "tcp"})
	conf, err := os.ReadFile(filepath.Join(site.Dir, "nginx.conf"))
	if err != nil {
		t.Fatal(err)
	}
	pool := regexp.MustCompile(`fastcgi_pass\s+(\S+);`).FindSubmatch(conf)
	if pool == nil {
		t.Fatal("nginx.conf has no fastcgi_pass")
	}
	upstream := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		conn, _, err := rw.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		switch r.URL.Path {
		case "/reset":
			conn.(*net.TCPConn).SetLinger(0)
		case "/hang":
			conn.Read(make([]byte, 1)) // until Apache gives up
		}
	}))
	defer upstream.Close()
	template, err := os.ReadFile("testdata/apache.conf")
	if err != nil {
		t.Fatal(err)
	}
	file, listen := filepath.Join(site.Dir, "apache.conf"), ports.Test(t)
	if err := staging.Fill(file, string(template), map[string]any{"Dir": site.Dir, "Modules": modules, "Listen": listen, "Root": os.Geteuid() == 0,
		"Absent": ports.Test(t), "Pool": strings.Trim(string(pool[1]), `"`), "HTTP": upstream.Listener.Addr().String()}); err != nil {
		t.Fatal(err)
	}
	child, err := staging.StartChild(site, apache, filepath.Join(site.Dir, "apache.error.log"), "-f", file, "-DFOREGROUND")
	if err != nil {
		t.Fatal(err)
	}
	site.OnClose(child.Stop)
	if err := child.Await(t.Context(), func(ctx context.Context) error { return staging.AwaitSocket(ctx, "tcp", listen) }); err != nil {
		t.Fatal(err)
	}
	w := watch(t, configs.Site{ApacheErrorLog: configs.Source{File: filepath.Join(site.Dir, "apache.error.log")}}, time.Now())
	for _, path := range []string{"/absent/a", "/absent.sock/a", "/http/close", "/http/reset", "/work"} {
		ask(t, "http://"+listen, path)
	}
	ask(t, "http://"+listen, "/http/hang", "/http/hang", "/http/hang")
	want := map[journal.Kind]int64{journal.UpstreamRefused: 1, journal.NoSocket: 1, journal.UpstreamReset: 1, journal.UpstreamClosed: 1, journal.ReadTimeout: 3, journal.MaxWorkers: 1}
	for kind, n := range want {
		await(t, w, kind, n)
	}
	// A worker of php-fpm that dies resets its connection when it had not read
	// all of the request, and closes it when it had: Apache says which it was.
	ask(t, "http://"+listen, "/close")
	died := journal.UpstreamClosed
	if bytes.Contains(lineWith(t, filepath.Join(site.Dir, "apache.error.log"), "AH01075"), []byte("(104)")) {
		died = journal.UpstreamReset
	}
	want[died]++
	wantKinds(t, w, want)
}

// lineWith is the first line of a file with a text in it, as soon as there is one.
func lineWith(t *testing.T, file, text string) []byte {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		all, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(all) {
			if bytes.Contains(line, []byte(text)) {
				return line
			}
		}
	}
	t.Fatalf("no line of %s has %s in it", file, text)
	return nil
}

// Which arguments of access.format real php-fpm takes: those that we read, and no others.
func TestRealAccessFormats(t *testing.T) {
	t.Parallel()
	php := staging.Program(staging.ProgramDirs(), "php-fpm")
	if php == "" && os.Getenv("CI") != "true" {
		t.Skipf("not run: install %s", phpfpm.Packages)
	}
	for i, format := range []string{"%{mili}d", "%{miliseconds}d", "%{milli}d", "%{MILLI}d", "%{MilliSeconds}d", "%{micro}d", "%{seconds}d", "%{SECONDS}d", "%{}d", "%{ms}d",
		"%{KILO}M", "%{kilobytes}M", "%{Bytes}M", "%{megabytes}M", "%{KB}M", "%{TOTAL}C", "%{user}C", "%{child}C", "%e", "%o", "%{HTTP_HOST}e", "%{%F}t", "%{%F}T", "%{x}s", "%a", "%"} {
		dir := t.TempDir()
		conf := filepath.Join(dir, "php-fpm.conf")
		text := fmt.Sprintf("[global]\nerror_log=%[1]s/e.log\n[www]\nuser=daemon\nlisten=%[1]s/s\npm=static\npm.max_children=1\naccess.log=%[1]s/a.log\naccess.format=\"%[2]s %%s\"\n", dir, format)
		if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, refused := exec.Command(php, "--test", "--fpm-config", conf).CombinedOutput()
		if _, err := configs.ParseAccessFormat(format + " %s"); (err == nil) != (refused == nil) {
			t.Errorf("%d: %s: php-fpm says %v, we say %v: %s", i, format, refused, err, strings.TrimSpace(string(out)))
		}
	}
}
