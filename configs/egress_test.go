package configs

import "testing"

// no_proxy is that of the variable; loopback and hosts with an upstream of their own have no parent.
func TestParents(t *testing.T) {
	e := Egress{Listen: "127.0.0.1:8888", Parent: "http://me:hush@proxy.example:3128", NoProxy: []string{".internal.example", "exact.example", "10.0.0.0/8", "ported.example:8080"}}
	parents := e.Parents([]Dependency{{Name: "bank", Host: "Bank.example:443", Upstream: "127.0.0.1:9443"}, {Name: "pay", Host: "pay.example:443"}})
	for host, want := range map[string]bool{"api.example:443": true, "api.example:80": true, "pay.example:443": true, "a.internal.example:443": false,
		"exact.example:443": false, "below.exact.example:80": false, "10.1.2.3:443": false, "ported.example:8080": false, "ported.example:443": true,
		"127.0.0.1:9000": false, "localhost:80": false, "[::1]:443": false, "bank.example:443": false} {
		parent := parents(host)
		if (parent != nil) != want || parent != nil && (parent.Host != "proxy.example:3128" || parent.User.String() != "me:hush") {
			t.Errorf("%s goes through %v, want a parent: %v", host, parent, want)
		}
	}
	if (Egress{Listen: "127.0.0.1:8888"}).Parents(nil) != nil {
		t.Error("there is a parent without one")
	}
}
