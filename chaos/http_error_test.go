package chaos

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// web is a dependency that says "real" and how many bytes it was sent, and
// withholds the answers to /wait until it is told.
func web(t *testing.T, start func(*httptest.Server)) (addr string, server *httptest.Server, go_ chan struct{}) {
	go_ = make(chan struct{})
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/wait" {
			<-go_
		}
		w.Header().Set("X-Got", strings.Repeat("x", int(n)))
		io.WriteString(w, "real")
	}))
	start(server)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), server, go_
}

// site is a client of the site's that keeps one connection.
func site(t *testing.T, r *rig, server *httptest.Server) (call func(method, path, body string, header ...string) (int, string, http.Header)) {
	transport := &http.Transport{MaxConnsPerHost: 1, ExpectContinueTimeout: soon}
	scheme := "http://"
	if server.TLS != nil {
		scheme, transport.TLSClientConfig = "https://", &tls.Config{InsecureSkipVerify: true}
	}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport, Timeout: soon}
	return func(method, path, body string, header ...string) (int, string, http.Header) {
		t.Helper()
		req, err := http.NewRequest(method, scheme+r.Addr("payments")+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text), resp.Header
	}
}

// A real client on one kept connection: every method and body is answered by the
// fault, and the dependency, which has seen none of it, answers the next one after.
func TestHTTPErrorAnswersARealClient(t *testing.T) {
	addr, server, _ := web(t, (*httptest.Server).Start)
	r := newRig(t, addr, configs.Fault{HTTPError: busy})
	call := site(t, r, server)
	if code, body, _ := call("GET", "/", ""); code != 200 || body != "real" {
		t.Fatalf("before: got %d %q", code, body)
	}
	r.apply()
	big := strings.Repeat("x", 300_000) // ten chunks
	for _, row := range []struct {
		method, body, want string
		header             []string
	}{
		{"GET", "", "slow down", nil},
		{"HEAD", "", "", nil},
		{"POST", "a=b", "slow down", nil},
		{"PUT", big, "slow down", nil},
		{"POST", big, "slow down", []string{"Expect", "100-continue"}},
		{"DELETE", "", "slow down", nil},
	} {
		code, body, header := call(row.method, "/", row.body, row.header...)
		if code != 429 || body != row.want || header.Get("Retry-After") != "5" {
			t.Errorf("%s: got %d %q %v, want 429 %q", row.method, code, body, header, row.want)
		}
	}
	met, conns := r.lift()
	if *met.Connections != 1 || *met.RequestsHeld != 6 {
		t.Errorf("got %d requests on %d connections, want 6 on 1", *met.RequestsHeld, *met.Connections)
	}
	if len(conns) != 1 || conns[0].Requests != 7 || conns[0].HeldNS != nil {
		t.Errorf("got %+v, want one connection with 7 requests, none that waited", conns)
	}
	if code, body, header := call("POST", "/", "four"); code != 200 || body != "real" || header.Get("X-Got") != "xxxx" {
		t.Errorf("after: got %d %q %v, want the dependency's answer to four bytes", code, body, header)
	}
}

// A request under way when the fault comes is the dependency's; the next is the fault's.
func TestHTTPErrorLeavesTheRequestUnderWay(t *testing.T) {
	addr, server, go_ := web(t, (*httptest.Server).Start)
	r := newRig(t, addr, configs.Fault{HTTPError: busy})
	call := site(t, r, server)
	answered := make(chan string)
	go func() {
		_, body, _ := call("GET", "/wait", "")
		answered <- body
	}()
	waitFor(t, func() bool { return r.one().Requests == 1 })
	r.apply()
	go_ <- struct{}{}
	if got := <-answered; got != "real" {
		t.Errorf("under way: got %q, want the dependency's answer", got)
	}
	if code, _, _ := call("GET", "/", ""); code != 429 {
		t.Errorf("the next: got %d, want 429", code)
	}
	if met, _ := r.lift(); *met.RequestsHeld != 1 {
		t.Errorf("answered %d, want 1", *met.RequestsHeld)
	}
}

// Lifted when half of a request's headers have come, the dependency gets all of
// it; lifted in the middle of a body, the fault answers.
func TestHTTPErrorLiftedInARequest(t *testing.T) {
	for _, row := range []struct{ first, rest, want string }{
		{"GET / HTTP/1.1\r\nHo", "st: payments\r\nConnection: close\r\n\r\n", "real"},
		{"GE", "T / HTTP/1.1\r\nHost: payments\r\nConnection: close\r\n\r\n", "real"},
		{"POST / HTTP/1.1\r\nHost: payments\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab", "cd", "slow down"},
	} {
		addr, _, _ := web(t, (*httptest.Server).Start)
		r := newRig(t, addr, configs.Fault{HTTPError: busy})
		r.apply()
		c := r.dial()
		io.WriteString(c, row.first)
		waitFor(t, func() bool { return r.one().BytesUp == int64(len(row.first)) })
		if row.want != "real" {
			r.holds(1)
		}
		r.lift()
		io.WriteString(c, row.rest)
		got := readsHTTP(t, c)
		if got != row.want {
			t.Errorf("%q lifted, and %q: got %q, want %q", row.first, row.rest, got, row.want)
		}
	}
}

func readsHTTP(t *testing.T, c net.Conn) (body string) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(soon))
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What is no HTTP/1 goes through, whole, and the run is warned of what it was.
func TestHTTPErrorLetsPassWhatItCannotRead(t *testing.T) {
	echo := echoServer(t)
	for _, row := range []struct{ name, sends, want string }{
		{"TLS", "\x16\x03\x01\x00\x05hello", "TLS"},
		{"TLS on a kept connection", "\x17\x03\x03\x00\x05hello", "TLS"},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"},
		{"Redis", "*1\r\n$4\r\nPING\r\n", "something other than HTTP"},
		{"MySQL, 22 bytes without a line's end", "\x16\x00\x00\x00\x03select 1 from a_table", "something other than HTTP"},
		{"SMTP", "EHLO here\r\n", "something other than HTTP"},
		{"endless headers", "GET / HTTP/1.1\r\n" + strings.Repeat("X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 20_000), "HTTP with more than 1 MB of headers"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, echo, configs.Fault{HTTPError: busy})
			r.apply()
			c := r.dial()
			go io.WriteString(c, row.sends)
			c.SetReadDeadline(time.Now().Add(soon))
			got := make([]byte, len(row.sends))
			if n, err := io.ReadFull(c, got); err != nil || string(got) != row.sends {
				t.Errorf("got %d bytes back (%v), want the %d sent", n, err, len(row.sends))
			}
			if e := r.wait(journal.Warning); !strings.Contains(e.Text, "where the site speaks "+row.want+" to it") {
				t.Errorf("warned %q, want %q in it", e.Text, row.want)
			}
			if met, _ := r.lift(); *met.RequestsHeld != 0 || *met.Connections != 1 {
				t.Errorf("answered %d on %d connections, want 0 on 1", *met.RequestsHeld, *met.Connections)
			}
		})
	}
}

// A real TLS client gets the dependency's own answers.
func TestHTTPErrorCannotBePlayedOnTLS(t *testing.T) {
	addr, server, _ := web(t, (*httptest.Server).StartTLS)
	r := newRig(t, addr, configs.Fault{HTTPError: busy})
	call := site(t, r, server)
	call("GET", "/", "")
	r.apply()
	if code, body, _ := call("GET", "/", ""); code != 200 || body != "real" {
		t.Errorf("got %d %q, want 200 from the dependency", code, body)
	}
	if e := r.wait(journal.Warning); !strings.Contains(e.Text, "speaks TLS") {
		t.Errorf("warned %q, want TLS in it", e.Text)
	}
	if met, _ := r.lift(); *met.RequestsHeld != 0 {
		t.Errorf("answered %d, want none", *met.RequestsHeld)
	}
}

// Two requests in one write, the second half-closed: two answers, then the end.
func TestHTTPErrorOfRequestsSentAtOnce(t *testing.T) {
	addr, _, _ := web(t, (*httptest.Server).Start)
	r := newRig(t, addr, configs.Fault{HTTPError: busy})
	r.apply()
	c := r.dial()
	c.want = 2 * len(saysBusy)
	io.WriteString(c, strings.Repeat(askHTTP+"\r\n", 2))
	c.CloseWrite()
	c.sees("whole, eof")
	if met, _ := r.lift(); *met.RequestsHeld != 2 {
		t.Errorf("answered %d, want 2", *met.RequestsHeld)
	}
}

// HTTP/1.0 is told whether the connection stays.
func TestHTTPErrorInHTTP10(t *testing.T) {
	addr, _, _ := web(t, (*httptest.Server).Start)
	r := newRig(t, addr, configs.Fault{HTTPError: &configs.HTTPError{Status: 500}})
	r.apply()
	keep := r.dial()
	keep.want = len("HTTP/1.0 500 Internal Server Error\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
	io.WriteString(keep, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
	keep.sees("whole, open")
	once := r.dial()
	once.want = len("HTTP/1.0 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	io.WriteString(once, "GET / HTTP/1.0\r\n\r\n")
	once.sees("whole, eof")
	r.lift()
}

// echoServer gives back what it gets.
func echoServer(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

// A proxy that outlives the run is told the whole answer, headers whose values
// are hidden elsewhere included.
func TestHTTPErrorThroughAProxyThatOutlivesTheRun(t *testing.T) {
	s := newStand(t)
	p := play(t, s.open(s.experiment(configs.Fault{HTTPError: &configs.HTTPError{Status: 500}, For: time.Millisecond},
		configs.Fault{HTTPError: busy, After: time.Millisecond})))
	p.wait(journal.FaultApplied)
	p.wait(journal.FaultApplied)
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, askHTTP+"\r\n")
	got := make([]byte, len(saysBusy))
	c.SetReadDeadline(time.Now().Add(soon))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != saysBusy {
		t.Errorf("got %q, %v; want %q", got, err, saysBusy)
	}
}

// Plain calls through the egress are answered by the fault, and on the same
// connection those to other hosts are not; a tunnel's TLS passes, with a warning.
func TestHTTPErrorThroughTheEgress(t *testing.T) {
	plain, other := httptest.NewServer(http.HandlerFunc(echo)), httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(func() { plain.Close(); other.Close() })
	r := newOutRig(t, hostOf(plain), nil, configs.Fault{HTTPError: busy})
	r.apply()
	for range 2 {
		if got := r.get(plain.URL + "/a"); got != "slow down" {
			t.Errorf("got %q, want the fault's answer", got)
		}
		if got := r.get(other.URL + "/a"); !strings.HasPrefix(got, "GET "+hostOf(other)) {
			t.Errorf("of another host: got %q", got)
		}
		resp, err := r.client.Post(plain.URL+"/b", "text/plain", strings.NewReader(strings.Repeat("x", 100_000)))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 429 {
			t.Errorf("POST: got %d, want 429", resp.StatusCode)
		}
	}
	if met, _ := r.lift(); *met.RequestsHeld != 4 {
		t.Errorf("answered %d, want 4", *met.RequestsHeld)
	}
	if got := r.get(plain.URL + "/a"); !strings.HasPrefix(got, "GET "+hostOf(plain)) {
		t.Errorf("after: got %q", got)
	}

	secure := httptest.NewTLSServer(http.HandlerFunc(echo))
	t.Cleanup(secure.Close)
	r = newOutRig(t, hostOf(secure), nil, configs.Fault{HTTPError: busy})
	r.apply()
	if got := r.get(secure.URL + "/a"); !strings.HasPrefix(got, "GET "+hostOf(secure)) {
		t.Errorf("over TLS: got %q, want the host's answer", got)
	}
	if e := r.wait(journal.Warning); !strings.Contains(e.Text, "http_error on payments was not played where the site speaks TLS") {
		t.Errorf("warned %q", e.Text)
	}
	r.lift()
}
