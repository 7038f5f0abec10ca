package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tailback/tailback/attack/search"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/harness"
)

// A fault that may be left is exit 3, even to who has interrupted the command.
func TestStuckIsWorseThanInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for err, want := range map[error]int{
		context.Canceled: exitInterrupted,
		errors.Join(context.Canceled, harness.ErrStuck): exitFailed,
	} {
		exit := new(exitError)
		if !errors.As(failed(ctx, err), &exit) || exit.code != want {
			t.Errorf("%v: exit %d, want %d", err, exit.code, want)
		}
	}
}

// A trial that was ended because the site was down does not hide that its fault
// may be left: the server takes the toxic, and refuses to take it away again.
func TestStuckTrial(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer site.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodDelete:
			http.Error(w, "no", http.StatusInternalServerError)
		case r.URL.Path == "/proxies":
			fmt.Fprint(w, `{"payments": {"name": "payments", "listen": "127.0.0.1:1", "upstream": "127.0.0.1:2", "enabled": true}}`)
		default:
			fmt.Fprint(w, `{"version": "2.12.0"}`)
		}
	}))
	defer server.Close()
	h := &hunt{out: t.TempDir(), progress: io.Discard, exp: &configs.Experiment{
		Version: 1, Name: "stuck", Seed: 1, Arrivals: configs.Uniform,
		Target:       configs.Target{URL: site.URL, Timeout: time.Second},
		Requests:     []configs.Request{{Name: "home", Method: "GET", Path: "/", Weight: 1}},
		Dependencies: []configs.Dependency{{Name: "payments", Listen: "127.0.0.1:1", Upstream: "127.0.0.1:2"}},
		Chaos:        configs.Chaos{Toxiproxy: server.URL},
		Limits:       configs.Limits{InFlight: 100},
		Capacity:     &configs.Capacity{From: 1, To: 20, Objective: "errors < 1%"},
	}}
	fault := &configs.Fault{Dependency: "payments", Share: 1, SlowClose: &configs.SlowClose{Delay: time.Second}}
	if _, _, err := h.make(t.Context(), search.Plan{RateHz: 20, Seconds: 10}, fault, 0, "trial"); !errors.Is(err, harness.ErrStuck) {
		t.Errorf("got %v", err)
	}
}
