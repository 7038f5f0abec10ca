package measure

import (
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// The fault is in force from 10 to 20 s.
func TestPeakConnections(t *testing.T) {
	lifted := 20 * madeup.Second
	f := &Fault{Fault: journal.Fault{Index: 1}, Applied: 10 * madeup.Second, Lifted: &lifted}
	for _, test := range []struct {
		name  string
		spans [][2]time.Duration // opened, closed
		fault int
		want  int64
	}{
		{"none", nil, 1, 0},
		{"three side by side", [][2]time.Duration{{11 * madeup.Second, 19 * madeup.Second}, {12 * madeup.Second, 15 * madeup.Second}, {13 * madeup.Second, 14 * madeup.Second}}, 1, 3},
		{"one after the other", [][2]time.Duration{{11 * madeup.Second, 12 * madeup.Second}, {12 * madeup.Second, 13 * madeup.Second}}, 1, 1},
		{"one open before and one closed after", [][2]time.Duration{{madeup.Second, 12 * madeup.Second}, {11 * madeup.Second, 30 * madeup.Second}}, 1, 2},
		{"another fault's", [][2]time.Duration{{11 * madeup.Second, 12 * madeup.Second}}, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var events []journal.Event
			for _, span := range test.spans {
				events = append(events, journal.Event{Kind: journal.ConnClosed, Connection: &journal.Connection{
					OpenedNS: int64(span[0]), ClosedNS: int64(span[1]), Fault: &test.fault}})
			}
			if got := f.peak(indexEvents(events).met[f.Index]); got != test.want {
				t.Errorf("peak = %d, want %d", got, test.want)
			}
		})
	}
}

// Who is to look where, by how the site reaches the dependency.
func TestAFaultThatMetNothing(t *testing.T) {
	run := &Run{Manifest: journal.Manifest{Egress: "127.0.0.1:8888", Dependencies: []journal.Dependency{
		{Name: "payments", Listen: "127.0.0.1:9901"}, {Name: "search", Host: "search.example:443"}}}}
	none := int64(0)
	for name, want := range map[string]string{
		"payments": "through its proxy at 127.0.0.1:9901, and do",
		"search":   "through the egress (http_proxy and https_proxy set to http://127.0.0.1:8888, and the host named search.example:443), and do",
	} {
		lifted := 20.0
		f := reports.Fault{Dependency: name, Kind: "hang", LiftedS: &lifted, Connections: &none, RequestsHeld: &none}
		if got := run.Untouched(f); !strings.Contains(got, want) {
			t.Errorf("%s: %q lacks %q", name, got, want)
		}
	}
}
