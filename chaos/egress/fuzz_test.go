package egress

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// request is a request as a host reads it.
type request struct{ method, host, body string }

// readAll takes requests off a stream as net/http does, until it ends or can't be read.
func readAll(stream []byte) (list []request, header http.Header, rest error) {
	in := bufio.NewReader(bytes.NewReader(stream))
	header = http.Header{}
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return list, header, err
		}
		maps.Copy(header, r.Header)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return list, header, err
		}
		list = append(list, request{r.Method, strings.ToLower(r.Host), string(body)})
	}
}

// Whatever a client sends, its host reads the very requests, or the first of
// them, that the client's own bytes hold, all for that host, with no header of the
// proxy's and nothing else behind them: no request is smuggled.
func FuzzRequests(f *testing.F) {
	for _, seed := range []string{
		"GET http://a.example/ HTTP/1.1\r\n\r\n",
		"GET http://a.example:8080?x=1 HTTP/1.0\r\nHost: b\r\nConnection: close, x\r\nX: 1\r\n\r\n",
		"POST http://a.example/ HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET http://a.example/2 HTTP/1.1\r\n\r\n",
		"POST http://a.example/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\nGET http://a.example/2 HTTP/1.1\r\n\r\n",
		"POST http://a.example/ HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST http://a.example/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
		"GET http://a.example/ HTTP/1.1\r\nConnection: content-length, transfer-encoding, host\r\nContent-Length: 1\r\n\r\na",
		"GET http://a.example/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"GET http://a.example/ HTTP/1.1\r\nX: a\r\n b: c\r\n\r\n",
		"GET http://a.example/\x00 HTTP/1.1\r\n\r\n",
		"OPTIONS http://a.example HTTP/1.1\r\nProxy-Connection: x\r\n\r\n",
		"CONNECT [::1]:443 HTTP/1.1\r\n\r\n\x16\x03\x01",
		"GET http://[::1]:80/%zz HTTP/1.1\r\n\r\n",
		"HEAD http://a.example/#x HTTP/1.1\nX: y\n\n",
	} {
		f.Add([]byte(seed))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { l.Close() })
	f.Fuzz(func(t *testing.T, stream []byte) {
		if len(stream) > 16<<10 {
			return // it has to fit into the sockets' buffers
		}
		from, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Skip(err)
		}
		to, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		from.Write(stream)
		from.(*net.TCPConn).CloseWrite()
		defer from.Close()
		p := &Proxy{clients: map[*client]struct{}{}, Refused: func(Class) {}}
		c := newClient(p, to.(*net.TCPConn))
		defer c.Close()
		h, err := c.readHead(false)
		if err != nil || h.tunnel {
			return
		}
		l := &leg{client: c, host: h.host, over: make(chan struct{})}
		l.begin(h)
		l.answered.Store(true)
		sent, _ := io.ReadAll(l)
		got, header, rest := readAll(sent)
		if rest != io.EOF && rest != io.ErrUnexpectedEOF {
			t.Fatalf("a host can't read %q: %v", sent, rest)
		}
		want, _, _ := readAll(stream)
		if len(got) > len(want) || !slices.Equal(got, want[:len(got)]) {
			t.Fatalf("the client sent %q, a host reads %q", want, got)
		}
		for _, r := range got {
			if host, err := HostPort(r.host, "80"); err != nil || host != l.host {
				t.Fatalf("a request for %q reaches %s", r.host, l.host)
			}
		}
		for name := range header {
			if strings.HasPrefix(name, "Proxy-") {
				t.Fatalf("%s goes on to the host", name)
			}
		}
	})
}

// A host is written in one way only, which reads back as itself, is a host and
// port to net, and is nowhere that is forbidden.
func FuzzHostPort(f *testing.F) {
	for _, seed := range []string{"a.example:443", "A.Example.:80", "[::1]:443", "[::ffff:1.2.3.4]:1", "127.0.0.1:0", "127.1:80", "a", ":", "[]:1", "[::1", "a:b:c", "_x-y:65535", "::1", "\u00e4:1", "a:\u0661"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		host, err := HostPort(text, "")
		if err != nil {
			return
		}
		again, err := HostPort(host, "")
		if err != nil || again != host {
			t.Fatalf("%q is %q, and that is %q, %v", text, host, again, err)
		}
		name, port, err := net.SplitHostPort(host)
		if err != nil || name == "" || port == "0" || port == "25" || strings.ToLower(host) != host {
			t.Fatalf("%q is %q: %v", text, host, err)
		}
		if ip := net.ParseIP(name); ip != nil && (ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast()) {
			t.Fatalf("%q is the forbidden %s", text, ip)
		}
	})
}
