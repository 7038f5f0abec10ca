package drawn

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/zoo"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/journal"
)

// On sites without locks on sessions none is seen, whichever sessions requests are sent
// with: by chance, or dealt in turn, which looks most like a lock. (Of 12 runs of each
// kind, with those and two other ways, none was in 3,312.)
func TestNoLockWhereThereIsNone(t *testing.T) {
	t.Parallel()
	for _, kind := range zoo.Kinds() {
		if strings.HasPrefix(kind.Name, "session") {
			continue
		}
		site, plan := kind.Draw(3)
		record, _ := zoo.Simulate(site, plan, 3)
		dice := rand.New(rand.NewPCG(3, 3))
		for name, session := range map[string]func(h *journal.Hit) int{
			"by chance": func(*journal.Hit) int { return dice.IntN(3) },
			"in turn":   func(h *journal.Hit) int { return int(h.Seq % 5) },
		} {
			for i := range record.Hits {
				h := &record.Hits[i]
				h.Session = int32(1 + session(h))
			}
			r, err := analysis.Contents(contentsOf(record))
			if err != nil {
				t.Fatal(err)
			}
			if r.SessionLock.Told() {
				t.Errorf("%s, %s: got %+v", kind.Name, name, r.SessionLock)
			}
		}
	}
}
