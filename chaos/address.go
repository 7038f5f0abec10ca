package chaos

import (
	"net"
	"net/netip"
	"strings"

	"github.com/tailback/tailback/configs"
)

// sameAddress reports whether two texts mean one host:port: localhost is
// 127.0.0.1, which is where a listener of that name is.
func sameAddress(a, b string) bool { return addressIn(a) == addressIn(b) }

// addressIn writes a host:port in the one way in which they are compared. What
// is none stays as it is.
func addressIn(text string) string {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return text
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().String()
		if ip.IsUnspecified() { // one socket serves both families
			host = ""
		}
	}
	return net.JoinHostPort(host, port)
}

// sameDependency reports whether two experiments mean the same dependency.
func sameDependency(a, b configs.Dependency) bool {
	return a.Name == b.Name && sameAddress(a.Listen, b.Listen) && sameAddress(a.Upstream, b.Upstream) && sameAddress(a.Host, b.Host)
}
