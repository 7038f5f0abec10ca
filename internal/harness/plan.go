package harness

import (
	"context"
	"net/netip"
	"time"

	"github.com/tailback/tailback/attack"
	"github.com/tailback/tailback/chaos"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// Plan is what a run would do, if it went as planned.
type Plan struct {
	Name     string
	Phases   []journal.PhaseSpan
	Faults   []journal.Event // applied, stepped and lifted
	Duration time.Duration   // of all phases
}

// PlanOf lays out a run in time. It sends nothing and opens no port.
func PlanOf(exp *configs.Experiment) (Plan, error) {
	a, err := attack.New(exp)
	if err != nil {
		return Plan{}, err
	}
	faults, err := chaos.Timeline(exp)
	return Plan{exp.Name, a.Spans(), faults, exp.Duration()}, err
}

// Addresses returns the target's host and the addresses that would be loaded;
// none where a proxy of the user's stands between. It asks a name server, and
// sends the target nothing. The error says which address may not be loaded.
func Addresses(ctx context.Context, exp *configs.Experiment) (host string, found []netip.Addr, err error) {
	a, err := attack.New(exp)
	if err != nil {
		return "", nil, err
	}
	return a.Resolve(ctx)
}
