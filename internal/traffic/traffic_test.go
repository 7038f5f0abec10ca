package traffic

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tailback/tailback/configs"
)

// imported reads a file of testdata, and returns what was written of it, and the
// experiment that that is.
func imported(t *testing.T, file string, o Options) (*Draft, string, *configs.Experiment) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	o.Name = file
	d, err := Read(f, o)
	if err != nil {
		t.Fatal(err)
	}
	text, e := loaded(t, d)
	if strings.Contains(text, "hush") { // as all secrets in testdata begin
		t.Errorf("%s: a secret is in\n%s", file, text)
	}
	return d, text, e
}

// loaded writes a draft and loads that, with its variables set.
func loaded(t *testing.T, d *Draft) (string, *configs.Experiment) {
	t.Helper()
	text, err := d.YAML("imported.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range d.Needed() {
		t.Setenv(v.Name, "a-secret-of-"+v.Name)
	}
	e, err := configs.LoadText("imported.yaml", text, nil)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if plain := e.PlainSecrets(); len(plain) > 0 {
		t.Errorf("plain secrets %v in\n%s", plain, text)
	}
	return string(text), e
}

func shown(r configs.Request) string {
	text := r.Method + " " + r.Path
	for _, h := range r.Headers {
		text += fmt.Sprintf(" %s=%s%s", h.Name, h.Value.Env, strings.ReplaceAll(h.Value.Text, "a-secret-of-"+h.Value.Env, ""))
	}
	for _, f := range r.Form {
		text += fmt.Sprintf(" form:%s=%s%s", f.Name, f.Value.Env, strings.ReplaceAll(f.Value.Text, "a-secret-of-"+f.Value.Env, ""))
	}
	for _, f := range r.Multipart {
		text += fmt.Sprintf(" part:%s=%s%s", f.Name, f.Value.Text, strings.TrimPrefix(filepath.Base(f.File), "."))
	}
	if r.Body.Text != "" {
		text += " body:" + r.Body.Text
	}
	if r.JSON != "" {
		text += " json:" + string(r.JSON)
	}
	return text
}

func shownAll(requests []configs.Request) (all []string) {
	for _, r := range requests {
		all = append(all, shown(r))
	}
	return all
}

func wantRequests(t *testing.T, got []configs.Request, want ...string) {
	t.Helper()
	if all := shownAll(got); !reflect.DeepEqual(all, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(all, "\n"), strings.Join(want, "\n"))
	}
}

func TestVegetaHTTP(t *testing.T) {
	d, text, e := imported(t, "targets.http", Options{})
	wantRequests(t, e.Requests,
		"GET / Accept=text/html",
		// cart.json has what would be placeholders: it stands in the file, escaped.
		`POST /cart?step=1&api_key={{env STAGING_API_KEY}} Authorization=Bearer {{env STAGING_TOKEN}} json:{"product":7,"note":"{{\"{\"}}{{\"{\"}}ten}} for ${{\"{\"}}price}"}`,
		"GET /product/7 Cookie=STAGING_COOKIE")
	if pieces, _ := e.Requests[1].Payload(); len(pieces) != 1 || pieces[0].Text != `{"product":7,"note":"{{ten}} for ${price}"}` {
		t.Errorf("sends %+v", pieces)
	}
	if e.Target.URL != "https://staging.shop.example" || !reflect.DeepEqual(e.Target.Allow, []string{"staging.shop.example"}) {
		t.Errorf("target %+v", e.Target)
	}
	if want := []string{"1 request to another site is left out: other.example"}; !reflect.DeepEqual(d.Notes, want) {
		t.Errorf("notes %q", d.Notes)
	}
	if !strings.Contains(text, "allow: [staging.shop.example] # CHANGE") {
		t.Errorf("does not ask whether the host may be loaded:\n%s", text)
	}
}

func TestVegetaJSON(t *testing.T) {
	_, _, e := imported(t, "targets.jsonl", Options{})
	wantRequests(t, e.Requests,
		"GET /a?b=c",
		"POST /login X-Trace=1 X-Trace=2 form:user=anna form:password=STAGING_PASSWORD_2",
		// A float that YAML would write otherwise stays as it is.
		`PUT /api/cart/1 Content-Type=application/json body:{"qty": 2, "token": "{{env STAGING_TOKEN}}", "price": 1.50}`)
	if user, password, _ := e.Target.Login(); user != "user" || password != "a-secret-of-STAGING_PASSWORD" {
		t.Errorf("logs in as %q, %q", user, password)
	}
}

func TestVegetaBodyFile(t *testing.T) {
	in := "POST http://127.0.0.1:8081/up\n@testdata/checkout.har\n"
	for folder, want := range map[string]string{"": "testdata/checkout.har", "testdata": "checkout.har", "..": "traffic/testdata/checkout.har"} {
		d, err := Read(strings.NewReader(in), Options{Name: "x", Folder: folder})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Requests[0].Body.File; got != want {
			t.Errorf("from %q the file is %q, want %q", folder, got, want)
		}
	}
}

func TestCurl(t *testing.T) {
	d, _, e := imported(t, "commands.sh", Options{})
	wantRequests(t, e.Requests,
		"GET /search?q=blue%20shirt accept=text/html Cookie=STAGING_COOKIE Accept-Encoding=gzip, deflate, br",
		// $'...' is Chrome's way to quote: \u0021 is !, \' is '.
		"POST /login form:user=anna form:password=STAGING_PASSWORD form:note=it's",
		`POST /api/cart Accept=application/json Authorization=Bearer {{env TOKEN}} Content-Type=application/json body:{"qty": 2, "pin": {{env STAGING_PIN}}, "name": "{{"{"}}{{"{"}}x}}"}`,
		"GET /items?tag=a+b%26c&page=2 User-Agent=tester Referer=https://staging.shop.example/",
		"POST /upload part:name=Anna part:photo=cart.json")
	if !e.Target.Insecure || !e.Target.Redirect {
		t.Errorf("target %+v", e.Target)
	}
	notes := strings.Join(d.Notes, "\n")
	for _, want := range []string{"line 8: flags of curl that are not known here", "--wibble", "line 9: left out of the experiment: --resolve", `1 command of another program is left out: "jq" in line 7`} {
		if !strings.Contains(notes, want) {
			t.Errorf("does not say %q:\n%s", want, notes)
		}
	}
}

func TestCurlRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"curl http://127.0.0.1/$(cat secret)":             "line 1: a word is made by a command",
		"curl http://127.0.0.1/${X:-y}":                   "line 1: a word is made by a command",
		"curl 'http://127.0.0.1/":                         "is no shell command",
		"curl -d":                                         "line 1: -d needs a value behind it",
		"curl -s":                                         "it has no command of curl with an address",
		"curl -d @missing.json http://127.0.0.1/":         `the file "missing.json" can't be read from here`,
		"curl ^\"http://127.0.0.1/^\" ^\n  -H ^\"a: b^\"": "copied for Windows",
	} {
		_, err := Read(strings.NewReader(in), Options{Name: "x", Kind: Curl})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", in, err, want)
		}
	}
}

func TestOpenAPI(t *testing.T) {
	_, text, e := imported(t, "api.yaml", Options{})
	wantRequests(t, e.Requests,
		"GET /orders/{{uuid}} X-Api-Key=STAGING_X_API_KEY",
		"GET /products/7?lang=de Authorization=Bearer {{env STAGING_TOKEN}}")
	if e.Target.URL != "https://staging.shop.example/v1" {
		t.Errorf("url %s", e.Target.URL)
	}
	for _, want := range []string{
		"# CHANGE: no example of order in the description",
		`  #   json: {"at": "{{now}}", "lines": [{"product": 7, "quantity": 2}]}`,
		"  # - name: delete-products-id\n  #   method: DELETE\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("does not say %q:\n%s", want, text)
		}
	}
}

// What stands behind # to be taken in is right too.
func TestWhatIsOffIsRight(t *testing.T) {
	for _, file := range []string{"api.yaml", "access.log"} {
		d, _, before := imported(t, file, Options{})
		off := 0
		for i := range d.Requests {
			if d.Requests[i].Off {
				off++
			}
			d.Requests[i].Off = false
		}
		if _, e := loaded(t, d); off == 0 || len(e.Requests) != len(before.Requests)+off {
			t.Errorf("%s: %d requests, with %d behind #", file, len(e.Requests), off)
		}
	}
}

func TestHAR(t *testing.T) {
	d, text, e := imported(t, "checkout.har", Options{})
	if len(e.Visits) != 1 {
		t.Fatalf("visits %+v", e.Visits)
	}
	var steps []configs.Request
	var thinks, captures []string
	for _, s := range e.Visits[0].Steps {
		steps = append(steps, s.Request)
		thinks = append(thinks, s.Think.From.String())
		for _, c := range s.Capture {
			captures = append(captures, fmt.Sprintf("%s: %s = %s%s%s%s%s%s %s", s.Name, c.Name, c.HTML, c.Regexp, c.JSON, c.Header, c.Cookie, c.URL, c.Attribute))
		}
	}
	wantRequests(t, steps,
		"GET /login",
		"POST /login form:_token={{token}} form:email=STAGING_EMAIL form:password=STAGING_PASSWORD",
		"GET /api/cart?user={{account}} Authorization=Bearer {{apiToken}} X-CSRF-Token={{csrf_token}} Accept=application/json",
		// The number is one in the body too, so that the body is text.
		`POST /api/pay?key={{X_Request_Key}} Origin=https://staging.shop.example Content-Type=application/json body:{"cart": "{{cart_id}}", "sku": {{sku}}, "pin": {{env STAGING_PIN}}, "card": "4111", "secret": "{{env STAGING_SECRET}}"}`,
		"GET /done/{{cart_id}}?x=1")
	if want := []string{
		"login: token = input[name=_token] value",
		"login: csrf_token = meta[name=csrf-token] content",
		"login-post: account = /account/([^/?#]+) ",
		`login-post: apiToken = apiToken["']?\s*[:=]\s*["']([^"']+) `,
		"api-cart: X_Request_Key = X-Request-Key ",
		"api-cart: cart_id = /cart/id ",
		"api-cart: sku = /cart/lines/0/sku ",
	}; !reflect.DeepEqual(captures, want) {
		t.Errorf("captures\n%s", strings.Join(captures, "\n"))
	}
	// From the answer before, at +0.05, +6.25 (behind the redirect), +8.35 and +10.45 s, to the nearest 0.1 s.
	if want := []string{"0s", "6s", "2.1s", "2.1s", "10.1s"}; !reflect.DeepEqual(thinks, want) {
		t.Errorf("thinks %v, want %v", thinks, want)
	}
	if !e.Target.Redirect || !strings.Contains(text, "It was answered with 404") {
		t.Errorf("got\n%s", text)
	}
	for _, want := range []string{"1 request to another site is left out: analytics.example", "1 static file is left out", "1 request without an answer is left out"} {
		if !strings.Contains(strings.Join(d.Notes, "\n"), want) {
			t.Errorf("does not note %q: %q", want, d.Notes)
		}
	}
}

// The file says how visitors are logged in before the run, and doing so to the letter
// makes sessions of the steps up to the login: they are moved, and the think of the
// step behind them is taken away.
func TestHARSessions(t *testing.T) {
	_, text, _ := imported(t, "checkout.har", Options{})
	head, rest, found := strings.Cut(text, "# sessions:\n")
	head, steps, _ := strings.Cut(head+strings.Replace("sessions:\n"+rest, "\n#   ", "\n  ", 2), "visits:\n")
	head = strings.Replace(head, "\n#   steps:", "\n  steps:", 1)
	visit, steps, _ := strings.Cut(steps, "      - name: login\n")
	login, steps, cut := strings.Cut(steps, "      - name: api-cart\n")
	if !found || !cut || !strings.Contains(strings.ReplaceAll(text, "\n#", ""), "take away the think of api-cart") {
		t.Fatalf("got\n%s", text)
	}
	moved := head + "      - name: login\n" + login + "visits:\n" + visit + "      - name: api-cart\n" + strings.Replace(steps, "        think: 2.1s\n", "", 1)
	t.Setenv("STAGING_EMAIL", "x")
	e, err := configs.LoadText("moved.yaml", []byte(moved), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, moved)
	}
	if len(e.Sessions.Steps) != 2 || len(e.Visits[0].Steps) != 3 {
		t.Errorf("got %d and %d steps", len(e.Sessions.Steps), len(e.Visits[0].Steps))
	}
}

// The site may be elsewhere than where it was recorded, also in what a visit sends.
func TestHARElsewhere(t *testing.T) {
	_, _, e := imported(t, "checkout.har", Options{URL: "http://127.0.0.1:8081"})
	if h := e.Visits[0].Steps[3].Headers[0]; e.Target.URL != "http://127.0.0.1:8081" || e.Target.Allow != nil || h.Value.Text != "http://127.0.0.1:8081" {
		t.Errorf("target %+v, origin %s", e.Target, h.Value.Text)
	}
}

func TestRecognise(t *testing.T) {
	for in, want := range map[string]string{
		"":                   "it is empty",
		"hello":              "can't be told by its content",
		`{"swagger": "2.0"}`: "Swagger 2.0",
		`{"info": {"schema": "https://schema.getpostman.com/x"}}`: "Postman",
		`{"log": {"entries": []}}`:                                "none of its 0 requests",
		`{"log": {"pages": [{"a": 1}]}}`:                          "it is no HAR",
		"GET http://127.0.0.1/\nnonsense":                         "line 2: needs a header",
		"openapi: 3.0.0\ninfo: {}\npaths: {}":                     "it has no operation",
		"\x1f\x8bnogzip":                                          "unexpected EOF",
	} {
		_, err := Read(strings.NewReader(in), Options{Name: "x"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", in, err, want)
		}
	}
}

// What is compressed is read as what it is in it, whatever it is called.
func TestCompressed(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	content, err := os.ReadFile("testdata/access.log")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	cut := packed.Bytes()[:packed.Len()/2]
	d, err := Read(&packed, Options{Name: "access.log"})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := loaded(t, d)
	if _, want, _ := imported(t, "access.log", Options{}); got != want {
		t.Errorf("got\n%s", got)
	}
	if _, err := Read(bytes.NewReader(cut), Options{Name: "cut"}); err == nil || !strings.Contains(err.Error(), "read cut") {
		t.Errorf("of one that is cut off: %v", err)
	}
}

func TestAccessLog(t *testing.T) {
	d, text, e := imported(t, "access.log", Options{})
	wantRequests(t, e.Requests,
		"GET /",
		"GET /product/{{random 1 10}}", // 1 to 10 were asked for, all of them
		"GET /search?q=x&page={{random 1 3}}&token={{env STAGING_TOKEN}}")
	// Of 110 requests 60, 20 and 10, per thousand.
	for i, want := range []int{545, 182, 91} {
		if e.Requests[i].Weight != want {
			t.Errorf("request %d has the weight %d, want %d", i, e.Requests[i].Weight, want)
		}
	}
	// The busiest minute is 10:00 with 40 requests, of which 90 in 110 are sent.
	if r := e.Phases[3].Rate.From; math.Abs(r-40.0/60*90/110) > 0.001 {
		t.Errorf("the busiest minute has %v/s", r)
	}
	for _, want := range []string{
		"# - {name: post-cart, method: POST, path: /cart, weight: 45} # 5, 5%",
		"# - {name: reset-key, path: /reset/KEY, weight: 27} # 3, 3%",
		"# - {name: static, path: /app.css, weight: 72} # 8, 7%",
		"#   10:00    0.167 ====",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("does not say %q:\n%s", want, text)
		}
	}
	if notes := strings.Join(d.Notes, "\n"); !strings.Contains(notes, "1 line could not be read, the first in line 8: it has no time") || !strings.Contains(notes, "1 line is of clients that sent no HTTP request") || !strings.Contains(notes, "4 requests (4%) are left out: the site answered their paths with 4xx") {
		t.Errorf("notes %q", d.Notes)
	}
	_, _, e = imported(t, "access.log", Options{KeepQueries: true, Top: 3, URL: "https://staging.shop.example"})
	// All ten differ in their token, so that it is one of them: the ninth.
	if got := e.Requests[2].Path; got != "/search?q=anna%40example.com&page=3&token={{env STAGING_TOKEN}}" {
		t.Errorf("with its query the request is %s", got)
	}
}
