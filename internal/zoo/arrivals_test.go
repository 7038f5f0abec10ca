package zoo

import (
	"reflect"
	"testing"
	"time"

	"github.com/tailback/tailback/attack"
)

// Hits are due when the real attack has them due, phase by phase.
func TestHitsAreDueAsInAnAttack(t *testing.T) {
	each(t, 1, func(t *testing.T, _ Kind, site *Site, plan Plan, _ uint64) {
		exp := loaded(t, site, plan)
		a, err := attack.New(exp)
		if err != nil {
			t.Fatal(err)
		}
		list, spans, _ := plan.arrivals([]int{1})
		if !reflect.DeepEqual(spans, a.Spans()) {
			t.Fatalf("phases are\n%+v\nwant\n%+v", spans, a.Spans())
		}
		if !plan.Phases[0].Open() {
			return
		}
		first := attack.NewSchedule(plan.Phases[:1], 0, 0, plan.Arrivals, scramble(plan.Seed))
		for _, one := range list {
			if one.phase > 0 {
				break
			}
			if due, _, _ := first.Due(one.seq); (due - one.due).Abs() > time.Microsecond {
				t.Fatalf("hit %d is due at %v, want %v", one.seq, one.due, due)
			}
		}
	})
}
