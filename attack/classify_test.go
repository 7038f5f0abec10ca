package attack

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/reports/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rawServer answers each connection, once its request is in, by answer.
func rawServer(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				answer(c)
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return "http://" + l.Addr().String()
}

// refusing returns the URL of a port that nobody listens on.
func refusing(t *testing.T) string {
	t.Helper()
	return "http://" + ports.Test(t)
}

// neverConnects returns the URL of a port whose accept queue is full, so that
// the kernel drops every SYN.
func neverConnects(t *testing.T) string {
	t.Helper()
	return "http://" + fullListener(t)
}

func write(text string) func(net.Conn) {
	return func(c net.Conn) { fmt.Fprint(c, text) }
}

// TestClasses sends one hit each at targets that go wrong in every way there is.
func TestClasses(t *testing.T) {
	tlsServer := httptest.NewTLSServer(http.NotFoundHandler())
	tlsServer.Config.ErrorLog = quiet
	t.Cleanup(tlsServer.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	endless := func(c net.Conn) {
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n")
		chunk := make([]byte, 1<<20)
		for range 2 * maxBody >> 20 {
			if _, err := c.Write(chunk); err != nil {
				return
			}
		}
	}
	for _, c := range []struct {
		name string
		url  string
		want journal.Class
		code int32
	}{
		{"a good answer", rawServer(t, write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")), journal.ClassOK, 200},
		{"a good status with the wrong body", rawServer(t, write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad")), journal.ClassBody, 200},
		{"a redirect is an answer and not followed", rawServer(t, write("HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 2\r\n\r\nok")), journal.ClassOK, 302},
		{"a bad gateway", rawServer(t, write("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")), journal.ClassStatus, 502},
		{"nobody listens", refusing(t), journal.ClassRefused, 0},
		{"connects are never completed", neverConnects(t), journal.ClassConnectTimeout, 0},
		{"connection reset", rawServer(t, func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }), journal.ClassReset, 0},
		{"closed without an answer", rawServer(t, write("")), journal.ClassClosed, 0},
		{"closed in the middle of the body", rawServer(t, write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok")), journal.ClassClosed, 200},
		{"never answers", rawServer(t, untilClosed), journal.ClassClientTimeout, 0},
		{"never ends its body", rawServer(t, func(c net.Conn) { write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok")(c); untilClosed(c) }), journal.ClassClientTimeout, 200},
		{"no HTTP", rawServer(t, write("SSH-2.0-OpenSSH_9.2\r\n")), journal.ClassProtocol, 0},
		{"binary garbage", rawServer(t, write("\x00\xff\xfe\x01\x02\r\n\r\n")), journal.ClassProtocol, 0},
		{"a status that is no number", rawServer(t, write("HTTP/1.1 abc OK\r\n\r\n")), journal.ClassProtocol, 0},
		{"broken chunks", rawServer(t, write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n")), journal.ClassProtocol, 200},
		{"a huge header", rawServer(t, write("HTTP/1.1 200 OK\r\nX-Big: "+strings.Repeat("a", 2*maxHeader)+"\r\n\r\n")), journal.ClassProtocol, 0},
		{"endless headers", rawServer(t, write("HTTP/1.1 200 OK\r\n"+strings.Repeat("A: b\r\n", maxHeader))), journal.ClassProtocol, 0},
		{"an endless body", rawServer(t, endless), journal.ClassTooLarge, 200},
		{"a certificate nobody knows", tlsServer.URL, journal.ClassTLS, 0},
		{"https to a server that speaks http", strings.Replace(plain.URL, "http:", "https:", 1), journal.ClassTLS, 0},
		{"a name that does not resolve", "http://no-such-host.invalid", journal.ClassDNS, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			exp := experiment(c.url, burst(1))
			exp.Target.Timeout = 2 * time.Second
			if c.want == journal.ClassTooLarge {
				exp.Target.Timeout = 30 * time.Second
			}
			exp.Requests[0].Expect.Body = "ok"
			hits := drive(t, exp)
			if len(hits) != 1 || hits[0].Class != c.want || hits[0].Code != c.code {
				t.Errorf("got %+v, want one hit of class %v with code %d", hits, c.want, c.code)
			}
		})
	}
}

// Running out of descriptors is the generator's fault, whatever it looks like.
func TestClassifyGenerator(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.ENOMEM} {
		for _, err := range []error{
			&net.OpError{Op: "dial", Err: fmt.Errorf("socket: %w", errno)},
			&net.DNSError{Name: "staging.example.com", Err: "dial udp: socket: " + errno.Error()}, // a resolver's error has it as text only
		} {
			if got := classify(err, nil, false); got != journal.ClassGenerator {
				t.Errorf("%v is %v, want generator", err, got)
			}
		}
	}
}

// A hit is sent once, also when the connection it goes out on, kept from a hit
// before, breaks: Go's transport would send a GET again.
func TestSentOnce(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"} {
		for _, key := range []string{"", "Idempotency-Key"} {
			t.Run(method+key, func(t *testing.T) {
				t.Parallel()
				testSentOnce(t, method, key)
			})
		}
	}
}

func testSentOnce(t *testing.T, method, key string) {
	var seen atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 0 || len(r.TransferEncoding) > 0 {
			t.Errorf("an empty body was announced: length %d, encoding %v", r.ContentLength, r.TransferEncoding)
		}
		if seen.Add(1)%2 == 0 { // every second request, so on a kept connection
			c, _, _ := w.(http.Hijacker).Hijack()
			c.Close()
		}
	}))
	defer server.Close()
	exp := experiment(server.URL, configs.Phase{Name: "closed", Duration: 300 * time.Millisecond, Concurrency: 1})
	exp.Requests[0].Method = method
	if key != "" {
		exp.Requests[0].Headers = []configs.Header{{Name: key, Value: configs.Secret{Text: "1"}}}
	}
	exp.Limits.Rate = 1000
	hits := drive(t, exp)
	if int64(len(hits)) != seen.Load() || len(hits) < 4 {
		t.Errorf("%d hits, but the server saw %d requests", len(hits), seen.Load())
	}
}
