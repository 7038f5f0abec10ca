package egress

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// parentProxy is a proxy that knows names which nobody else does, wants a
// password, and records what it was asked.
type parentProxy struct {
	addr  string
	asked chan string
}

func startParent(t *testing.T, to map[string]string) *parentProxy {
	t.Helper()
	p := &parentProxy{asked: make(chan string, 100)}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked <- r.Method + " " + r.RequestURI
		target := to[r.Host]
		if r.Header.Get("Proxy-Authorization") != "Basic bWU6aHVzaA==" || target == "" { // me:hush
			http.Error(w, "not for you", http.StatusForbidden)
			return
		}
		if r.Method != http.MethodConnect {
			fmt.Fprintf(w, "%s through the parent", r.RequestURI)
			return
		}
		host, err := net.Dial("tcp", target)
		if err != nil {
			t.Error(err)
			return
		}
		defer host.Close()
		c, in, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		// What the host says first may come in one piece with the answer.
		greeting := make([]byte, 5)
		n := 0
		if strings.HasPrefix(r.Host, "greets") {
			n, _ = io.ReadFull(host, greeting)
		}
		c.Write(append([]byte("HTTP/1.1 200 OK\r\nX: y\r\n\r\n"), greeting[:n]...))
		go func() {
			io.Copy(host, in)
			host.(*net.TCPConn).CloseWrite()
		}()
		io.Copy(c, host)
	}))
	t.Cleanup(s.Close)
	p.addr = s.Listener.Addr().String()
	return p
}

// Through a parent proxy go tunnels, by a CONNECT of our own, and plain requests, still
// in absolute form, both with its password; hosts that have no parent are reached directly.
func TestParentProxy(t *testing.T) {
	secure, plain := serve(t, httptest.NewTLSServer), serve(t, httptest.NewServer)
	greeter, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer greeter.Close()
	go func() {
		if c, err := greeter.Accept(); err == nil {
			io.WriteString(c, "hello")
			io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	parent := startParent(t, map[string]string{"api.test:443": bare(secure), "api.test": bare(plain), "greets.test:7": greeter.Addr().String()})
	r := newRig(t, func(p *Proxy) {
		p.Parent = func(host string) *url.URL {
			if strings.Contains(host, ".test:") {
				return &url.URL{Scheme: "http", Host: parent.addr, User: url.UserPassword("me", "hush")}
			}
			return nil
		}
	})
	client := r.client()
	answer, err := client.Get("https://api.test/a")
	if got := read(t, answer, err); !strings.HasPrefix(got, "GET api.test /a ") {
		t.Errorf("got %q", got)
	}
	answer, err = client.Get("http://api.test/b?c")
	if got := read(t, answer, err); got != "http://api.test/b?c through the parent" {
		t.Errorf("got %q", got)
	}
	answer, err = client.Get(plain.URL + "/direct")
	if got := read(t, answer, err); !strings.HasPrefix(got, "GET "+bare(plain)+" /direct ") {
		t.Errorf("got %q", got)
	}
	conn := r.dial()
	io.WriteString(conn, "CONNECT greets.test:7 HTTP/1.1\r\n\r\n")
	in := bufio.NewReader(conn)
	if head, err := peekHead(in); err != nil || !strings.HasPrefix(string(head), "HTTP/1.1 200 ") {
		t.Fatalf("got %q, %v", head, err)
	}
	http.ReadResponse(in, &http.Request{Method: http.MethodConnect})
	if hello := make([]byte, 5); fmt.Sprint(io.ReadFull(in, hello)) != "5 <nil>" || string(hello) != "hello" {
		t.Errorf("the host's first words are %q", hello)
	}
	conn = r.dial()
	io.WriteString(conn, "CONNECT unknown.test:443 HTTP/1.1\r\n\r\n")
	conn.CloseWrite()
	got, _ := io.ReadAll(conn)
	if !strings.HasPrefix(string(got), "HTTP/1.1 502 ") || !strings.Contains(string(got), "the parent proxy answered 403 Forbidden") || strings.Contains(string(got), "hush") {
		t.Errorf("of what the parent refuses: got %q", got)
	}
	close(parent.asked)
	var asked []string
	for a := range parent.asked {
		asked = append(asked, a)
	}
	want := "CONNECT api.test:443, GET http://api.test/b?c, CONNECT greets.test:7, CONNECT unknown.test:443"
	if strings.Join(asked, ", ") != want {
		t.Errorf("the parent was asked %q, want %q", asked, want)
	}
}
