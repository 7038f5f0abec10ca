package configs

import (
	"net/netip"
	"strings"
)

func (c *check) dependencies() {
	names, hosts := map[string]string{}, map[string]string{}
	ports := listeners{}
	for i, d := range c.e.Dependencies {
		path := element("dependencies", i)
		c.name(d.Name, path+".name")
		c.unique(names, d.Name, path+".name", "the name")
		c.unique(hosts, strings.ToLower(d.Host), path+".host", "the host")
		c.dependency(d, path)
		c.listen(ports, d.Listen, path+".listen")
	}
	c.listen(ports, c.e.Chaos.Egress.Listen, "chaos.egress.listen")
	c.egress(c.e.Chaos.Egress)
	c.secret(c.e.Chaos.Token, "chaos.token")
	if strings.ContainsFunc(c.e.Chaos.Token.Text, notVisible) {
		c.add("chaos.token", "holds a character that a bearer token cannot: only visible ASCII, without spaces")
	}
	if c.e.Chaos.Toxiproxy != Embedded && c.url(c.e.Chaos.Toxiproxy, "chaos.toxiproxy") == nil {
		last := &c.Mistakes[len(c.Mistakes)-1]
		last.Text += `, or write "embedded"`
	}
}

func notVisible(r rune) bool { return r <= ' ' || r > '~' }

func (c *check) dependency(d Dependency, path string) {
	given := func(value, key string) bool { return value != "" || c.unread(path+"."+key) }
	listen, upstream, host := given(d.Listen, "listen"), given(d.Upstream, "upstream"), given(d.Host, "host")
	switch {
	case host && listen:
		c.add(path, "has both listen and host; listen is for a site that calls the proxy, host for one that goes through chaos.egress")
	case host && c.e.Chaos.Egress.Listen == "" && !c.unread("chaos"):
		c.add(path+".host", `is reached through the egress proxy, which needs an address: chaos: {egress: {listen: "127.0.0.1:8888"}}`)
	case !host && !(listen && upstream):
		c.add(path, "needs listen and upstream (the site calls listen), or host (the site goes through chaos.egress)")
	case leadsBack(d.Upstream, d.Listen):
		c.add(path+".upstream", "is the address listened on; calls would go round for ever")
	case host && leadsBack(d.Upstream, c.e.Chaos.Egress.Listen):
		c.add(path+".upstream", "is the address of the egress itself; calls would go round for ever")
	}
	c.hostPort(d.Upstream, path+".upstream")
	c.hostPort(d.Host, path+".host")
}

func (c *check) hostPort(text, path string) {
	if text == "" {
		return
	}
	if _, _, problem := splitHostPort(text); problem != "" {
		c.add(path, "%s", problem)
	}
}

// listeners holds the address and path of each port that is listened on.
type listeners map[string][]listener

type listener struct {
	address netip.Addr
	path    string
}

// listen checks an address of ours, and that no other of ours has it already.
func (c *check) listen(ports listeners, text, path string) {
	if text == "" {
		return
	}
	host, port, problem := splitHostPort(text)
	if problem != "" {
		c.add(path, "%s", problem)
		return
	}
	address, known := numeric(host)
	if !known {
		c.add(path, "needs a numeric address of this machine, or localhost, before the port")
		return
	}
	for _, other := range ports[port] {
		if other.address == address || other.address.IsUnspecified() || address.IsUnspecified() {
			c.add(path, "port %s is taken by %s", port, other.path)
			return
		}
	}
	ports[port] = append(ports[port], listener{address, path})
}

// numeric is a host's address, if that stands there, or localhost does.
func numeric(host string) (netip.Addr, bool) {
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	address, err := netip.ParseAddr(host)
	return address.Unmap(), err == nil
}

// leadsBack reports whether what connects to an address comes out where we listen,
// both host:port, as far as that can be seen without looking up a name.
func leadsBack(to, listen string) bool {
	toHost, toPort, problem := splitHostPort(to)
	host, port, other := splitHostPort(listen)
	if problem != "" || other != "" || toPort != port {
		return false
	}
	there, known := numeric(toHost)
	here, ours := numeric(host)
	return known && ours && (there == here || here.IsUnspecified() && (there.IsLoopback() || there.IsUnspecified()))
}
