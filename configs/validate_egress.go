package configs

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// egress checks the forward proxy: one that others can reach is to say who may use it.
func (c *check) egress(e Egress) {
	const path = "chaos.egress"
	for i, text := range e.Allow {
		if network, err := netip.ParsePrefix(text); err != nil || network != network.Masked() {
			c.add(element(path+".allow", i), "needs a network of clients, such as 10.0.0.0/8, or one address, such as 10.1.2.3/32")
		}
	}
	host, _, _ := splitHostPort(e.Listen)
	switch {
	case e.Listen == "" && !c.unread(path+".listen"):
		if len(e.Allow) > 0 || len(e.NoProxy) > 0 || e.Parent != "" {
			c.add(path, `needs an address to listen on: listen: "127.0.0.1:8888"`)
		}
	case host != "" && !Loopback(host) && len(e.Allow) == 0 && !c.unread(path+".allow"):
		c.add(path+".listen", "others than this machine can reach it, so it needs to say who may use it: allow: [10.0.0.0/8] under egress, or listen on 127.0.0.1")
	}
	c.parent(e.Parent, path+".parent")
	for i, text := range e.NoProxy {
		if text == "" || strings.ContainsAny(text, ",/") && !isNetwork(text) || strings.ContainsFunc(text, unicode.IsSpace) {
			c.add(element(path+".no_proxy", i), "needs one host, .domain, address or network, each with or without a port, or *")
		}
	}
	if e.Parent == "" && len(e.NoProxy) > 0 && !c.unread(path+".parent") {
		c.add(path+".no_proxy", "says what goes past the parent proxy, and there is no parent")
	}
}

// reached refuses a fault that the egress alone can play on a dependency that is
// listened for: in front of a listening address the kernel makes and answers connects.
func (c *check) reached(f Fault, path string) bool {
	kind, _ := KindOf(f.Kind())
	listens := slices.ContainsFunc(c.e.Dependencies, func(d Dependency) bool { return d.Name == f.Dependency && d.Listen != "" })
	if kind.EgressOnly && listens {
		c.add(path, "needs the egress, which looks up and connects for the site: give %s a host instead of listen, or use no_accept or hang", f.Dependency)
		return false
	}
	return true
}

// connects checks the delay of a fault of connects.
func (c *check) connects(f Fault, delay time.Duration, path string) bool {
	switch {
	case !c.within(delay, maxDelay, path+".delay"):
	case f.For > 0 && delay >= f.For:
		c.add(path+".delay", "each connect would take %s, but the fault lasts %s", DurationText(delay), DurationText(f.For))
	default:
		return true
	}
	return false
}

// hasHost reports whether a dependency is reached through the egress.
func (c *check) hasHost(dependency string) bool {
	return slices.ContainsFunc(c.e.Dependencies, func(d Dependency) bool { return d.Name == dependency && d.Host != "" })
}

func isNetwork(text string) bool {
	_, err := netip.ParsePrefix(text)
	return err == nil
}

// parent checks the address of a proxy. Its user and password are kept from what it says.
func (c *check) parent(text, path string) {
	if text == "" {
		return
	}
	u := c.url(text, path)
	if u == nil {
		return
	}
	bare := url.URL{Scheme: u.Scheme, Host: u.Host}
	switch {
	case u.Scheme != "http":
		c.add(path, "needs to begin with http://; TLS to the proxy itself is not spoken")
	case strings.TrimSuffix(u.Path, "/") != "" || u.RawQuery != "":
		c.add(path, "needs a host and a port only, such as %s", bare.String())
	case leadsBack(net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "80")), c.e.Chaos.Egress.Listen):
		c.add(path, "is the egress itself; calls would go round for ever")
	}
}
