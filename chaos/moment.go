package chaos

import (
	"cmp"
	"slices"
	"time"

	"github.com/tailback/tailback/configs"
)

// moment is one thing to do with a fault during a Play.
type moment struct {
	at    time.Duration // since t0
	turn  int           // among those of the same time
	fault int           // its index
	size  time.Duration // of a step
}

// Of two faults that meet, the first is lifted before the second is applied.
const (
	turnLift = iota
	turnStep
	turnApply
)

// moments lays out when the experiment's faults are applied, stepped and lifted.
func moments(exp *configs.Experiment) []moment {
	var ms []moment
	index := 0
	for i, phase := range exp.Phases {
		for _, f := range phase.Faults {
			from, last := exp.Start(i)+f.After, f.For
			if last == 0 {
				last = phase.Duration - f.After
			}
			ms = append(ms, moment{at: from, turn: turnApply, fault: index}, moment{at: from + last, turn: turnLift, fault: index})
			if f.Latency != nil {
				at, sizes := doses(f.Latency.Delay, last)
				for k := range at {
					ms = append(ms, moment{from + at[k], turnStep, index, sizes[k]})
				}
			}
			index++
		}
	}
	slices.SortStableFunc(ms, func(a, b moment) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.turn, b.turn)) })
	return ms
}
