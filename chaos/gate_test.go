package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/build"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/state"
	"github.com/tailback/tailback/reports/journal"
)

// raw sends a request's head byte for byte, and a toxic behind it.
func raw(t *testing.T, url, head string) (status int, text string) {
	t.Helper()
	const toxic = `{"name": "evil", "type": "timeout", "attributes": {"timeout": 0}}`
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(soon))
	fmt.Fprintf(c, "%sConnection: close\r\nContent-Length: %d\r\n\r\n%s", strings.ReplaceAll(head, "\n", "\r\n"), len(toxic), toxic)
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%q: %v", head, err)
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	return r.StatusCode, string(body)
}

// What a web page can have a browser send breaks nothing, however it is
// disguised, and what a program sends does.
func TestPagesCommandNothing(t *testing.T) {
	t.Parallel()
	s := newStandOf(t, func(exp *configs.Experiment) { exp.Chaos.Toxiproxy = "http://staging.example:8474" })
	_, port, _ := strings.Cut(strings.TrimPrefix(s.url, "http://"), ":")
	const to = "POST /proxies/payments/toxics HTTP/1.1\n"
	for _, head := range []string{
		to + "Host: evil.example\nOrigin: http://evil.example\n", // what the issue saw
		to + "Host: evil.example\n",                              // DNS rebinding, of a page whose requests name no origin
		to + "Host: evil.example:" + port + "\n",
		to + "Host: localhost.evil.example\n",
		to + "Host: 127.0.0.1.evil.example:" + port + "\n",
		to + "Host: evil.example#127.0.0.1\n",
		to + "Host: localhost@evil.example\n",
		to + "Host: 2130706433\n",
		to + "Host: 0.0.0.0:" + port + "\n", // some browsers take it for this machine
		to + "Host: 10.0.0.1\n",
		to + "Host: \n",
		"POST http://evil.example/proxies/payments/toxics HTTP/1.1\nHost: localhost\n", // the target's host wins
		to + "Host: localhost\nOrigin: http://localhost\n",
		to + "Host: localhost\nOrigin: null\n",
		to + "Host: localhost\nOrigin: \n",
		to + "Host: localhost\nSec-Fetch-Site: same-origin\n",
		to + "Host: localhost\nUser-Agent: Mozilla/5.0\n",
		to + "Host: localhost\nUser-Agent: curl\nORIGIN: http://evil.example\nContent-Type: text/plain\n",
		"POST /tailback/v1/play HTTP/1.1\nHost: evil.example\n",
		"POST /reset HTTP/1.1\nHost: evil.example\n",
		"GET /proxies HTTP/1.1\nHost: evil.example\n",
	} {
		if status, text := raw(t, s.url, head); status != http.StatusForbidden && status != http.StatusBadRequest || !strings.Contains(text, "error") && status == http.StatusForbidden {
			t.Errorf("%q: %d %s, want it refused", head, status, text)
		}
	}
	if status, text := s.do("GET", "/proxies/payments/toxics", ""); status != http.StatusOK || strings.TrimSpace(text) != "[]" {
		t.Fatalf("after all of them the toxics are %s", text)
	}
	for _, host := range []string{"localhost", "LocalHost.:" + port, "127.0.0.1:" + port, "127.9.9.9", "[::1]:" + port, "[::ffff:127.0.0.1]", "localhost:9999", "staging.example:8474", "STAGING.example"} {
		if status, text := raw(t, s.url, to+"Host: "+host+"\n"); status != http.StatusOK {
			t.Errorf("Host %s: %d %s", host, status, text)
		}
		s.do("POST", "/reset", "")
	}
}

// What each kind of listener takes for itself.
func TestHostsOfAListener(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		asked, at string
		mine, not []string
	}{
		{"127.0.0.1:8474", "127.0.0.1", []string{"localhost", "127.0.0.1"}, []string{"10.1.2.3", "box.example", "", ":8474"}},
		{"10.1.2.3:8474", "10.1.2.3", []string{"10.1.2.3:8474", "[::ffff:10.1.2.3]"}, []string{"localhost", "127.0.0.1", "10.1.2.4"}},
		{"box.example:8474", "10.1.2.3", []string{"box.example", "BOX.example.:80", "10.1.2.3"}, []string{"x.box.example", "ox.example"}},
		{"0.0.0.0:8474", "::", []string{"10.1.2.3", "localhost", "[fd00::1]"}, []string{"evil.example"}},
		{":8474", "::", []string{"10.1.2.3"}, []string{"", "evil.example"}},
	} {
		g, err := newGate(&configs.Experiment{Chaos: configs.Chaos{Toxiproxy: configs.Embedded, Token: configs.Secret{Text: "t0ken"}}}, row.asked, netip.MustParseAddr(row.at))
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range row.mine {
			if !g.known(host) {
				t.Errorf("at %s: %q is refused", row.asked, host)
			}
		}
		for _, host := range row.not {
			if g.known(host) {
				t.Errorf("at %s: %q passes", row.asked, host)
			}
		}
	}
}

// Beyond loopback nothing is served without a token.
func TestOthersNeedAToken(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", "[::]:0", ":0"} {
		exp := &configs.Experiment{Chaos: configs.Chaos{Toxiproxy: configs.Embedded}}
		err := Serve(t.Context(), exp, address, func(string) { t.Errorf("%s is served", address) }, nil)
		if err == nil || !strings.Contains(err.Error(), "TOXIPROXY_AUTH_TOKEN") {
			t.Errorf("%s: %v, want it to ask for a token", address, err)
		}
	}
}

// A token is wanted of every call, and a run brings it.
func TestTokens(t *testing.T) {
	t.Parallel()
	const token = "s3cret-t0ken"
	s := newStandOf(t, func(exp *configs.Experiment) { exp.Chaos.Token.Text = token })
	const to = "POST /proxies/payments/toxics HTTP/1.1\nHost: localhost\n"
	for _, header := range []string{"", "Authorization: Bearer\n", "Authorization: Bearer \n", "Authorization: Bearer s3cret-t0keN\n", "Authorization: Bearer s3cret-t0ken2\n",
		"Authorization: Bearer s3cret-t0ke\n", "Authorization: Basic " + token + "\n", "Authorization: " + token + "\n", "Authorization: Bearer x\nAuthorization: Bearer " + token + "\n",
		"Authorization: Bearer " + token + "\nAuthorization: Bearer x\n"} {
		if status, text := raw(t, s.url, to+header); status != http.StatusUnauthorized || !strings.Contains(text, "a token is needed") || strings.Contains(text, token) {
			t.Errorf("%q: %d %s, want 401", header, status, text)
		}
	}
	for _, path := range []string{"/version", "/proxies", "/nowhere"} {
		if status, _ := s.do("GET", path, ""); status != http.StatusUnauthorized {
			t.Errorf("GET %s without a token: %d, want 401", path, status)
		}
	}
	for _, header := range []string{"Authorization: Bearer " + token + "\n", "authorization: BEARER " + token + "\n"} {
		if status, text := raw(t, s.url, to+header); status != http.StatusOK && status != http.StatusConflict {
			t.Errorf("%q: %d %s", header, status, text)
		}
	}

	exp := s.experiment(configs.Fault{Hang: &configs.Hang{}})
	if _, err := Open(t.Context(), exp); err == nil || !strings.Contains(err.Error(), "it wants another token, or one at all") {
		t.Errorf("a run without a token: %v", err)
	}
	exp.Chaos.Token.Text = token
	p := play(t, s.open(exp))
	p.wait(journal.FaultApplied)
}

// secured stands in front of a plain Toxiproxy server and wants a token of every
// call, as Toxiproxy 2.13 does; that itself needs a newer Go than ours.
func secured(t *testing.T, server, token string) string {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	pass := httputil.NewSingleHostReverseProxy(to)
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			http.Error(w, fmt.Sprintf(`{"error": "unauthorized: %s", "status": 401}`, r.Header.Get("Authorization")), http.StatusUnauthorized)
			return
		}
		if r.UserAgent() != build.UserAgent() {
			t.Errorf("called by %q", r.UserAgent())
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(between.Close)
	return between.URL
}

// A run drives a plain server that wants a token, and what it leaves there when it
// is killed is lifted with the token from where the run had it. The token is
// nowhere in the notes.
func TestTokenOfAPlainServer(t *testing.T) {
	s := newPlainStand(t)
	const token = "s3cret-t0ken"
	t.Setenv("STAGING_TOXIPROXY", token)
	exp := s.experiment(configs.Fault{Hang: &configs.Hang{}})
	exp.Chaos.Toxiproxy = secured(t, s.url, token)
	if _, err := Open(t.Context(), exp); err == nil || !strings.Contains(err.Error(), "TOXIPROXY_AUTH_TOKEN") || !strings.Contains(err.Error(), "unauthorized") {
		t.Errorf("without the token: %v", err)
	}
	exp.Chaos.Token = configs.Secret{Env: "STAGING_TOXIPROXY", Text: token}
	in := s.open(exp)
	p := play(t, in)
	p.wait(journal.FaultApplied)
	p.cancel()
	if err := p.ends(); !errors.Is(err, context.Canceled) || !*p.wait(journal.FaultLifted).Fault.UndoConfirmed {
		t.Errorf("Play: %v", err)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}

	dead, err := Open(t.Context(), exp)
	if err != nil {
		t.Fatal(err)
	}
	r := dead.(*remote)
	if err := r.put(t.Context(), r.faults[0]); err != nil {
		t.Fatal(err)
	}
	for _, name := range notes(t) {
		f, err := state.Open(strings.TrimPrefix(name[strings.LastIndex(name, "/"):], "/"), 0)
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := io.ReadAll(f); strings.Contains(string(text), token) || !strings.Contains(string(text), "STAGING_TOXIPROXY") {
			t.Errorf("noted %s", text)
		}
		f.Close()
	}
	r.left.file.Close() // as the kernel does when a process dies
	t.Setenv("STAGING_TOXIPROXY", "wr0ng-t0ken")
	if _, err := Lift(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "it wants another token") || strings.Contains(err.Error(), "wr0ng") {
		t.Errorf("with another token: %v", err)
	}
	t.Setenv("STAGING_TOXIPROXY", "")
	t.Setenv(configs.AuthTokenVariable, token)
	if lifted, err := Lift(t.Context(), ""); err != nil || len(lifted.Undone) != 1 || len(s.toxics()) > 0 {
		t.Errorf("lifted %+v, %v", lifted, err)
	}
}

// One address may be written in several ways; it is the same dependency to the API.
func TestOneAddressManyNames(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	local := strings.Replace(s.addr, "127.0.0.1", "localhost", 1)
	for _, listen := range []string{s.addr, local, strings.ToUpper(local)} {
		body := fmt.Sprintf(`[{"name": "payments", "listen": %q, "upstream": %q}]`, listen, strings.Replace(s.dep.addr, "127.0.0.1", "LOCALHOST", 1))
		if status, text := s.do("POST", "/populate", body); status != http.StatusCreated {
			t.Errorf("populate with %s: %d %s", listen, status, text)
		}
		exp := s.experiment(configs.Fault{Hang: &configs.Hang{}})
		exp.Dependencies[0].Listen = listen
		exp.Dependencies[0].Upstream = strings.Replace(s.dep.addr, "127.0.0.1", "localhost", 1)
		in, err := Open(t.Context(), exp)
		if err != nil {
			t.Errorf("a run with %s: %v", listen, err)
			continue
		}
		in.Close()
	}
	other := s.experiment(configs.Fault{Hang: &configs.Hang{}})
	other.Dependencies[0].Listen = ports.Test(t)
	if _, err := Open(t.Context(), other); err == nil || !strings.Contains(err.Error(), "is another here") {
		t.Errorf("a run with another port: %v", err)
	}
	for _, same := range [][2]string{{"localhost:1", "127.0.0.1:1"}, {"A.example.:1", "a.example:1"}, {"[::1]:1", "[0:0::1]:1"}, {"[::ffff:10.0.0.1]:1", "10.0.0.1:1"}, {"0.0.0.0:1", "[::]:1"}, {":1", "0.0.0.0:1"}, {"", ""}} {
		if !sameAddress(same[0], same[1]) {
			t.Errorf("%q and %q differ", same[0], same[1])
		}
	}
	for _, other := range [][2]string{{"localhost:1", "127.0.0.1:2"}, {"localhost:1", "127.0.0.2:1"}, {"[::1]:1", "127.0.0.1:1"}, {"a.example:1", "b.example:1"}, {"localhost:1", ""}} {
		if sameAddress(other[0], other[1]) {
			t.Errorf("%q and %q are the same", other[0], other[1])
		}
	}
}
