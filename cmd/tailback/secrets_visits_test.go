package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// drillVisits captures a token in each of the ways, and sends it on in each.
const drillVisits = `version: 1
name: visits
target: {url: "$SITE", follow_redirects: $FOLLOW}
visits:
  - name: buy
    steps:
      - {name: cart, path: /cart, capture: [{name: t, html: "input[name=_token]", attribute: value}, {name: s, cookie: sid}, {name: h, header: X-Token}]}
      - {name: pay, method: POST, path: "/pay/{{t}}?t={{t}}&s={{s}}", form: {t: "{{t}}"}, headers: ["X-T: {{h}}"], think: 1ms}
      - {name: thanks, path: /cart, capture: [{name: again, html: "input[name=other]", attribute: value}]}
phases: [{name: load, duration: 1500ms, rate: 20}]
site: {nginx_error_log: {file: error.log}}
objectives: ["errors < 1%"]
`

// TestVisitsTellNoSecret has a site write the tokens and the session that it gave a
// visit into error pages, into where its redirects lead and into pages that lack
// something, and looks for them in everything that the commands write.
func TestVisitsTellNoSecret(t *testing.T) {
	t.Parallel()
	token, session, header := planted["visit token"], planted["visit session"], planted["visit header"]
	var n, sent atomic.Int64
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cart" {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: session, Path: "/", HttpOnly: true})
			w.Header().Set("X-Token", header)
			fmt.Fprintf(w, `%s<form><input name=_token value="%s"></form> for %s`, []string{"", "<title>Cart of " + session + "</title>"}[n.Add(1)%2], token, session)
			return
		}
		if strings.Contains(r.URL.RequestURI(), url.QueryEscape(token)) && strings.Contains(r.Header.Get("Cookie"), session) && r.Header.Get("X-T") == header {
			sent.Add(1)
		}
		all := strings.Join([]string{token, session, header}, " ")
		switch n.Add(1) % 6 {
		case 0:
			w.Header().Set("Server", token)
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprintf(w, "<title>no %s, %s, %+q</title>", all, url.QueryEscape(all), all)
		case 1:
			http.Redirect(w, r, "/login/"+token+"/"+session+"?next="+header, http.StatusFound)
		case 2:
			w.Header().Set("WWW-Authenticate", token+` realm="`+session+`"`)
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, "<title>%s may not</title>", all)
		case 3:
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, all)
		default:
			fmt.Fprint(w, "thanks, ", all)
		}
	}))
	defer site.Close()
	dir := t.TempDir()
	for _, follow := range []string{"true", "false"} {
		text := strings.NewReplacer("$SITE", site.URL, "$FOLLOW", follow).Replace(drillVisits)
		if err := os.WriteFile(filepath.Join(dir, "follow-"+follow+".yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "error.log"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := &secretDrill{t: t, dir: dir, env: append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, "state"))}
	for _, follow := range []string{"true", "false"} {
		file, out := "follow-"+follow+".yaml", "out-"+follow
		d.run("check", "--preflight", file, "--format", map[string]string{"true": "text", "false": "json"}[follow])
		d.run("run", file, "--out", out)
		d.files(out)
	}
	if sent.Load() < 10 {
		t.Errorf("only %d steps were sent with what was captured: the drill is no drill", sent.Load())
	}
}
