package attack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// club is a site for members: its login wants a token and the right password, and gives
// a session that the site renews at each visit to the hall.
type club struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []string          // users of logins, in their order
	members map[string]string // the sessions, and whose each is
	given   int
	wrong   func(w http.ResponseWriter, r *http.Request)
	path    string        // of its cookies
	held    chan struct{} // keeps those who are in the hall, until it is closed
}

func newClub(t *testing.T) *club {
	t.Helper()
	c := &club{members: map[string]string{}, wrong: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "form", Value: c.token(""), Path: c.path})
		fmt.Fprintf(w, `<title>Sign in</title><form><input name=token value="%s"><input type="password" name=password></form>`, c.token(""))
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.asked = append(c.asked, r.FormValue("user"))
		c.mu.Unlock()
		if r.FormValue("password") != "pass of "+r.FormValue("user") || r.FormValue("token") == "" {
			c.wrong(w, r)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: c.token(r.FormValue("user")), Path: c.path})
		http.Redirect(w, r, "/account", http.StatusFound)
	})
	mux.HandleFunc("GET /account", c.hall)
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

// token is a new one, of a session when there is a user.
func (c *club) token(user string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.given++
	token := fmt.Sprintf("token-%04d", c.given)
	if user != "" {
		c.members[token] = user
	}
	return token
}

// hall greets a member, and renews the session.
func (c *club) hall(w http.ResponseWriter, r *http.Request) {
	var user string
	if sid, err := r.Cookie("sid"); err == nil {
		c.mu.Lock()
		user = c.members[sid.Value]
		if c.held == nil {
			delete(c.members, sid.Value)
		}
		c.mu.Unlock()
	}
	if user == "" {
		http.Redirect(w, r, "/login", http.StatusFound)
		return
	}
	if c.held != nil {
		<-c.held
	} else {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: c.token(user)})
	}
	if r.URL.Query().Get("user") != user {
		w.WriteHeader(http.StatusConflict) // the visit has another's row
	}
	fmt.Fprint(w, "Hello ", user)
}

// visitors is an experiment of members, of whom so many have a row.
func visitors(url string, count, rows int, phases ...configs.Phase) *configs.Experiment {
	exp := experiment(url, phases...)
	exp.Requests = nil
	exp.Data = []configs.Data{{Name: "member", Order: configs.NextRow, Columns: []string{"user", "password"}}}
	for i := range rows {
		exp.Data[0].Rows = append(exp.Data[0].Rows, []string{fmt.Sprint("user", i+1), fmt.Sprint("pass of user", i+1)})
	}
	text := func(name, value string) configs.Param {
		return configs.Param{Name: name, Value: configs.Secret{Text: value}}
	}
	exp.Sessions = &configs.Sessions{Count: count, Steps: []configs.Step{
		{Request: configs.Request{Name: "form", Method: "GET", Path: "/login"}, Capture: []configs.Capture{{Name: "token", HTML: "input[name=token]", Attribute: "value"}}},
		{Request: configs.Request{Name: "login", Method: "POST", Path: "/login", Form: configs.Pairs{text("token", "{{token}}"), text("user", "{{member.user}}"), text("password", "{{member.password}}")}}},
	}}
	exp.Visits = []configs.Visit{{Name: "stay", Weight: 1, Steps: []configs.Step{
		{Request: configs.Request{Name: "hall", Method: "GET", Path: "/account?user={{member.user}}"}},
	}}}
	return exp
}

// loggedIn is an attack whose sessions are logged in.
func loggedIn(t *testing.T, exp *configs.Experiment) *Attack {
	t.Helper()
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.LogIn(t.Context(), func(int) {}); err != nil {
		t.Fatal(err)
	}
	return a
}

// play runs an attack, and returns its hits in the order of their visits.
func play(t *testing.T, a *Attack) (hits []journal.Hit, told []string) {
	t.Helper()
	var mu sync.Mutex
	err := a.Run(t.Context(), time.Now(), func(h journal.Hit) { mu.Lock(); defer mu.Unlock(); hits = append(hits, h) },
		func(e journal.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.Kind != journal.Spoke {
				told = append(told, e.Text)
			}
		})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(hits, func(a, b journal.Hit) int { return int(int64(a.Seq) - int64(b.Seq)) })
	return hits, told
}

// Each session takes a row of its own, and visits are lent one after the other: with the
// cookie that the site renewed in the visit before, and with the session's row.
func TestSessionsAreLent(t *testing.T) {
	t.Parallel()
	site := newClub(t)
	exp := visitors(site.URL, 3, 5, configs.Phase{Name: "only", Duration: 300 * time.Millisecond, Concurrency: 1})
	a := loggedIn(t, exp)
	slices.Sort(site.asked)
	if got := strings.Join(site.asked, " "); got != "user1 user2 user3" {
		t.Errorf("logged in %s, want each session to have its row", got)
	}
	hits, told := play(t, a)
	if n := a.spoken.counts[1].Load(); n != int64(len(hits)) { // HTTP/1.1
		t.Errorf("the run has %d answers, want those to its %d hits, and none to logins", n, len(hits))
	}
	if len(hits) < 6 || len(told) != 0 {
		t.Fatalf("got %d hits, and was told %q; want each session to be lent twice, and nothing to say", len(hits), told)
	}
	for i, h := range hits {
		if h.Class != journal.ClassOK || h.Session != int32(i%3+1) || h.Code != 200 {
			t.Fatalf("hit %d is %+v, want it good and of session %d", i, h, i%3+1)
		}
	}
}

// Five visits at once share two sessions in turn, and that is said.
func TestSessionsAreShared(t *testing.T) {
	t.Parallel()
	site := newClub(t)
	site.held = make(chan struct{})
	a := loggedIn(t, visitors(site.URL, 2, 2, burst(5)))
	go func() {
		for a.InFlight() < 5 {
			time.Sleep(time.Millisecond)
		}
		close(site.held)
	}()
	hits, told := play(t, a)
	var of [3]int
	for _, h := range hits {
		of[h.Session]++
	}
	if of != [3]int{0, 3, 2} && of != [3]int{0, 2, 3} {
		t.Errorf("got %v hits of no session, the first and the second, want 0 and 2 or 3 of each", of)
	}
	want := "3 of 5 visits shared a session with another one: up to 5 were under way at once, and there are 2 sessions"
	if len(told) != 1 || !strings.HasPrefix(told[0], want) {
		t.Errorf("was told %q, want %q", told, want)
	}
}

// A login that fails is told with what the site answered, the first of each kind.
func TestLoginFails(t *testing.T) {
	t.Parallel()
	page := func(code int, text string) func(w http.ResponseWriter, r *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(code); fmt.Fprint(w, text) }
	}
	form := `<title>Sign in</title>` + strings.Repeat("x", 9000) + `<input type=password name=password value="` // behind what is kept of a page
	for _, row := range []struct {
		name   string
		change func(c *club, exp *configs.Experiment)
		want   string
	}{
		{"back to the form", func(c *club, exp *configs.Experiment) { exp.Data[0].Rows[3][1] = "other" },
			"log in: 4 of 5 sessions were logged in, so the run did not begin: session 4 failed at step login: 302 to /login, a login page: are user and password right?"},
		{"also when redirects are expected", func(c *club, exp *configs.Experiment) {
			exp.Data[0].Rows[3][1] = "other"
			exp.Sessions.Steps[1].Expect.Status = []string{"302"}
		}, "session 4 failed at step login: 302 to /login, a login page"},
		{"and when they are followed", func(c *club, exp *configs.Experiment) {
			exp.Data[0].Rows[3][1] = "other"
			exp.Target.Redirect = true
		}, `session 4 failed at step login: 200, but its page asks for a password (title "Sign in"): are user`},
		{"the form again", func(c *club, exp *configs.Experiment) {
			exp.Data[0].Rows[3][1] = "other"
			c.wrong = page(200, form)
		}, `session 4 failed at step login: 200, but its page asks for a password (title "Sign in"): are user and password right? If it is`},
		{"a status", func(c *club, exp *configs.Experiment) {
			exp.Data[0].Rows[3][1] = "other"
			c.wrong = page(419, "<title>Page Expired</title>")
		}, `session 4 failed at step login: 419 status code 419 (title "Page Expired"): the token`},
		{"all of them", func(c *club, exp *configs.Experiment) {
			exp.Sessions.Count = 20
			for i := range exp.Data[0].Rows {
				exp.Data[0].Rows[i][1] = "other"
			}
		}, "log in: 0 of 20 sessions were logged in, so the run did not begin: session "},
		{"no token", func(c *club, exp *configs.Experiment) { exp.Sessions.Steps[0].Capture[0].HTML = "input[name=csrf]" },
			`failed at step form: its answer of status 200 had no token (html "input[name=csrf]", attribute value; the page: title "Sign in")`},
		{"cookies for another path", func(c *club, exp *configs.Experiment) {
			c.path = "/elsewhere"
			exp.Sessions.Steps[0].Capture = nil
			exp.Sessions.Steps[1].Form[0].Value.Text = "any"
		}, "its cookie form would not be sent by any step of a visit: it is for https only (Secure), or for another host or path"},
		{"nobody there", func(c *club, exp *configs.Experiment) { c.Close() }, "failed at step form: no whole answer came (refused): reach target"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			site := newClub(t)
			exp := visitors(site.URL, 5, 5, burst(1))
			row.change(site, exp)
			a, err := New(exp)
			if err != nil {
				t.Fatal(err)
			}
			err = a.LogIn(t.Context(), func(int) {})
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Fatalf("got %v\nwant %s", err, row.want)
			}
			if strings.Contains(err.Error(), "token-0") {
				t.Errorf("tells a token: %v", err)
			}
			if len(site.asked) > loginFailures+loginsAtOnce {
				t.Errorf("tried %d logins, want no more after %d have failed", len(site.asked), loginFailures)
			}
			if err := a.Run(t.Context(), time.Now(), func(journal.Hit) {}, func(journal.Event) {}); err == nil {
				t.Error("runs without its sessions")
			}
		})
	}
}

// A page that is as the file expects is no trap, whatever is on it.
func TestLoginWithAPasswordOnItsPage(t *testing.T) {
	t.Parallel()
	site := newClub(t)
	site.wrong = func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: site.token("x")})
		fmt.Fprint(w, `Log out, or change your <input type="password">`)
	}
	exp := visitors(site.URL, 2, 2, burst(1))
	exp.Sessions.Steps[1].Form[2].Value.Text = "other"
	exp.Sessions.Steps[1].Expect.Body = "Log out"
	loggedIn(t, exp)
}

// What ends the login is told as it is, and no request is sent after it.
func TestLoginEnds(t *testing.T) {
	t.Parallel()
	site := newClub(t)
	exp := visitors(site.URL, 1000, 1000, burst(1))
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	err = a.LogIn(ctx, func(done int) {
		if done == 2 {
			cancel(stop)
		}
	})
	if !errors.Is(err, stop) {
		t.Errorf("got %v, want what ended it", err)
	}
	if n := len(site.asked); n > 2+loginsAtOnce {
		t.Errorf("%d logins were sent, want no more after the second", n)
	}
}
