package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// sessionSecrets are what the secrets that come about begin with, by what each is.
var sessionSecrets = map[string]string{"session's cookie": "HushM-", "captured token": "HushN-", "captured id": "HushO-", "row's password": "HushP-", "env password": "HushQ-"}

const drillSessions = `version: 1
name: sessions
target: {url: "$SITE"}
data: [{name: member, file: members.csv}]
sessions:
  count: 4
  steps:
    - {name: form, path: /login, capture: [{name: csrf, html: "input", attribute: value}]}
    - name: login
      method: POST
      path: /login
      form: {csrf: "{{csrf}}", user: "{{member.name}}", word: "{{member.word}}", extra: {env: DRILL_PASSWORD}}
      capture: [{name: id, header: X-Id}]
visits:
  - name: look
    steps:
      - {path: "/page?id={{id}}", headers: ["X-Csrf: {{csrf}}"], expect: {status: [500]}, capture: [{name: own, header: X-Own}]}
      - {path: "/next?own={{own}}"}
site: {nginx_error_log: {file: error.log}}
phases: [{name: load, duration: 1s, rate: 20}]
`

// chatty is a site that quotes all that it is sent in its pages and in its log.
type chatty struct {
	dir    string
	n      atomic.Int64
	refuse atomic.Bool
}

func (c *chatty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := c.n.Add(1)
	body, _ := io.ReadAll(r.Body)
	said := fmt.Sprint(r.Header.Get("Cookie"), " ", r.Header.Get("X-Csrf"), " ", r.RequestURI, " ", string(body))
	switch {
	case r.Method == http.MethodGet && r.URL.Path == "/login":
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: fmt.Sprint("HushM-", n, "-cookie")})
		fmt.Fprintf(w, `<title>Sign in</title><input value="HushN-%d-token"><input type=password>`, n)
		return
	case r.URL.Path == "/login" && c.refuse.Load():
		w.WriteHeader(http.StatusForbidden)
	case r.URL.Path == "/login":
		w.Header().Set("X-Id", fmt.Sprint("HushO-", n, "-id"))
		return
	default:
		w.Header().Set("X-Own", fmt.Sprint("HushN-", n, "/own"))
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: fmt.Sprint("HushM-", n, "-renewed")})
		f, err := os.OpenFile(filepath.Join(c.dir, "error.log"), os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			fmt.Fprintln(f, time.Now().Format("2006/01/02 15:04:05")+` [error] 1#0: *1 FastCGI sent in stderr: "PHP message: PHP Fatal error: `+said+`" while reading response header from upstream, request: "GET `+r.RequestURI+` HTTP/1.1"`)
			f.Close()
		}
		w.WriteHeader(http.StatusInternalServerError)
	}
	fmt.Fprintf(w, "<title>no %s</title>", said)
}

// What a login is sent with, and what it gives, comes out of no command, however much of
// it the site quotes: in the page of a login that is refused, in errors, in its log.
func TestSecretsOfSessions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	site := &chatty{dir: dir}
	server := httptest.NewServer(site)
	defer server.Close()
	for name, text := range map[string]string{"s.yaml": strings.ReplaceAll(drillSessions, "$SITE", server.URL), "error.log": "",
		"members.csv": "name,word\nann,HushP-1-word\nbob,HushP-2-word\ncid,HushP-3-word\ndee,HushP-4-word\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := &secretDrill{t: t, dir: dir, planted: sessionSecrets, env: append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, "state"), "DRILL_PASSWORD=HushQ-env-password")}
	d.run("check", "s.yaml")
	d.run("check", "--preflight", "s.yaml")
	d.run("run", "s.yaml", "--dry-run")
	d.run("run", "s.yaml", "--out", "out")
	d.files("out")
	if text, err := os.ReadFile(filepath.Join(dir, "out", "observations.jsonl")); err != nil || !strings.Contains(string(text), "[hidden]") {
		t.Errorf("the log's lines are not in the bundle, so this is no drill: %v\n%.400s", err, text)
	}
	site.refuse.Store(true)
	d.run("run", "s.yaml", "--out", "refused")
}
