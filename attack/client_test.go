package attack

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/build"
	"github.com/tailback/tailback/reports/journal"
)

// The Host header, the TLS name and the trusted CA are the file's, not the URL's.
func TestHostAndCA(t *testing.T) {
	var host, name string
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host, name = r.Host, r.TLS.ServerName }))
	server.Config.ErrorLog = quiet
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	exp := experiment(server.URL, burst(1))
	exp.Target.Host, exp.Target.CAFile = "example.com:8443", ca // httptest's certificate is for example.com
	hits := drive(t, exp)
	if hits[0].Class != journal.ClassOK || host != "example.com:8443" || name != "example.com" {
		t.Errorf("class %v, Host %q, TLS name %q", hits[0].Class, host, name)
	}
	exp.Target.Host, exp.Target.CAFile, exp.Target.Insecure = "other.example", "", true
	if hits := drive(t, exp); hits[0].Class != journal.ClassOK {
		t.Errorf("insecure: class %v", hits[0].Class)
	}
}

func TestBadCA(t *testing.T) {
	exp := experiment("https://127.0.0.1", burst(1))
	exp.Target.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	if _, err := New(exp); err == nil || !strings.Contains(err.Error(), "read target.ca_file") {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.WriteFile(exp.Target.CAFile, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(exp); err == nil || !strings.Contains(err.Error(), "no PEM certificate") {
		t.Errorf("a file without a certificate: %v", err)
	}
}

// The request on the wire is the file's.
func TestRequest(t *testing.T) {
	var got *http.Request
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
	}))
	defer server.Close()
	exp := experiment(strings.Replace(server.URL, "http://", "http://ada:pw@", 1)+"/shop/", burst(1))
	exp.Requests[0] = configs.Request{Name: "pay", Method: "PUT", Path: "/pay?x=1&y=%2F", Weight: 1, Body: configs.Body{Secret: configs.Secret{Text: "amount=5"}},
		Headers: []configs.Header{{Name: "Accept", Value: configs.Secret{Text: "text/html"}}, {Name: "Accept", Value: configs.Secret{Text: "text/plain"}}}}
	hits := drive(t, exp)
	if hits[0].Class != journal.ClassOK || hits[0].BytesOut != 8 {
		t.Fatalf("got %+v", hits[0])
	}
	user, password, _ := got.BasicAuth()
	if got.Method != "PUT" || got.RequestURI != "/shop/pay?x=1&y=%2F" || body != "amount=5" || got.ContentLength != 8 ||
		len(got.Header["Accept"]) != 2 || got.UserAgent() != build.UserAgent() || user != "ada" || password != "pw" || got.Header.Get("X-Vegeta-Seq") != "" {
		t.Errorf("got %s %s %q %v", got.Method, got.RequestURI, body, got.Header)
	}
}

// Redirects and proxy variables could lead the load to hosts that nobody named:
// neither is obeyed, unless asked for.
func TestRedirectsAndProxies(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer server.Close()

	exp := experiment(server.URL, burst(1))
	if hits := drive(t, exp); hits[0].Code != 302 || elsewhere.Load() != 0 {
		t.Errorf("code %d, %d requests followed; want 302 and none", hits[0].Code, elsewhere.Load())
	}
	exp.Target.Redirect = true
	if hits := drive(t, exp); len(hits) != 1 || hits[0].Code != 200 || elsewhere.Load() != 1 {
		t.Errorf("asked to follow: %+v, %d requests followed; want one hit that ends in a 200", hits, elsewhere.Load())
	}
	for _, code := range []int{http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		again := httptest.NewServer(http.RedirectHandler(other.URL, code))
		exp.Target.URL = again.URL
		if hits := drive(t, exp); len(hits) != 1 || hits[0].Code != 200 {
			t.Errorf("a %d is not followed: %+v", code, hits)
		}
		again.Close()
	}
	away := httptest.NewServer(http.RedirectHandler("http://192.0.2.1/", http.StatusFound))
	defer away.Close()
	exp.Target.URL = away.URL
	if hits := drive(t, exp); hits[0].Code != 302 {
		t.Errorf("asked to follow, to a host that is not allowed: code %d, want 302", hits[0].Code)
	}
}

func TestProxyVariablesAreObeyedOnlyWhenAsked(t *testing.T) {
	for _, use := range []bool{false, true} {
		tr, err := newTransport(configs.Target{UseProxy: use}, newAddresses(configs.Target{}))
		if err != nil {
			t.Fatal(err)
		}
		if (tr.Proxy != nil) != use {
			t.Errorf("use_proxy %v: proxy function set is %v", use, tr.Proxy != nil)
		}
	}
}

func TestProbe(t *testing.T) {
	var method string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method = r.Method
		w.WriteHeader(http.StatusInternalServerError) // any answer will do
	}))
	defer server.Close()
	probe := func(exp *configs.Experiment) error {
		a, err := New(exp)
		if err != nil {
			t.Fatal(err)
		}
		defer a.transport.CloseIdleConnections()
		_, _, err = a.Probe(t.Context())
		return err
	}
	exp := experiment(server.URL, burst(1))
	exp.Requests[0].Method = "POST" // may charge somebody's card
	if err := probe(exp); err != nil || method != "GET" {
		t.Errorf("err %v, method %s; want a GET that is answered", err, method)
	}
	if err := probe(experiment(refusing(t), burst(1))); err == nil || !strings.Contains(err.Error(), "reach target http://127.0.0.1:") {
		t.Errorf("refused: %v", err)
	}
	exp = experiment(rawServer(t, func(c net.Conn) { untilClosed(c) }), burst(1))
	exp.Target.Timeout = 100 * time.Millisecond
	if err := probe(exp); err == nil || !strings.Contains(err.Error(), errTimeout.Error()) {
		t.Errorf("never answers: %v", err)
	}
}

// Over 60,000 hits a share of 3 in 4 has a standard deviation of 106: five of
// them are 0.9% of the hits.
func TestMixFollowsWeights(t *testing.T) {
	m, err := newMix(&configs.Experiment{Seed: 5, Target: configs.Target{URL: "http://localhost"}, Requests: []configs.Request{
		{Name: "a", Method: "GET", Path: "/a", Weight: 3}, {Name: "never", Method: "GET", Path: "/n"}, {Name: "b", Method: "GET", Path: "/b", Weight: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	var n [3]int
	for seq := range uint64(60_000) {
		n[m.pick(seq)]++
	}
	if n[0] < 44_460 || n[0] > 45_540 || n[1] != 0 {
		t.Errorf("weights 3, 0, 1 gave %v of 60,000", n)
	}
}

func TestExpectedStatus(t *testing.T) {
	for _, c := range []struct {
		patterns []string
		good     []int
		bad      []int
	}{
		{nil, []int{200, 204, 302, 399}, []int{199, 400, 404, 502}},
		{[]string{"2xx", "404"}, []int{200, 299, 404}, []int{301, 403, 502}},
		{[]string{"5XX"}, []int{500, 502, 599}, []int{200}},
	} {
		j, err := newJudge(configs.Expect{Status: c.patterns}, configs.Match{})
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range c.good {
			if !j.status[code] {
				t.Errorf("%v: %d is not good", c.patterns, code)
			}
		}
		for _, code := range c.bad {
			if j.status[code] {
				t.Errorf("%v: %d is good", c.patterns, code)
			}
		}
	}
}

// An answer of an expected status is good when its body matches expect or
// degraded, and served less when it matches degraded.
func TestDegraded(t *testing.T) {
	for _, c := range []struct {
		status, body string
		class        journal.Class
		degraded     bool
	}{
		{"200 OK", "ok", journal.ClassOK, false},
		{"200 OK", "ok fallback 17", journal.ClassOK, true},
		{"200 OK", "fallback 17", journal.ClassOK, true},
		{"200 OK", "fallback", journal.ClassBody, false},
		{"503 Service Unavailable", "fallback 17", journal.ClassStatus, false},
	} {
		exp := experiment(rawServer(t, write("HTTP/1.1 "+c.status+"\r\nConnection: close\r\n\r\n"+c.body)), burst(1))
		exp.Requests[0].Expect.Body = "ok"
		exp.Requests[0].Degraded.BodyMatches = `fallback \d+`
		if hits := drive(t, exp); hits[0].Class != c.class || hits[0].Degraded != c.degraded {
			t.Errorf("%s, %q: class %v degraded %v, want %v %v", c.status, c.body, hits[0].Class, hits[0].Degraded, c.class, c.degraded)
		}
	}
}

// A password in the target's address is in no request's address, which errors quote.
func TestAddressesHaveNoLogin(t *testing.T) {
	base, err := url.Parse("http://ada:pw@shop.example/a%2Fb/")
	if err != nil {
		t.Fatal(err)
	}
	u, err := joinPath(base, "/cart?id=1")
	if err != nil || u.String() != "http://shop.example/a%2Fb/cart?id=1" || base.User == nil {
		t.Errorf("got %v, %v, want the target's path before the request's, and no login", u, err)
	}
}
