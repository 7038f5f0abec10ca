package configs

import (
	"net/netip"
	"slices"
	"strings"
)

// Allows reports whether an experiment may send load to a host, given without
// its port: loopback, reached by Socket, named in Allow, or an address in one of
// Allow's ranges. At which addresses a name may be loaded Refuses tells.
func (t Target) Allows(host string) bool {
	if Loopback(host) || t.BySocket(host) || slices.ContainsFunc(t.Allow, func(allowed string) bool { return strings.EqualFold(allowed, host) }) {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && inRange(address, t.Ranges())
}

// Ranges returns the addresses and ranges in Allow.
func (t Target) Ranges() []netip.Prefix {
	var ranges []netip.Prefix
	for _, text := range t.Allow {
		if r, err := parseRange(text); err == nil {
			ranges = append(ranges, r)
		}
	}
	return ranges
}

// parseRange reads an address or a range such as 10.1.0.0/16.
func parseRange(text string) (netip.Prefix, error) {
	if r, err := netip.ParsePrefix(text); err == nil {
		return r.Masked(), nil
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	address = address.Unmap().WithZone("")
	return netip.PrefixFrom(address, address.BitLen()), nil
}

func inRange(address netip.Addr, ranges []netip.Prefix) bool {
	address = address.Unmap().WithZone("")
	return slices.ContainsFunc(ranges, func(r netip.Prefix) bool { return r.Contains(address) })
}

// Loopback reports whether a host, given without its port, is this machine
// whatever a name server says.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// Refuses says why a host that may be loaded may not be at an address that its
// name stands for, and what to do, or returns "". A name server can point any
// name anywhere: a loopback name must be at loopback; when Allow has addresses
// or ranges, every other host must be in them; and addresses that are no site's
// must be listed one way or the other.
func (t Target) Refuses(host string, address netip.Addr) string {
	address = address.Unmap().WithZone("")
	ranges := t.Ranges()
	switch {
	case Loopback(host):
		if !address.IsLoopback() {
			return "which is not this machine; correct the name in /etc/hosts, or write the address"
		}
	case inRange(address, ranges):
	case len(ranges) > 0:
		return "which is in none of the addresses of target.allow; correct the name's entry in DNS or /etc/hosts, or, if it is the site's, add the address"
	default:
		if kind := NoSite(address); kind != "" {
			return "which is " + kind + "; correct the name's entry in DNS or /etc/hosts, or, if it is the site's, add the address to target.allow"
		}
	}
	return ""
}

// metadata are where clouds tell their machines secrets, besides link-local
// 169.254.169.254: Amazon's and Google's over IPv6, Alibaba's, Azure's, Oracle's.
var metadata = []netip.Addr{netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("fd20:ce::254"),
	netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("168.63.129.16"), netip.MustParseAddr("192.0.0.192")}

// NoSite says what an address is that is hardly a site's: unspecified, multicast,
// link-local or of a cloud's metadata service, also as an IPv6 address that
// stands for such an IPv4 address. It returns "" for all others.
func NoSite(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if kind := noSite(a); kind != "" || a.Is4() {
		return kind
	}
	for _, way := range translated {
		if way.of.Contains(a) {
			return noSite(way.inner(a.As16()))
		}
	}
	return ""
}

// translated are the IPv6 networks in which each address stands for an IPv4
// address, which a router on the way may connect to.
var translated = []struct {
	of    netip.Prefix
	inner func(b [16]byte) netip.Addr
}{
	{netip.MustParsePrefix("64:ff9b::/96"), last4},                                                                                        // NAT64
	{netip.MustParsePrefix("64:ff9b:1::/48"), last4},                                                                                      // NAT64 of one network
	{netip.MustParsePrefix("::/96"), last4},                                                                                               // IPv4-compatible
	{netip.MustParsePrefix("2002::/16"), func(b [16]byte) netip.Addr { return netip.AddrFrom4([4]byte(b[2:6])) }},                         // 6to4
	{netip.MustParsePrefix("2001::/32"), func(b [16]byte) netip.Addr { return netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}) }}, // Teredo
}

func last4(b [16]byte) netip.Addr { return netip.AddrFrom4([4]byte(b[12:])) }

// noSite is NoSite for the address as it stands.
func noSite(a netip.Addr) string {
	switch {
	case a.IsUnspecified():
		return "no address of one machine"
	case a.IsMulticast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "an address of many machines"
	case slices.Contains(metadata, a):
		return "where clouds keep their metadata"
	case a.IsLinkLocalUnicast():
		return "link-local, where clouds keep their metadata"
	}
	return ""
}

func (c *check) allow(text, path string) {
	r, err := netip.ParsePrefix(text)
	switch {
	case err == nil && r.Bits() == 0:
		c.add(path, "is the range of all addresses; name the site's own")
	case err != nil && !validHost(text):
		c.add(path, "needs one host name, address or range such as 10.1.0.0/16, written out, without port, * or http://")
	}
}
