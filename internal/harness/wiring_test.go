package harness

import (
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/attack"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports/journal"
)

// shopSite is a real site with a real MariaDB, which calls its dependencies
// through proxies that an experiment has, and an experiment with two of its pages.
func shopSite(t *testing.T) *configs.Experiment {
	t.Helper()
	payments, database := ports.Test(t), ports.Test(t)
	site, err := phpfpm.Start(t.Context(), staging.Options{Dependency: payments, Database: database, Stores: true, Status: staging.StatusApart})
	if errors.Is(err, phpfpm.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skipf("not run: install %s (%v)", phpfpm.Packages, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { site.Close() })
	ok := configs.Expect{Match: configs.Match{Body: "ok"}}
	return &configs.Experiment{
		Version: 1, Name: "shop", Seed: 1, Arrivals: configs.Arrivals{Kind: configs.Uniform},
		Target: configs.Target{URL: site.URL, Timeout: 10 * time.Second},
		Chaos:  configs.Chaos{Toxiproxy: configs.Embedded}, Limits: configs.Limits{InFlight: 1000},
		Requests: []configs.Request{
			{Name: "checkout", Method: "GET", Path: "/external?ms=20", Weight: 1, Expect: ok},
			{Name: "never", Method: "GET", Path: "/close"}, // its weight is 0
			{Name: "catalogue", Method: "GET", Path: "/db?queries=2", Weight: 1, Expect: ok},
		},
		Dependencies: []configs.Dependency{
			{Name: "payments", Listen: payments, Upstream: site.DependencyAddr},
			{Name: "mariadb", Listen: database, Upstream: site.DatabaseAddr},
			{Name: "search", Listen: ports.Test(t), Upstream: site.DependencyAddr2},
			{Name: "mail", Listen: ports.Test(t), Upstream: site.DependencyAddr2},
		},
		Phases: []configs.Phase{{Name: "hang", Duration: 9 * time.Second, Rate: steady(5), Faults: []configs.Fault{
			{Dependency: "payments", Hang: &configs.Hang{}, For: 5 * time.Second, Share: 1},
			{Dependency: "search", Down: &configs.Down{}, For: 5 * time.Second, Share: 1}}}},
		Site: configs.Site{
			NginxErrorLog: configs.Source{File: site.ErrorLog}, NginxAccessLog: configs.Source{File: site.AccessLog},
			PHPAccessLog: configs.Access{Source: configs.Source{File: site.PHPAccessLog}},
			PHPFPMStatus: configs.Status{URL: site.StatusURL, Every: time.Second},
		},
	}
}

// With every fault off each request has its own calls, each log its lines and the
// status page its workers. A fault on what nothing calls would spoil a run; a
// dependency without one would not. The payments' hang, due at once, is not played.
func TestWiringOfARealSite(t *testing.T) {
	t.Parallel()
	exp := shopSite(t)
	w, err := Wire(t.Context(), exp)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Requests) != 2 {
		t.Fatalf("sent %+v, want the two that have a weight", w.Requests)
	}
	for i, want := range []WiredCall{{Dependency: "payments", Declared: true, Calls: 1, Opened: 1}, {Dependency: "mariadb", Declared: true, Calls: 3, Opened: 1}} {
		// MariaDB is asked to let the site in, and twice for what it wants to know.
		r := w.Requests[i]
		if r.Status != "200 OK" || r.Body != GoodBody || len(r.Remarks) > 0 || !slices.Equal(r.Calls, []WiredCall{want}) || r.TookS > 4 {
			t.Errorf("%s: %+v; want a good answer and the call %+v", r.Name, r, want)
		}
	}
	for i, want := range []struct {
		calls  int64
		spoils []bool
	}{{1, nil}, {3, nil}, {0, []bool{true}}, {0, []bool{false}}} {
		d := w.Dependencies[i]
		var spoils []bool
		for _, r := range d.Remarks {
			spoils = append(spoils, r.Spoils)
		}
		if d.Calls == nil || *d.Calls != want.calls || !slices.Equal(spoils, want.spoils) {
			t.Errorf("%s: %+v, calls %v; want %d and remarks that spoil %v", d.Name, d, d.Calls, want.calls, want.spoils)
		}
	}
	if text := w.Dependencies[2].Remarks[0].Text; !strings.Contains(text, exp.Dependencies[2].Listen) {
		t.Errorf("of search: %q, want where to point the site at", text)
	}
	says := map[journal.Source]WiredSource{}
	for _, s := range w.Sources {
		says[s.Source] = s
		if len(s.Remarks) > 0 {
			t.Errorf("%s: %+v", s.Source, s.Remarks)
		}
	}
	if says[journal.NginxAccessLog].Lines != 2 || says[journal.PHPAccessLog].Lines != 2 || says[journal.NginxErrorLog].Lines != 0 || !strings.HasPrefix(says[journal.PHPFPMStatus].Says, "4 workers (static)") {
		t.Errorf("the site said %+v", w.Sources)
	}
	if w.Spoilt() != 1 {
		t.Errorf("%d things spoil a run, want the fault on search alone", w.Spoilt())
	}
}

// A log that is another site's, lines that can't be read and a status page that
// is not there are told of, with what to do, and spoil no run; nothing of it comes twice.
func TestWiringOfSourcesThatSayNothing(t *testing.T) {
	t.Parallel()
	exp, path := loggingSite(t)
	other := path + ".other"
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	missing := httptest.NewServer(http.NotFoundHandler())
	defer missing.Close()
	exp.Site.PHPAccessLog.File = path // nginx's lines are none of php-fpm's
	exp.Site.NginxAccessLog.File = other
	exp.Site.PHPFPMStatus = configs.Status{URL: missing.URL + "/status", Every: 500 * time.Millisecond}
	w, err := Wire(t.Context(), exp)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range w.Sources {
		want := map[journal.Source]string{
			journal.NginxAccessLog: "none of the 1 requests was logged",
			journal.PHPFPMStatus:   "it answered 404; set pm.status_path",
		}[s.Source]
		if s.Source != journal.PHPAccessLog && (len(s.Remarks) != 1 || !strings.Contains(s.Remarks[0].Text, want)) {
			t.Errorf("%s: %+v, want %q once", s.Source, s, want)
		}
	}
	if w.Spoilt() != 0 {
		t.Errorf("a run is spoilt by %d things", w.Spoilt())
	}
}

// Through the egress a host that nobody declared and the site itself are seen, and
// a declared host that nothing calls is told how the site would get there.
func TestWiringThroughTheEgress(t *testing.T) {
	t.Parallel()
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer shop.Close()
	idle := httptest.NewServer(http.NotFoundHandler())
	defer idle.Close()
	exp := egressSite(t, staging.Options{Fetch: shop.URL}, "/fetch", "/self?ms=0", "/work?ms=0")
	exp.Dependencies = []configs.Dependency{{Name: "bank", Host: strings.TrimPrefix(idle.URL, "http://")}}
	exp.Audit = &configs.Audit{Rate: 2, Horizon: time.Minute}
	w, err := Wire(t.Context(), exp)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]WiredCall{
		{{Dependency: strings.TrimPrefix(shop.URL, "http://"), Calls: 1, Opened: 1}},
		{{Dependency: strings.TrimPrefix(exp.Target.URL, "http://"), Self: true, Calls: 1, Opened: 1}},
		{},
	} {
		if got := w.Requests[i].Calls; got == nil || !slices.Equal(got, want) {
			t.Errorf("%s called %+v, want %+v", w.Requests[i].Name, got, want)
		}
	}
	bank := w.Dependencies[0]
	if !bank.Faulted || len(bank.Remarks) != 1 || !bank.Remarks[0].Spoils || !strings.Contains(bank.Remarks[0].Text, "https_proxy: http://"+exp.Chaos.Egress.Listen) {
		t.Errorf("of the bank: %+v", bank)
	}
}

// oddSite answers as sites do to whom they do not know, and otherwise oddly.
func oddSite(t *testing.T) string {
	login := `<title>Please log in</title><form><input name=p type="password"></form>`
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		known := strings.Contains(r.Header.Get("Cookie"), "session=alive")
		switch {
		case r.URL.Path == "/account" && !known:
			http.Redirect(w, r, "/login?next=hush", http.StatusFound)
		case r.URL.Path == "/sign-in", r.URL.Path == "/login" && r.Method == "POST":
			http.Redirect(w, r, "/login", http.StatusFound)
		case r.URL.Path == "/login" || r.URL.Path == "/soft" && !known:
			fmt.Fprint(w, login)
		case r.URL.Path == "/over" && !known:
			http.SetCookie(w, &http.Cookie{Name: "session", MaxAge: -1})
		case r.URL.Path == "/flash":
			http.SetCookie(w, &http.Cookie{Name: "flash", MaxAge: -1})
		case r.URL.Path == "/strict" && !known:
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "new"})
		case r.URL.Path == "/basic":
			w.Header().Set("WWW-Authenticate", `Basic realm="shop"`)
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/401", r.URL.Path == "/403", r.URL.Path == "/429", r.URL.Path == "/500":
			var code int
			fmt.Sscanf(r.URL.Path, "/%d", &code)
			w.WriteHeader(code)
		case r.URL.Path == "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, "Thank you")
			z.Close()
		case r.URL.Path == "/br":
			w.Header().Set("Content-Encoding", "br")
			fmt.Fprint(w, "\x1b\x08\x00")
		case r.URL.Path == "/compress":
			w.Header().Set("Content-Encoding", "compress")
			fmt.Fprint(w, "\x1f\x9d\x90")
		case r.URL.Path == "/big":
			fmt.Fprint(w, strings.Repeat(" ", 1<<20), "Thank you")
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "https://shop.example/moved?key=hush", http.StatusMovedPermanently)
		case r.URL.Path == "/order":
			http.Redirect(w, r, "/thanks", http.StatusSeeOther)
		case r.URL.Path == "/slow":
			time.Sleep(300 * time.Millisecond)
		default:
			fmt.Fprint(w, "<title>Shop</title>Thank you")
		}
	}))
	t.Cleanup(site.Close)
	return site.URL
}

// What an answer means is named, with what to do about it. A good answer is not doubted.
func TestRemarksOnAnswers(t *testing.T) {
	header := func(name, value string) []configs.Header {
		return []configs.Header{{Name: name, Value: configs.Secret{Text: value}}}
	}
	dead, alive := header("Cookie", "session=dead; flash=1"), header("Cookie", "session=alive; flash=1")
	thanks := configs.Expect{Match: configs.Match{Body: "Thank you"}}
	status := func(s string) configs.Expect { return configs.Expect{Status: []string{s}} }
	for _, row := range []struct {
		configs.Request
		spoils bool
		want   string // "" for no remark
	}{
		{configs.Request{Path: "/"}, false, ""},
		{configs.Request{Path: "/", Expect: thanks}, false, ""},
		{configs.Request{Path: "/", Expect: configs.Expect{Match: configs.Match{Body: "Merci"}}}, true, `does not match expect.body "Merci" (the page: title "Shop")`},
		{configs.Request{Path: "/", Expect: configs.Expect{Match: configs.Match{BodyMatches: "Merci"}}, Degraded: configs.Match{Body: "later"}}, true, `expect.body_matches "Merci" or degraded.body "later"`},
		{configs.Request{Path: "/", Degraded: configs.Match{Body: "Thank"}}, false, "degraded with every fault off"},
		{configs.Request{Path: "/", Method: "HEAD", Expect: thanks}, true, "an answer to HEAD has no body"},
		{configs.Request{Path: "/", Expect: status("204")}, true, "not what expect.status asks for (204;"},
		{configs.Request{Path: "/account", Headers: alive}, false, ""},
		{configs.Request{Path: "/account", Headers: dead}, true, "a login page, /login: its Cookie is not accepted"},
		{configs.Request{Path: "/account"}, true, "a login page, /login: give it a session"},
		{configs.Request{Path: "/account", Expect: status("302")}, false, ""},
		{configs.Request{Path: "/login", Method: "POST"}, true, "a login page, /login"},
		{configs.Request{Path: "/login"}, false, ""},
		{configs.Request{Path: "/sign-in"}, false, "redirected to /login"},
		{configs.Request{Path: "/soft", Headers: alive}, false, ""},
		{configs.Request{Path: "/soft", Headers: dead}, true, `asks for a password (title "Please log in")`},
		{configs.Request{Path: "/soft", Headers: dead, Expect: thanks}, true, "so its Cookie is not accepted any more"},
		{configs.Request{Path: "/over", Headers: dead}, true, "the session is over"},
		{configs.Request{Path: "/flash", Headers: alive}, false, ""},
		{configs.Request{Path: "/strict", Headers: dead}, false, "replaces a cookie that was sent"},
		{configs.Request{Path: "/strict", Headers: alive}, false, ""},
		{configs.Request{Path: "/basic"}, true, "set target.user and target.password"},
		{configs.Request{Path: "/401"}, true, "it wants credentials"},
		{configs.Request{Path: "/401", Headers: header("Authorization", "Bearer x")}, true, "its Authorization is not accepted"},
		{configs.Request{Path: "/401", Expect: status("401")}, false, ""},
		{configs.Request{Path: "/403"}, true, "it is forbidden: it wants a login"},
		{configs.Request{Path: "/403", Headers: dead}, true, "its Cookie has no right to it"},
		{configs.Request{Path: "/403", Headers: dead, Form: configs.Pairs{{Name: "Password", Value: configs.Secret{Text: "x"}}}}, true, "it sends a password: are user and password right?"},
		{configs.Request{Path: "/429"}, true, "exempt this machine"},
		{configs.Request{Path: "/500"}, true, "fails with every fault off (empty body)"},
		{configs.Request{Path: "/gzip", Expect: thanks}, false, ""},
		{configs.Request{Path: "/gzip", Expect: thanks, Headers: header("Accept-Encoding", "gzip, br")}, false, ""},
		{configs.Request{Path: "/br", Expect: thanks}, true, "its body says that it is coded (br), and can't be read as that"},
		{configs.Request{Path: "/compress", Expect: thanks, Headers: header("Accept-Encoding", "compress")}, true, "its body is coded (compress), as its own header Accept-Encoding asks, and is left so"},
		{configs.Request{Path: "/big", Expect: thanks}, true, "longer than 1 MB"},
		{configs.Request{Path: "/moved"}, false, "redirected to https://shop.example/moved, which gets no load"},
		{configs.Request{Path: "/order", Method: "POST"}, false, ""},
		{configs.Request{Path: "/slow"}, true, "within 200ms (target.timeout)"},
	} {
		r := row.Request
		r.Weight = 1
		if r.Method == "" {
			r.Method = "GET"
		}
		exp := &configs.Experiment{Target: configs.Target{URL: oddSite(t), Timeout: time.Minute}, Requests: []configs.Request{r}}
		if r.Path == "/slow" {
			exp.Target.Timeout = 200 * time.Millisecond
		}
		a, err := attack.New(exp)
		if err != nil {
			t.Fatal(err)
		}
		tried := a.NewVisitor(t.Context(), time.Now()).Try(0)
		got := remarksOn(&r, &tried, exp.Target)
		switch {
		case row.want == "" && len(got) > 0, row.want != "" && len(got) != 1:
			t.Errorf("%s %s %v: got %+v, want %q", r.Method, r.Path, r.Headers, got, row.want)
		case row.want != "" && (got[0].Spoils != row.spoils || !strings.Contains(got[0].Text, row.want)):
			t.Errorf("%s %s %v: got %+v, want %q, spoils %v", r.Method, r.Path, r.Headers, got, row.want, row.spoils)
		}
		if strings.Contains(tried.Location, "hush") {
			t.Errorf("%s: the query of %q may hold a secret", r.Path, tried.Location)
		}
	}
}

// A site that wants to see a certificate, and one that does not speak what was asked for.
func TestRemarksOnTheWay(t *testing.T) {
	cert := configs.ClientCert{Cert: "client.pem"}
	for _, row := range []struct {
		tried  attack.Tried
		target configs.Target
		spoils bool
		want   string
	}{
		{attack.Tried{AsksCert: true, Hit: journal.Hit{Code: 400, Class: journal.ClassStatus}, Page: "p"}, configs.Target{}, true, "was shown none (the page: p); name one: target.client_cert"},
		{attack.Tried{AsksCert: true, Hit: journal.Hit{Code: 400, Class: journal.ClassStatus}, Page: "p"}, configs.Target{Cert: cert}, true, "may not accept that of target.client_cert"},
		{attack.Tried{AsksCert: true, Hit: journal.Hit{Code: 404, Class: journal.ClassStatus}, Page: "p"}, configs.Target{}, true, "not what expect.status asks for"},
		{attack.Tried{Protocol: "HTTP/1.1", Hit: journal.Hit{Code: 200}}, configs.Target{Protocol: configs.HTTP2}, false, "it is answered in HTTP/1.1: the site offers no HTTP/2"},
		{attack.Tried{Protocol: "HTTP/2.0", Hit: journal.Hit{Code: 200}}, configs.Target{Protocol: configs.HTTP2}, false, ""},
		{attack.Tried{Protocol: "HTTP/1.1", Hit: journal.Hit{Code: 200}}, configs.Target{}, false, ""},
	} {
		got := remarksOn(&configs.Request{}, &row.tried, row.target)
		if row.want == "" && len(got) > 0 || row.want != "" && (len(got) != 1 || got[0].Spoils != row.spoils || !strings.Contains(got[0].Text, row.want)) {
			t.Errorf("%+v: got %+v, want %q", row.tried, got, row.want)
		}
	}
}

// Redirects that were followed to a login page are a login page too.
func TestFollowedToALoginPage(t *testing.T) {
	exp := &configs.Experiment{Target: configs.Target{URL: oddSite(t), Timeout: time.Minute, Redirect: true},
		Requests: []configs.Request{{Path: "/account", Method: "GET", Weight: 1}}}
	a, err := attack.New(exp)
	if err != nil {
		t.Fatal(err)
	}
	tried := a.NewVisitor(t.Context(), time.Now()).Try(0)
	if got := remarksOn(&exp.Requests[0], &tried, exp.Target); tried.Hit.Code != 200 || len(got) != 1 || !got[0].Spoils || !strings.Contains(got[0].Text, "a login page, /login") {
		t.Errorf("%d, %+v", tried.Hit.Code, got)
	}
}

// A secret that the site quotes is not told, and what the file itself says is not hidden.
func TestWiringTellsNoSecret(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<title>no session %s</title>", r.Header.Get("Cookie"))
	}))
	defer site.Close()
	exp := &configs.Experiment{Version: 1, Name: "secret", Target: configs.Target{URL: site.URL, Timeout: time.Minute},
		Chaos: configs.Chaos{Toxiproxy: configs.Embedded}, Limits: configs.Limits{InFlight: 10}, Arrivals: configs.Arrivals{Kind: configs.Uniform},
		Phases: []configs.Phase{{Name: "only", Duration: time.Second, Rate: steady(1)}},
		Requests: []configs.Request{{Name: "cart", Method: "GET", Path: "/", Weight: 1, Expect: configs.Expect{Match: configs.Match{Body: "your session"}},
			Headers: []configs.Header{{Name: "Cookie", Value: configs.Secret{Env: "COOKIE", Text: "session=hush-hush"}}}}}}
	w, err := Wire(t.Context(), exp)
	if err != nil {
		t.Fatal(err)
	}
	text := w.Requests[0].Remarks[0].Text
	if strings.Contains(text, "hush") || !strings.Contains(text, `expect.body "your session"`) || w.Requests[0].Calls != nil {
		t.Errorf("got %q, calls %v", text, w.Requests[0].Calls)
	}
}

// A target that can't be reached is an error, as it is of a run.
func TestWiringOfATargetThatIsAway(t *testing.T) {
	exp := &configs.Experiment{Version: 1, Name: "away", Target: configs.Target{URL: "http://" + ports.Test(t), Timeout: time.Second},
		Chaos: configs.Chaos{Toxiproxy: configs.Embedded}, Limits: configs.Limits{InFlight: 10},
		Capacity: &configs.Capacity{From: 1, To: 2}, Requests: []configs.Request{{Name: "home", Method: "GET", Path: "/", Weight: 1}}}
	if _, err := Wire(t.Context(), exp); err == nil || !strings.HasPrefix(err.Error(), "reach target http://") || !strings.HasSuffix(err.Error(), "start the site, or correct target.url") {
		t.Errorf("got %v", err)
	}
}
