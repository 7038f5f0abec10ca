package configs

import (
	"net/netip"
	"net/url"
	"strings"
)

// BySocket reports whether a host, given without its port, is reached by target.socket.
func (t Target) BySocket(host string) bool {
	u, err := url.Parse(t.URL)
	return t.Socket != "" && err == nil && strings.EqualFold(u.Hostname(), host)
}

// way checks that the ways to the target fit its address, and each other.
func (c *check) way(t Target, u *url.URL) {
	switch {
	case t.Protocol == HTTP2 && u.Scheme == "http":
		c.add("target.protocol", "h2 is agreed upon within TLS, and target.url is http://; write https:// there, or h2c here if the site speaks HTTP/2 without TLS")
	case t.Protocol == H2C && u.Scheme == "https":
		c.add("target.protocol", "h2c is HTTP/2 without TLS, and target.url is https://; write h2")
	}
	if t.Cert != (ClientCert{}) && u.Scheme == "http" {
		c.add("target.client_cert", "is shown within TLS, and target.url is http://; write https:// there, or remove it")
	}
	if t.Socket != "" && t.UseProxy {
		c.add("target.socket", "can't be reached through a proxy; remove it, or use_proxy")
	}
	if t.Socket != "" && len(t.Sources) > 0 {
		c.add("target.source_addresses", "have no part in a connection to target.socket; remove one of them")
	}
	if len(t.Socket) > maxSocket {
		c.add("target.socket", "is longer than %d bytes, which the name of a socket can't be; start tailback nearer to it, and name a shorter path", maxSocket)
	}
	c.family(t, u.Hostname())
}

// maxSocket is how long the name of a unix socket may be: unix(7), sun_path, and
// the zero byte that ends it.
const maxSocket = 107

// family checks that an address can be reached from each of the source addresses.
func (c *check) family(t Target, host string) {
	to, err := netip.ParseAddr(host)
	if err != nil {
		return
	}
	for i, text := range t.Sources {
		from, err := netip.ParseAddr(text)
		if err != nil {
			continue
		}
		switch path := element("target.source_addresses", i); {
		case from.Unmap().Is4() != to.Unmap().Is4():
			c.add(path, "is of the other family (IPv4 or IPv6) than target.url's host, which can't be reached from it")
		case from.Unmap().IsLoopback() && !to.Unmap().IsLoopback():
			c.add(path, "is loopback, from which no other machine can be reached")
		}
	}
}

// source checks one source address. Whether this machine has it, it sees when it binds to it.
func (c *check) source(text, path string) {
	address, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		c.add(path, "needs an address of this machine such as 127.0.0.2, not a name and without a port")
	case address.IsUnspecified() || address.IsMulticast():
		c.add(path, "needs the address of one of this machine's interfaces")
	}
}

// clientCert checks that both halves are there.
func (c *check) clientCert(cert ClientCert) {
	switch {
	case cert == (ClientCert{}):
	case cert.Cert == "":
		c.add("target.client_cert", "needs cert, the file of the certificate, beside key")
	case cert.Key == (Secret{}):
		c.add("target.client_cert", "needs key, the file of the private key, beside cert; they may be one file")
	}
	c.secret(cert.Key, "target.client_cert.key")
}
