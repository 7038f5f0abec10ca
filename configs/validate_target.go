package configs

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

func (c *check) target() {
	t := c.e.Target
	for i, host := range t.Allow {
		c.allow(host, element("target.allow", i))
	}
	for i, host := range t.Self {
		c.host(host, element("target.self", i))
	}
	c.positive(t.Timeout, maxDuration, "target.timeout")
	if t.Host != "" {
		if host, _, problem := splitHostPort(t.Host); problem != "" && !validHost(t.Host) || problem == "" && !validHost(host) {
			c.add("target.host", "needs a host name such as shop.example.com, without http:// and path")
		}
	}
	c.login(t)
	c.clientCert(t.Cert)
	if t.Protocol != "" {
		c.oneOf(t.Protocol, "target.protocol", HTTP1, HTTP2, H2C)
	}
	for i, source := range t.Sources {
		c.source(source, element("target.source_addresses", i))
	}
	if t.URL == "" {
		c.add("target.url", "needs the address of the site, such as http://127.0.0.1:8081")
		return
	}
	u := c.url(t.URL, "target.url")
	if u == nil {
		return
	}
	c.way(t, u)
	if !t.Allows(u.Hostname()) {
		c.add("target.url", "the host %q is neither loopback nor in target.allow; if it is yours and may be loaded, add allow: [%s] under target", u.Hostname(), u.Hostname())
	}
}

// login checks what goes into basic authentication (RFC 7617, 2).
func (c *check) login(t Target) {
	c.secret(t.User, "target.user")
	c.secret(t.Password, "target.password")
	u, err := url.Parse(t.URL)
	switch {
	case t.User == (Secret{}) && t.Password == (Secret{}):
	case err == nil && u.User != nil:
		c.add("target.user", "is given besides the user info in target.url; give one of them")
	case t.User == (Secret{}):
		c.add("target.password", "needs target.user beside it")
	case strings.Contains(t.User.Text, ":"):
		c.add("target.user", "holds a colon, which ends the user's name in basic authentication")
	case strings.ContainsFunc(t.User.Text+t.Password.Text, unicode.IsControl):
		c.add("target.user", "or target.password holds a control character, which basic authentication cannot")
	}
}

// url checks an http or https address. What it says never holds the address,
// which may hold a password.
func (c *check) url(text, path string) *url.URL {
	u, err := url.Parse(text)
	switch {
	case err != nil || strings.ContainsFunc(text, unicode.IsSpace):
		c.add(path, "is no URL; write it like http://127.0.0.1:8081")
	case strings.Contains(u.Scheme, "unix") && path == "target.url":
		c.add(path, "needs to begin with http:// or https://, such as http://shop.example/path; the path of a unix socket is written beside it, as target.socket")
	case u.Scheme != "http" && u.Scheme != "https":
		c.add(path, "needs to begin with http:// or https://")
	case u.Fragment != "" || strings.Contains(text, "#"):
		c.add(path, "has a fragment (#...), which is never sent; remove it")
	case !validHost(u.Hostname()):
		c.add(path, "needs a host, like http://127.0.0.1:8081")
	case u.Port() != "" && !validPort(u.Port()):
		c.add(path, "has port %s; a port is from 1 to 65535", u.Port())
	default:
		return u
	}
	return nil
}

func (c *check) host(host, path string) {
	if !validHost(host) {
		c.add(path, "needs one host name or address, written out, without port, * or http://")
	}
}

// validHost accepts an address, or what a name server could know.
func validHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	letters := func(r rune) bool {
		return r == '.' || r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	return host != "" && len(host) < 254 && strings.IndexFunc(host, func(r rune) bool { return !letters(r) }) < 0
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// splitHostPort says what is wrong with a "host:port", or nothing.
func splitHostPort(text string) (host, port, problem string) {
	host, port, err := net.SplitHostPort(text)
	switch {
	case strings.Contains(text, "://"):
		return "", "", dropScheme(text)
	case err != nil || !validHost(host):
		return "", "", "needs host:port, such as 127.0.0.1:9901"
	case !validPort(port):
		return "", "", "needs a port from 1 to 65535 after the colon"
	}
	return host, port, ""
}

// dropScheme says how an address with a scheme is written as host:port. What it
// says holds neither the user info nor the path of the address.
func dropScheme(text string) string {
	scheme, _, _ := strings.Cut(text, "://")
	u, err := url.Parse(text)
	if err != nil || !validHost(u.Hostname()) {
		return "needs host:port, such as 127.0.0.1:9901: drop the scheme"
	}
	port := u.Port()
	if known := map[string]string{"http": "80", "https": "443"}[u.Scheme]; port == "" && known != "" {
		port = known
	}
	if port == "" {
		return "needs host:port, such as 127.0.0.1:9901: drop the scheme, " + scheme + "://, and add the port"
	}
	return "needs host:port: drop the scheme, " + scheme + "://, and write " + net.JoinHostPort(u.Hostname(), port)
}
