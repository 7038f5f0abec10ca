package evidence

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports/journal"
)

// realSite starts real nginx and php-fpm, and watches their logs from now on.
func realSite(t *testing.T, o staging.Options) (*staging.Site, *watched) {
	t.Helper()
	site, err := phpfpm.Start(t.Context(), o)
	if errors.Is(err, phpfpm.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skipf("not run: install %s (%v)", phpfpm.Packages, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	w := watch(t, configs.Site{
		NginxErrorLog:  configs.Source{File: site.ErrorLog},
		NginxAccessLog: configs.Source{File: site.AccessLog},
		PHPAccessLog:   configs.Access{Source: configs.Source{File: site.PHPAccessLog}},
	}, time.Now().Add(300*time.Millisecond)) // php-fpm still logs the request that showed it was ready
	time.Sleep(500 * time.Millisecond)
	return site, w
}

// visitor asks for pages over connections of their own and counts the answers by status, 0 for none.
type visitor struct {
	mu    sync.Mutex
	codes map[int32]int64
}

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func (v *visitor) get(ctx context.Context, url string) { v.ask(ctx, http.MethodGet, url, nil) }

func (v *visitor) ask(ctx context.Context, method, url string, body io.Reader) {
	var code int32
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err == nil {
		var resp *http.Response
		if resp, err = client.Do(req); err == nil {
			resp.Body.Close()
			code = int32(resp.StatusCode)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.codes == nil {
		v.codes = map[int32]int64{}
	}
	v.codes[code]++
}

// answered is how many requests a source saw with that status.
func (w *watched) answered(source journal.Source, code int32) (n int64) {
	for _, o := range w.seen() {
		if o.Source == source && o.Kind == journal.Access && o.Code == code {
			n += o.Count
		}
	}
	return n
}

// times sums up the times that a source gave.
func (w *watched) times(source journal.Source) (sum journal.Times) {
	for _, o := range w.seen() {
		if o.Source == source && o.Times != nil {
			sum.N += o.Times.N
			sum.SumS += o.Times.SumS
			sum.UpstreamN += o.Times.UpstreamN
			sum.CPUN += o.Times.CPUN
			sum.CPUSumS += o.Times.CPUSumS
			sum.Idle += o.Times.Idle
		}
	}
	return sum
}

// The rows of the table "502 or 504?" as real servers write them: as many lines
// of the kind as visitors got that answer, and none of another kind.
func TestRealSiteSaysWhy(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		options  staging.Options
		stop     bool // the pool, before
		path     string
		requests int
		code     int32
		kind     journal.Kind
		leastBad int64
	}{
		"queue full":       {staging.Options{Workers: 1, Backlog: 1}, false, "/work?ms=700", 8, 502, journal.QueueFull, 4},
		"worker killed":    {staging.Options{TerminateTimeout: time.Second}, false, "/work?ms=20000", 2, 502, journal.UpstreamReset, 2},
		"gateway gave up":  {staging.Options{GatewayTimeout: time.Second}, false, "/work?ms=1800", 3, 504, journal.ReadTimeout, 3},
		"no socket":        {staging.Options{}, true, "/work", 3, 502, journal.NoSocket, 3},
		"refused":          {staging.Options{Network: "tcp"}, true, "/work", 3, 502, journal.UpstreamRefused, 3},
		"closed":           {staging.Options{}, false, "/close", 2, 502, journal.UpstreamClosed, 2},
		"queue full, TCP":  {staging.Options{Workers: 1, Backlog: 1, Network: "tcp", GatewayTimeout: 500 * time.Millisecond}, false, "/work?ms=1500", 8, 504, journal.ConnectTimeout, 4},
		"all is well":      {staging.Options{}, false, "/work?ms=50", 8, 502, journal.QueueFull, 0},
		"waits, and works": {staging.Options{}, false, "/work?ms=1200", 2, 502, journal.QueueFull, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site, w := realSite(t, row.options)
			if row.stop {
				if err := site.StopPool(); err != nil {
					t.Fatal(err)
				}
			}
			var v visitor
			var asking sync.WaitGroup
			for range row.requests {
				asking.Go(func() { v.get(t.Context(), site.URL+row.path) })
			}
			asking.Wait()
			await(t, w, journal.Access, int64(row.requests)+v.codes[200]) // of nginx all, of php-fpm those it served
			w.stop()

			bad := v.codes[row.code]
			if bad < row.leastBad || bad+v.codes[200] != int64(row.requests) {
				t.Fatalf("the answers were %v, want %d or more of %d", v.codes, row.leastBad, row.code)
			}
			kinds := map[journal.Kind]int64{}
			for _, o := range w.seen() {
				if o.Source == journal.NginxErrorLog {
					kinds[o.Kind] += o.Count
				}
			}
			if row.kind == journal.ConnectTimeout { // the one that was served longer than that, and any queued
				kinds[row.kind] += kinds[journal.ReadTimeout]
				delete(kinds, journal.ReadTimeout)
			}
			if kinds[row.kind] != bad || bad > 0 && len(kinds) != 1 || bad == 0 && kinds[journal.OtherError] != 0 {
				t.Errorf("the error log says %v, want %d x %s", kinds, bad, row.kind)
			}
			for code, n := range v.codes {
				if got := w.answered(journal.NginxAccessLog, code); got != n {
					t.Errorf("the access log has %d x %d, visitors got %d", got, code, n)
				}
			}
			if got := w.times(journal.NginxAccessLog); got.N != int64(row.requests) {
				t.Errorf("the access log has times of %d requests, want %d", got.N, row.requests)
			}
			wantCount(t, w, journal.Unparsed, 0)
			wantCount(t, w, journal.Skew, 0)
			silent := int64(0)
			if w.answered(journal.PHPAccessLog, 200) == 0 { // it had nothing to log, then
				silent = 1
			}
			wantCount(t, w, journal.Lost, silent)
			if name == "waits, and works" { // it sleeps: no CPU
				if got := w.times(journal.PHPAccessLog); got.N != 2 || got.Idle != 2 || got.SumS < 2.4 || got.SumS > 10 || got.CPUSumS > 0.3 {
					t.Errorf("the php access log says %+v, want 2 that waited 1.2 s without computing", got)
				}
			}
		})
	}
}

// The client leaves: 499.
func TestRealSiteWhenTheVisitorLeaves(t *testing.T) {
	t.Parallel()
	site, w := realSite(t, staging.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	new(visitor).get(ctx, site.URL+"/work?ms=1500")
	await(t, w, journal.Access, 2) // nginx at once, php-fpm when it has done
	w.stop()
	if left, served := w.answered(journal.NginxAccessLog, 499), w.answered(journal.PHPAccessLog, 200); left != 1 || served != 1 {
		t.Errorf("got %d x 499 by nginx and %d x 200 by php-fpm, want one each: work outlives its reader", left, served)
	}
}

// Rotated as logrotate does it, again and again, under load: renamed, and the
// servers told to open new ones. Each request is in each log once.
func TestRealRotation(t *testing.T) {
	t.Parallel()
	site, w := realSite(t, staging.Options{Backlog: 500})
	const requests = 400
	var v visitor
	var asking sync.WaitGroup
	for i := range requests {
		time.Sleep(5 * time.Millisecond)
		asking.Go(func() { v.get(t.Context(), site.URL+"/work?ms=10") })
		if i%80 == 40 {
			for _, path := range []string{site.ErrorLog, site.AccessLog, site.PHPAccessLog} {
				if err := os.Rename(path, path+"."+time.Now().Format("150405.000")); err != nil {
					t.Fatal(err)
				}
			}
			for _, pid := range site.Children {
				if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	asking.Wait()
	if v.codes[200] != requests {
		t.Logf("the answers were %v", v.codes) // php-fpm starts its workers anew for it
	}
	await(t, w, journal.Access, requests+v.codes[200])
	time.Sleep(3 * pollEvery) // for what should not come
	w.stop()
	for code, n := range v.codes {
		if got := w.answered(journal.NginxAccessLog, code); got != n {
			t.Errorf("nginx logged %d x %d, visitors got %d", got, code, n)
		}
	}
	if got := w.answered(journal.PHPAccessLog, 200); got != v.codes[200] {
		t.Errorf("php-fpm logged %d, visitors got %d", got, v.codes[200])
	}
	wantCount(t, w, journal.Unparsed, 0)
	wantCount(t, w, journal.Lost, 0)
}

// The other forms: nginx's log as JSON, an access.format of one's own, the slow
// log and the status page on a socket of its own, while all workers wait. The
// readings of the page, which nginx logs, are no visitors.
func TestRealSiteInOtherForms(t *testing.T) {
	t.Parallel()
	const format = `%T [%n] %m %r %s took %{microseconds}d us %{user}C/%C %{REQUEST_URI}e`
	site, err := phpfpm.Start(t.Context(), staging.Options{Workers: 2, Status: staging.StatusApart, SlowLog: time.Second, AccessFormat: format, JSONLog: true})
	if errors.Is(err, phpfpm.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skipf("not run: install %s (%v)", phpfpm.Packages, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	time.Sleep(1200 * time.Millisecond) // what tail begins with is then of a second before
	w := watch(t, configs.Site{
		NginxAccessLog: configs.Source{File: site.AccessLog},
		PHPAccessLog:   configs.Access{Source: configs.Source{Command: "exec tail -n +1 -F " + site.PHPAccessLog}, Format: format},
		PHPSlowLog:     configs.Source{File: site.SlowLog},
		PHPFPMStatus:   configs.Status{URL: site.StatusURL, Every: 100 * time.Millisecond},
	}, time.Now())
	await(t, w, journal.Gauge, 1)
	var v visitor
	var asking sync.WaitGroup
	for range 2 {
		asking.Go(func() { v.get(t.Context(), site.URL+"/work?ms=3500") })
	}
	asking.Wait()
	await(t, w, journal.Access, 4)
	w.stop()

	wantCount(t, w, journal.Lost, 0)
	wantCount(t, w, journal.Unparsed, 0)
	wantCount(t, w, journal.Waiting, 2)
	if got := w.texts(journal.Waiting); !strings.HasPrefix(got, "usleep() called at index.php:") {
		t.Errorf("the slow log says %q, want that usleep() waited", got)
	}
	for source, want := range map[journal.Source]journal.Times{
		journal.NginxAccessLog: {N: 2, UpstreamN: 2}, journal.PHPAccessLog: {N: 2, CPUN: 2, Idle: 2},
	} {
		got := w.times(source)
		if got.SumS < 7 || got.SumS > 14 || got.N != want.N || got.UpstreamN != want.UpstreamN || got.CPUN != want.CPUN || got.Idle != want.Idle {
			t.Errorf("%s: got %+v, want twice 3.5 s and %+v", source, got, want)
		}
	}
	busiest := int64(0)
	for _, o := range w.seen() {
		if o.Pool != nil {
			busiest = max(busiest, o.Pool.Active)
			if o.Pool.Total != 2 || o.Pool.Manager != "static" {
				t.Errorf("the status page says %+v, want 2 static processes", o.Pool)
			}
		}
	}
	if busiest != 2 {
		t.Errorf("the status page saw at most %d active processes, want 2", busiest)
	}
}
