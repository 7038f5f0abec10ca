package staging_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gosite"
	"github.com/tailback/tailback/internal/staging/phpfpm"
)

// visitor keeps cookies and follows no redirect.
func visitor(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// said is the status, where it leads, and the body, of a GET, or of a POST with a form.
func said(t *testing.T, c *http.Client, address string, form url.Values) (status int, leads, body string) {
	t.Helper()
	ask := func() (*http.Response, error) { return c.Get(address) }
	if form != nil {
		ask = func() (*http.Response, error) { return c.PostForm(address, form) }
	}
	resp, err := ask()
	if err != nil {
		t.Error(err)
		return 0, "", ""
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header.Get("Location"), string(text)
}

var tokenField = regexp.MustCompile(`name="_token" value="(\w+)"`)

func tokenIn(t *testing.T, page string) string {
	t.Helper()
	m := tokenField.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no token in %q", page)
	}
	return m[1]
}

// A visitor who logs in with the token of the form gets a cart, and buys with the
// token of that; without a login, or a token, neither.
func TestShop(t *testing.T) {
	onBoth(t, staging.Options{}, func(t *testing.T, site *staging.Site) {
		c := visitor(t)
		wants := func(path string, form url.Values, status int, leads, holds string) string {
			t.Helper()
			got, to, body := said(t, c, site.URL+path, form)
			if got != status || to != leads || !strings.Contains(body, holds) {
				t.Errorf("%s: got %d to %q, %q, want %d to %q with %q", path, got, to, body, status, leads, holds)
			}
			return body
		}
		wants("/cart", nil, 302, "/login", "")
		token := tokenIn(t, wants("/login", nil, 200, "", `type="password"`))
		wants("/login", url.Values{"user": {"ann"}, "password": {"staging"}}, 403, "", "wrong token")
		wants("/login", url.Values{"_token": {token}, "user": {"ann"}, "password": {"x"}}, 403, "", "wrong user or password")
		wants("/login", url.Values{"_token": {token}, "user": {"<ann>"}, "password": {"staging"}}, 302, "/cart", "")
		token = tokenIn(t, wants("/cart?ms=1", nil, 200, "", "cart of &lt;ann&gt;"))
		wants("/checkout", url.Values{}, 403, "", "wrong token")
		wants("/checkout", nil, 405, "", "POST")
		wants("/checkout?ms=1", url.Values{"_token": {token}}, 200, "", "Thank you")
		site.Dependency.Hang(true)
		wants("/checkout?timeout_ms=50", url.Values{"_token": {token}}, 200, "", "fallback")
		site.Dependency.Hang(false)
		wants("/logout", nil, 302, "/login", "")
		wants("/cart", nil, 302, "/login", "")
	})
}

// Four requests of one session that each work for 100 ms take 400 ms where each
// waits for the one before, at least; where they do not, and work for a second, at
// least two of the four are under way at once.
func TestSessionIsLocked(t *testing.T) {
	t.Parallel()
	for name, site := range map[string]struct {
		start  starter
		in     staging.Sessions
		locked bool
	}{
		"gosite": {gosite.Start, "", true}, "phpfpm in files": {phpfpm.Start, staging.SessionsInFiles, true},
		"phpfpm in Redis": {phpfpm.Start, staging.SessionsInRedis, false}, "phpfpm in Redis with locks": {phpfpm.Start, staging.SessionsLocked, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, site.start, staging.Options{Sessions: site.in}, func(t *testing.T, running *staging.Site) {
				four := fourOfOneSession(t, running)
				if took := four("/cart?ms=100"); site.locked && took < 400*time.Millisecond {
					t.Errorf("took %v, want at least 400 ms", took)
				}
				if took := four("/cart?ms=1000&close=1"); took >= 4*time.Second {
					t.Errorf("released at once: took %v, want less than 4 s", took)
				}
				if site.locked {
					return
				}
				if took := four("/cart?ms=1000"); took >= 4*time.Second {
					t.Errorf("took %v, want less than 4 s", took)
				}
			})
		})
	}
}

// fourOfOneSession logs in, and returns what asks for a page four times at once.
func fourOfOneSession(t *testing.T, site *staging.Site) func(path string) time.Duration {
	c := visitor(t)
	_, _, page := said(t, c, site.URL+"/login", nil)
	said(t, c, site.URL+"/login", url.Values{"_token": {tokenIn(t, page)}, "user": {"ann"}, "password": {"staging"}})
	return func(path string) time.Duration {
		var all sync.WaitGroup
		began := time.Now()
		for range 4 {
			all.Go(func() {
				if status, _, _ := said(t, c, site.URL+path, nil); status != 200 {
					t.Errorf("%s: got %d", path, status)
				}
			})
		}
		all.Wait()
		return time.Since(began)
	}
}
