package workers

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// Self is an address of the site that the caller knows of.
type Self struct {
	addr  netip.AddrPort
	given string
}

// ParseSelf resolves HOST or HOST:PORT. Without a port it stands for 80 and 443.
func ParseSelf(ctx context.Context, text string) ([]Self, error) {
	host, ports := text, []uint16{80, 443}
	if h, p, err := net.SplitHostPort(text); err == nil {
		port, err := strconv.ParseUint(p, 10, 16)
		if err != nil || port == 0 {
			return nil, fmt.Errorf("read %q: the port is a number from 1 to 65535", text)
		}
		host, ports = h, []uint16{uint16(port)}
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("resolve %q: %w", text, err)
	}
	var all []Self
	for _, addr := range addrs {
		for _, port := range ports {
			all = append(all, Self{netip.AddrPortFrom(addr.Unmap(), port), text})
		}
	}
	return all, nil
}
