package measure

import (
	"fmt"
	"strings"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/words"
)

// A phase is trusted unless manyLate of its hits or more were sent more than
// maxLag after they were due, and these were more than maxLate of them or came
// within one second: then the site got a burst that nobody asked for. The lag is
// part of the response time, so all of it is blamed on the site. People write
// objectives over tenths of a second; two loaded cores with the site beside them
// sent with a p99 of 1.2 ms, so 100 ms is no hiccup. One or two late hits in a
// short phase are: they change no figure but the highest. So are one or two that were
// not sent, where they are at most maxUnsent of the phase's: a machine that stood still
// once in half an hour spares the site nothing that any figure would show. Hits
// without a record are none of these: nobody knows what became of them.
const (
	maxLag    = 100 * time.Millisecond
	maxLate   = 0.01
	manyLate  = 3
	maxUnsent = 0.005
)

// lag is how far behind its schedule the generator was in a phase.
type lag struct {
	stats.Histogram // ns, of the hits sent
	late            int64
	seconds         map[time.Duration]int64 // hits late, by the second in which they were due
	most            int64                   // late in one of them
}

func (l *lag) add(h *journal.Hit) {
	if h.Class == journal.ClassDropped {
		return
	}
	behind := h.Sent - h.Due
	l.Add(int64(behind))
	if behind > maxLag {
		if l.seconds == nil {
			l.seconds = map[time.Duration]int64{}
		}
		second := h.Due / time.Second
		l.late++
		l.seconds[second]++
		l.most = max(l.most, l.seconds[second])
	}
}

// Fidelity says what the harness did of what was asked, in all and by phase.
type Fidelity struct {
	total  reports.Fidelity
	phases []string // why the phase's figures can't be trusted; empty when they can
}

// shortfall is what a phase, or all of them, lacks.
type shortfall struct {
	due, Dropped, Missing, Generator, late, sent int64
	most                                         int64 // late within one second
	// Of a run of visits: due, of these begun, without a record, and the steps without one.
	visits, begun, visitsMissing, stepsMissing int64
}

func (s *shortfall) add(o shortfall) {
	s.due += o.due
	s.Dropped += o.Dropped
	s.Missing += o.Missing
	s.Generator += o.Generator
	s.late += o.late
	s.sent += o.sent
	s.most = max(s.most, o.most)
	s.visits += o.visits
	s.begun += o.begun
	s.visitsMissing += o.visitsMissing
	s.stepsMissing += o.stepsMissing
}

// IsLate reports whether so many hits were late that the site's state may be of our doing.
func (s shortfall) IsLate() bool {
	return s.most >= manyLate || s.late >= manyLate && float64(s.late) > maxLate*float64(s.sent+s.Generator)
}

// fewUnsent reports whether so few hits were not sent that no figure is another for it.
func (s shortfall) fewUnsent() bool {
	n := s.Dropped + s.Generator
	return n < manyLate && float64(n) <= maxUnsent*float64(s.due)
}

// fidelity includes the warm-up: a generator that fails there fails.
func (run *Run) fidelity() Fidelity {
	f := Fidelity{phases: make([]string, len(run.Manifest.Phases))}
	var all shortfall
	var lags stats.Histogram
	var openSent int64
	var openBegun int64
	var openSeconds, openAsked, visitsAsked float64
	for i, p := range run.Manifest.Phases {
		s := run.Shortfall(i)
		f.phases[i] = s.why()
		all.add(s)
		if p.Kind != reports.ClosedPhase {
			lags.Merge(&run.Traffic.lags[i].Histogram)
		}
		if p.Kind == reports.OpenPhase {
			openSent, openSeconds, openAsked = openSent+s.sent, openSeconds+run.Lasted(i), openAsked+p.RateMean*run.Lasted(i)
			openBegun, visitsAsked = openBegun+s.begun, visitsAsked+p.VisitRateMean*run.Lasted(i)
		}
	}
	f.total = reports.Fidelity{
		HitsDue: all.due, HitsSent: all.sent, HitsDropped: all.Dropped, VisitsDue: all.visits, VisitsBegun: all.begun,
		RateSentHz: PerSecond(openSent, openSeconds),
		OK:         f.sound(), Why: all.why(),
	}
	if openSeconds > 0 {
		f.total.RateAskedHz = new(openAsked / openSeconds)
		if run.Visits != nil {
			f.total.VisitRateAskedHz, f.total.VisitRateBegunHz = new(visitsAsked/openSeconds), PerSecond(openBegun, openSeconds)
		}
	}
	if f.total.OK {
		f.total.Why = ""
	} else if f.total.Why == "" {
		f.total.Why = f.firstWhy(run.Manifest)
	}
	if q := Quantiles(&lags); q.N > 0 {
		f.total.LagP50S, f.total.LagP99S, f.total.LagMaxS = q.P50, q.P99, q.Max
	}
	return f
}

// Shortfall compares what phase i should have sent with what it did. A closed
// phase has no schedule to fall behind.
func (run *Run) Shortfall(i int) shortfall {
	sum := run.Traffic.Of(i)
	s := shortfall{
		due:       run.due(i),
		Dropped:   sum.classes[journal.ClassDropped],
		Generator: sum.classes[journal.ClassGenerator],
	}
	s.Missing = s.due - sum.hits
	if run.Visits != nil {
		recorded, begun, gaps := run.Visits.recorded(i)
		s.visits, s.begun, s.stepsMissing = run.visitsDue(i), begun, gaps
		s.visitsMissing = s.visits - recorded
	}
	s.sent = sum.hits - s.Dropped - s.Generator
	if run.Manifest.Phases[i].Kind != reports.ClosedPhase {
		s.late, s.most = run.Traffic.lags[i].late, run.Traffic.lags[i].most
	}
	return s
}

// why says in plain words what is wrong, or nothing when it is little enough.
func (s shortfall) why() string {
	var parts []string
	of := func(n, all int64, noun, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s %s", words.Count(n), words.Number(all, noun), what))
		}
	}
	say := func(n int64, what string) { of(n, s.due, "request", what) }
	if !s.fewUnsent() {
		say(s.Dropped, words.Either(s.Dropped, "was", "were")+" not sent (over a ceiling of limits, or too late)")
		say(s.Generator, "failed for want of descriptors, ports or memory on this machine")
	}
	say(s.Missing, "left no record")
	of(s.visitsMissing, s.visits, "visit", "left no record")
	of(s.stepsMissing, s.due+s.stepsMissing, "request", "left no record though a later step of their visit did")
	if s.IsLate() {
		say(s.late, words.Either(s.late, "was", "were")+" sent more than "+words.Span(maxLag.Seconds())+" late")
	}
	return strings.Join(parts, "; ")
}

// sound reports whether every phase can be trusted.
func (f Fidelity) sound() bool {
	for _, why := range f.phases {
		if why != "" {
			return false
		}
	}
	return true
}

// firstWhy names the first phase that can't be trusted, for a run whose lateness drowns in the other phases.
func (f Fidelity) firstWhy(m journal.Manifest) string {
	for i, why := range f.phases {
		if why != "" {
			return "in phase " + m.Phases[i].Name + " " + why
		}
	}
	return ""
}

// Doubt says why the figures of the phases chosen can't be trusted; it is empty when they can.
func (f Fidelity) Doubt(m journal.Manifest, chosen func(i int) bool) string {
	for i, why := range f.phases {
		if why != "" && chosen(i) {
			return "the load generator failed in phase " + m.Phases[i].Name + ": " + why
		}
	}
	return ""
}
