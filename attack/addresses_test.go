package attack

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// named is an attack whose name server says what says returns.
func named(t *testing.T, exp *configs.Experiment, says func(host string) []string) *Attack {
	t.Helper()
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.transport.CloseIdleConnections)
	a.addresses.lookup = func(_ context.Context, _, host string) ([]netip.Addr, error) {
		var found []netip.Addr
		for _, text := range says(host) {
			found = append(found, netip.MustParseAddr(text))
		}
		return found, nil
	}
	return a
}

// Where a name may lead, whatever a name server says.
func TestAddressesAreHeld(t *testing.T) {
	for _, row := range []struct {
		name  string
		host  string
		allow []string
		found []string
		want  string // part of why it is refused; "" when it is not
	}{
		{"any address of a name that is allowed", "shop.test", []string{"shop.test"}, []string{"10.1.2.3", "2001:db8::1"}, ""},
		{"loopback is loopback", "localhost", nil, []string{"127.0.0.1", "::1"}, ""},
		{"localhost that leads away", "localhost", nil, []string{"127.0.0.1", "10.1.2.3"}, "localhost is at 10.1.2.3, which is not this machine"},
		{"in the range", "shop.test", []string{"shop.test", "10.1.0.0/16"}, []string{"10.1.2.3"}, ""},
		{"in the range, written as IPv6", "shop.test", []string{"shop.test", "10.1.0.0/16"}, []string{"::ffff:10.1.2.3"}, ""},
		{"one of two outside", "shop.test", []string{"shop.test", "10.1.0.0/16"}, []string{"10.1.2.3", "10.2.2.3"}, "shop.test is at 10.2.2.3, which is in none of the addresses of target.allow"},
		{"not the address listed", "shop.test", []string{"shop.test", "10.1.2.3"}, []string{"10.1.2.4"}, "none of the addresses"},
		{"not even loopback", "shop.test", []string{"shop.test", "10.1.2.3"}, []string{"127.0.0.1"}, "none of the addresses"},
		{"a cloud's metadata", "shop.test", []string{"shop.test"}, []string{"169.254.169.254"}, "which is link-local"},
		{"a cloud's metadata, IPv6", "shop.test", []string{"shop.test"}, []string{"fd00:ec2::254"}, "clouds keep their metadata"},
		{"link-local, listed", "shop.test", []string{"shop.test", "fe80::/10"}, []string{"fe80::1%eth0"}, ""},
		{"all of this machine", "shop.test", []string{"shop.test"}, []string{"0.0.0.0"}, "no address of one machine"},
		{"many machines", "shop.test", []string{"shop.test"}, []string{"224.0.0.1"}, "an address of many machines"},
		{"no address", "shop.test", []string{"shop.test"}, nil, "no address"},
	} {
		t.Run(row.name, func(t *testing.T) {
			exp := experiment("http://"+row.host+":1", burst(1))
			exp.Target.Allow = row.allow
			host, found, err := named(t, exp, func(string) []string { return row.found }).Resolve(t.Context())
			if row.want == "" && (err != nil || host != row.host || len(found) != len(row.found)) {
				t.Errorf("got %s, %v, %v", host, found, err)
			}
			if row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

// What a name stood for before the first hit, it stands for to the end: the
// name server is asked once, and what it says later is nobody's business.
func TestAddressesArePinned(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Connection", "close") }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	exp := experiment("http://shop.test:"+port, burst(5))
	exp.Target.Allow = []string{"shop.test"}
	asked := 0
	a := named(t, exp, func(string) []string {
		asked++
		return []string{[]string{"127.0.0.1", "10.66.66.66"}[min(asked-1, 1)]}
	})
	for range 5 { // each on a connection of its own
		if status, _, err := a.Probe(t.Context()); err != nil || status != "200 OK" {
			t.Fatalf("%s, %v", status, err)
		}
	}
	if asked != 1 {
		t.Errorf("the name server was asked %d times, want once", asked)
	}
}

// Of two addresses the one that accepts is used, and used first from then on.
func TestTheAddressThatAcceptsIsUsed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Connection", "close") }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	exp := experiment("http://shop.test:"+port, burst(1))
	exp.Target.Allow = []string{"shop.test"}
	a := named(t, exp, func(string) []string { return []string{"127.0.0.99", "127.0.0.1"} })
	if _, _, err := a.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if good := a.addresses.hosts["shop.test"].good.Load(); good != 1 {
		t.Errorf("address %d accepted, want 1", good)
	}
}

// An address that does not answer at all, as IPv6 that leads nowhere, takes only
// its share of the time that there is for an answer: one of two, 300 of 600 ms.
func TestAnAddressThatDoesNotAnswerLeavesTimeForTheNext(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	exp := experiment("http://shop.test:"+port, burst(1))
	exp.Target.Allow, exp.Target.Timeout = []string{"shop.test"}, 600*time.Millisecond
	a := named(t, exp, func(string) []string { return []string{"127.0.0.99", "127.0.0.1"} })
	a.addresses.dialer.ControlContext = func(ctx context.Context, _, address string, _ syscall.RawConn) error {
		if !strings.HasPrefix(address, "127.0.0.99:") {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}
	if status, _, err := a.Probe(t.Context()); err != nil || status != "200 OK" {
		t.Errorf("%s, %v", status, err)
	}
}

// A redirect to a name that is allowed, and stands for another machine, ends the run.
func TestRedirectToARefusedAddressEndsTheRun(t *testing.T) {
	server := httptest.NewServer(http.RedirectHandler("http://www.shop.test:1/", http.StatusFound))
	defer server.Close()
	exp := experiment(server.URL, burst(1))
	exp.Target.Redirect, exp.Target.Allow = true, []string{"www.shop.test"}
	a := named(t, exp, func(host string) []string {
		return []string{map[string]string{"127.0.0.1": "127.0.0.1", "www.shop.test": "169.254.169.254"}[host]}
	})
	err := a.Run(t.Context(), time.Now(), func(journal.Hit) {}, func(journal.Event) {})
	if err == nil || !strings.Contains(err.Error(), "www.shop.test is at 169.254.169.254") {
		t.Errorf("got %v", err)
	}
}

func TestRangesCannotBeHeldThroughAProxy(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:3128") // read once a process: this is the only test that sets it
	a := newAddresses(configs.Target{UseProxy: true, Allow: []string{"shop.test", "10.0.0.0/8"}})
	if _, err := a.proxy(&http.Request{URL: &url.URL{Scheme: "http", Host: "shop.test"}}); err != errProxied {
		t.Errorf("got %v", err)
	}
	if proxy, err := a.proxy(&http.Request{URL: &url.URL{Scheme: "http", Host: "127.0.0.1"}}); proxy != nil || err != nil {
		t.Errorf("loopback goes to %v, %v", proxy, err)
	}
}
