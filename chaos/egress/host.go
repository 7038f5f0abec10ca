package egress

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/tailback/tailback/configs"
)

// HostPort writes a host and its port in the one way in which hosts are
// compared: lower case, no dot at the end, an IPv6 address in brackets and
// short. port stands for a host's that names none; "" if it must name one. The error is a *Refusal.
func HostPort(text, port string) (string, error) {
	host := text
	if colon := strings.LastIndexByte(text, ':'); colon > strings.LastIndexByte(text, ']') && (text[0] == '[' || strings.Count(text, ":") == 1) {
		host, port = text[:colon], text[colon+1:]
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || port[0] == '+' {
		return "", refuse(Malformed, "the host needs a port from 1 to 65535, such as api.example.com:443")
	}
	host, err = hostName(host)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(host, strconv.FormatUint(number, 10)), forbidden(host, number)
}

// hostName writes a host without its port, or refuses a text that is none.
func hostName(host string) (string, error) {
	if v6, ok := strings.CutPrefix(host, "["); ok {
		ip, err := netip.ParseAddr(strings.TrimSuffix(v6, "]"))
		if err != nil || !ip.Is6() || ip.Zone() != "" || !strings.HasSuffix(v6, "]") {
			return "", refuse(Malformed, "the host in brackets is no IPv6 address")
		}
		return ip.Unmap().String(), nil // ::ffff:127.0.0.1 is 127.0.0.1
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
		return ip.String(), nil
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	labels := strings.Split(host, ".")
	last := labels[len(labels)-1]
	bad := len(host) > 253
	for _, label := range labels {
		bad = bad || label == "" || len(label) > 63 || strings.ContainsFunc(label, notInName)
	}
	// 127.1, 0x7f000001 and the like are addresses to some resolvers, and names to others.
	if bad || last[0] >= '0' && last[0] <= '9' {
		return "", refuse(Malformed, "the host is neither a name nor an address")
	}
	return host, nil
}

func notInName(r rune) bool {
	return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '_')
}

// metadataNames are cloud services that hand out credentials, by the names that
// a parent proxy would look up.
var metadataNames = []string{"metadata.google.internal", "metadata.goog", "metadata", "instance-data.ec2.internal", "instance-data", "metadata.azure.internal"}

// forbidden refuses hosts that a site's call never goes to, and a relay's would:
// mail (port 25), port 0, and the addresses that forbiddenAddr lists.
func forbidden(host string, port uint64) error {
	if port == 0 || port == 25 {
		return refuse(ForbiddenHost, "port %d is never connected to", port)
	}
	if slices.Contains(metadataNames, host) {
		return refuse(ForbiddenHost, "a cloud's metadata service is never connected to")
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return forbiddenAddr(ip)
	}
	return nil
}

// forbiddenAddr refuses link-local addresses, cloud metadata services among
// them, multicast and the unspecified address. Names are held against it once
// they have been looked up.
func forbiddenAddr(ip netip.Addr) error {
	if configs.NoSite(ip) != "" {
		return refuse(ForbiddenHost, "link-local, metadata, multicast and unspecified addresses are never connected to")
	}
	return nil
}
