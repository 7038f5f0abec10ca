package harness

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
)

// An audit that is interrupted says so no more loudly than that a fault may be
// left: the server takes the toxic, and refuses to take it away again.
func TestAuditSaysThatAFaultMayBeLeft(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	exp := hangExperiment(t, time.Minute)
	payments := exp.Dependencies[0]
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
	defer server.Close()
	exp.Chaos.Toxiproxy = server.URL
	exp.Audit = &configs.Audit{Rate: 12, Horizon: time.Minute}
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	asked := errors.New("stop")
	err := Audit(ctx, exp, t.TempDir(), func(s Status) {
		if s.Faults > 0 {
			stop(asked)
		}
	}, nil)
	if !errors.Is(err, asked) || !errors.Is(err, ErrStuck) {
		t.Errorf("got %v, want that it was stopped, and that not every fault was lifted", err)
	}
}
