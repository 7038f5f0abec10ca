package analysis

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
)

// Of drawn sites and visits a budget is that of whole visits, or none is told. Visitors
// think for up to 3 s before each later step, one step of one visit calls payments, in
// every other site only a share of the time, and
// the phases before the hang last 15 s.
func TestBudgetsOfDrawnVisits(t *testing.T) {
	told, exact := 0, 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 7))
		kinds, calls, steps := drawnKinds(r)
		m := &madeup.MadeUp{Workers: 2 + r.IntN(7), Slots: 5 + r.IntN(20), Own: time.Duration(20+r.IntN(60)) * madeup.Millisecond, D: time.Duration(20+r.IntN(80)) * madeup.Millisecond, Share: 1, Seed: seed}
		most := 1.05
		if seed%2 == 1 { // which of them call is chance, too: a budget allows for one standard error
			most = 1.25
			m.Share = 0.3 + 0.6*r.Float64()
		}
		calls *= m.Share
		// A third of what the workers carry, of requests that take S on average.
		own := m.Own.Seconds()
		service := own + calls/steps*m.D.Seconds()
		rate := math.Round(float64(m.Workers)/service/3/steps*2) / 2
		s := madeup.NewScenario(madeup.Visited("warmup", 5*madeup.Second, rate), madeup.Visited("baseline", 10*madeup.Second, rate),
			madeup.Visited("hang", 20*madeup.Second, rate), madeup.Visited("recovery", 10*madeup.Second, rate))
		s.Phases[0].Warmup = true
		got := reported(t, m.Visit(s, kinds, 15*madeup.Second, 35*madeup.Second)).BudgetOf("payments")
		want := (float64(m.Workers)/(rate*steps) - own) / (calls / steps)
		if got == nil || got.MaxTimeoutS == nil {
			continue
		}
		told++
		if math.Abs(*got.MaxTimeoutS-want) < 0.02*want {
			exact++
		}
		if *got.MaxTimeoutS > most*want {
			t.Errorf("seed %d: a timeout of %.3g s is said to hold %.3g visits/s, and %.3g s is the longest that does", seed, *got.MaxTimeoutS, rate, want)
		}
	}
	if told < 30 || exact < 15 {
		t.Errorf("%d budgets of 40 were told, %d of them exactly; want 30 and 15", told, exact)
	}
}

// drawnKinds are one to three visits of one to four steps. It returns how many calls a
// visit makes on average, and how many steps it has.
func drawnKinds(r *rand.Rand) (kinds []madeup.Kind, calls, steps float64) {
	weights := 0
	for k := range 1 + r.IntN(3) {
		kind := madeup.Kind{Name: string(rune('a' + k)), Weight: 1 + r.IntN(3)}
		for i := range 1 + r.IntN(4) {
			kind.Steps = append(kind.Steps, madeup.Step{Name: string(rune('a' + i)), Think: time.Duration(r.IntN(3000)) * madeup.Millisecond})
		}
		kinds, weights = append(kinds, kind), weights+kind.Weight
	}
	caller := &kinds[r.IntN(len(kinds))]
	caller.Steps[len(caller.Steps)-1].Calls = true
	for _, k := range kinds {
		steps += float64(k.Weight*len(k.Steps)) / float64(weights)
	}
	return kinds, float64(caller.Weight) / float64(weights), steps
}
