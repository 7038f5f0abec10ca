package chaos

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/tailback/tailback/chaos/egress"
	"github.com/tailback/tailback/configs"
)

// The site is known by its names, on the ports of the web and its own, and by its
// addresses on its own port alone: what else is on its machine is no call to itself.
func TestTheSiteItself(t *testing.T) {
	remote := newTarget(t.Context(), configs.Target{URL: "https://192.0.2.7:8443/shop", Host: "Shop.example.com", Self: []string{"www.example.com", "alias.example.com."}})
	local := newTarget(t.Context(), configs.Target{URL: "http://127.0.0.1:8081"})
	for _, c := range []struct {
		target
		host string
		want bool
	}{
		{remote, "www.example.com:443", true}, {remote, "www.example.com:8443", true}, {remote, "shop.example.com:80", true}, {remote, "alias.example.com:80", true},
		{remote, "www.example.com:9200", false}, {remote, "example.com:443", false}, {local, "localhost:8081", false}, // by its address, once it is connected to
	} {
		if got := c.named(c.host); got != c.want {
			t.Errorf("%s is the site: %v, want %v", c.host, got, c.want)
		}
	}
	for _, c := range []struct {
		target
		address string
		want    bool
	}{
		{remote, "192.0.2.7:8443", true}, {remote, "192.0.2.7:443", false}, {remote, "127.0.0.1:8443", false},
		{local, "127.0.0.1:8081", true}, {local, "[::1]:8081", true}, {local, "127.0.1.1:8081", true}, {local, "127.0.0.1:9900", false}, {local, "192.0.2.7:8081", false},
	} {
		at, err := net.ResolveTCPAddr("tcp", c.address)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.at(at); got != c.want {
			t.Errorf("%s is the site: %v, want %v", c.address, got, c.want)
		}
	}
}

// Beyond so many hosts the others are one, but the site itself never is among them.
func TestHostsAreBounded(t *testing.T) {
	r := newOutRig(t, "127.0.0.1:1", func(e *configs.Experiment) { e.Target.Self = []string{"www.example.com"} })
	for i := range mostHosts + 50 {
		if _, err := r.out.proxyOf(fmt.Sprintf("h%d.example:80", i)); err != nil {
			t.Fatal(err)
		}
	}
	own, err := r.out.proxyOf("www.example.com:443")
	if err != nil || !own.self.Load() || own.host != "www.example.com:443" {
		t.Errorf("the site itself is %+v, %v", own, err)
	}
	rest, _ := r.out.proxyOf("late.example:80")
	if all := r.out.undeclared(); len(all) != mostHosts+2 || rest.host != otherHosts || rest.self.Load() {
		t.Errorf("%d hosts, the last is %s; want %d, the rest and the site", len(all), rest.host, mostHosts)
	}
}

// What still comes in while the proxies are being closed is turned away.
func TestNoHostIsOpenedAfterClose(t *testing.T) {
	r := newOutRig(t, "127.0.0.1:1", nil)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	here, there := net.Pipe()
	defer here.Close()
	r.out.carry(egress.Call{Host: "late.example:80", Site: pipe{there}, Dial: func(context.Context) (socket, error) { return nil, net.ErrClosed }})
	here.SetDeadline(time.Now().Add(soon))
	if _, err := here.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("the call is not ended: %v", err)
	}
}

// pipe is a socket in memory.
type pipe struct{ net.Conn }

func (pipe) CloseWrite() error   { return nil }
func (pipe) SetLinger(int) error { return nil }
