package egress

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Cloud metadata, link-local and unspecified addresses in every notation that
// some resolver, library or gateway takes for them.
func TestForbiddenInEveryNotation(t *testing.T) {
	for _, host := range []string{
		"2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "0xa9.0xfe.0xa9.0xfe", "025177524776", "169.254.43518", "169.16689662", // inet_aton(3)
		"169.254.169.254", "169.254.169.254.", "0169.254.169.254", "169.254.169.254%00.example", "%31%36%39.254.169.254",
		"[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[0:0:0:0:0:FFFF:169.254.169.254]", "[::169.254.169.254]", "[::a9fe:a9fe]",
		"[64:ff9b::169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a9fe:a9fe]", "[2002:a9fe:a9fe::1]", "[2001:0:1:2:3:4:5601:5601]", // NAT64, 6to4, Teredo
		"[fe80::1]", "[fe80::1%25lo]", "[fe80::1%lo]", "fe80::1", "[::1%25lo]",
		"[fd00:ec2::254]", "[fd00:0ec2:0:0:0:0:0:0254]", "[fd20:ce::254]", "100.100.100.200", "168.63.129.16", "192.0.0.192", "[::ffff:192.0.0.192]",
		"metadata.google.internal", "metadata.google.internal.", "METADATA.Google.Internal", "metadata.google.internal..", "metadata", "metadata.azure.internal", "instance-data",
		"0", "0.0.0.0", "00.0.0.0", "[::]", "[::ffff:0.0.0.0]", "[::ffff:0:0]", "255.255.255.255", "224.0.0.1", "[ff02::1]", "[64:ff9b::0.0.0.0]",
		"\uff11\uff16\uff19.254.169.254", "169\u3002254\u3002169\u3002254", "169.254.169.254\u00ad", // which IDNA maps to the address
	} {
		for _, says := range []string{"CONNECT " + host + ":80 HTTP/1.1\r\n\r\n", "GET http://" + host + "/latest/meta-data HTTP/1.1\r\n\r\n", "GET http://" + host + ":80/ HTTP/1.1\r\nHost: a.example\r\n\r\n"} {
			_, err := readHead(bufio.NewReaderSize(strings.NewReader(says), mostHead)) // nothing is connected to, should it fail
			if why := new(Refusal); !errors.As(err, &why) || why.Class != Malformed && why.Class != ForbiddenHost {
				t.Errorf("%q: %v, want it refused", says, err)
			}
		}
	}
}

// Hosts that are one are one by name, so that a fault on it can't be gone round.
func TestOneHostManyNotations(t *testing.T) {
	for want, texts := range map[string][]string{
		"127.0.0.1:80":     {"127.0.0.1:80", "[::ffff:127.0.0.1]:80", "[::ffff:7f00:1]:080", "[0:0:0:0:0:ffff:127.0.0.1]"},
		"[::1]:80":         {"[::1]:80", "[0::1]:80", "[0:0:0:0:0:0:0:1]"},
		"api.example:80":   {"api.example", "API.example.:80", "api.EXAMPLE:00080"},
		"[2001:db8::1]:80": {"[2001:db8::1]", "[2001:0DB8:0:0::1]:80"},
	} {
		for _, text := range texts {
			if got, err := HostPort(text, "80"); err != nil || got != want {
				t.Errorf("%s is %s, %v; want %s", text, got, err, want)
			}
		}
	}
}

// nameServer answers for every name with the next of its addresses, all of a list at once.
func nameServer(t *testing.T, answers ...[]string) {
	t.Helper()
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		b := make([]byte, 1500)
		for n := 0; ; {
			size, from, err := l.ReadFrom(b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(b[:size]) != nil {
				continue
			}
			m.Header.Response = true
			m.Additionals = nil
			if m.Questions[0].Type == dnsmessage.TypeA {
				for _, a := range answers[min(n, len(answers)-1)] {
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET},
						Body: &dnsmessage.AResource{A: netip.MustParseAddr(a).As4()}})
				}
				n++
			}
			if out, err := m.Pack(); err == nil {
				l.WriteTo(out, from)
			}
		}
	})
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", l.LocalAddr().String())
	}}
	t.Cleanup(func() { net.DefaultResolver = before; l.Close(); serving.Wait() })
}

// A name is held against the forbidden addresses each time that it is looked up,
// at the address that is connected to: a name server that changes its mind, or
// hides one address among others, leads nowhere.
func TestRebinding(t *testing.T) {
	s := serve(t, httptest.NewServer)
	_, port, _ := net.SplitHostPort(bare(s))
	connect := func(r *rig, port string) string {
		c := r.dial()
		fmt.Fprintf(c, "CONNECT rebind.example:%s HTTP/1.1\r\n\r\n", port)
		c.CloseWrite()
		got, _ := io.ReadAll(c)
		return string(got)
	}
	t.Run("changes its mind", func(t *testing.T) {
		r := newRig(t, nil)
		nameServer(t, []string{"127.0.0.1"}, []string{"169.254.169.254"}, []string{"0.0.0.0"}, []string{"127.0.0.1"})
		for i, want := range []string{"HTTP/1.1 200 ", "HTTP/1.1 403 ", "HTTP/1.1 403 ", "HTTP/1.1 200 "} {
			if got := connect(r, port); !strings.HasPrefix(got, want) {
				t.Errorf("connect %d: got %q, want %q", i+1, got, want)
			}
		}
		if r.count(ForbiddenHost) != 2 {
			t.Errorf("counted %v", r.refused)
		}
	})
	t.Run("the egress itself", func(t *testing.T) {
		r := newRig(t, nil)
		nameServer(t, []string{"127.0.0.1"})
		if got := connect(r, r.addr[strings.LastIndex(r.addr, ":")+1:]); !strings.HasPrefix(got, "HTTP/1.1 403 ") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("the API", func(t *testing.T) {
		api := netip.MustParseAddrPort(bare(s))
		r := newRig(t, func(p *Proxy) { p.Own = []netip.AddrPort{api} })
		nameServer(t, []string{"127.0.0.1"})
		if got := connect(r, port); !strings.HasPrefix(got, "HTTP/1.1 403 ") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("one among others", func(t *testing.T) {
		r := newRig(t, nil)
		nameServer(t, []string{"169.254.169.254", "127.0.0.1"})
		c := r.dial()
		fmt.Fprintf(c, "GET http://rebind.example:%s/where HTTP/1.1\r\nConnection: close\r\n\r\n", port)
		if got, _ := io.ReadAll(c); len(got) > 0 && !strings.Contains(string(got), "GET rebind.example:"+port+" /where") {
			t.Errorf("got %q, want loopback's answer, or none", got)
		}
	})
}

// A proxy that is its own parent would call itself until nothing is left.
func TestParentIsNotItself(t *testing.T) {
	for _, tunnel := range []bool{true, false} {
		r := newRig(t, func(p *Proxy) {
			p.Parent = func(string) *url.URL { return &url.URL{Scheme: "http", Host: p.own.String()} }
		})
		c := r.dial()
		says := "GET http://a.example/ HTTP/1.1\r\n\r\n"
		if tunnel {
			says = "CONNECT a.example:443 HTTP/1.1\r\n\r\n"
		}
		io.WriteString(c, says)
		c.CloseWrite()
		got, _ := io.ReadAll(c)
		r.mu.Lock()
		if len(r.calls) != 1 || r.refused[ForbiddenHost] != 1 || tunnel != strings.HasPrefix(string(got), "HTTP/1.1 403 ") {
			t.Errorf("%q: got %q, %d calls, refused %v", says, got, len(r.calls), r.refused)
		}
		r.mu.Unlock()
	}
}

// hears is a host that keeps all it is sent, and answers each connection once.
func hears(t *testing.T) (addr string, heard func() string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all strings.Builder
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(soon))
				b := make([]byte, 64<<10)
				for {
					n, err := c.Read(b)
					mu.Lock()
					all.Write(b[:n])
					mu.Unlock()
					if err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return l.Addr().String(), func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}
}

// Requests that two servers could read differently reach the host in one reading
// or not at all: one framing, one Host and never a second request.
func TestSmuggling(t *testing.T) {
	const evil = "GET /evil HTTP/1.1\r\nHost: inside.example\r\n\r\n"
	post := func(head string) string { return "POST http://H/ HTTP/1.1\r\n" + head + "\r\n" }
	for name, says := range map[string]string{
		"length and chunks":               post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n" + evil,
		"chunks and length":               post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n") + "5c\r\n" + evil + "\r\n0\r\n\r\n",
		"two lengths":                     post("Content-Length: 0\r\nContent-Length: 50\r\n") + evil,
		"a list of lengths":               post("Content-Length: 0, 50\r\n") + evil,
		"a negative length":               post("Content-Length: -1\r\n") + evil,
		"a length beyond 64 bits":         post("Content-Length: 18446744073709551616\r\n") + evil,
		"a length in other digits":        post("Content-Length: \u0660\r\n") + evil,
		"a space before the colon":        post("Transfer-Encoding : chunked\r\nContent-Length: 3\r\n") + "0\r\n\r\n" + evil,
		"an unknown coding":               post("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n" + evil,
		"a coding in quotes":              post("Transfer-Encoding: \"chunked\"\r\n") + "0\r\n\r\n" + evil,
		"a coding behind a tab":           post("Transfer-Encoding:\tchunked\r\nContent-Length: 3\r\n") + "0\r\n\r\n" + evil,
		"a folded coding":                 post("Transfer-Encoding:\r\n chunked\r\nContent-Length: 3\r\n") + "0\r\n\r\n" + evil,
		"a coding named by Connection":    post("Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n",
		"a length named by Connection":    post("Connection: content-length\r\nContent-Length: 2\r\n") + "hi",
		"a bare line feed":                "POST http://H/ HTTP/1.1\nContent-Length: 0\n\n" + evil,
		"a bare line feed in the head":    post("X: y\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n") + "0\r\n\r\n" + evil,
		"a bare carriage return":          post("X: y\rTransfer-Encoding: chunked\r\nContent-Length: 3\r\n") + "0\r\n\r\n" + evil,
		"a NUL":                           post("X: y\x00\r\nContent-Length: 0\r\n") + evil,
		"a header in the request line":    "GET http://H/ HTTP/1.1 \r\n\r\n" + evil,
		"a line end in the target":        "GET http://H/\r\nX: HTTP/1.1\r\n\r\n" + evil,
		"a chunk of odd length":           post("Transfer-Encoding: chunked\r\n") + "2\r\nabc\r\n0\r\n\r\n" + evil,
		"a chunk with a sign":             post("Transfer-Encoding: chunked\r\n") + "+2\r\nab\r\n0\r\n\r\n" + evil,
		"a chunk beyond 64 bits":          post("Transfer-Encoding: chunked\r\n") + "10000000000000002\r\nab\r\n0\r\n\r\n",
		"a chunk that ends in line feeds": post("Transfer-Encoding: chunked\r\n") + "2\nab\n0\n\n",
		"a line feed in an extension":     post("Transfer-Encoding: chunked\r\n") + "2;a=\n0\r\n\r\nab\r\n0\r\n\r\n" + evil,
		"an endless extension":            post("Transfer-Encoding: chunked\r\n") + "2;" + strings.Repeat("a", 64<<10) + "\r\nab\r\n0\r\n\r\n",
		"framing in a trailer":            post("Transfer-Encoding: chunked\r\n") + "2\r\nab\r\n0\r\nContent-Length: 50\r\nTransfer-Encoding: identity\r\nHost: inside.example\r\nX-Sum: 1\r\n\r\n",
		"framing in an announced trailer": post("Trailer: Content-Length\r\nTransfer-Encoding: chunked\r\n") + "2\r\nab\r\n0\r\nContent-Length: 50\r\n\r\n",
		"credentials in a trailer":        post("Transfer-Encoding: chunked\r\n") + "2\r\nab\r\n0\r\nProxy-Authorization: Basic eDp5\r\nCookie: a=b\r\n\r\n",
		"an endless trailer":              post("Transfer-Encoding: chunked\r\n") + "2\r\nab\r\n0\r\n" + strings.Repeat("X: y\r\n", 16<<10) + "\r\n",
		"another Host":                    "GET http://H/ HTTP/1.1\r\nHost: inside.example\r\n\r\n",
		"two Hosts":                       "GET http://H/ HTTP/1.1\r\nHost: H\r\nHost: inside.example\r\n\r\n",
		"a Host behind a space":           "GET http://H/ HTTP/1.1\r\n Host: inside.example\r\n\r\n",
		"a Host named by Connection":      "GET http://H/ HTTP/1.1\r\nConnection: host\r\nHost: inside.example\r\n\r\n",
		"user info":                       "GET http://inside.example@H/ HTTP/1.1\r\n\r\n",
		"a scheme within the target":      "GET http://H/http://inside.example/ HTTP/1.1\r\n\r\n",
		"an upgrade":                      "GET http://H/ HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
		"HTTP/2 without TLS":              "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"HTTP/0.9":                        "GET http://H/\r\n\r\n" + evil,
	} {
		t.Run(name, func(t *testing.T) {
			addr, heard := hears(t)
			r := newRig(t, nil)
			c := r.dial()
			go func() {
				io.WriteString(c, strings.ReplaceAll(replaceHost(says, addr), "Host: H", "Host: "+addr))
				c.CloseWrite()
			}()
			io.ReadAll(c)
			got := heard()
			head, body, _ := strings.Cut(got, "\r\n\r\n")
			lower := strings.ToLower(head)
			for _, once := range []string{"content-length:", "transfer-encoding:", "host:"} {
				if strings.Count(lower, "\n"+once) > 1 {
					t.Errorf("%s more than once in %q", once, got)
				}
			}
			if strings.Contains(lower, "\ncontent-length:") && strings.Contains(lower, "\ntransfer-encoding:") {
				t.Errorf("two framings in %q", got)
			}
			for _, bad := range []string{"/evil", "Host: inside", "h2c", "identity", "eDp5", "\x00", "@"} {
				if strings.Contains(got, bad) {
					t.Errorf("the host has %q of %q", bad, got)
				}
			}
			if strings.Contains(strings.ToLower(body), "content-length") || strings.Contains(strings.ReplaceAll(got, "\r\n", ""), "\n") || strings.Contains(strings.ReplaceAll(got, "\r\n", ""), "\r") {
				t.Errorf("the host has %q", got)
			}
			if got != "" && !strings.Contains(head, "\r\nHost: "+addr) {
				t.Errorf("the host is called by another name in %q", got)
			}
		})
	}
}

// Trailers that say nothing of framing, routing or credentials pass.
func TestHarmlessTrailersPass(t *testing.T) {
	addr, heard := hears(t)
	c := newRig(t, nil).dial()
	fmt.Fprintf(c, "POST http://%s/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Sum: 1\r\nHost: b.example\r\n\r\n", addr)
	c.CloseWrite()
	io.ReadAll(c)
	if got := heard(); !strings.HasSuffix(got, "2\r\nab\r\n0\r\nX-Sum: 1\r\n\r\n") {
		t.Errorf("the host has %q", got)
	}
}

// A head must come within its time and its size on a connection that has had one
// already, too, however it is drawn out.
func TestLaterHeads(t *testing.T) {
	s := serve(t, httptest.NewServer)
	for name, row := range map[string]struct {
		more func(c net.Conn, stop chan struct{})
		want Class
	}{
		"a byte now and then": {func(c net.Conn, stop chan struct{}) { drip(c, "GET http://a.example/ HTTP/1.1\r\nX: ", stop) }, TooSlow},
		"nothing after one byte": {func(c net.Conn, stop chan struct{}) {
			io.WriteString(c, "G")
			<-stop
		}, TooSlow},
		"headers without end": {func(c net.Conn, _ chan struct{}) {
			io.WriteString(c, "GET http://a.example/ HTTP/1.1\r\n"+strings.Repeat("A: b\r\n", 8<<10))
		}, TooLarge},
		"a name without end": {func(c net.Conn, _ chan struct{}) {
			io.WriteString(c, "GET http://a.example/ HTTP/1.1\r\n"+strings.Repeat("A", 40<<10))
		}, TooLarge},
		"empty lines": {func(c net.Conn, _ chan struct{}) { io.WriteString(c, strings.Repeat("\r\n", 20<<10)) }, Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(p *Proxy) { p.patience = 200 * time.Millisecond })
			c := r.dial()
			fmt.Fprintf(c, "GET http://%s/a HTTP/1.1\r\n\r\n", bare(s))
			b := make([]byte, 4096)
			if n, err := c.Read(b); err != nil || !strings.Contains(string(b[:n]), "200 OK") {
				t.Fatalf("got %q, %v", b[:n], err)
			}
			stop, ended := make(chan struct{}), make(chan struct{})
			go func() { defer close(ended); row.more(c, stop) }()
			rest, _ := io.ReadAll(c)
			close(stop)
			<-ended
			if strings.Contains(string(rest), "HTTP/1.1") || r.count(row.want) != 1 {
				t.Errorf("got %q, counted %v; want the end and one %s", rest, r.refused, row.want)
			}
		})
	}
}

// drip sends a text and then a byte now and then, until it can't or is stopped.
func drip(c net.Conn, text string, stop chan struct{}) {
	io.WriteString(c, text)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			if _, err := c.Write([]byte("a")); err != nil {
				return
			}
		}
	}
}

// Many clients with slow heads keep nobody else out for longer than a head's time.
func TestSlowHeadsLetOthersIn(t *testing.T) {
	s := serve(t, httptest.NewServer)
	r := newRig(t, func(p *Proxy) { p.most, p.patience = 20, 300*time.Millisecond })
	for range 20 {
		io.WriteString(r.dial(), "GET http://a.exa")
	}
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		c := r.dial()
		fmt.Fprintf(c, "GET http://%s/in HTTP/1.1\r\nConnection: close\r\n\r\n", bare(s))
		got, _ := io.ReadAll(c)
		if strings.Contains(string(got), "GET "+bare(s)+" /in") {
			return
		}
		if time.Since(began) > soon {
			t.Fatalf("no room after %v: %q", time.Since(began), got)
		}
	}
}
