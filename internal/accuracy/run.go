package accuracy

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gunicorn"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/journal"
)

// Measure runs the site for real, with an experiment written to a file as a
// user would, in dir, which must exist. It returns the report on it, and how
// long the workers themselves say that they took, which the report does not see.
func Measure(ctx context.Context, s Site, dir string) (*reports.Report, Held, error) {
	port, err := ports.Reserve("127.0.0.1:0")
	if err != nil {
		return nil, Held{}, err
	}
	defer port.Close()
	proxy := port.Addr
	start := phpfpm.Start
	if s.Python {
		start = gunicorn.Start
	}
	site, err := start(ctx, s.options(proxy))
	if err != nil {
		return nil, Held{}, err
	}
	defer site.Close()
	site.Dependency.SetDelay(s.Delay)
	file := filepath.Join(dir, "experiment.yaml")
	if err := os.WriteFile(file, []byte(s.experiment(site, proxy)), 0o600); err != nil {
		return nil, Held{}, err
	}
	r, err := Run(ctx, file, filepath.Join(dir, "out"))
	if err != nil {
		return nil, Held{}, err
	}
	log, read := site.PHPAccessLog, byPHP
	if s.Python {
		log, read = site.PythonAccessLog, byGunicorn
	}
	held, err := ReadHeld(log, read, r)
	return r, held, err
}

// Run runs an experiment file into out and returns the report on it.
func Run(ctx context.Context, file, out string) (*reports.Report, error) {
	exp, err := configs.Load(file, nil)
	if err != nil {
		return nil, err
	}
	if err := harness.Run(ctx, exp, out, nil); err != nil {
		return nil, err
	}
	bundle, err := journal.Open(out)
	if err != nil {
		return nil, err
	}
	return analysis.Analyze(bundle)
}

// experiment is a pre-release test as one would write it: how it is when all is
// well, too much load, and the dependency hanging, each long enough to show in
// a site of this size.
func (s Site) experiment(site *staging.Site, proxy string) string {
	c, inside := s.CapacityHz(), float64(s.Workers+s.QueueSlots())
	seconds := func(v float64) time.Duration { return time.Duration(math.Ceil(v*2)) * time.Second / 2 }
	if s.CPU {
		c = min(c, 2/(s.Share*s.Calling.Seconds())) // the cores there are
	}
	over, hanging, low := 1.7*c, 0.7*c, 0.4*c
	overload := seconds(inside/(over-c) + max(6, 40/c))
	drain := seconds(1.5*inside/c + 3)
	held := max(float64(s.Workers)/(s.Share*hanging)+float64(s.QueueSlots())/hanging+4, 3*s.Timeout.Seconds()+3)
	hang := seconds(held)
	page := "external"
	if s.CPU {
		page = "cpu_external"
	}
	requests := fmt.Sprintf("  - {name: calling, path: \"/%s?ms=%d&timeout_ms=%d\", weight: %d}\n",
		page, s.Calling.Milliseconds(), s.Timeout.Milliseconds(), s.callParts)
	if s.Share < 1 {
		requests += fmt.Sprintf("  - {name: plain, path: \"/work?ms=%d\", weight: %d}\n", s.Plain.Milliseconds(), s.allParts-s.callParts)
	}
	return fmt.Sprintf(`version: 1
name: accuracy-%d
seed: %d
arrivals: %s
target: {url: "%s", timeout: 60s}
requests:
%sdependencies:
  - {name: payments, listen: "%s", upstream: "%s"}
phases:
  - {name: warmup, duration: 2s, rate: %.3f, warmup: true}
  - {name: baseline, duration: %v, rate: %.3f}
  - {name: overload, duration: %v, rate: %.3f}
  - {name: drain, duration: %v, rate: %.3f}
  - {name: hang, duration: %v, rate: %.3f, faults: [{dependency: payments, hang: {}, after: 1s, for: %v}]}
  - {name: recovery, duration: %v, rate: %.3f}
`, s.Seed, s.Seed, s.Arrivals, site.URL, requests, proxy, site.DependencyAddr,
		low, seconds(max(8, 60/low)), low, overload, over, drain, 0.2*c,
		hang+time.Second, hanging, hang, drain, low)
}
