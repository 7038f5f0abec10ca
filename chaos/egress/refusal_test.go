package egress

import (
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// What is not served, how that is answered, and that it is counted. Nothing of
// it ever reaches a host.
func TestRefusals(t *testing.T) {
	const body = "POST http://a.example/ HTTP/1.1\r\n"
	for says, want := range map[string]Class{
		// Two readers could take these for different requests.
		body + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":      Malformed,
		body + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n":      Malformed,
		body + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd":                    Malformed,
		body + "Content-Length: 4, 4\r\n\r\nabcd":                                      Malformed,
		body + "Content-Length: +4\r\n\r\nabcd":                                        Malformed,
		body + "Content-Length: 0x4\r\n\r\nabcd":                                       Malformed,
		body + "Content-Length:\r\n\r\nabcd":                                           Malformed,
		body + "Content-Length : 4\r\n\r\nabcd":                                        Malformed,
		body + "Transfer-Encoding: xchunked\r\n\r\n":                                   Malformed,
		body + "Transfer-Encoding: chunked, identity\r\n\r\n":                          Malformed,
		body + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n":      Malformed,
		body + "Transfer-Encoding:\x0bchunked\r\n\r\n":                                 Malformed,
		"POST http://a.example/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n":        Malformed,
		"GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n": Malformed,
		"GET http://a.example/ HTTP/1.1\r\nX: a\r\n b\r\n\r\n":                         Malformed,
		"GET http://a.example/ HTTP/1.1\r\n X: a\r\n\r\n":                              Malformed,
		"GET http://a.example/ HTTP/1.1\r\nX: a\nY: b\r\n\r\n":                         Malformed,
		"GET http://a.example/ HTTP/1.1\nX: a\n\n":                                     Malformed,
		"GET http://a.example/ HTTP/1.1\r\nX: a\rY: b\r\n\r\n":                         Malformed,
		"GET http://a.example/ HTTP/1.1\r\nX: a\x00b\r\n\r\n":                          Malformed,
		"GET http://a.example/ HTTP/1.1\r\nno colon\r\n\r\n":                           Malformed,
		"GET http://a.example/ HTTP/1.1\r\n: no name\r\n\r\n":                          Malformed,
		"GET  http://a.example/ HTTP/1.1\r\n\r\n":                                      Malformed,
		"GET http://a.example/ b HTTP/1.1\r\n\r\n":                                     Malformed,
		"GET\thttp://a.example/\tHTTP/1.1\r\n\r\n":                                     Malformed,
		"\r\nGET http://a.example/ HTTP/1.1\r\n\r\n":                                   Malformed,
		"G(T http://a.example/ HTTP/1.1\r\n\r\n":                                       Malformed,
		"CONNECT a.example:443 HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd":              Malformed,
		// No host, or none that has one reading.
		"CONNECT a.example HTTP/1.1\r\n\r\n":                            Malformed,
		"CONNECT :443 HTTP/1.1\r\n\r\n":                                 Malformed,
		"CONNECT a..example:443 HTTP/1.1\r\n\r\n":                       Malformed,
		"CONNECT a.example:443x HTTP/1.1\r\n\r\n":                       Malformed,
		"CONNECT a.example:+443 HTTP/1.1\r\n\r\n":                       Malformed,
		"CONNECT a.example:65536 HTTP/1.1\r\n\r\n":                      Malformed,
		"CONNECT http://a.example:443 HTTP/1.1\r\n\r\n":                 Malformed,
		"CONNECT a@b.example:443 HTTP/1.1\r\n\r\n":                      Malformed,
		"CONNECT [::1:443 HTTP/1.1\r\n\r\n":                             Malformed,
		"CONNECT [fe80::1%25eth0]:443 HTTP/1.1\r\n\r\n":                 Malformed,
		"CONNECT ::1:443 HTTP/1.1\r\n\r\n":                              Malformed,
		"CONNECT 2852039166:80 HTTP/1.1\r\n\r\n":                        Malformed, // 169.254.169.254 to some
		"CONNECT 0x7f.1:80 HTTP/1.1\r\n\r\n":                            Malformed,
		"CONNECT 127.1:80 HTTP/1.1\r\n\r\n":                             Malformed,
		"CONNECT " + strings.Repeat("a", 64) + ".b:80 HTTP/1.1\r\n\r\n": Malformed,
		"GET http:///a HTTP/1.1\r\n\r\n":                                Malformed,
		"GET http://me:secret@a.example/ HTTP/1.1\r\n\r\n":              Malformed,
		"GET http://a.example\\@b.example/ HTTP/1.1\r\n\r\n":            Malformed,
		"GET http://a.example#b HTTP/1.1\r\n\r\n":                       Malformed,
		// Where a relay would go, and a site's call does not.
		"CONNECT 169.254.169.254:80 HTTP/1.1\r\n\r\n":           ForbiddenHost,
		"CONNECT [::ffff:169.254.169.254]:80 HTTP/1.1\r\n\r\n":  ForbiddenHost,
		"CONNECT metadata.google.internal.:80 HTTP/1.1\r\n\r\n": ForbiddenHost,
		"GET http://[fd00:ec2::254]/latest HTTP/1.1\r\n\r\n":    ForbiddenHost,
		"CONNECT 0.0.0.0:80 HTTP/1.1\r\n\r\n":                   ForbiddenHost,
		"CONNECT mail.example:25 HTTP/1.1\r\n\r\n":              ForbiddenHost,
		"CONNECT a.example:0 HTTP/1.1\r\n\r\n":                  ForbiddenHost,
		// What this is not.
		"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n":                             Unsupported,
		"GET https://a.example/ HTTP/1.1\r\n\r\n":                               Unsupported,
		"GET ftp://a.example/ HTTP/1.1\r\n\r\n":                                 Unsupported,
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":                                      Unsupported,
		"GET http://a.example/ HTTP/1.2\r\n\r\n":                                Unsupported,
		"GET http://a.example/ HTTP/1.1\r\nX: " + strings.Repeat("a", mostHead): TooLarge,
		"GET http://a.example/" + strings.Repeat("a", mostHead):                 TooLarge,
	} {
		t.Run(fmt.Sprintf("%.60q", says), func(t *testing.T) {
			r := newRig(t, nil)
			conn := r.dial()
			go io.WriteString(conn, says)
			got, err := io.ReadAll(conn)
			if want := fmt.Sprintf("HTTP/1.1 %d ", statuses[want]); err != nil || !strings.HasPrefix(string(got), want) {
				t.Errorf("got %q, %v; want %q", got, err, want)
			}
			if r.count(want) != 1 || len(r.refused) != 1 || len(r.calls) > 0 {
				t.Errorf("counted %v, carried %v; want one %s and nothing carried", r.refused, r.calls, want)
			}
			if strings.Contains(string(got), "secret") {
				t.Error("the answer tells a password")
			}
		})
	}
}

// A request after a good one can't be answered any more, but ends the connection and is counted.
func TestALaterRequestIsRefused(t *testing.T) {
	s := serve(t, httptest.NewServer)
	for says, want := range map[string]Class{
		"GET / HTTP/1.1\r\n\r\n":                               Unsupported,
		"GET http://169.254.169.254/latest HTTP/1.1\r\n\r\n":   ForbiddenHost,
		"POST http://a/ HTTP/1.1\r\nContent-Length: x\r\n\r\n": Malformed,
	} {
		r := newRig(t, nil)
		conn := r.dial()
		fmt.Fprintf(conn, "GET http://%s/a HTTP/1.1\r\n\r\n", bare(s))
		b := make([]byte, 4096)
		n, err := conn.Read(b)
		if err != nil || !strings.Contains(string(b[:n]), "200 OK") {
			t.Fatalf("got %q, %v", b[:n], err)
		}
		io.WriteString(conn, says)
		if rest, _ := io.ReadAll(conn); strings.Contains(string(rest), "HTTP/1.1") || r.count(want) != 1 {
			t.Errorf("%q: got %q, %v; want the end and one %s", says, rest, r.refused, want)
		}
	}
}

// A body that breaks its framing ends the connection before its host could take it for whole.
func TestABrokenBodyIsCutOff(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan string, 1)
	go func() {
		if c, err := l.Accept(); err == nil {
			all, _ := io.ReadAll(c)
			got <- string(all)
			c.Close()
		}
	}()
	r := newRig(t, nil)
	conn := r.dial()
	fmt.Fprintf(conn, "POST http://%s/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n0\r\n\r\n", l.Addr())
	if all := <-got; !strings.Contains(all, "3\r\nabc\r\n") || strings.Contains(all, "zz") || strings.Contains(all, "\r\n0\r\n") {
		t.Errorf("the host got %q", all)
	}
	if r.count(Malformed) != 1 {
		t.Errorf("counted %v", r.refused)
	}
}

// Heads that come too slowly end, whether a client sends nothing or a byte now and then.
func TestSlowHeads(t *testing.T) {
	r := newRig(t, func(p *Proxy) { p.patience = 200 * time.Millisecond })
	silent, slow := r.dial(), r.dial()
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				slow.Write([]byte("G"))
			}
		}
	}()
	for _, c := range []net.Conn{silent, slow} {
		if got, _ := io.ReadAll(c); !strings.HasPrefix(string(got), "HTTP/1.1 408 ") {
			t.Errorf("got %q, want 408", got)
		}
	}
	close(stop)
	<-ended
	if r.count(TooSlow) != 2 {
		t.Errorf("counted %v, want 2 that were too slow", r.refused)
	}
}

// Beyond the most clients a further one is turned away at once; when one leaves there is room again.
func TestTooManyClients(t *testing.T) {
	s := serve(t, httptest.NewServer)
	r := newRig(t, func(p *Proxy) { p.most = 50 })
	var idle []net.Conn
	for range 50 {
		idle = append(idle, r.dial())
	}
	more := r.dial()
	if got, _ := io.ReadAll(more); !strings.HasPrefix(string(got), "HTTP/1.1 503 ") || r.count(TooMany) != 1 {
		t.Errorf("got %q, %v", got, r.refused)
	}
	idle[0].Close()
	for end := time.Now().Add(soon); ; time.Sleep(time.Millisecond) {
		answer, err := r.client().Get(s.URL)
		if err == nil && answer.StatusCode == 200 {
			read(t, answer, err)
			return
		}
		if time.Now().After(end) {
			t.Fatalf("there is no room again: %v, %v", answer, err)
		}
		if err == nil {
			answer.Body.Close()
		}
	}
}
