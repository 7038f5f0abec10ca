package measure

import (
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/journal"
)

// Who ended a request: a gateway's page says that no worker did, the application's
// that one did; a good 503 is what was expected, and our own failures are nobody's.
func TestWhoEndedARequest(t *testing.T) {
	for _, c := range []struct {
		what                            string
		code                            int32
		class                           journal.Class
		answerer                        journal.Answerer
		took                            time.Duration
		gateway                         int // its index of the status, or -1
		refused, served, gaveUp, goesOn bool
	}{
		{"a good page", 200, journal.ClassOK, 0, 50 * madeup.Millisecond, -1, false, true, false, false},
		{"a 503 that is expected", 503, journal.ClassOK, 0, 50 * madeup.Millisecond, -1, false, true, false, false},
		{"the wrong body", 200, journal.ClassBody, 0, 50 * madeup.Millisecond, -1, false, true, false, false},
		{"a gateway's 404, which may stand in the place of the application's", 404, journal.ClassStatus, journal.AnswererGateway, madeup.Millisecond, -1, false, true, false, false},
		{"a gateway's 413", 413, journal.ClassStatus, journal.AnswererGateway, madeup.Millisecond, -1, false, false, false, false},
		{"an edge's 429", 429, journal.ClassStatus, journal.AnswererEdge, madeup.Millisecond, -1, false, false, false, false},
		{"the application's 429", 429, journal.ClassStatus, journal.AnswererApp, madeup.Millisecond, -1, false, true, false, false},
		{"somebody's 413", 413, journal.ClassStatus, 0, madeup.Millisecond, -1, false, true, false, false},
		{"a 404", 404, journal.ClassStatus, 0, 50 * madeup.Millisecond, -1, false, true, false, false},
		{"a 502 at once", 502, journal.ClassStatus, 0, madeup.Millisecond, 0, true, false, false, false},
		{"a 502 after a while", 502, journal.ClassStatus, 0, RefusedWithin, 0, false, false, false, false},
		{"the application's 502", 502, journal.ClassStatus, journal.AnswererApp, madeup.Millisecond, 0, false, true, false, false},
		{"a 504", 504, journal.ClassStatus, 0, 10 * madeup.Second, 2, false, false, true, true},
		{"the application's 504 after a while", 504, journal.ClassStatus, journal.AnswererApp, shortestPatience, 2, false, true, false, true},
		{"the application's 504 at once", 504, journal.ClassStatus, journal.AnswererApp, madeup.Millisecond, 2, false, true, false, false},
		{"a 505", 505, journal.ClassStatus, 0, madeup.Millisecond, -1, false, true, false, false},
		{"one that we cut off", 502, journal.ClassCanceled, 0, madeup.Millisecond, -1, false, false, false, false},
	} {
		h := &journal.Hit{Code: c.code, Class: c.class, Answerer: c.answerer, Sent: madeup.Second, Done: madeup.Second + c.took}
		if got := badGateway(h); got != c.gateway {
			t.Errorf("%s: the gateway's status is %d, want %d", c.what, got, c.gateway)
		}
		for name, one := range map[string][2]bool{
			"refused at once": {refusedAtOnce(h), c.refused}, "served by the application": {servedByApp(h), c.served},
			"given up by the gateway": {gaveUpOn(h), c.gaveUp}, "may go on": {mayGoOn(h), c.goesOn},
		} {
			if one[0] != one[1] {
				t.Errorf("%s: %s is %v, want %v", c.what, name, one[0], one[1])
			}
		}
	}
}
