package chaos

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tailback/tailback/configs"
)

// target knows a call of the site to itself.
type target struct {
	names []string // lower case
	addrs []netip.Addr
	port  string
}

// lookupWithin bounds looking up the target's name.
const lookupWithin = 5 * time.Second

// newTarget finds out the target's names and addresses. A name that cannot be
// looked up is still a name. A target on loopback is at all of this machine's addresses.
func newTarget(ctx context.Context, t configs.Target) target {
	u, err := url.Parse(t.URL)
	if err != nil {
		return target{}
	}
	s := target{port: u.Port()}
	if s.port == "" {
		s.port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	ctx, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	s.addrs, _ = net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	for i, ip := range s.addrs {
		s.addrs[i] = ip.Unmap()
	}
	names := append([]string{t.Host}, t.Self...)
	if s.local() {
		s.addrs = append(s.addrs, interfaces()...)
	} else {
		names = append(names, u.Hostname())
	}
	for _, name := range names {
		if host, _, err := net.SplitHostPort(name); err == nil {
			name = host
		}
		if name != "" {
			s.names = append(s.names, strings.ToLower(strings.TrimSuffix(name, ".")))
		}
	}
	return s
}

// interfaces returns the addresses of this machine.
func interfaces() []netip.Addr {
	var list []netip.Addr
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, prefix.Addr().Unmap())
		}
	}
	return list
}

// local reports whether the target is on loopback.
func (s target) local() bool { return slices.ContainsFunc(s.addrs, netip.Addr.IsLoopback) }

// named reports whether a host:port is the site by its name, on the target's
// port or one where the web is: another port of the same host may be anything.
func (s target) named(hostPort string) bool {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return false
	}
	return slices.Contains(s.names, host) && slices.Contains([]string{s.port, "80", "443"}, port)
}

// at reports whether an address is the target's, port included.
func (s target) at(a net.Addr) bool {
	ip, port, err := net.SplitHostPort(a.String())
	if err != nil || port != s.port {
		return false
	}
	to, err := netip.ParseAddr(ip)
	to = to.Unmap()
	return err == nil && (slices.Contains(s.addrs, to) || to.IsLoopback() && s.local())
}
