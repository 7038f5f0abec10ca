package egress

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tailback/tailback/internal/ports"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const soon = 30 * time.Second // a deadline that is only there so that a broken test ends

// rig is a Proxy that runs, with calls carried in the simplest way.
type rig struct {
	Proxy
	t    *testing.T
	addr string

	mu      sync.Mutex
	refused map[Class]int
	calls   []string // hosts
}

func newRig(t *testing.T, change func(*Proxy)) *rig {
	t.Helper()
	return newRigOn(t, "127.0.0.1:0", change)
}

func newRigOn(t *testing.T, listen string, change func(*Proxy)) *rig {
	t.Helper()
	l, err := net.Listen("tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, addr: l.Addr().String(), refused: map[Class]int{}}
	ctx, cancel := context.WithCancel(context.Background())
	var carrying sync.WaitGroup
	r.Carry = func(c Call) {
		r.mu.Lock()
		r.calls = append(r.calls, c.Host)
		r.mu.Unlock()
		carrying.Go(func() { carry(ctx, c) })
	}
	r.Refused = func(class Class) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.refused[class]++
	}
	if change != nil {
		change(&r.Proxy)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, l.(*net.TCPListener)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		carrying.Wait()
	})
	return r
}

// carry connects both sides of a call until both have ended.
func carry(ctx context.Context, c Call) {
	defer c.Site.Close()
	host, err := c.Dial(ctx)
	if c.Opened != nil {
		c.Opened(err)
	}
	if err != nil {
		c.Site.CloseWrite()
		io.Copy(io.Discard, struct{ io.Reader }{c.Site})
		return
	}
	defer host.Close()
	var up sync.WaitGroup
	up.Go(func() {
		io.Copy(struct{ io.Writer }{host}, struct{ io.Reader }{c.Site})
		host.CloseWrite()
	})
	io.Copy(struct{ io.Writer }{c.Site}, struct{ io.Reader }{host})
	c.Site.CloseWrite()
	up.Wait()
}

func (r *rig) count(class Class) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused[class]
}

// dial connects to the egress.
func (r *rig) dial() *net.TCPConn {
	r.t.Helper()
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(soon))
	r.t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

// client is an HTTP client whose calls go through the egress.
func (r *rig) client() *http.Client {
	transport := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: r.addr}),
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ExpectContinueTimeout: soon}
	r.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: soon}
}

// serve starts a server that tells what it was asked, and the body's length and its sum of bytes.
func serve(t *testing.T, start func(http.Handler) *httptest.Server) *httptest.Server {
	t.Helper()
	s := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if n := 0; r.URL.Path == "/large" {
			fmt.Sscan(r.URL.Query().Get("n"), &n)
			w.Write(bytes.Repeat([]byte("x"), n))
			return
		}
		fmt.Fprintf(w, "%s %s %s %s %d %d %v", r.Method, r.Host, r.RequestURI, r.Proto, len(body), sum(body), r.Trailer)
	}))
	t.Cleanup(s.Close)
	return s
}

func sum(b []byte) (n int) {
	for _, c := range b {
		n = n*31 + int(c)&0xffff
	}
	return n & 0xffffff
}

func read(t *testing.T, answer *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func bare(s *httptest.Server) string { return s.Listener.Addr().String() }

// Bodies of either framing and size, over plain HTTP and in a tunnel, there and back.
func TestBodies(t *testing.T) {
	r := newRig(t, nil)
	for scheme, start := range map[string]func(http.Handler) *httptest.Server{"http": httptest.NewServer, "https": httptest.NewTLSServer} {
		s := serve(t, start)
		client := r.client()
		for _, n := range []int{0, 1, 8 << 10, 3<<20 + 7} {
			body := bytes.Repeat([]byte("0123456789abcde"), n/15+1)[:n]
			for what, reader := range map[string]io.Reader{"of known length": bytes.NewReader(body), "chunked": io.MultiReader(bytes.NewReader(body))} {
				req, err := http.NewRequest("POST", s.URL+"/p?q=1", reader)
				if err != nil {
					t.Fatal(err)
				}
				if n > 1 {
					req.Header.Set("Expect", "100-continue")
				}
				answer, err := client.Do(req)
				want := fmt.Sprintf("POST %s /p?q=1 HTTP/1.1 %d %d map[]", bare(s), n, sum(body))
				if got := read(t, answer, err); got != want {
					t.Errorf("%s, %d bytes %s: got %q, want %q", scheme, n, what, got, want)
				}
			}
			answer, err := client.Get(fmt.Sprintf("%s/large?n=%d", s.URL, n))
			if got := read(t, answer, err); len(got) != n {
				t.Errorf("%s: an answer of %d bytes has %d", scheme, n, len(got))
			}
		}
	}
}

// What a client says and hears, byte by byte where it matters.
func TestPlainRequests(t *testing.T) {
	s := serve(t, httptest.NewServer)
	other := serve(t, httptest.NewServer)
	host, host2 := bare(s), bare(other)
	for _, c := range []struct{ name, says, want string }{
		{"HTTP/1.0 ends with its answer", "GET http://H/a HTTP/1.0\r\n\r\n", "GET H /a HTTP/1.0 0 0 map[]"},
		{"a host in capitals and no path", "GET HTTP://H?x=1 HTTP/1.1\r\nHost: elsewhere\r\nConnection: close\r\n\r\n", "GET H /?x=1 HTTP/1.1 0 0 map[]"},
		{"options of the server", "OPTIONS http://H HTTP/1.1\r\nConnection: close\r\n\r\n", ""},
		{"a body and a trailer", "POST http://H/ HTTP/1.1\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3;ext=1\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n",
			"POST H / HTTP/1.1 3 " + fmt.Sprint(sum([]byte("abc"))) + " map[X-Sum:[9]]"},
		{"one after the other", "GET http://H/1 HTTP/1.1\r\n\r\nGET http://H/2 HTTP/1.1\r\nConnection: close\r\n\r\n", "GET H /2 HTTP/1.1"},
		{"hop by hop", "GET http://H/ HTTP/1.1\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\nUpgrade: h2c\r\nX-Hop: 1\r\nConnection: X-Hop, Upgrade, close\r\n\r\n", "GET H / HTTP/1.1 0 0 map[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := newRig(t, nil).dial()
			io.WriteString(conn, replaceHost(c.says, host))
			got, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			if want := replaceHost(c.want, host); !strings.HasPrefix(string(got), "HTTP/1.") || !strings.Contains(string(got), want) {
				t.Errorf("got %q, want %q in it", got, want)
			}
		})
	}
	t.Run("half-closed behind the request", func(t *testing.T) {
		conn := newRig(t, nil).dial()
		fmt.Fprintf(conn, "POST http://%s/ HTTP/1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", host)
		conn.CloseWrite()
		if got, err := io.ReadAll(conn); err != nil || !strings.Contains(string(got), "HTTP/1.1 2 ") {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("hosts in turn on one connection", func(t *testing.T) {
		r := newRig(t, nil)
		conn := r.dial()
		in := bufio.NewReader(conn)
		for i := range 6 {
			h := []string{host, host2}[i/2%2]
			fmt.Fprintf(conn, "GET http://%s/%d HTTP/1.1\r\n\r\n", h, i)
			answer, err := http.ReadResponse(in, nil)
			if got, want := read(t, answer, err), fmt.Sprintf("GET %s /%d HTTP/1.1", h, i); !strings.HasPrefix(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		if want := []string{host, host2, host}; fmt.Sprint(r.calls) != fmt.Sprint(want) {
			t.Errorf("calls %v, want one for each stretch: %v", r.calls, want)
		}
	})
	t.Run("the next host before the answer", func(t *testing.T) {
		silent, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
		r := newRig(t, nil)
		conn := r.dial()
		fmt.Fprintf(conn, "GET http://%s/ HTTP/1.1\r\n\r\nGET http://%s/ HTTP/1.1\r\n\r\n", silent.Addr(), host)
		if got, _ := io.ReadAll(conn); len(got) > 0 || r.count(Pipelined) != 1 {
			t.Errorf("got %q, %v; want the connection ended", got, r.refused)
		}
	})
}

// replaceHost puts the server's address where the texts above say H, alone.
func replaceHost(text, host string) string {
	text = strings.ReplaceAll(text, "//H", "//"+host)
	return strings.ReplaceAll(text, " H ", " "+host+" ")
}

// What an origin gets of a request that has what is meant for this hop only.
func TestHopByHopIsDropped(t *testing.T) {
	const asked = "GET http://a.example:81/x HTTP/1.1\r\nhost: b.example\r\nACCEPT: */*\r\nProxy-Connection: keep-alive\r\nproxy-authorization: Basic eDp5\r\nTE: trailers\r\n" +
		"Keep-Alive: 5\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nX-Hop: 1\r\nConnection: X-Hop, upgrade, Keep-Alive\r\nCookie: a=b\r\n\r\n"
	h, err := readHead(bufio.NewReader(strings.NewReader(asked)))
	if err != nil {
		t.Fatal(err)
	}
	want := "GET /x HTTP/1.1\r\nHost: a.example:81\r\nACCEPT: */*\r\nConnection: keep-alive\r\nCookie: a=b\r\n\r\n"
	if got := string(h.write(nil, false, "")); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	want = strings.Replace(strings.Replace(want, "/x", "http://a.example:81/x", 1), "Cookie: a=b\r\n", "Cookie: a=b\r\nProxy-Authorization: Basic cDpx\r\n", 1)
	if got := string(h.write(nil, true, "Basic cDpx")); got != want {
		t.Errorf("to a parent: got %q, want %q", got, want)
	}
}

func TestIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("not run: this machine has no IPv6 loopback (%v)", err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) }))
	s.Listener.Close()
	s.Listener = l
	s.StartTLS()
	defer s.Close()
	r := newRigOn(t, "[::1]:0", nil)
	answer, err := r.client().Get(s.URL)
	if got := read(t, answer, err); got != l.Addr().String() || r.calls[0] != got {
		t.Errorf("got %q, calls %v", got, r.calls)
	}
}

// Bytes that a client sends right behind its CONNECT are the tunnel's, and each
// side may end its own direction first.
func TestTunnelsAreTransparent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		all, _ := io.ReadAll(c)
		fmt.Fprintf(c, "got %q", all)
	}()
	conn := newRig(t, nil).dial()
	fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\n\r\n\x16\x03\x01 early", l.Addr())
	io.WriteString(conn, " and late")
	conn.CloseWrite()
	got, err := io.ReadAll(conn)
	if want := "HTTP/1.1 200 Connection established\r\n\r\ngot \"\\x16\\x03\\x01 early and late\""; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestRunEndsWithItsClients(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Proxy{Carry: func(c Call) { c.Site.Close() }, Refused: func(Class) {}}
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx, l.(*net.TCPListener)) }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "GET http://")
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(soon):
		t.Fatal("it does not end")
	}
}

func TestWhoMayUseIt(t *testing.T) {
	p := &Proxy{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/8")}}
	for address, want := range map[string]bool{"127.0.0.1": true, "::1": true, "127.9.9.9": true, "10.1.2.3": true, "::ffff:10.1.2.3": true,
		"fd00::7": true, "10.2.0.1": false, "192.0.2.1": false, "2001:db8::1": false, "::ffff:10.2.0.1": false} {
		if got := p.allows(&net.TCPAddr{IP: net.ParseIP(address), Port: 9}); got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}

// Errors of a dial are told to the client of a tunnel, and a plain request ends without an answer.
func TestUnreachableHosts(t *testing.T) {
	closed := ports.Test(t)
	r := newRig(t, nil)
	for says, want := range map[string]string{
		"CONNECT " + closed + " HTTP/1.1\r\n\r\n":           "HTTP/1.1 502 ",
		"GET http://" + closed + "/ HTTP/1.1\r\n\r\n":       "",
		"CONNECT no-such-host.invalid:443 HTTP/1.1\r\n\r\n": "HTTP/1.1 502 ",
	} {
		conn := r.dial()
		io.WriteString(conn, says)
		conn.CloseWrite()
		if got, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(got), want) || want == "" && len(got) > 0 {
			t.Errorf("%q: got %q, %v; want %q", says, got, err, want)
		}
	}
	if len(r.refused) > 0 {
		t.Errorf("refused %v: a host that can't be reached is none", r.refused)
	}
}

// Names are held against the forbidden addresses once they are looked up, and
// the egress never connects to itself.
func TestAddressesAreChecked(t *testing.T) {
	r := newRig(t, nil)
	conn := r.dial()
	fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\n\r\n", r.addr)
	if got, _ := io.ReadAll(conn); !strings.HasPrefix(string(got), "HTTP/1.1 403 ") || r.count(ForbiddenHost) != 1 {
		t.Errorf("itself: got %q, %v", got, r.refused)
	}
	for address, bad := range map[string]bool{"169.254.169.254:80": true, "[fe80::1]:80": true, "[fd00:ec2::254]:80": true, "100.100.100.200:80": true, "0.0.0.0:80": true, "[::ffff:169.254.1.1]:80": true,
		"[64:ff9b::a9fe:a9fe]:80": true, "[2002:a9fe:a9fe::]:80": true, "168.63.129.16:80": true, "[64:ff9b::192.0.2.1]:80": false, "[2001:db8::a9fe:a9fe]:80": false, "[::1]:80": false,
		"224.0.0.1:80": true, r.addr: true, "127.0.0.1:80": false, "192.0.2.1:443": false} {
		err := r.check("tcp", address, nil)
		if why := new(Refusal); errors.As(err, &why) != bad || bad && why.Class != ForbiddenHost {
			t.Errorf("%s: %v, want it refused: %v", address, err, bad)
		}
	}
}
