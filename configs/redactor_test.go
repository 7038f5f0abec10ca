package configs

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a log, a page or an error may say, and what is left of it.
func TestRedactor(t *testing.T) {
	t.Setenv("HUSH", "hush value/+1")
	t.Setenv("HUSH_TOKEN", "hush-variable")
	t.Setenv("ODD", "abc")
	t.Setenv("HUSH_KEY", "---BEGIN---\nhush+line/1\nhush+line/2\n")
	e := load(t, write(t, "x.yaml", `version: 1
target: {url: "http://127.0.0.1:8081", user: bob, password: {env: HUSH}}
requests:
  - path: /a?api_key=hush-path
    headers: [{name: Cookie, value: "sid=hush-cookie; lang=en"}, {name: Authorization, value: Bearer hush-bearer}, {name: Accept, value: text/html}, {name: X-Odd, value: {env: ODD}}, {name: Proxy-Authorization, value: Basic dXNlcjpodXNoLWJhc2lj}]
  - {path: /key, method: POST, body: {env: HUSH_KEY}}
  - {path: /json, method: POST, body: '{"user": "alice", "password": "hush-json"}'}
site: {nginx_error_log: {command: "ssh -o ProxyCommand=$HUSH_TOKEN tail $HOME"}}
dependencies: [{name: db, listen: "127.0.0.1:1", upstream: "127.0.0.1:2"}]
phases: [{name: only, duration: 10s, rate: 8, faults: [{dependency: db, http_error: {status: 401, headers: [{name: Set-Cookie, value: hush-answer}]}}]}]
`), nil)
	r := e.Redactor()
	for _, row := range []struct{ says, want string }{
		{"the user said hush value/+1 twice: hush value/+1", "the user said [hidden] twice: [hidden]"},
		{"escaped hush+value%2F%2B1, hush%20value%2F+1", "escaped [hidden], [hidden]"},
		{"Basic Ym9iOmh1c2ggdmFsdWUvKzE=", "Basic [hidden]"}, // bob:hush value/+1
		{"sid hush-cookie, Bearer hush-bearer, hush-path, hush-json, hush-variable", "sid [hidden], [hidden], [hidden], [hidden], [hidden]"},
		{"the password of a login in base64, hush-basic, and of another: eDpodXNoLWJhc2ljOng=", "the password of a login in base64, [hidden], and of another: eD[hidden]Ong="},
		{"a page's hush value&#47;&plus;1, a log's hush\\x20value/+1", "a page's [hidden], a log's [hidden]"},
		{"cut off in an escape: hush%20val%7", "cut off in an escape: [hidden]"},
		{"a key: hush+line/1\r\nhush%2Bline%2F2", "a key: [hidden]\r\n[hidden]"},
		{"answered with hush-answer", "answered with [hidden]"},
		{"cut off: hush-coo...", "cut off: [hidden]..."},
		{`title "no hush-bear..." and at the end hush-jso`, `title "no [hidden]..." and at the end [hidden]`},
		{"GET /b?x=1&session_id=other&y=2 HTTP/1.1", "GET /b?x=1&session_id=[hidden]&y=2 HTTP/1.1"},
		{"dial http://me:pw@db.example/", "dial http://db.example/"},
		{`password: "other words" and user`, `password: [hidden] and user`},
		{"nothing of interest: text/html, en, abc, alice", "nothing of interest: text/html, en, abc, alice"},
		{"", ""},
	} {
		if got := r.Text(row.says); got != row.want {
			t.Errorf("%q\n gives %q\n want  %q", row.says, got, row.want)
		}
	}
	err := r.Error(errors.Join(io.EOF, errors.New("at hush-path")))
	if err.Error() != "EOF\nat [hidden]" || !errors.Is(err, io.EOF) {
		t.Errorf("the error is %v", err)
	}
	if r.Error(io.EOF) != io.EOF || r.Error(nil) != nil {
		t.Error("an error without a secret is another")
	}
}

func TestPlainSecrets(t *testing.T) {
	t.Setenv("ODD", "abc")
	t.Setenv("TAILBACK_CHAOS_TOXIPROXY", "http://me:hush@127.0.0.1:8474")
	e := load(t, write(t, "x.yaml", `version: 1
target: {url: "http://127.0.0.1:8081/", user: bob, password: "[hidden]"}
requests:
  - path: /a?api_key=hush&page=2
    headers: [{name: Cookie, value: hush}, {name: Accept, value: text/html}, {name: X-Odd, value: {env: ODD}}]
    query: [{name: token, value: hush}]
  - {path: /form, method: POST, body: "user=bob&password=hush"}
  - {path: /clean, method: POST, body: "user=bob"}
site:
  php_fpm_status: {url: "http://me:hush@127.0.0.1:8081/status"}
  nginx_error_log: {command: "tail --token=hush"}
  php_slow_log: {command: "tail --token=$TOKEN"}
phases: [{name: only, duration: 10s, rate: 8}]
`), nil)
	var got []string
	for _, m := range e.PlainSecrets() {
		if strings.Contains(m.Text, "hush") {
			t.Errorf("tells a secret: %s", m.Text)
		}
		text, _, _ := strings.Cut(m.Text, "; ")
		got = append(got, m.Path+" "+text)
	}
	want := []string{
		"site.php_fpm_status.url holds a secret in plain text",
		"target.password holds [hidden], where a bundle hid a secret",
		"requests[0].path holds a secret in plain text",
		"requests[0].query[0].value holds a secret in plain text",
		"requests[0].headers[0].value holds a secret in plain text",
		"requests[0].headers[2].value is too short to be told from other text, so that it can't be hidden where a log or an error quotes it",
		"requests[1].body holds a secret in plain text",
		"site.nginx_error_log.command holds a secret in plain text",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The token of a Toxiproxy server is what the file says or else what the variable
// has that Toxiproxy itself reads; it is told to nobody.
func TestToken(t *testing.T) {
	t.Setenv(AuthTokenVariable, "hush-variable")
	t.Setenv("STAGING", "hush-staging")
	for _, row := range []struct{ chaos, token, shown string }{
		{`{toxiproxy: "http://127.0.0.1:8474"}`, "hush-variable", "token: {env: TOXIPROXY_AUTH_TOKEN}"},
		{`{toxiproxy: "http://127.0.0.1:8474", token: {env: STAGING}}`, "hush-staging", "token: {env: STAGING}"},
		{`{toxiproxy: "http://127.0.0.1:8474", token: hush-plain}`, "hush-plain", "token: '[hidden]'"},
		{`{toxiproxy: embedded}`, "", ""},
	} {
		e := load(t, write(t, "x.yaml", small+"chaos: "+row.chaos+"\n"), nil)
		if e.Chaos.Token.Text != row.token {
			t.Errorf("%s: the token is %q, want %q", row.chaos, e.Chaos.Token.Text, row.token)
		}
		run, err := e.AsRun()
		if err != nil || strings.Contains(string(run), "hush") || !strings.Contains(string(run), row.shown) || row.shown == "" && strings.Contains(string(run), "token") {
			t.Errorf("%s: as run, %v\n%s", row.chaos, err, run)
		}
		if said := e.Redactor().Text("it answered Bearer " + row.token + "x"); row.token != "" && strings.Contains(said, row.token) {
			t.Errorf("%s: %s", row.chaos, said)
		}
		if plain := e.PlainSecrets(); (len(plain) == 1) != (row.token == "hush-plain") {
			t.Errorf("%s: in plain text %v", row.chaos, plain)
		}
	}
	if SecretOverride("chaos.token", "x") != "TAILBACK_CHAOS_TOKEN" {
		t.Error("--set chaos.token would be in the list of processes")
	}
}

// No line of a client's key comes out, whether it was read from a file or given in a
// variable; the experiment as run names the file.
func TestClientKeyIsSecret(t *testing.T) {
	key, err := os.ReadFile("testdata/cert/client.key")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CLIENT_KEY", string(key))
	folder, err := filepath.Abs("testdata/cert")
	if err != nil {
		t.Fatal(err)
	}
	for given, shown := range map[string]string{folder + "/client.key": "key: {file: " + folder + "/client.key}", "{env: CLIENT_KEY}": "key: {env: CLIENT_KEY}"} {
		e := load(t, write(t, "x.yaml", "version: 1\ntarget:\n  url: https://127.0.0.1:1\n  client_cert: {cert: "+folder+"/client.pem, key: "+given+"}\nrequests: [{path: /}]\nphases: [{name: p, duration: 1s, rate: 1}]\n"), nil)
		run, err := e.AsRun()
		if err != nil || !strings.Contains(string(run), shown) {
			t.Errorf("%v: %q is not in\n%s", err, shown, run)
		}
		for line := range strings.Lines(string(key)) {
			line = strings.TrimSpace(line)
			if strings.Contains(string(run), line) || strings.Contains(e.Redactor().Text("it said "+line), line) {
				t.Errorf("%s: the line %q comes out", given, line)
			}
		}
	}
}
