package attack

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// visiting is an experiment of one visit with these steps, which each phase begins.
func visiting(url string, steps []configs.Step, phases ...configs.Phase) *configs.Experiment {
	exp := experiment(url, phases...)
	exp.Requests = nil
	exp.Visits = []configs.Visit{{Name: "buy", Weight: 1, Steps: steps}}
	return exp
}

// get is a step that asks for a path and captures.
func get(path string, captures ...configs.Capture) configs.Step {
	return configs.Step{Request: configs.Request{Name: path, Method: "GET", Path: path}, Capture: captures}
}

// sites answers paths, and notes what each was sent.
type sites struct {
	*httptest.Server
	mu  sync.Mutex
	got []*http.Request // each with its body read
}

func answer(t *testing.T, paths map[string]http.HandlerFunc) *sites {
	t.Helper()
	s := &sites{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		note := r.Clone(r.Context())
		note.Body, r.Body = io.NopCloser(strings.NewReader(string(body))), io.NopCloser(strings.NewReader(string(body)))
		s.mu.Lock()
		s.got = append(s.got, note)
		s.mu.Unlock()
		if f := paths[r.URL.Path]; f != nil {
			f(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// classes are those of the hits, in the order of the steps of one visit.
func classes(hits []journal.Hit) string {
	slices.SortFunc(hits, func(a, b journal.Hit) int { return int(int64(a.Seq) - int64(b.Seq)) })
	var all []string
	for _, h := range hits {
		all = append(all, h.Class.String())
	}
	return strings.Join(all, " ")
}

// A value comes back as it was, wherever it is sent.
func TestCapturedValuesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	const token = "a b/c?d&e=f\"g\\h%20é+;'<{{uuid}}"
	site := answer(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<input name=_token value="%s">`, html.EscapeString(token))
	}})
	pay := func(path string, r configs.Request) configs.Step {
		r.Name, r.Method, r.Path = path, "POST", path
		return configs.Step{Request: r}
	}
	secret := configs.Secret{Text: "{{t}}"}
	hits := drive(t, visiting(site.URL, []configs.Step{
		get("/", configs.Capture{Name: "t", HTML: "input[name=_token]", Attribute: "value"}),
		get("/path/{{t}}/end"),
		get("/query?t={{t}}&u=1"),
		pay("/form", configs.Request{Form: configs.Pairs{{Name: "t", Value: secret}}}),
		pay("/json", configs.Request{JSON: `{"t":"{{t}}"}`}),
		pay("/body", configs.Request{Body: configs.Body{Secret: secret}}),
		pay("/header", configs.Request{Headers: []configs.Header{{Name: "X-T", Value: secret}}}),
		pay("/part", configs.Request{Multipart: []configs.Part{{Name: "t", Value: secret}}}),
	}, burst(1)))
	if got := classes(hits); got != strings.TrimSpace(strings.Repeat("ok ", 8)) {
		t.Fatalf("the steps are %s", got)
	}
	for i, read := range []func(*http.Request) string{
		func(r *http.Request) string {
			return strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/path/"), "/end")
		},
		func(r *http.Request) string { return r.FormValue("t") },
		func(r *http.Request) string { return r.PostFormValue("t") },
		func(r *http.Request) string {
			var v struct{ T string }
			if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
				t.Error(err)
			}
			return v.T
		},
		func(r *http.Request) string { b, _ := io.ReadAll(r.Body); return string(b) },
		func(r *http.Request) string { return r.Header.Get("X-T") },
		func(r *http.Request) string { return r.FormValue("t") },
	} {
		if got := read(site.got[i+1]); got != token {
			t.Errorf("%s had %q, want %q", site.got[i+1].URL, got, token)
		}
	}
}

// A line break in what a header is to hold fails the step that the value is from:
// nothing is sent with it.
func TestALineBreakIsNotSentInAHeader(t *testing.T) {
	t.Parallel()
	site := answer(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "<input name=_token value=\"a\r\nX-Evil: 1\">")
	}})
	next := get("/next")
	next.Headers = []configs.Header{{Name: "X-T", Value: configs.Secret{Text: "token {{t}}"}}}
	hits, events := driveTelling(t, t.Context(), visiting(site.URL, []configs.Step{
		get("/", configs.Capture{Name: "t", HTML: "input[name=_token]", Attribute: "value"}), next}, burst(2)))
	if got := classes(hits); got != "capture_failed capture_failed" || len(site.got) != 2 {
		t.Errorf("the steps are %s, and %d requests were sent", got, len(site.got))
	}
	if len(events) != 1 || !strings.Contains(events[0].Text, "line break") || strings.Contains(events[0].Text, "Evil") {
		t.Errorf("got %+v, want one event that speaks of a line break and has not the value", events)
	}
}

// What is captured may be expected of the next page.
func TestExpectWhatWasCaptured(t *testing.T) {
	t.Parallel()
	site := answer(t, map[string]http.HandlerFunc{
		"/":      func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"id": 17}`) },
		"/right": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "order 17 {{ is on its way") },
		"/wrong": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "order 18") },
	})
	expects := func(path string) configs.Step {
		s := get(path)
		s.Expect.Body = "order {{id}}"
		return s
	}
	plain := get("/right")
	plain.Expect.Body = `{{"{{"}} is on`
	hits := drive(t, visiting(site.URL, []configs.Step{get("/", configs.Capture{Name: "id", JSON: "/id"}), plain, expects("/right"), expects("/wrong"), get("/never")}, burst(1)))
	if got := classes(hits); got != "ok ok ok body" {
		t.Errorf("the steps are %s, want the third to be as expected, and the fourth to end the visit", got)
	}
}

// Redirects within a visit: the cookies that are set on the way are kept, a body is
// sent again where the status asks for that, and the final address can be captured.
func TestVisitsFollowRedirects(t *testing.T) {
	t.Parallel()
	paths := map[string]http.HandlerFunc{
		"/login": func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "abcdef", Path: "/"})
			http.Redirect(w, r, "/hop", http.StatusFound)
		},
		"/hop": func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "hop", Value: "second", Path: "/"})
			http.Redirect(w, r, "/home?order=17", http.StatusSeeOther)
		},
		"/pay": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/paid", http.StatusTemporaryRedirect)
		},
		"/paid": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s paid %s", r.Method, r.PostFormValue("o"))
		},
	}
	login := configs.Step{Request: configs.Request{Name: "login", Method: "POST", Path: "/login", Form: configs.Pairs{{Name: "user", Value: configs.Secret{Text: "ada"}}}},
		Capture: []configs.Capture{{Name: "sid", Cookie: "sid"}}}
	pay := configs.Step{Request: configs.Request{Name: "pay", Method: "POST", Path: "/pay", Form: configs.Pairs{{Name: "o", Value: configs.Secret{Text: "{{order}}"}}}}}
	site := answer(t, paths)

	login.Capture = append(login.Capture, configs.Capture{Name: "order", URL: `order=(\d+)`})
	pay.Expect.Body = "POST paid {{order}}"
	exp := visiting(site.URL, []configs.Step{login, pay}, burst(1))
	exp.Target.Redirect = true
	if got := classes(drive(t, exp)); got != "ok ok" {
		t.Errorf("the steps are %s", got)
	}
	if last := site.got[len(site.got)-1]; len(site.got) != 5 || last.Header.Get("Cookie") != "sid=abcdef; hop=second" {
		t.Errorf("got %d requests, the last with %q; want 5, and both cookies", len(site.got), last.Header.Get("Cookie"))
	}

	site = answer(t, paths) // not followed, each redirect is the step's own answer
	login.Capture[1] = configs.Capture{Name: "order", Header: "Location"}
	pay.Expect = configs.Expect{Status: []string{"307"}}
	exp = visiting(site.URL, []configs.Step{login, pay}, burst(1))
	hits := drive(t, exp)
	if got := classes(hits); got != "ok ok" || hits[0].Code != 302 || hits[1].Code != 307 || len(site.got) != 2 {
		t.Errorf("the steps are %s: %+v", got, hits)
	}
	if last := site.got[1]; last.Header.Get("Cookie") != "sid=abcdef" || last.PostFormValue("o") != "/hop" {
		t.Errorf("the second has %q and %q, want the cookie of the first, and where that led", last.Header.Get("Cookie"), last.PostFormValue("o"))
	}
}

// A page in gzip is read, also when the file's own header has asked for the coding.
func TestCapturesOfCodedPages(t *testing.T) {
	t.Parallel()
	site := answer(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, "token: abc")
		z.Close()
	}})
	step := get("/", configs.Capture{Name: "t", Regexp: `token: (\w+)`})
	if got := classes(drive(t, visiting(site.URL, []configs.Step{step, get("/t/{{t}}")}, burst(1)))); got != "ok ok" || site.got[1].URL.Path != "/t/abc" {
		t.Errorf("the steps are %s", got)
	}
	step.Headers = []configs.Header{{Name: "Accept-Encoding", Value: configs.Secret{Text: "gzip"}}}
	if got := classes(drive(t, visiting(site.URL, []configs.Step{step, get("/t/{{t}}")}, burst(1)))); got != "ok ok" || site.got[3].URL.Path != "/t/abc" {
		t.Errorf("with a header of its own the steps are %s", got)
	}
}

// Sites that send more than anybody needs: 500 cookies, of which a visit keeps as many
// as a browser, and 50 MB, of which the first is searched and no more is kept.
func TestVisitsOfGreedySites(t *testing.T) {
	t.Parallel()
	site := answer(t, map[string]http.HandlerFunc{
		"/cookies": func(w http.ResponseWriter, _ *http.Request) {
			for i := range 500 {
				http.SetCookie(w, &http.Cookie{Name: fmt.Sprint("c", i), Value: "x", Path: "/"})
			}
			http.SetCookie(w, &http.Cookie{Name: "c0", Value: "again", Path: "/"})
			http.SetCookie(w, &http.Cookie{Name: "c1", Value: strings.Repeat("x", 5000), Path: "/"})
		},
		"/large": func(w http.ResponseWriter, _ *http.Request) {
			for range 50 {
				w.Write([]byte(strings.Repeat(" ", 1<<20)))
			}
			io.WriteString(w, "token: abc")
		},
	})
	hits, events := driveTelling(t, t.Context(), visiting(site.URL, []configs.Step{get("/cookies"), get("/large", configs.Capture{Name: "t", Regexp: "token: (.*)"})}, burst(1)))
	if got := classes(hits); got != "ok capture_failed" || hits[1].BytesIn != 50<<20+10 {
		t.Errorf("the steps are %s: %+v", got, hits)
	}
	if len(events) != 1 || !strings.HasSuffix(events[0].Text, "; only the first 1 MB of the page is searched") {
		t.Errorf("told as %+v", events)
	}
	sent := map[string]string{}
	for _, c := range site.got[1].Cookies() {
		sent[c.Name] = c.Value
	}
	if len(sent) != maxCookies || sent["c0"] != "again" || sent["c1"] != "x" || sent["c179"] != "x" {
		t.Errorf("%d cookies were sent: %v", len(sent), sent)
	}
}

// A site's own token never gets into what is told: not from a title, not from where a
// redirect leads, not in another form.
func TestCapturedValuesAreNotTold(t *testing.T) {
	t.Parallel()
	const token, old, session = "tok/en+Qq7", "oldSession1", "newSession2"
	site := answer(t, map[string]http.HandlerFunc{
		"/": func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: old, Path: "/"})
			fmt.Fprintf(w, `<input name=_token value="%s">`, token)
		},
		"/error": func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: session, Path: "/"})
			w.Header().Set("X-Powered-By", "shop "+session)
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprintf(w, "<title>no %s, %s of %s</title>", token, url.QueryEscape(token), old)
		},
		"/away": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/login/"+url.PathEscape(token)+"/"+old, http.StatusFound)
		},
		"/401": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, "<title>%s is not %s</title>", token, old)
		},
		"/none": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "<title>%s and %s</title>", token, old) },
	})
	for path, kind := range map[string]journal.EventKind{"/error": journal.Answer, "/away": journal.WentAstray, "/401": journal.Answer, "/none": journal.Warning} {
		first := get("/", configs.Capture{Name: "t", HTML: "input[name=_token]", Attribute: "value"})
		_, events := driveTelling(t, t.Context(), visiting(site.URL, []configs.Step{first, get(path, configs.Capture{Name: "x", Header: "X-None"})}, burst(1)))
		kinds := ""
		for _, e := range events {
			kinds += string(e.Kind) + " "
			for _, secret := range []string{token, url.QueryEscape(token), url.PathEscape(token), "Qq7", old, session} {
				if strings.Contains(fmt.Sprintf("%+v %+v", e, e.Astray), secret) {
					t.Errorf("%s: %q tells %s", path, e.Text, secret)
				}
			}
		}
		if !strings.Contains(kinds, string(kind)) {
			t.Errorf("%s: told as %s, want %s", path, kinds, kind)
		}
	}
}
