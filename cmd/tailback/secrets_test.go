package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/tailback/tailback/internal/ports"
)

// planted are the secrets of the drill, by the place each is in. Each begins
// with a mark of its own, so that a beginning that was left of one is found.
var planted = map[string]string{
	"env header":         "Hush0-env-header",
	"file header":        "Hush1-file-header",
	"plain header":       "Hush2-plain-header",
	"cookie":             "Hush3-cookie",
	"user":               "Hush4-user",
	"password":           "Hush5 pass/word",
	"basic":              base64.StdEncoding.EncodeToString([]byte("Hush4-user:Hush5 pass/word")),
	"env query":          "Hush6&env=query",
	"plain query":        "Hush7-plain-query",
	"path query":         "Hush8-path-query",
	"env body":           "Hush9-env-body",
	"field of env body":  "HushA-field-of-body",
	"json body":          "HushB-json-body",
	"form body":          "HushC-form-body",
	"status user":        "HushD-status-user",
	"status token":       "HushE-status-token",
	"command":            "HushF-command",
	"command's variable": "HushJ-variable",
	"toxiproxy password": "HushG-toxiproxy",
	"toxiproxy token":    "HushL-token",
	"target query":       "HushH-target-query",
	"redirect":           "HushI-redirect", // in a Location that the site sends, never ours
	"site's own":         "HushK-site's-own",
	"visit token":        "HushP-visit+to/ken", // these a site gives to a visit
	"visit session":      "HushQ-visit-session",
	"visit header":       "HushR-visit-header",
	"odd header":         `HushL-&<>"'/é=+`,
}

// drillMoved gives the secrets the way that check recommends, drillPlain as text.
const drillMoved = `version: 1
name: moved
target: {url: "$SITE", user: {env: DRILL_USER}, password: {file: password}, follow_redirects: true}
requests:
  - {name: a, path: /a, method: POST, headers: [{name: X-One, value: {env: DRILL_HEADER}}, {name: X-Two, value: {file: header}}, {name: X-Odd, value: {env: DRILL_ODD}}],
     query: [{name: id, value: {env: DRILL_QUERY}}], body: {env: DRILL_BODY}}
`

const drillPlain = `version: 1
name: plain
target: {url: "http://Hush4-user:Hush5%20pass%2Fword@$HOST/?api_key=HushH-target-query", follow_redirects: true}
requests:
  - {path: "/a?page=2&token=Hush8-path-query", method: POST, headers: [{name: X-Api-Key, value: Hush2-plain-header}, {name: Cookie, value: "sid=Hush3-cookie; lang=en"}],
     query: [{name: access_token, value: Hush7-plain-query}], body: '{"card": {"secret": "HushB-json-body"}}'}
  - {name: form, path: /form, method: POST, body: "name=bob&password=HushC-form-body"}
`

const drillRest = `
dependencies: [{name: payments, listen: "$PROXY", upstream: "$HOST"}]
phases: [{name: load, duration: 2500ms, rate: 20, faults: [{dependency: payments, hang: {}, after: 1s, for: 1s}]}]
site:
  nginx_error_log: {file: error.log}
  nginx_access_log: {command: "tail -n0 -F access.log & echo token=HushF-command $DRILL_TOKEN >&2; sleep 2; kill $!; exit 3"}
  php_access_log: {file: php.log}
  php_fpm_status: {url: "http://HushD-status-user:x@$HOST/fpm?key=HushE-status-token"}
capacity: {from: 1, to: 2, objective: "errors < 1%"}
audit: {rate: 20, horizon: 1s}
`

// leaky is a site that writes all that it is sent into its logs and pages.
type leaky struct {
	t   *testing.T
	dir string
	mu  sync.Mutex
	got map[string]bool // the places of secrets that it was sent
	n   int
}

func (l *leaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	user, password, _ := r.BasicAuth()
	said := []string{user, password, r.URL.Query().Get("id"), r.URL.RequestURI(), string(body)}
	if sid, err := r.Cookie("sid"); err == nil {
		said = append([]string{sid.Value}, said...)
	}
	for _, values := range r.Header {
		said = append(said, values...)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for place, value := range planted {
		l.got[place] = l.got[place] || strings.Contains(strings.Join(said, "\n"), value)
	}
	l.n++
	from := l.n % len(said) // lines are cut: each time at another secret
	all := strings.Join(append(append([]string{}, said[from:]...), said[:from]...), " ")
	now := time.Now()
	l.log("error.log", now.Format("2006/01/02 15:04:05")+` [error] 1#0: *1 FastCGI sent in stderr: "PHP message: `+all+`" while reading, token=HushK-site's-own, request: "POST `+r.URL.RequestURI()+` HTTP/1.1"`)
	l.log("access.log", fmt.Sprintf("127.0.0.1 - %s [%s] \"POST %s HTTP/1.1\" 500 1 \"%s\" \"%s\"", user, now.Format("02/Jan/2006:15:04:05 -0700"), r.URL.RequestURI(), all, all))
	l.log("php.log", "no access log: "+all)
	switch l.n % 3 {
	case 0:
		w.Header().Set("Location", "http://Hush4-user:Hush5@192.0.2.1/?token=HushI-redirect")
		w.WriteHeader(http.StatusFound)
	case 1:
		w.Header().Set("Server", user)
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, "<title>no %s</title>", []string{html.EscapeString(all), url.QueryEscape(all), fmt.Sprintf("%+q", all)}[l.n/3%3])
	default:
		w.Header().Set("Via", all)
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, "password=HushK-site's-own "+all)
	}
}

func (l *leaky) log(name, line string) {
	f, err := os.OpenFile(filepath.Join(l.dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = fmt.Fprintln(f, line)
		f.Close()
	}
	if err != nil {
		l.t.Error(err)
	}
}

// drillParrot has a target that answers with the secret that it was sent.
const drillParrot = `version: 1
name: parrot
target: {url: "$PARROT"}
requests: [{path: /, headers: [{name: X-One, value: {env: DRILL_HEADER}}]}]
`

// parrot returns the URL of a server that answers each request with one of its
// headers, which is no HTTP: the error about it quotes the answer.
func parrot(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			request := make([]byte, 4096)
			n, _ := c.Read(request)
			_, header, _ := strings.Cut(string(request[:n]), "X-One: ")
			value, _, _ := strings.Cut(header, "\r\n")
			fmt.Fprintf(c, "%s\r\n\r\n", value)
			c.Close()
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return "http://" + l.Addr().String()
}

// TestSecretsNeverComeOut plants a secret in every place that may hold one, has
// the site quote it wherever it can, and looks for it in everything that the
// commands write. To add an output is one line in commands, a secret one in planted.
func TestSecretsNeverComeOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	site := &leaky{t: t, dir: dir, got: map[string]bool{}}
	server := httptest.NewServer(site)
	defer server.Close()
	secure := httptest.NewTLSServer(site)
	defer secure.Close()
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	proxy := ports.Test(t)
	host := strings.TrimPrefix(server.URL, "http://")
	fill := strings.NewReplacer("$SITE", server.URL, "$HOST", host, "$PROXY", proxy, "$PARROT", parrot(t)).Replace
	for name, text := range map[string]string{"moved.yaml": fill(drillMoved + drillRest), "plain.yaml": fill(drillPlain + drillRest), "parrot.yaml": fill(drillParrot + drillRest), "error.log": "", "access.log": "", "php.log": "",
		"header": planted["file header"] + "\n", "password": planted["password"] + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := &secretDrill{t: t, dir: dir, planted: planted, env: append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, "state"),
		"DRILL_TOKEN="+planted["command's variable"], "DRILL_HEADER="+planted["env header"], "DRILL_ODD="+planted["odd header"], "DRILL_USER="+planted["user"], "DRILL_QUERY="+planted["env query"],
		"DRILL_BODY="+planted["env body"]+`&to=`+planted["field of env body"])}
	commands := [][]string{
		{"check", "moved.yaml"}, {"check", "plain.yaml"}, {"check", "--preflight", "moved.yaml"}, {"check", "--preflight", "plain.yaml"},
		{"check", "plain.yaml", "--set", "target.timeout=x"},
		{"run", "moved.yaml", "--out", "out-moved"}, {"run", "plain.yaml", "--out", "out-plain"},
		{"run", "moved.yaml", "--target", secure.URL, "--out", "out-tls"},
		{"run", "moved.yaml", "--target", "http://localhost:1/", "--out", "out-refused"},
		{"check", "--preflight", "parrot.yaml"}, {"run", "parrot.yaml", "--out", "out-parrot"}, {"audit", "parrot.yaml", "--out", "out-parrot-audit"},
		{"capacity", "parrot.yaml", "--out", "out-parrot-capacity"},
		{"run", "moved.yaml", "--dry-run"}, {"run", "plain.yaml", "--dry-run"}, {"run", "plain.yaml", "--dry-run", "--format", "json"},
		{"audit", "plain.yaml", "--dry-run"}, {"capacity", "plain.yaml", "--dry-run", "--format", "json"},
		{"report", "out-moved"}, {"report", "out-plain", "--format", "json"}, {"report", "out-plain", "--format", "html"},
		{"predict", "--from", "out-moved", "--workers", "4", "--queue", "4", "--service", "1s", "--rate", "8", "--hang"},
		{"audit", "plain.yaml", "--out", "out-audit"}, {"capacity", "plain.yaml", "--out", "out-capacity"},
	}
	for _, args := range commands {
		d.run(args...)
	}
	d.env = append(d.env, "TAILBACK_CHAOS_TOXIPROXY=http://HushG:HushG-toxiproxy@127.0.0.1:1/")
	d.run("check", "--preflight", "moved.yaml")
	d.run("run", "moved.yaml", "--out", "out-toxiproxy")
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"error": "not with %s", "status": 401}`, r.Header.Get("Authorization"))
	}))
	defer refuses.Close()
	d.env = append(d.env, "TAILBACK_CHAOS_TOXIPROXY="+refuses.URL, "TOXIPROXY_AUTH_TOKEN="+planted["toxiproxy token"])
	d.run("check", "--preflight", "moved.yaml")
	d.run("run", "moved.yaml", "--out", "out-token")
	d.run("run", "moved.yaml", "--dry-run")
	d.run("proxy", "moved.yaml", "--listen", host) // which is taken
	d.files("out-moved", "out-plain", "out-audit", "out-capacity", "out-parrot-audit")

	for place := range planted {
		if !site.got[place] && !strings.HasPrefix(place, "visit") && !strings.HasPrefix(place, "status") && !strings.HasPrefix(place, "toxi") && !strings.HasPrefix(place, "command") && place != "redirect" && place != "site's own" && place != "target query" {
			t.Errorf("the site was not sent the %s: the drill is no drill", place)
		}
	}
}

// secretDrill runs commands in a folder and looks at all that comes of them.
type secretDrill struct {
	t       *testing.T
	dir     string
	env     []string
	planted map[string]string
}

// run runs a command and looks at its output, and at its line in the list of processes.
func (d *secretDrill) run(args ...string) {
	d.t.Helper()
	var out bytes.Buffer
	cmd := exec.CommandContext(d.t.Context(), "tailback", args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = d.dir, d.env, &out, &out
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid)) // none where there is no /proc
	_ = cmd.Wait()                                                           // most of these do fail
	what := strings.Join(args, " ")
	d.look("the list of processes: "+what, line)
	d.look("the output of "+what, out.Bytes())
	if out.Len() == 0 {
		d.t.Errorf("%s says nothing", what)
	}
}

// files looks at every file of the bundles: as it is, and Parquet's columns.
func (d *secretDrill) files(folders ...string) {
	d.t.Helper()
	for _, folder := range folders {
		n := 0
		err := filepath.WalkDir(filepath.Join(d.dir, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			n++
			text, err := os.ReadFile(path)
			d.look(path, text)
			if filepath.Ext(path) == ".parquet" {
				d.look("the columns of "+path, parquetTexts(d.t, path))
			}
			return err
		})
		if err != nil || n < 3 {
			d.t.Errorf("%s has %d files: %v", folder, n, err)
		}
	}
}

func (d *secretDrill) look(where string, text []byte) {
	d.t.Helper()
	for place, value := range d.planted {
		if i := bytes.Index(text, []byte(value[:min(len(value), 6)])); i >= 0 {
			d.t.Errorf("%s tells the secret in the %s: ...%s...", where, place, text[max(0, i-80):min(len(text), i+80)])
		}
	}
}

// parquetTexts returns the texts in a Parquet file's columns.
func parquetTexts(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, group := range file.RowGroups() {
		rows := group.Rows()
		buffer := make([]parquet.Row, 128)
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				for _, v := range row {
					if v.Kind() == parquet.ByteArray {
						all.Write(v.ByteArray())
					}
				}
			}
			if err != nil || n == 0 {
				break
			}
		}
		rows.Close()
	}
	return all.Bytes()
}
