package explain

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

// A declared dependency is in the line above, the site itself is none of them, and a few of many are named.
func TestUndeclaredHostsAreNotKnown(t *testing.T) {
	host := func(name string) reports.DependencySeen { return reports.DependencySeen{Host: name, Calls: 1} }
	seen := []reports.DependencySeen{{Host: "www.example:80", Self: true}, {Host: "pay.example:443", Dependency: "payments"}}
	if list := undeclaredNotKnown(seen); list != nil {
		t.Errorf("with nothing undeclared: %+v", list)
	}
	seen = append(seen, host("a:1"), host("b:2"), host("c:3"))
	for want, hosts := range map[string][]reports.DependencySeen{
		"which timeout calls to a:1, b:2, c:3 have":         seen,
		"which timeout calls to a:1, b:2, c:3, 2 more have": append(seen, host("d:4"), host("e:5")),
	} {
		list := undeclaredNotKnown(hosts)
		if len(list) != 1 || list[0].What != want || !strings.Contains(list[0].Needs, "audit FILE --from") {
			t.Errorf("got %+v, want %s, and the audit that tells", list, want)
		}
	}
}
