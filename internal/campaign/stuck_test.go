package campaign

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tailback/tailback/attack/search"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/harness"
)

// stuckServer is a Toxiproxy with a proxy for payments, which takes a toxic and
// refuses to take it away again.
func stuckServer(t *testing.T, payments configs.Dependency) (url string) {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodDelete:
			http.Error(w, "no", http.StatusInternalServerError)
		case r.URL.Path == "/proxies":
			fmt.Fprintf(w, `{"payments": {"name": "payments", "listen": %q, "upstream": %q, "enabled": true}}`, payments.Listen, payments.Upstream)
		default:
			fmt.Fprint(w, `{"version": "2.12.0"}`)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// An audit that is interrupted says so no more loudly than that a fault may be left.
func TestAuditSaysThatAFaultMayBeLeft(t *testing.T) {
	exp := shop(t)
	exp.Chaos.Toxiproxy = stuckServer(t, exp.Dependencies[0])
	exp.Audit = &configs.Audit{Rate: 12, Horizon: time.Minute}
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	asked := errors.New("stop")
	progress := unseen
	progress.Watch = func(s harness.Status) {
		if len(s.Faults) > 0 {
			stop(asked)
		}
	}
	_, err := Audit(ctx, exp, t.TempDir(), progress)
	if !errors.Is(err, asked) || !errors.Is(err, harness.ErrStuck) {
		t.Errorf("got %v, want that it was stopped, and that not every fault was lifted", err)
	}
}

// A trial that was ended because the site was down does not hide that its fault
// may be left.
func TestStuckTrial(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer site.Close()
	payments := configs.Dependency{Name: "payments", Listen: "127.0.0.1:1", Upstream: "127.0.0.1:2"}
	h := &hunt{out: t.TempDir(), exp: &configs.Experiment{
		Version: 1, Name: "stuck", Seed: 1, Arrivals: configs.Arrivals{Kind: configs.Uniform},
		Target:       configs.Target{URL: site.URL, Timeout: time.Second},
		Requests:     []configs.Request{{Name: "home", Method: "GET", Path: "/", Weight: 1}},
		Dependencies: []configs.Dependency{payments},
		Chaos:        configs.Chaos{Toxiproxy: stuckServer(t, payments)},
		Limits:       configs.Limits{InFlight: 100},
		Capacity:     &configs.Capacity{From: 1, To: 20, Objective: "errors < 1%"},
	}}
	fault := &configs.Fault{Dependency: "payments", Share: 1, SlowClose: &configs.SlowClose{Delay: time.Second}}
	if _, _, err := h.runTrial(t.Context(), search.Plan{RateHz: 20, Seconds: 10}, fault, 0, "trial"); !errors.Is(err, harness.ErrStuck) {
		t.Errorf("got %v", err)
	}
}
