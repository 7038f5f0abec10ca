package explain_test

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/explain"
)

// logged is a report on errors that lines of these kinds name a cause of.
func logged(code int, cause reports.Cause, kinds ...string) *reports.Report {
	return &reports.Report{Total: reports.Traffic{Sent: 160, Failed: map[string]int64{"502": 32}}, Onset: []reports.Onset{{Code: code, Count: 32, FirstS: 8, Cause: cause,
		Confidence: new(0.97), Evidence: []string{"503s took 1 ms", "nginx: 32 × “the line, client: ::1, server: ”"}, Logged: kinds}}}
}

// Each line of the gateway's has its remedy, by the name of what to set, and the
// cause says which it was.
func TestRemediesByName(t *testing.T) {
	for _, row := range []struct {
		cause    reports.Cause
		kind     string
		why, set string
	}{
		{reports.GatewayRefused, "request_limit", "limit_req", "burst=20 nodelay"},
		{reports.GatewayRefused, "connection_limit", "limit_conn", "raise limit_conn"},
		{reports.GatewayRefused, "", "a limit of its own", "limit_req, limit_conn or client_max_body_size"},
		{reports.BadHeader, "too_big_header", "did not fit the gateway's buffer", "fastcgi_buffer_size"},
		{reports.BadHeader, "bad_header", "could not read the header", "fastcgi_pass or proxy_pass"},
		{reports.BadHeader, "", "could not take the header", "can't take its header"},
		{reports.PoolUnreachable, "no_route", "no route", "firewall"},
		{reports.PoolUnreachable, "no_permission", "may not open", "listen.mode"},
		{reports.PoolUnreachable, "no_name", "no address for the pool's name", "resolver"},
		{reports.PoolUnreachable, "no_tls", "no TLS session", "proxy_ssl_name"},
		{reports.PoolUnreachable, "", "could not reach", "error log"},
		{reports.GatewayLimit, "no_address", "no address or port left", "net.ipv4.ip_local_port_range"},
		{reports.GatewayLimit, "no_live_upstreams", "all its upstreams for dead", "max_fails"},
		{reports.GatewayLimit, "worker_connections", "connections ran out", "worker_rlimit_nofile"},
	} {
		var kinds []string
		if row.kind != "" {
			kinds = []string{row.kind}
		}
		r := logged(502, row.cause, kinds...)
		if got, _ := explain.Summary(r); !strings.Contains(got, row.why) {
			t.Errorf("%s, %s: summary %q, want %q in it", row.cause, row.kind, got, row.why)
		}
		advice := explain.Advice(r)
		because := map[bool]string{true: "32 × 502 from 8 s on; nginx: 32 × “the line”", false: "32 × 502 from 8 s on; 503s took 1 ms"}
		if len(advice) == 0 || !strings.Contains(advice[0].Text, row.set) || advice[0].Because != because[row.kind != ""] {
			t.Errorf("%s, %s: advice %+v, want %q", row.cause, row.kind, advice, row.set)
		}
	}
	both := logged(502, reports.GatewayLimit, "no_live_upstreams", "no_address")
	if advice := explain.Advice(both); len(advice) < 2 || advice[0].Text == advice[1].Text {
		t.Errorf("advice %+v, want one for each kind of line", advice)
	}
}
