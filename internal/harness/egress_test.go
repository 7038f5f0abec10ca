package harness

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/journal"
)

// egressSite is a real site of 4 workers whose libcurl goes through an egress
// that nothing listens on yet, and an experiment for it with requests at the paths.
func egressSite(t *testing.T, o staging.Options, paths ...string) *configs.Experiment {
	t.Helper()
	egress := ports.Test(t)
	o.Proxy = "http://" + egress
	site, err := phpfpm.Start(t.Context(), o)
	if errors.Is(err, phpfpm.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skipf("not run: install %s (%v)", phpfpm.Packages, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { site.Close() })
	exp := &configs.Experiment{
		Version: 1, Name: "egress", Seed: 1, Arrivals: configs.Arrivals{Kind: configs.Uniform},
		Target: configs.Target{URL: site.URL, Timeout: 20 * time.Second},
		Chaos:  configs.Chaos{Toxiproxy: configs.Embedded, Egress: configs.Egress{Listen: egress}},
		Limits: configs.Limits{InFlight: 1000},
	}
	if site.StatusURL != "" {
		exp.Site.PHPFPMStatus = configs.Status{URL: site.StatusURL, Every: time.Second}
	}
	for _, path := range paths {
		exp.Requests = append(exp.Requests, configs.Request{Name: path, Method: "GET", Path: path, Weight: 1})
	}
	return exp
}

func steady(hz float64) *configs.Rate { return &configs.Rate{From: hz, To: hz} }

func analyzed(t *testing.T, exp *configs.Experiment) *reports.Report {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	if err := Run(t.Context(), exp, dir, nil); err != nil {
		t.Fatal(err)
	}
	b, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := analysis.Analyze(b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// One healthy run tells what a site depends on: of 60 requests a third call a
// host that nobody declared, a third the site itself, the others nobody. The egress refuses none.
func TestAHealthyRunTellsWhatASiteCalls(t *testing.T) {
	t.Parallel()
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(20 * time.Millisecond)
	}))
	defer shop.Close()
	exp := egressSite(t, staging.Options{Fetch: shop.URL}, "/fetch", "/self?ms=0", "/work?ms=0")
	exp.Phases = []configs.Phase{
		{Name: "busy", Duration: 3 * time.Second, Rate: steady(20)},
		{Name: "over", Duration: 2 * time.Second, Rate: steady(0)}, // calls that begin late are seen as well
	}
	r := analyzed(t, exp)
	if len(r.DependenciesSeen) != 2 || r.SelfRequests == nil {
		t.Fatalf("seen %+v, %+v; want the site itself and the shop", r.DependenciesSeen, r.SelfRequests)
	}
	own, other := r.DependenciesSeen[0], r.DependenciesSeen[1]
	// The mix is drawn from the seed: the journal knows how many of each there were.
	sent := map[string]int64{}
	for _, one := range r.Phases[0].Requests {
		sent[one.Name] = one.Sent
	}
	if "http://"+own.Host != exp.Target.URL || !own.Self || own.Calls != sent["/self?ms=0"] || r.SelfRequests.Calls != own.Calls {
		t.Errorf("of the site itself %+v, %+v; want %d calls", own, r.SelfRequests, sent["/self?ms=0"])
	}
	if "http://"+other.Host != shop.URL || other.Self || other.Calls != sent["/fetch"] || other.HeldS.P50 == nil || *other.HeldS.P50 < 0.018 {
		t.Errorf("of the shop %+v; want %d calls of 20 ms", other, sent["/fetch"])
	}
	if len(r.EgressRefused) > 0 || len(r.Warnings) > 0 {
		t.Errorf("refused %v, warnings %q", r.EgressRefused, r.Warnings)
	}
}

// physics.md 8 on real parts: pages that call their own site are good at low
// overlap (4/s of 100 ms), and stand still when 30 come within 300 ms, which is
// 100/s x 200 ms = 20 workers' work: the 4 wait for the 17 queue slots' requests, among
// them their own. The egress saw all workers in such calls, so the cause is certain.
func TestSelfDeadlockIsCertain(t *testing.T) {
	t.Parallel()
	exp := egressSite(t, staging.Options{GatewayTimeout: 4 * time.Second, Status: staging.StatusApart}, "/self?ms=100")
	exp.Phases = []configs.Phase{
		{Name: "calm", Duration: 3 * time.Second, Rate: steady(4)},
		{Name: "surge", Duration: 300 * time.Millisecond, Rate: steady(100)},
		{Name: "after", Duration: 6 * time.Second, Rate: steady(0)},
	}
	r := analyzed(t, exp)
	if p := r.Phases[0]; p.OKRatio == nil || *p.OKRatio != 1 {
		t.Errorf("calm: %v ok, want all: 4/s of 100 ms do not overlap", p.OKRatio)
	}
	if len(r.Onset) == 0 {
		t.Fatalf("nothing failed: %+v", r.Phases[1].Codes)
	}
	for _, o := range r.Onset {
		if o.Cause != reports.SelfDeadlock || o.Confidence == nil || *o.Confidence < 0.98 {
			t.Errorf("%d by %s (%v): %q, want self_deadlock for certain", o.Code, o.Cause, *o.Confidence, o.Evidence)
		}
	}
	if len(r.DependenciesSeen) != 1 || !r.DependenciesSeen[0].Self || *r.SelfRequests.Share != 1 {
		t.Errorf("seen %+v, %+v; want the site itself alone", r.DependenciesSeen, r.SelfRequests)
	}
}
