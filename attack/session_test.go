package attack

import (
	"testing"

	"github.com/tailback/tailback/reports/journal"
)

// Cookies of the file's own have other numbers than the sessions that are lent, since
// requests of one number are taken to wait for each other.
func TestCookiesAreNumberedBehindLentSessions(t *testing.T) {
	exp := loaded(t, "http://127.0.0.1:1", `
sessions: {count: 3, steps: [{path: /login}]}
visits: [{name: v, steps: [{path: /, headers: ["Cookie: PHPSESSID=x"]}]}]
phases: [{name: p, duration: 1s, rate: 10}]
`, nil)
	m, err := newMix(exp)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.shots[0].session.fixed; got != 4 {
		t.Errorf("the cookie's session has number %d, want 4, behind three that are lent", got)
	}
}

// Hits have the number of the session that they are sent with: one value of a cookie
// has one number, wherever it comes from. A value that is new in each hit has none.
func TestSessionsAreNumbered(t *testing.T) {
	exp := loaded(t, "http://127.0.0.1:1", `
data: [{name: who, file: who.csv}]
requests:
  - {name: none, path: /}
  - {name: other, path: /, headers: ["Cookie: lang=de"]}
  - {name: fixed, path: /, headers: ["Cookie: lang=de; PHPSESSID=two"]}
  - {name: rows, path: /, headers: ["Cookie: PHPSESSID={{who.id}}"]}
  - {name: pieces, path: /, headers: ["Cookie: PHPSESSID=t{{who.rest}}"]}
  - {name: drawn, path: /, headers: ["Cookie: PHPSESSID={{uuid}}"]}
phases: [{name: p, duration: 1s, rate: 10}]
`, map[string]string{"who.csv": "id,rest\none,hree\ntwo,wo\none,hree\n"})
	m, err := newMix(exp)
	if err != nil {
		t.Fatal(err)
	}
	// Numbers are dealt in the order of the file: two is 1, one is 2, three is 3.
	for i, want := range [][3]int32{{0, 0, 0}, {0, 0, 0}, {1, 1, 1}, {2, 1, 2}, {3, 1, 3}, {0, 0, 0}} {
		for seq, n := range want { // row by row
			hit := journal.Hit{Request: int32(i), Seq: uint64(seq)}
			if _, err := m.at(&hit); err != nil || hit.Session != n {
				t.Errorf("%s, hit %d: got session %d (%v), want %d", exp.Requests[i].Name, seq, hit.Session, err, n)
			}
		}
	}
}
