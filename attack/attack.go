package attack

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Attack is the traffic of one experiment, ready to be driven once.
type Attack struct {
	exp       *configs.Experiment
	mix       *mix
	groups    []group
	timeout   time.Duration
	late      time.Duration // after which a hit is not sent any more: maxLate, but for tests
	addresses *addresses
	transport *http.Transport
	hop       sender // sends once, and follows nothing
	sender    sender
	spoken    *spoken
	gate      *gate
	recent    *recent         // what visits were given
	lending   *lending        // of the sessions that are logged in; nil for none
	pacing    context.Context // hits are sent until it ends
	end       context.CancelFunc
}

// group is the phases that one Vegeta attack covers: consecutive open phases
// together, a closed or burst phase by itself.
type group struct {
	first, last int // phases
	start, end  time.Duration
	schedule    timetable // of an open group; nil in others
	hits        uint64    // that are due in it; 0 in a closed one, where it is not known
}

// New prepares an attack; it sends nothing.
func New(exp *configs.Experiment) (*Attack, error) {
	a := &Attack{exp: exp, timeout: exp.Target.Timeout, late: maxLate, gate: newGate(exp.Limits), spoken: &spoken{}, recent: &recent{}, addresses: newAddresses(exp.Target)}
	a.pacing, a.end = context.WithCancel(context.Background())
	var err error
	if a.mix, err = newMix(exp); err != nil {
		return nil, err
	}
	if a.transport, err = newTransport(exp.Target, a.addresses); err != nil {
		return nil, err
	}
	a.hop = newHop(exp.Target, a.transport)
	a.sender = newSender(exp.Target, a.hop, nil)
	a.groups = newGroups(exp)
	a.mix.groups = a.groups
	return a, nil
}

func newGroups(exp *configs.Experiment) []group {
	var groups []group
	for i := 0; i < len(exp.Phases); i++ {
		first := i
		for exp.Phases[i].Open() && i+1 < len(exp.Phases) && exp.Phases[i+1].Open() {
			i++
		}
		g := group{first: first, last: i, start: exp.Start(first), end: exp.Start(i + 1)}
		if exp.Phases[first].Open() {
			seed := splitmix64(exp.Seed + uint64(len(groups)))
			g.schedule = newTimetable(exp, first, i, g.start, seed)
		}
		for k := first; k <= i && len(exp.Data) > 0; k++ {
			g.hits += g.due(k, exp.Phases[k])
		}
		groups = append(groups, g)
	}
	return groups
}

// due is how many hits are due in phase k of the group; 0 in a closed one.
func (g *group) due(k int, p configs.Phase) uint64 {
	if g.schedule != nil {
		return g.schedule.Hits(int32(k))
	}
	return uint64(p.Burst)
}

// Spans describes the phases for the manifest, with the hits due in each.
func (a *Attack) Spans() []journal.PhaseSpan {
	var spans []journal.PhaseSpan
	for _, g := range a.groups {
		for i := g.first; i <= g.last; i++ {
			p := a.exp.Phases[i]
			span := journal.PhaseSpan{Name: p.Name, StartNS: int64(a.exp.Start(i)), EndNS: int64(a.exp.Start(i + 1)), Warmup: p.Warmup}
			switch {
			case p.Open():
				span.Kind, span.Hits = "open", g.schedule.Hits(int32(i))
				span.RateFrom, span.RateTo = p.Rate.From+a.exp.OwnRate(), p.Rate.To+a.exp.OwnRate()
				span.RateMean = g.schedule.MeanRate(int32(i))
			case p.Burst > 0:
				span.Kind, span.Hits = "burst", uint64(p.Burst)
			default:
				span.Kind = "closed"
			}
			if len(a.mix.courses) > 0 {
				span = span.OfVisits(a.exp.MeanSteps())
			}
			spans = append(spans, span)
		}
	}
	return spans
}

// Run drives the traffic from t0 on and emits a record for every hit, and an
// event for the first of each kind of error, from many goroutines at once, and
// last one that says which protocols were spoken. It returns when the last answer is in or given up, or,
// when ctx ends, as soon as the requests in flight are cut off, with nil; its
// own failure it returns as an error.
func (a *Attack) Run(ctx context.Context, t0 time.Time, emit func(journal.Hit), event func(journal.Event)) error {
	defer a.transport.CloseIdleConnections()
	if a.exp.Sessions != nil && a.lending == nil {
		return errors.New("lend sessions to visits: they have not been logged in")
	}
	attackCtx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	stepping, cut := context.WithCancel(attackCtx)
	defer context.AfterFunc(a.pacing, cut)()
	told, strays, missed := &answers{seen: map[string]bool{}, emit: event}, &strays{seen: map[string]bool{}, emit: event}, &misses{seen: map[*capture]bool{}, emit: event}
	var groups sync.WaitGroup
	for i, g := range a.groups {
		s := &shooter{Attack: a, base: attackCtx, t0: t0, emit: emit, answers: told, strays: strays, missed: missed, stepping: stepping, abort: abort,
			offset: uint64(i) * journal.SeqStride, phase: int32(g.first), end: g.end}
		groups.Go(func() { a.runGroup(attackCtx, g, s); s.walks.Wait() })
	}
	groups.Wait()
	for _, e := range a.spoken.events(time.Since(t0), a.addresses.opened.Load(), a.exp.Target.Protocol) {
		event(e)
	}
	if text := a.lending.shares(); text != "" {
		event(journal.Event{AtNS: int64(time.Since(t0)), Kind: journal.Warning, Text: text})
	}
	if ctx.Err() == nil {
		return context.Cause(attackCtx)
	}
	return nil
}

// End sends no more hits; Run then waits for the answers to those under way.
func (a *Attack) End() { a.end() }

// InFlight returns how many requests wait for their answer now.
func (a *Attack) InFlight() int64 { return a.gate.inFlight.Load() }

// phaseAt is the phase that goes on at a time.
func (a *Attack) phaseAt(at time.Duration) int32 {
	var end time.Duration
	for i, p := range a.exp.Phases {
		if end += p.Duration; at < end {
			return int32(i)
		}
	}
	return int32(len(a.exp.Phases) - 1)
}

func (a *Attack) runGroup(ctx context.Context, g group, s *shooter) {
	p := a.exp.Phases[g.first]
	switch {
	case p.Open():
		s.due = g.schedule.Due
		fire(ctx, s, g)
	case p.Burst > 0:
		s.due = func(k uint64) (time.Duration, int32, bool) { return g.start, s.phase, k < uint64(p.Burst) }
		fire(ctx, s, g)
	default:
		fire(ctx, s, g, vegeta.Workers(uint64(p.Concurrency)), vegeta.MaxWorkers(uint64(p.Concurrency)))
	}
}

// fire drives one Vegeta attack: hit k when the shooter's due says, until it
// says that there is none, a closed phase is over or ctx ends. It returns when
// the last answer is in.
func fire(ctx context.Context, s *shooter, g group, opts ...func(*vegeta.Attacker)) {
	client := &http.Client{Transport: s, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	attacker := vegeta.NewAttacker(append(opts, vegeta.Client(client))...)

	defer context.AfterFunc(ctx, func() { attacker.Stop() })()
	pacing, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(s.pacing, end)()
	p := &pacer{ctx: pacing, t0: s.t0, due: s.due}
	if s.due == nil {
		// Clients that all hang when their phase ends would send one more hit
		// each, late, if Vegeta were not told that it is over.
		over := time.AfterFunc(time.Until(s.t0.Add(g.end)), func() { attacker.Stop() })
		defer over.Stop()
		p.end = g.end
		p.due = func(uint64) (time.Duration, int32, bool) { return s.gate.earliest(g.start), s.phase, true }
	}
	target := vegeta.Target{Method: http.MethodGet, URL: "http://tailback"} // the shooter knows the real one
	for range attacker.Attack(vegeta.NewStaticTargeter(target), p, 0, "") {
		// The shooter has emitted the hit.
	}
}
