package staging_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/staging"
)

// Three tries with a timeout of 0.2 s each take 0.6 s of a dependency that
// hangs, on three connections; the second dependency, which is well, answers at
// once; and with share=0 nobody calls. The application's own error has its body.
func TestPagesThatCall(t *testing.T) {
	onAll(t, staging.Options{}, func(t *testing.T, site *staging.Site) {
		site.Dependency.Hang(true)
		defer site.Dependency.Hang(false)
		before := site.Dependency.Calls()
		h := get(t, site, "/external?timeout_ms=200&tries=3")
		if !strings.HasPrefix(h.body, "fallback") || site.Dependency.Calls()-before != 3 {
			t.Errorf("three tries: got %q after %d calls, want fallback after 3", h.body, site.Dependency.Calls()-before)
		}
		wantBetween(t, "three tries of 0.2 s", h.took(), 595*time.Millisecond, time.Second)
		if h := get(t, site, "/external?dep=2"); h.body != "ok ok" {
			t.Errorf("second dependency: got %q, want ok ok", h.body)
		}
		if h := get(t, site, "/external?share=0"); h.body != "ok without" {
			t.Errorf("share 0: got %q, want ok without", h.body)
		}
		for path, want := range map[string]hit{
			"/app?status=502":                              {code: 502, body: "application"},
			"/app?status=503&like=nginx":                   {code: 503, body: "<center>nginx"},
			"/external?timeout_ms=200&fail=504":            {code: 504, body: "application"},
			"/external?timeout_ms=200&fail=502&like=nginx": {code: 502, body: "<center>nginx"},
			"/external?dep=2&fail=504":                     {code: 200, body: "ok"},
		} {
			if h := get(t, site, path); h.code != want.code || !strings.Contains(h.body, want.body) {
				t.Errorf("%s: got %d %q, want %d with %q", path, h.code, h.body, want.code, want.body)
			}
		}
	})
}

// Of 100 requests with share=0.5 some call and some do not, all but surely:
// none of either has a chance of 2^-99.
func TestShareOfRequestsCalls(t *testing.T) {
	onAll(t, staging.Options{}, func(t *testing.T, site *staging.Site) {
		called := 0
		for range 100 {
			if get(t, site, "/external?share=0.5").body == "ok ok" {
				called++
			}
		}
		wantBetween(t, "requests that called", called, 1, 99)
	})
}
