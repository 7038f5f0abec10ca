package campaign

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/reports"
)

// locked is an experiment on a site that sends everybody to its login page.
func locked(t *testing.T) *configs.Experiment {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/login", http.StatusFound)
	}))
	t.Cleanup(site.Close)
	return &configs.Experiment{
		Version: 1, Name: "locked", Seed: 1, Arrivals: configs.Arrivals{Kind: configs.Uniform},
		Target:       configs.Target{URL: site.URL, Timeout: time.Second},
		Requests:     []configs.Request{{Name: "checkout", Method: "GET", Path: "/checkout", Weight: 1}},
		Dependencies: []configs.Dependency{{Name: "payments", Listen: ports.Test(t), Upstream: strings.TrimPrefix(site.URL, "http://")}},
		Chaos:        configs.Chaos{Toxiproxy: configs.Embedded}, Limits: configs.Limits{InFlight: 100},
	}
}

const trap = "answers to checkout were 302 to /login: was it logged in? Give it a session"

// The first trial of a search that loads a login page ends it.
func TestCapacityOfALoginPage(t *testing.T) {
	t.Parallel()
	exp := locked(t)
	exp.Capacity = &configs.Capacity{From: 5, To: 10, Objective: "errors < 1%"}
	found, err := Capacity(t.Context(), exp, t.TempDir(), untold)
	if err != nil {
		t.Fatal(err)
	}
	if found.Verdict != reports.Inconclusive || found.ExitCode != 3 || !strings.Contains(found.Summary, trap) || len(found.Figures[0].Trials) > 0 {
		t.Errorf("%s, exit %d, %q, %+v", found.Verdict, found.ExitCode, found.Summary, found.Figures)
	}
}

// An audit of a login page is not one of the site.
func TestAuditOfALoginPage(t *testing.T) {
	t.Parallel()
	exp := locked(t)
	exp.Audit = &configs.Audit{Rate: 8, Horizon: 2 * time.Second}
	found, err := Audit(t.Context(), exp, t.TempDir(), unseen)
	if err != nil {
		t.Fatal(err)
	}
	if found.Verdict != reports.Inconclusive || found.ExitCode != 3 || !strings.Contains(found.Summary, "before the first fault were 302 to /login: was it logged in?") || found.Rows[0].Verdict != reports.AuditUnknown {
		t.Errorf("%s, exit %d, %q, %+v", found.Verdict, found.ExitCode, found.Summary, found.Rows)
	}
}

// Runs of a campaign draw apart, and the same again in the next campaign; without
// values that are drawn nothing changes.
func TestSeedsOfACampaign(t *testing.T) {
	exp := &configs.Experiment{Seed: 7, Audit: &configs.Audit{Rate: 8, Horizon: time.Second}, Requests: []configs.Request{{Path: "/a"}}}
	if got := auditOf(exp, "payments").Seed; got != 7 {
		t.Errorf("the seed is %d, want 7", got)
	}
	exp.Requests[0].Headers = []configs.Header{{Name: "Idempotency-Key", Value: configs.Secret{Text: "{{uuid}}"}}}
	one, again, other := auditOf(exp, "payments").Seed, auditOf(exp, "payments").Seed, auditOf(exp, "db").Seed
	if one != again || one == other || one == 7 || one >= 1<<53 {
		t.Errorf("seeds %d, %d and %d", one, again, other)
	}
}
