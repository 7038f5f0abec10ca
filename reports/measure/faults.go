package measure

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/words"
)

// Fault is one fault of the experiment, put together from its events.
type Fault struct {
	journal.Fault
	Applied time.Duration
	Lifted  *time.Duration // nil when no event says so
	stepped bool           // it had more than one size
	mostS   float64        // the longest delay it had
	kind    configs.FaultKind
	known   bool // kind is: else a later version played it
}

// playedFaults are the faults in the order in which they were applied.
func playedFaults(x *Events) []*Fault {
	byIndex := map[int]*Fault{}
	var list []*Fault
	for _, e := range x.faults {
		f := byIndex[e.Fault.Index]
		if f == nil {
			f = &Fault{Fault: *e.Fault, Applied: time.Duration(e.AtNS)}
			byIndex[e.Fault.Index] = f
			list = append(list, f)
		}
		size := f.SizeS
		f.mostS = max(f.mostS, e.Fault.SizeS)
		f.Fault = *e.Fault
		switch e.Kind {
		case journal.FaultApplied:
			f.Applied = min(f.Applied, time.Duration(e.AtNS))
		case journal.FaultStepped:
			f.stepped = true
		case journal.FaultLifted:
			f.Lifted = new(time.Duration(e.AtNS))
			f.SizeS = cmp.Or(f.SizeS, size)
		}
	}
	for _, f := range list {
		f.kind, f.known = configs.KindOf(f.Kind)
		if f.Connections == nil && f.RequestsHeld == nil {
			f.trace(x)
		}
	}
	slices.SortFunc(list, func(x, y *Fault) int {
		return cmp.Or(cmp.Compare(x.Applied, y.Applied), cmp.Compare(x.Index, y.Index))
	})
	return list
}

// trace looks for another sign that the fault met traffic. What it met is told when
// it is lifted, and a run that was killed, or lost its proxy, has not come to that.
func (f *Fault) trace(x *Events) {
	f.Routed = f.Routed || len(x.met[f.Index]) > 0
	for _, u := range x.Uses {
		f.Routed = f.Routed || u.Dependency == f.Dependency && u.Calls > 0 && u.To > f.Applied
	}
}

// inForce reports whether the fault was in force at t.
func (f *Fault) inForce(t time.Duration) bool {
	return f.Applied <= t && (f.Lifted == nil || t < *f.Lifted)
}

// Exercised reports whether the fault met any traffic: a request was held,
// slowed, cut or answered. A refused connect leaves no trace in the proxy, so where
// requests are not known it is enough that the fault was in force on a
// connection, or that the site was just using the proxy.
func (f *Fault) Exercised() bool {
	if f.RequestsHeld != nil {
		return *f.RequestsHeld > 0
	}
	return f.Routed || f.Connections != nil && *f.Connections > 0
}

func (run *Run) faultFigures() []reports.Fault {
	list := []reports.Fault{}
	for _, f := range run.Faults {
		figure := reports.Fault{
			Dependency: f.Dependency, Kind: f.Kind, State: f.state(), Noun: f.kind.Noun, Past: f.kind.Past, Does: f.effect(), Phase: f.Phase, Share: f.Share, Stepped: f.stepped, AppliedS: f.Applied.Seconds(),
			Connections: f.Connections, RequestsHeld: f.RequestsHeld, BytesUp: f.BytesUp, BytesDown: f.BytesDown,
			Exercised: f.Exercised(), Uncounted: f.Uncounted, UndoConfirmed: f.UndoConfirmed,
		}
		if f.SizeS != 0 || f.kind.Sized {
			figure.SizeS = new(f.SizeS)
		}
		figure.CallS = run.CallUnder(f)
		met := run.Events.met[f.Index]
		if cut := run.Manifest.Outcome == nil && f.Connections != nil && int64(len(met)) < *f.Connections; f.Connections != nil && !cut { // else some were still open at a kill
			figure.PeakConnections = new(f.peak(met))
		}
		if f.Lifted != nil {
			figure.LiftedS = new(f.Lifted.Seconds())
		}
		run.stallFigures(f, &figure)
		list = append(list, figure)
	}
	return list
}

// stallFigures are those of the requests that came while the fault was in force.
func (run *Run) stallFigures(f *Fault, figure *reports.Fault) {
	for _, s := range run.Stalls {
		if s.Fault != f {
			continue
		}
		n, waited := s.Late()
		if figure.Due, figure.Late, figure.SilentS = s.Due, n, new(run.Cells.silent(f).Seconds()); n > 0 {
			figure.LateWaitS = new(waited.Seconds())
		}
	}
}

// peak is the most connections that were open at one moment while the fault was
// in force on them.
func (f *Fault) peak(met []journal.Connection) int64 {
	type change struct {
		at time.Duration
		by int64
	}
	var changes []change
	for _, c := range met {
		closed := time.Duration(c.ClosedNS)
		if f.Lifted != nil {
			closed = min(closed, *f.Lifted)
		}
		changes = append(changes, change{max(time.Duration(c.OpenedNS), f.Applied), 1}, change{closed, -1})
	}
	// One that ends at the moment another begins is not open beside it.
	slices.SortFunc(changes, func(x, y change) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.by, y.by)) })
	var open, most int64
	for _, c := range changes {
		open += c.by
		most = max(most, open)
	}
	return most
}

// Untouched is the warning about a fault that met no traffic, with the likely reason.
func (run *Run) Untouched(f reports.Fault) string {
	if f.Untold() {
		return fmt.Sprintf("nothing says whether the fault on %s (%s) touched a request: the run ended before that was recorded", f.Dependency, f.Kind)
	}
	if f.Does.Answers && f.Connections != nil && *f.Connections > 0 {
		return fmt.Sprintf("the fault on %s (%s) answered no request on %s: did any request call %s while it was in force, and in plain HTTP?",
			f.Dependency, f.Kind, words.Number(*f.Connections, "connection"), f.Dependency)
	}
	if f.Connections != nil && *f.Connections > 0 {
		return fmt.Sprintf("the fault on %s (%s) touched no request, though the site had %s open through its proxy: did any request call %s while it was in force?",
			f.Dependency, f.Kind, words.Number(*f.Connections, "connection"), f.Dependency)
	}
	proxy := "its proxy"
	for _, d := range run.Manifest.Dependencies {
		switch {
		case d.Name == f.Dependency && d.Listen != "":
			proxy += " at " + d.Listen
		case d.Name == f.Dependency && d.Host != "":
			proxy = fmt.Sprintf("the egress (http_proxy and https_proxy set to http://%s, and the host named %s)", run.Manifest.Egress, d.Host)
		}
	}
	return fmt.Sprintf("the fault on %s (%s) touched no request: is the site configured to call %s through %s, and do these requests call it?",
		f.Dependency, f.Kind, f.Dependency, proxy)
}

// state says the state that the fault puts its dependency into, to follow "With ".
func (f *Fault) state() string {
	state, delayed := f.kind.State, f.kind.Delayed
	if !f.known {
		state = "under " + f.Kind
	}
	text := f.Dependency + " " + state
	switch {
	case delayed != "" && f.stepped && f.kind.At != configs.AtConnect:
		text += " in steps"
	case delayed != "" && f.SizeS > 0:
		text = f.Dependency + " " + words.Span(f.SizeS) + " " + delayed
	}
	if f.Share > 0 && f.Share < 1 {
		text += " on " + words.Percent(f.Share) + " of connections"
	}
	return text
}

// Waits reports whether the fault makes calls wait.
func (f *Fault) Waits() bool { return f.kind.Waits(f.longest()) }

// Withholds reports whether it makes calls wait for a connect or an answer, so
// that a site which ends its connection meanwhile has given up.
func (f *Fault) Withholds() bool { return f.kind.Withholds(f.longest()) }

// OnConnect reports whether it makes connecting wait. In front of a listening
// address that leaves no trace in the proxy; through the egress it does.
func (f *Fault) OnConnect() bool { return f.kind.At == configs.AtConnect }

// UntilLifted reports whether a call that meets it waits for its lifting.
func (f *Fault) UntilLifted() bool { return f.kind.Wait == configs.WaitLifting }

// TripDelay reports whether each round trip of a call waits for the fault's delay.
func (f *Fault) TripDelay() bool {
	return f.kind.Wait == configs.WaitDelay && f.kind.At == configs.AtTrip
}

// DialDelay reports whether connecting waits for the fault's delay, and then goes on.
func (f *Fault) DialDelay() bool {
	return f.kind.Wait == configs.WaitDelay && f.kind.At == configs.AtConnect && !f.kind.Refuses
}

// longest is the longest delay that the fault had: some, if the record leaves it
// out of a kind that has one, as of a delay that is all jitter.
func (f *Fault) longest() time.Duration {
	if f.mostS == 0 && f.kind.Sized {
		return 1
	}
	return time.Duration(f.mostS * float64(time.Second))
}

func (f *Fault) effect() reports.Effect {
	return reports.Effect{Waits: f.Waits(), TripDelay: f.TripDelay(), OnListener: f.kind.OnListener(), Refuses: f.kind.Refuses, Answers: f.kind.Answers}
}
