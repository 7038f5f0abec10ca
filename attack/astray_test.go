package attack

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// shop redirects those whom it does not know to a page that asks for a password.
func shop(t *testing.T) string {
	form := "<form>" + strings.Repeat(" ", 1000) + `<input name=p type="password"></form>`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/account":
			http.Redirect(w, r, "/login?next=/account&token=hush", http.StatusFound)
		case "/cart":
			http.Redirect(w, r, "/welcome", http.StatusSeeOther)
		case "/order":
			http.Redirect(w, r, "/thanks", http.StatusSeeOther)
		case "/login", "/welcome":
			fmt.Fprint(w, form)
		case "/kept":
			w.WriteHeader(http.StatusNotModified)
		case "/api":
			w.WriteHeader(http.StatusUnauthorized)
		case "/admin":
			w.WriteHeader(http.StatusForbidden)
		case "/each":
			http.Redirect(w, r, "/to/"+r.URL.RawQuery+strings.Repeat("x", 500), http.StatusFound)
		default:
			fmt.Fprint(w, "thank you")
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// Where an answer leads, and what is told of it, for each kind of answer.
func TestWhereAnswersLead(t *testing.T) {
	url := shop(t)
	cookie := []configs.Header{{Name: "Cookie", Value: configs.Secret{Text: "sid=hush"}}}
	body := func(text string) configs.Expect { return configs.Expect{Match: configs.Match{Body: text}} }
	const nowhere, elsewhere, login = journal.LeadsNowhere, journal.LeadsElsewhere, journal.LeadsToLogin
	for _, row := range []struct {
		request configs.Request
		follow  bool
		leads   journal.Leads
		code    int32
		told    string
	}{
		{configs.Request{Path: "/account"}, false, login, 302, "/login 302 true "},
		{configs.Request{Path: "/account", Headers: cookie}, false, login, 302, "/login 302 true Cookie"},
		{configs.Request{Path: "/account", Method: "POST"}, false, login, 302, "/login 302 true "},
		{configs.Request{Path: "/account", Expect: configs.Expect{Status: []string{"302"}}}, false, nowhere, 302, ""},
		{configs.Request{Path: "/account", Expect: configs.Expect{Status: []string{"200"}}}, false, login, 302, "/login 302 true "},
		{configs.Request{Path: "/account"}, true, login, 200, "/login 200 true "},
		{configs.Request{Path: "/account", Expect: configs.Expect{Status: []string{"200"}}}, true, login, 200, "/login 200 true "},
		{configs.Request{Path: "/account", Expect: body("<form>")}, true, nowhere, 200, ""},
		{configs.Request{Path: "/account", Expect: body("your orders")}, true, login, 200, "/login 200 true "},
		{configs.Request{Path: "/cart"}, false, elsewhere, 303, "/welcome 303 false "},
		{configs.Request{Path: "/cart"}, true, login, 200, "/welcome 200 true "}, // it asks for a password
		{configs.Request{Path: "/order", Method: "POST"}, false, nowhere, 303, ""},
		{configs.Request{Path: "/order"}, true, nowhere, 200, ""},
		{configs.Request{Path: "/kept"}, false, nowhere, 304, ""},
		{configs.Request{Path: "/login"}, false, nowhere, 200, ""},
		{configs.Request{Path: "/home"}, true, nowhere, 200, ""},
		{configs.Request{Path: "/api"}, false, nowhere, 401, " 401 false "},
		{configs.Request{Path: "/admin", Headers: cookie}, false, nowhere, 403, " 403 false Cookie"},
		{configs.Request{Path: "/api", Expect: configs.Expect{Status: []string{"401"}}}, false, nowhere, 401, ""},
	} {
		row.request.Weight = 1
		if row.request.Method == "" {
			row.request.Method = "GET"
		}
		exp := experiment(url, burst(2))
		exp.Target.Redirect, exp.Requests = row.follow, []configs.Request{row.request}
		hits, events := driveTelling(t, t.Context(), exp)
		told := ""
		for _, e := range events {
			if a := e.Astray; a != nil {
				told += fmt.Sprintf("%s %d %v %s", e.Text, a.Code, a.Login, a.Credentials)
			}
		}
		if hits[0].Leads != row.leads || hits[1].Leads != row.leads || hits[0].Code != row.code || told != row.told {
			t.Errorf("%s %s, follow %v: %d leads %q, told %q; want %d %q, %q", row.request.Method, row.request.Path, row.follow,
				hits[0].Code, hits[0].Leads, told, row.code, row.leads, row.told)
		}
	}
}

// What is told of places does not grow with their number.
func TestPlacesAreBounded(t *testing.T) {
	exp := experiment(shop(t), burst(100))
	exp.Requests[0].Path = "/each?{{seq}}"
	hits, events := driveTelling(t, t.Context(), exp)
	places := map[string]bool{}
	for _, e := range events {
		places[e.Text] = true
		if n := len([]rune(e.Text)); n > maxLocation {
			t.Fatalf("a place of %d characters", n)
		}
	}
	if len(hits) != 100 || len(places) != maxAstray {
		t.Errorf("%d hits, %d places, want 100 and %d", len(hits), len(places), maxAstray)
	}
}
