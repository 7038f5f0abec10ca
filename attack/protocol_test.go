package attack

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// mutualServer is a server of Go's that ends TLS with who has no certificate of the folder's authority.
func mutualServer(t *testing.T, dir string) (url string) {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	known := x509.NewCertPool()
	known.AppendCertsFromPEM(ca)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: known}
	s.Config.ErrorLog = quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// spokenIn drives the experiment, and returns its hits and what its last event says.
func spokenIn(t *testing.T, exp *configs.Experiment) (hits []journal.Hit, spoke journal.Spoken) {
	t.Helper()
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	err = a.Run(t.Context(), time.Now(), func(h journal.Hit) {
		mu.Lock()
		defer mu.Unlock()
		hits = append(hits, h)
	}, func(e journal.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Spoken != nil {
			spoke = *e.Spoken
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return hits, spoke
}

// What is spoken with a real nginx is what was asked for, if nginx has it.
func TestProtocolsWithNginx(t *testing.T) {
	t.Parallel()
	page := `location / { return 200 "$server_protocol $content_length|$http_transfer_encoding"; }`
	both, old := startNginx(t, "", "listen ADDRESS ssl http2; ssl_certificate DIR/server.pem; ssl_certificate_key DIR/server.key; "+page), startNginx(t, "", https(page))
	plain := startNginx(t, "", "listen ADDRESS http2; "+page)
	for _, row := range []struct {
		name, url, protocol string
		want                string
	}{
		{"nothing asked", "https://" + both.addr, "", "HTTP/1.1"},
		{"HTTP/2 asked", "https://" + both.addr, configs.HTTP2, "HTTP/2.0"},
		{"HTTP/2 asked of one that has none", "https://" + old.addr, configs.HTTP2, "HTTP/1.1"},
		{"HTTP/2 without TLS", "http://" + plain.addr, configs.H2C, "HTTP/2.0"},
	} {
		exp := experiment(row.url, open(400*time.Millisecond, 100, 100))
		exp.Target.Protocol, exp.Target.Insecure = row.protocol, true
		exp.Requests[0].Expect.Body = row.want + " |" // a GET without a body, and none announced
		hits, spoke := spokenIn(t, exp)
		good := 0
		for _, h := range hits {
			if h.Class == journal.ClassOK {
				good++
			}
		}
		// The first, whose protocol is not known yet, ends its body by itself.
		if len(hits) != 40 || good < 39 || spoke.Answers[row.want] != 40 || len(spoke.Answers) != 1 {
			t.Errorf("%s: %d hits, %d good, %+v", row.name, len(hits), good, spoke)
		}
		if row.want == "HTTP/2.0" && spoke.Connections > 3 { // one, unless the second request came before the first had it
			t.Errorf("%s: %d connections for 40 requests", row.name, spoke.Connections)
		}
	}
}

// A target that is asked for what it does not speak is told of with what to do.
func TestProtocolThatIsNotSpoken(t *testing.T) {
	t.Parallel()
	g := startNginx(t, "", "listen ADDRESS; location / { empty_gif; }")
	exp := experiment("http://"+g.addr, burst(1))
	exp.Target.Protocol = configs.H2C
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = a.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "the site may not speak HTTP/2 without TLS: leave target.protocol out") {
		t.Errorf("got %v", err)
	}
}

// unwilling is a server of HTTP/2 frames that answers the first request of each
// connection, and sends every other back in one way. It counts the requests.
type unwilling struct {
	net.Listener
	way string
	mu  sync.Mutex
	got []string // the paths that were asked for
}

func startUnwilling(t *testing.T, way string) *unwilling {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := &unwilling{Listener: l, way: way}
	var all sync.WaitGroup
	over, end := context.WithCancel(t.Context())
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				defer context.AfterFunc(over, func() { c.Close() })()
				u.serve(c)
			})
		}
	})
	t.Cleanup(func() { end(); l.Close(); all.Wait() })
	return u
}

func (u *unwilling) serve(c net.Conn) {
	if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	f := http2.NewFramer(c, c)
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	f.WriteSettings()
	for n := 0; ; {
		frame, err := f.ReadFrame()
		if err != nil {
			return
		}
		h, ok := frame.(*http2.MetaHeadersFrame)
		if !ok {
			if s, ok := frame.(*http2.SettingsFrame); ok && !s.IsAck() {
				f.WriteSettingsAck()
			}
			continue
		}
		u.mu.Lock()
		u.got = append(u.got, h.PseudoValue("path"))
		u.mu.Unlock()
		if n++; n == 1 {
			var head bytes.Buffer
			hpack.NewEncoder(&head).WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
			f.WriteHeaders(http2.HeadersFrameParam{StreamID: h.StreamID, BlockFragment: head.Bytes(), EndStream: true, EndHeaders: true})
			continue
		}
		switch u.way {
		case "goaway":
			f.WriteGoAway(1, http2.ErrCodeNo, nil)
		case "refused":
			f.WriteRSTStream(h.StreamID, http2.ErrCodeRefusedStream)
		case "protocol":
			f.WriteRSTStream(h.StreamID, http2.ErrCodeProtocol)
		}
	}
}

// seen is how often each path was asked for.
func (u *unwilling) seen() map[string]int {
	u.mu.Lock()
	defer u.mu.Unlock()
	times := map[string]int{}
	for _, path := range u.got {
		times[path]++
	}
	return times
}

// A request that a server of HTTP/2 sends back is not sent again, as Go's transport
// by itself does, with a body or without: the server sees each exactly once.
func TestHTTP2IsSentOnce(t *testing.T) {
	for _, way := range []string{"goaway", "refused", "protocol"} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			for _, redirect := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %s redirects %v", way, method, redirect), func(t *testing.T) {
					t.Parallel()
					u := startUnwilling(t, way)
					exp := experiment("http://"+u.Addr().String(), open(300*time.Millisecond, 50, 50))
					exp.Target.Protocol, exp.Target.Redirect = configs.H2C, redirect
					exp.Requests[0].Method, exp.Requests[0].Path = method, "/{{seq}}"
					if method == "PUT" {
						exp.Requests[0].Body.Text = "amount=5"
					}
					sentBack(t, drive(t, exp), u.seen())
				})
			}
		}
	}
}

// sentBack checks that each of 15 requests was sent at most once, and what came of
// it. The first of each connection was answered; some that were written to one that
// was just being closed the server has not read.
func sentBack(t *testing.T, hits []journal.Hit, seen map[string]int) {
	t.Helper()
	classes := map[journal.Class]int{}
	for _, h := range hits {
		classes[h.Class]++
	}
	if good, back, closed := classes[journal.ClassOK], classes[journal.ClassReset], classes[journal.ClassClosed]; len(hits) != 15 || good == 0 || back == 0 || good+back+closed != 15 {
		t.Errorf("%d hits ended as %v, %d were seen; want 15, some good and the others sent back", len(hits), classes, len(seen))
	}
	for path, n := range seen {
		if n > 1 {
			t.Errorf("%s was sent %d times", path, n)
		}
	}
}
