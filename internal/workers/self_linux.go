package workers

import (
	"net/netip"
	"slices"
)

// webServers are programs that stand in front of a pool.
var webServers = []string{"nginx", "apache2", "httpd", "caddy", "haproxy", "varnishd", "cache-main", "lighttpd", "traefik", "envoy", "h2o", "litespeed", "lshttpd"}

// webPorts are those of web servers, for one whose process can't be seen.
var webPorts = []uint16{80, 443, 8080, 8443}

// selfWhy says why a connection goes to the site itself, or "". gateways are the
// processes that requests of this pool come from, own what the worker listens on.
func (s *scene) selfWhy(given []Self, to netip.AddrPort, gateways map[int]bool, own []uint64) string {
	for _, g := range given {
		if g.addr == to {
			return "given as --self " + g.given
		}
	}
	if !s.local(to.Addr()) {
		return ""
	}
	for _, inode := range s.listeners(to) {
		for _, o := range s.owners[inode] {
			if gateways[o.pid] {
				return o.name + ", which this pool's requests come from, listens there"
			}
		}
		for _, o := range s.owners[inode] {
			if slices.Contains(webServers, o.name) {
				return o.name + " on this machine listens there"
			}
		}
		if slices.Contains(own, inode) {
			return "this pool itself listens there"
		}
		if len(s.owners[inode]) == 0 && slices.Contains(webPorts, to.Port()) {
			return "this machine listens on this web port"
		}
	}
	return ""
}
