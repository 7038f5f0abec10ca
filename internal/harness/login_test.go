package harness

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// members is a site with a login, and an experiment whose visits need one.
func members(t *testing.T, count int) (exp *configs.Experiment, logins *atomic.Int64) {
	t.Helper()
	logins = &atomic.Int64{}
	var sessions sync.Map
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `<input type="password">`) })
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		id := fmt.Sprint("session-", logins.Add(1))
		sessions.Store(id, true)
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: id})
		http.Redirect(w, r, "/account", http.StatusFound)
	})
	mux.HandleFunc("GET /account", func(w http.ResponseWriter, r *http.Request) {
		if sid, err := r.Cookie("sid"); err == nil {
			if _, ok := sessions.Load(sid.Value); ok {
				fmt.Fprint(w, "Hello")
				return
			}
		}
		http.Redirect(w, r, "/login", http.StatusFound)
	})
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	step := func(name, method, path string) configs.Step {
		return configs.Step{Request: configs.Request{Name: name, Method: method, Path: path}}
	}
	return &configs.Experiment{
		Version: 1, Name: "members", Seed: 1, Arrivals: configs.Arrivals{Kind: configs.Uniform},
		Target: configs.Target{URL: site.URL, Timeout: 5 * time.Second},
		Chaos:  configs.Chaos{Toxiproxy: configs.Embedded}, Limits: configs.Limits{InFlight: 100},
		Sessions: &configs.Sessions{Count: count, Steps: []configs.Step{step("form", "GET", "/login"), step("login", "POST", "/login")}},
		Visits:   []configs.Visit{{Name: "look", Weight: 1, Steps: []configs.Step{step("account", "GET", "/account")}}},
		Phases:   []configs.Phase{{Name: "load", Duration: time.Second, Rate: steady(10)}},
	}, logins
}

// The logins come before T0, and are in no figure: 3 sessions, 10 visits of one step.
func TestLogInBeforeTheRun(t *testing.T) {
	t.Parallel()
	exp, logins := members(t, 3)
	dir := filepath.Join(t.TempDir(), "out")
	var first, last *LoggingIn
	err := Run(t.Context(), exp, dir, func(s Status) {
		if s.LoggingIn != nil && first == nil {
			first = s.LoggingIn
		}
		if s.LoggingIn != nil {
			last = s.LoggingIn
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	takes := 5 * time.Second / 20 // 6 requests, 20 a second
	if *first != (LoggingIn{0, 3, takes}) || *last != (LoggingIn{3, 3, takes}) {
		t.Errorf("told %+v first and %+v last, want none and all of 3, and %v", first, last, takes)
	}
	b, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for hits, err := range b.Hits() {
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			if h.Code != 200 || h.Session < 1 || h.Session > 3 || h.Due < 0 {
				t.Errorf("got %+v", h)
			}
			n++
		}
	}
	if n != 10 || logins.Load() != 3 || b.Manifest.Sessions != 3 {
		t.Errorf("got %d hits, %d logins and %d sessions in the manifest, want 10, 3 and 3", n, logins.Load(), b.Manifest.Sessions)
	}
}

// A run that is interrupted while it logs in leaves nothing, and has broken nothing.
func TestInterruptedLogIn(t *testing.T) {
	t.Parallel()
	exp, _ := members(t, 1000)
	dir := filepath.Join(t.TempDir(), "out")
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("Ctrl-C")
	err := Run(ctx, exp, dir, func(s Status) {
		if s.LoggingIn.Done > 0 {
			cancel(why)
		}
	})
	if !errors.Is(err, why) {
		t.Errorf("got %v, want %v", err, why)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left a bundle: %v", err)
	}
}

// A preflight logs one session in, sends each step of the visits with it, and says what
// came of both; when nobody can be logged in, it sends no visit.
func TestWireLogsIn(t *testing.T) {
	t.Parallel()
	exp, logins := members(t, 50)
	w, err := Wire(t.Context(), exp)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, r := range w.Requests {
		told = append(told, fmt.Sprint(r.Name, " ", r.Status, " ", r.Location))
	}
	if got, want := strings.Join(told, "; "), "log in/form 200 OK ; log in/login 302 Found /account; look/account 200 OK "; got != want || w.Spoilt() > 0 || logins.Load() != 1 {
		t.Errorf("got %q, %d things spoilt, %d logins; want %q, none, one", got, w.Spoilt(), logins.Load(), want)
	}

	exp, _ = members(t, 50)
	exp.Sessions.Steps = exp.Sessions.Steps[:1] // the form is asked for, and not sent
	w, err = Wire(t.Context(), exp)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Requests) != 1 || w.Spoilt() != 1 || !strings.Contains(w.Requests[0].Remarks[0].Text, "it logs nobody in, so the visits were not sent: 200, but its page asks for a password") {
		t.Errorf("got %+v, want one request that logs nobody in", w.Requests)
	}
}
