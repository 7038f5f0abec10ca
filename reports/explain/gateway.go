package explain

import (
	"strings"

	"github.com/tailback/tailback/reports"
)

// gatewayLines are what the gateway's own lines mean, by their kind: why errors
// came, to follow a colon, and what to do, with nginx's names for it.
var gatewayLines = map[string]struct{ why, remedy string }{
	"request_limit": {"the gateway limits how fast visitors may come (limit_req)",
		"If visitors may come this fast, give limit_req a burst (burst=20 nodelay) or its zone a higher rate; if not, it did its work"},
	"connection_limit": {"the gateway limits how many requests may be under way (limit_conn)",
		"If so many visitors may be served at once, raise limit_conn; if not, it did its work"},
	"too_big_header": {"the header of the answer did not fit the gateway's buffer",
		"Raise fastcgi_buffer_size (behind proxy_pass: proxy_buffer_size) to 32k, or have the application send fewer or smaller cookies and headers"},
	"bad_header": {"the gateway could not read the header of the answer",
		"See what listens where the gateway asks, and whether it speaks that protocol (fastcgi_pass or proxy_pass)"},
	"no_route": {"the gateway found no route to the pool's host",
		"See that the pool's host is up, and that routes and the firewall let the gateway reach it"},
	"no_permission": {"the gateway may not open the pool's socket",
		"Let nginx's user open the socket: listen.owner, listen.group and listen.mode of the pool (with SELinux: httpd_can_network_connect)"},
	"no_name": {"the gateway found no address for the pool's name",
		"Give the gateway a name server that knows the pool (resolver), or name the pool by its address"},
	"no_tls": {"the gateway got no TLS session with the pool",
		"See whether the pool speaks TLS on that port, with a name and a certificate that the gateway takes (proxy_ssl_server_name, proxy_ssl_name)"},
	"no_address": {"the gateway had no address or port left to connect from",
		"Keep the gateway's connections to the pool open (keepalive in its upstream), or widen net.ipv4.ip_local_port_range; if the pool's name leads to ::1, name it by 127.0.0.1"},
	"no_live_upstreams": {"the gateway had taken all its upstreams for dead",
		"See why the upstreams failed before, or have the gateway forgive more (max_fails, fail_timeout)"},
	"worker_connections": {"the gateway's connections ran out", "Raise worker_connections, and worker_rlimit_nofile with it"},
	"too_large_body":     {"the gateway takes no request as large", "Raise client_max_body_size if visitors may send this much"},
}

// byGateway says by its own lines why the gateway answered so.
func byGateway(o *reports.Onset) string {
	for _, kind := range o.Logged {
		if line, ok := gatewayLines[kind]; ok {
			return line.why
		}
	}
	return map[reports.Cause]string{
		reports.GatewayLimit:    "the gateway ran out of connections or of live upstreams",
		reports.GatewayRefused:  "the gateway refused them by a limit of its own",
		reports.PoolUnreachable: "the gateway could not reach the pool",
		reports.BadHeader:       "the gateway could not take the header of the answer",
	}[o.Cause]
}

// remediesOf are what to do about an onset of which the gateway's lines tell; nil where they do not.
func remediesOf(o *reports.Onset) (list []string) {
	for _, kind := range o.Logged {
		if line, ok := gatewayLines[kind]; ok {
			list = append(list, line.remedy)
		}
	}
	return list
}

// tellingEvidence is what to show for the cause of an onset: the gateway's line
// (what it says of the error), where one names it, else the first of the evidence.
func tellingEvidence(o *reports.Onset) string {
	if len(o.Logged) > 0 {
		for _, text := range o.Evidence {
			if !strings.HasPrefix(text, "nginx: ") {
				continue
			}
			if message, _, found := strings.Cut(text, ", client: "); found { // who asked is no reason
				return message + "”"
			}
			return text
		}
	}
	return onEvidence("", o.Evidence)
}
