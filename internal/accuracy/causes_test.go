package accuracy

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports"
)

// The rows of the table "502 or 504?" on a real site of two workers and three
// queue slots: 4 s at 4/s when all is well, then 6 s of what breaks it. Each
// is named right, or not at all; never wrongly.
func TestCausesOnRealSites(t *testing.T) {
	hang := `, faults: [{dependency: payments, hang: {}, after: 500ms, for: 5s}]`
	for _, test := range []struct {
		name       string
		options    staging.Options
		path, load string // of the second phase: rate and faults
		stop       bool   // the pool, 6 s after the start
		code       int
		want       reports.Cause
		must       bool // be named from outside
	}{
		{name: "queue full", path: "/work?ms=400", load: "20", code: 502, want: reports.QueueFull, must: true},
		{name: "queue full under a hang", path: "/external", load: "8" + hang, code: 502, want: reports.QueueFull, must: true},
		{name: "gateway timeout", options: staging.Options{GatewayTimeout: time.Second}, path: "/external", load: "2" + hang, code: 504, want: reports.GatewayTimeout, must: true},
		{name: "worker killed", options: staging.Options{TerminateTimeout: time.Second}, path: "/external", load: "2" + hang, code: 502, want: reports.WorkerKilled, must: true},
		{name: "worker closed", path: "/close", load: "4", code: 502, want: reports.WorkerClosed},
		{name: "pool down", path: "/work?ms=100", load: "8", stop: true, code: 502, want: reports.PoolDown, must: true},
		{name: "well", path: "/work?ms=100", load: "8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			proxy, err := freeAddr()
			if err != nil {
				t.Fatal(err)
			}
			o := test.options
			o.Workers, o.Backlog, o.Dependency = 2, 2, proxy
			site, err := phpfpm.Start(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer site.Close()
			dir := t.TempDir()
			file := filepath.Join(dir, "experiment.yaml")
			text := fmt.Sprintf(`version: 1
name: cause
seed: 1
arrivals: uniform
target: {url: "%s", timeout: 20s}
requests: [{name: page, path: "%s"}]
dependencies: [{name: payments, listen: "%s", upstream: "%s"}]
phases:
  - {name: baseline, duration: 4s, rate: 2}
  - {name: trouble, duration: 6s, rate: %s}
`, site.URL, test.path, proxy, site.DependencyAddr, test.load)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if test.stop {
				timer := time.AfterFunc(6*time.Second, func() { site.StopPool() })
				defer timer.Stop()
			}
			r, err := Run(t.Context(), file, filepath.Join(dir, "out"))
			if err != nil {
				t.Fatal(err)
			}
			if test.code == 0 && len(r.Onset)+len(r.Slowdowns) > 0 {
				t.Errorf("a healthy run has onsets %+v, slowdowns %+v", r.Onset, r.Slowdowns)
			}
			found := false
			for _, one := range r.Onset {
				if one.Confidence != nil {
					t.Logf("%d × %d: %s %.2f %q", one.Count, one.Code, one.Cause, *one.Confidence, one.Evidence)
				} else {
					t.Logf("%d × %d: %s %q", one.Count, one.Code, one.Cause, one.Evidence)
				}
				found = found || one.Code == test.code && (one.Cause == test.want || !test.must && one.Cause == reports.Unknown)
			}
			if test.code != 0 && !found {
				t.Errorf("no onset of %d is named %s", test.code, test.want)
			}
		})
	}
}
