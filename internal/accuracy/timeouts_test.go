package accuracy

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports"
)

// TestTimeouts: how long a real site waits for a dependency that hangs, who
// ended it, and who gave up on the visitor.
func TestTimeouts(t *testing.T) {
	for _, row := range []struct {
		name    string
		options staging.Options
		page    string
		client  time.Duration // the visitor's patience; 0 is 60 s
		rate    float64
		fault   string
		value   float64 // seconds; 0 is none
		slack   float64
		retries int64
		verdict string
		visitor string
	}{
		{name: "none", page: "external?ms=100", rate: 8, verdict: "none", visitor: "ok"},
		{name: "none until the gateway", page: "external?ms=100", options: staging.Options{GatewayTimeout: 2 * time.Second}, rate: 2, verdict: "none", visitor: "gateway"},
		{name: "1 s", page: "external?ms=100&timeout_ms=1000", rate: 8, value: 1, slack: 0.05, verdict: "app", visitor: "ok"},
		{name: "0.35 s", page: "external?ms=100&timeout_ms=350", rate: 8, value: 0.35, slack: 0.03, verdict: "app", visitor: "ok"},
		{name: "3 tries of 0.4 s", page: "external?ms=100&timeout_ms=400&tries=3", rate: 2, value: 0.4, slack: 0.03, retries: 2, verdict: "app", visitor: "ok"},
		{name: "3 tries of 0.4 s in a full pool", page: "external?ms=100&timeout_ms=400&tries=3", rate: 8, value: 0.4, slack: 0.03, retries: 2, verdict: "app", visitor: "ok"},
		{name: "killed", page: "external?ms=100", options: staging.Options{TerminateTimeout: 3 * time.Second}, rate: 4, value: 3, slack: 0.15, verdict: "worker", visitor: "gateway"},
		{name: "a client of 0.5 s", page: "external?ms=100&timeout_ms=1000", client: 500 * time.Millisecond, rate: 3, value: 1, slack: 0.05, verdict: "app", visitor: "client"},
		{name: "on TCP", page: "external?ms=100&timeout_ms=1000", options: staging.Options{Network: "tcp"}, rate: 8, value: 1, slack: 0.05, verdict: "app", visitor: "ok"},
		{name: "a delay beyond it", page: "external?ms=100&timeout_ms=350", rate: 6, fault: "latency: {delay: 2s}", value: 0.35, slack: 0.03, verdict: "app", visitor: "ok"},
		{name: "half of the requests call", page: "external?ms=100&timeout_ms=500&share=0.5", rate: 8, value: 0.5, slack: 0.03, verdict: "app", visitor: "ok"},
		{name: "a connect", page: "external?ms=100&connect_ms=600", rate: 4, fault: "no_accept: {}", value: 0.6, slack: 0.05, verdict: "app", visitor: "ok"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if row.fault == "" {
				row.fault = "hang: {}"
			}
			if row.client == 0 {
				row.client = time.Minute
			}
			r := trusted(t, func() *reports.Report {
				return hung(t, phpfpm.Start, row.options, row.page, row.rate, row.client, row.fault)
			})
			if len(r.Timeouts) != 1 {
				t.Fatalf("got %+v, want one entry", r.Timeouts)
			}
			got := r.Timeouts[0]
			t.Logf("%+v %+v", got, got.ObservedS)
			if got.Verdict != row.verdict || got.Visitor != row.visitor || got.Retries != row.retries {
				t.Errorf("verdict %q, visitor %q, %d retries; want %q, %q, %d", got.Verdict, got.Visitor, got.Retries, row.verdict, row.visitor, row.retries)
			}
			if row.value == 0 {
				if got.ObservedS != nil {
					t.Errorf("a timeout of %v was seen, want none", got.ObservedS.Value)
				}
			} else if e := got.ObservedS; e == nil || math.Abs(e.Value-row.value) > row.slack || e.Low > row.value || e.High < row.value {
				t.Errorf("got %+v, want %v within %v, inside of the interval", e, row.value, row.slack)
			}
		})
	}
}

type startSite func(context.Context, staging.Options) (*staging.Site, error)

// hung runs a page of a real site through 3 s in which all is well, 8 s of the
// fault on its dependency, and as long after it as what queued may take.
func hung(t *testing.T, start startSite, options staging.Options, page string, rate float64, client time.Duration, fault string) *reports.Report {
	t.Helper()
	proxy := ports.Test(t)
	options.Dependency = proxy
	site, err := start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "experiment.yaml")
	text := fmt.Sprintf(`version: 1
name: timeouts
target: {url: "%s", timeout: %v}
requests:
  - {name: page, path: "/%s", degraded: {body: fallback}}
dependencies:
  - {name: payments, listen: "%s", upstream: "%s"}
phases:
  - {name: baseline, duration: 3s, rate: %v}
  - {name: fault, duration: 8s, rate: %v, faults: [{dependency: payments, %s}]}
  - {name: recovery, duration: 3s, rate: 2}
`, site.URL, client, page, proxy, site.DependencyAddr, rate, rate, fault)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), file, filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
