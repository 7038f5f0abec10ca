package measure

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/words"
)

// A second is well when its ok ratio is at least that of the baseline's worst
// second and its p95 at most that of the baseline's slowest, widened by a
// quarter and 10 ms: with 8 hits a second the p95 is the slowest of eight, and
// the slowest of a few baseline seconds is only a guess at how slow a healthy
// second may be.
//
// Bad seconds in the baseline must not make every second well: the worst counts
// as no more than dip below the baseline's ok ratio, and the slowest as no more
// than twice the lower quartile, as half of the seconds before a fault may be of a
// load that the site queued under. A baseline with an ok ratio below sound is not
// a state to come back to.
const (
	widen    = 1.25
	widenAbs = 10 * time.Millisecond
	dip      = 0.1
	Sound    = 0.9
)

// The baseline is at most the last maxBaseline seconds before the first fault,
// which bounds its memory; recovery is looked for during maxRecovery seconds.
const (
	maxBaseline = 600
	maxRecovery = 24 * 3600
)

// The two seconds after the first that is well must not be bad; of visits the four, as
// visitors who were let go think, and come back in a wave.
const (
	confirm       = 2
	confirmVisits = 4
)

// baseline gathers the full seconds, by when hits were due, before the first
// fault, counted from the start of each phase that is no warm-up.
type baseline struct {
	until   time.Duration // the first fault was applied: what was not answered by then was under it
	phases  []baselinePhase
	seconds []baselineSecond
}

// baselinePhase says where in seconds a phase's are: n of them, from its second number skip on.
type baselinePhase struct {
	start         time.Duration
	skip, n, base int
}

type baselineSecond struct {
	n, ok    int64
	response stats.Histogram // ns, of all hits sent
}

func newBaseline(m journal.Manifest, faults []*Fault) *baseline {
	b := &baseline{phases: make([]baselinePhase, len(m.Phases))}
	if len(faults) == 0 {
		return b
	}
	b.until = faults[0].Applied
	left := maxBaseline
	for i := len(m.Phases) - 1; i >= 0 && left > 0; i-- {
		p := m.Phases[i]
		start, end := time.Duration(p.StartNS), min(time.Duration(p.EndNS), faults[0].Applied)
		if p.Warmup || p.Kind == reports.BurstPhase || end-start < time.Second {
			continue // a burst is no healthy second
		}
		full := int((end - start) / time.Second)
		n := min(full, left)
		b.phases[i] = baselinePhase{start: start, skip: full - n, n: n, base: maxBaseline - left}
		left -= n
	}
	b.seconds = make([]baselineSecond, maxBaseline-left)
	return b
}

func (b *baseline) add(h *journal.Hit) {
	p := &b.phases[h.Phase]
	if p.n == 0 || h.Due < p.start || h.Done > b.until {
		return
	}
	i := int((h.Due-p.start)/time.Second) - p.skip
	if i < 0 || i >= p.n {
		return
	}
	s := &b.seconds[p.base+i]
	s.n++
	if h.Class == journal.ClassOK {
		s.ok++
	}
	s.response.Add(int64(h.Response()))
}

// limits are what a second must keep to be well, or why that can't be told.
func (b *baseline) limits() (okRatio float64, p95 time.Duration, why string) {
	var n, ok int64
	var times []time.Duration
	okRatio = 1
	for i := range b.seconds {
		s := &b.seconds[i]
		if s.n == 0 {
			continue
		}
		n, ok = n+s.n, ok+s.ok
		okRatio = min(okRatio, float64(s.ok)/float64(s.n))
		times = append(times, time.Duration(s.response.Quantile(0.95)))
	}
	if n == 0 {
		return 0, 0, "no full second before the first fault to hold it against"
	}
	all := float64(ok) / float64(n)
	if all < Sound {
		return 0, 0, fmt.Sprintf("the site was not well before the first fault either: %s of requests were answered well", words.Percent(all))
	}
	slices.Sort(times)
	p95 = min(times[len(times)-1], 2*times[len(times)/4])
	return max(okRatio, all-dip), time.Duration(widen*float64(p95)) + widenAbs, ""
}

// Recovery follows the seconds after one fault was lifted.
type Recovery struct {
	Fault   *Fault
	Why     string // it can't be told
	Overlap bool   // because another fault was in force
	Stop    string // what ends the seconds
	okRatio float64
	p95     time.Duration
	Seconds []recoverySecond
	visits  bool           // who was let go comes back later
	since   recoverySecond // all hits since the fault was applied, as long as the site's state can be told
}

type recoverySecond struct{ n, ok, slow int64 }

// liftedFaults prepares a recovery for each fault that was lifted, in the order of lifting.
func (run *Run) liftedFaults(b *baseline) []*Recovery {
	okRatio, p95, unknown := b.limits()
	var list []*Recovery
	for _, f := range run.Faults {
		if f.Lifted == nil {
			continue
		}
		r := &Recovery{Fault: f, okRatio: okRatio, p95: p95, visits: run.Visits != nil}
		if unknown != "" {
			r.Why = unknown
		} else if other := run.otherInForce(f); other != nil {
			r.Overlap = true
			r.Why = fmt.Sprintf("another fault (%s %s) was still in force", other.Dependency, other.Kind)
		} else {
			end, stop := run.watchedUntil(*f.Lifted)
			r.Stop = stop
			r.Seconds = make([]recoverySecond, min(max(end-*f.Lifted, 0)/time.Second, maxRecovery))
		}
		list = append(list, r)
	}
	slices.SortStableFunc(list, func(x, y *Recovery) int { return cmp.Compare(*x.Fault.Lifted, *y.Fault.Lifted) })
	return list
}

// otherInForce returns a fault that stayed in force when f was lifted, or nil.
// Faults that end together are lifted one after the other: a second is allowed.
func (run *Run) otherInForce(f *Fault) *Fault {
	for _, o := range run.Faults {
		if o != f && o.inForce(*f.Lifted) && o.inForce(*f.Lifted+time.Second) {
			return o
		}
	}
	return nil
}

// watchedUntil returns how long the site's state after a lifting can be told
// from the hits, and what ends it: the next fault, or the traffic's end.
func (run *Run) watchedUntil(lifted time.Duration) (time.Duration, string) {
	var end time.Duration
	for i, p := range run.Manifest.Phases {
		if !p.Warmup && run.Lasted(i) > 0 {
			end = max(end, min(time.Duration(p.EndNS), run.End))
		}
	}
	for _, f := range run.Faults {
		if f.Applied >= lifted && f.Applied < end {
			return f.Applied, fmt.Sprintf("the next fault (%s %s) came", f.Dependency, f.Kind)
		}
	}
	return end, "the traffic ended"
}

func (r *Recovery) add(h *journal.Hit) {
	if h.Due < r.Fault.Applied || r.p95 == 0 {
		return
	}
	i := int64(-1)
	if h.Due >= *r.Fault.Lifted {
		i = int64((h.Due - *r.Fault.Lifted) / time.Second)
	}
	if i >= int64(len(r.Seconds)) {
		return
	}
	r.since.add(h, r.p95)
	if i >= 0 {
		r.Seconds[i].add(h, r.p95)
	}
}

func (s *recoverySecond) add(h *journal.Hit, p95 time.Duration) {
	s.n++
	if h.Class == journal.ClassOK {
		s.ok++
	}
	if h.Response() > p95 {
		s.slow++
	}
}

// well: at most 5% slower than the limit is the same as p95 within it.
func (r *Recovery) well(s recoverySecond) bool {
	return s.n > 0 && float64(s.ok) >= r.okRatio*float64(s.n)-1e-9 && s.slow*20 <= s.n
}

// confirms is how many seconds after the first that is well must not be bad.
func (r *Recovery) confirms() int {
	if r.visits {
		return confirmVisits
	}
	return confirm
}

// Recovered returns the number of the first second that is well with no bad one
// in those after it that are to confirm it. A second without hits is neither. When there is none,
// refused is how many seconds are known not to be it.
func (r *Recovery) Recovered() (second, refused int, ok bool) {
	for i := range r.Seconds {
		good, following := r.well(r.Seconds[i]), r.Seconds[i+1:min(i+1+r.confirms(), len(r.Seconds))]
		for _, s := range following {
			good = good && (s.n == 0 || r.well(s))
		}
		if good && len(following) == r.confirms() {
			return i, 0, true
		}
		if good { // it may be, but the seconds ran out
			return 0, i, false
		}
	}
	return 0, len(r.Seconds), false
}

func (run *Run) recoveryFigures() []reports.Recovery {
	list := []reports.Recovery{}
	for _, r := range run.Recoveries {
		f := reports.Recovery{Dependency: r.Fault.Dependency, Kind: r.Fault.Kind, Noun: r.Fault.kind.Noun, LiftedS: r.Fault.Lifted.Seconds(), Why: r.Why}
		if r.p95 > 0 && r.since.n > 0 {
			f.Ill = new(r.since.ok < r.since.n || r.since.slow*20 > r.since.n)
		}
		second, refused, ok := r.Recovered()
		switch {
		case r.Why != "":
		case ok:
			f.AfterLiftS = new(float64(second))
			f.RecoveredS = new((*r.Fault.Lifted + time.Duration(second)*time.Second).Seconds())
		case refused == len(r.Seconds) && refused > r.confirms():
			f.NotWellS = new(float64(refused))
			f.Why = fmt.Sprintf("not well within %d s, then %s", refused, r.Stop)
		default:
			f.Why = fmt.Sprintf("%s %d s after lifting, too soon to tell: it takes a good second and the %s after it", r.Stop, len(r.Seconds), map[bool]string{false: "two", true: "four"}[r.visits])
		}
		list = append(list, f)
	}
	return list
}
