package measure

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

const classes = int(journal.ClassOther) + 1

// trafficCounter counts the hits of each phase and request.
type trafficCounter struct {
	Traffic
	last time.Duration // the last that was due or done
}

// Traffic is what came of the hits of each phase and request.
type Traffic struct {
	Requests int
	tallies  []*Tally // of request r in phase p at p*requests+r; nil where there was no hit
	lags     []lag    // by phase
}

// Tally is what came of a number of hits.
type Tally struct {
	hits, Sent, Ok, Degraded int64
	classes                  [classes]int64
	codes                    CodeCounts
	failed                   CodeCounts               // of class status
	Gateway                  [len(gatewayCodes)]int64 // bad answers only
	Response, notOK          stats.Histogram          // ns, of good answers and of the others
	service                  stats.Histogram          // ns
}

func newTrafficCounter(m journal.Manifest) *trafficCounter {
	return &trafficCounter{Traffic: Traffic{
		Requests: len(m.Requests),
		tallies:  make([]*Tally, len(m.Phases)*len(m.Requests)),
		lags:     make([]lag, len(m.Phases)),
	}}
}

// finish returns what was counted.
func (t *trafficCounter) finish() *Traffic { return &t.Traffic }

func (t *trafficCounter) add(h *journal.Hit) {
	t.last = max(t.last, h.Due, h.Done)
	at := int(h.Phase)*t.Requests + int(h.Request)
	if t.tallies[at] == nil {
		t.tallies[at] = &Tally{}
	}
	t.tallies[at].add(h)
	t.lags[h.Phase].add(h)
}

func (t *Tally) add(h *journal.Hit) {
	t.hits++
	t.classes[min(int(h.Class), classes-1)]++
	if h.Class.Ours() {
		return
	}
	t.Sent++
	t.codes.add(h.Code)
	if h.Class != journal.ClassOK {
		t.notOK.Add(int64(h.Response()))
		if i := gatewayIndex(h.Code); i >= 0 {
			t.Gateway[i]++
		}
		if h.Class == journal.ClassStatus {
			t.failed.add(h.Code)
		}
		return
	}
	t.Ok++
	t.Response.Add(int64(h.Response()))
	t.service.Add(int64(h.Service()))
	if h.Degraded {
		t.Degraded++
	}
}

func (t *Tally) Merge(o *Tally) {
	t.hits += o.hits
	t.Sent += o.Sent
	t.Ok += o.Ok
	t.Degraded += o.Degraded
	for i, n := range o.classes {
		t.classes[i] += n
	}
	for i, n := range o.Gateway {
		t.Gateway[i] += n
	}
	t.codes.merge(o.codes)
	t.failed.merge(o.failed)
	t.Response.Merge(&o.Response)
	t.notOK.Merge(&o.notOK)
	t.service.Merge(&o.service)
}

// Bad returns how many hits were sent and not answered well.
func (t *Tally) Bad() int64 { return t.Sent - t.Ok }

// Of returns the tally of phase p, all its requests together.
func (t *Traffic) Of(p int) *Tally {
	sum := &Tally{}
	for _, one := range t.tallies[p*t.Requests : (p+1)*t.Requests] {
		if one != nil {
			sum.Merge(one)
		}
	}
	return sum
}

// OfRequest returns the tally of request r in phase p.
func (t *Traffic) OfRequest(p, r int) *Tally {
	if one := t.tallies[p*t.Requests+r]; one != nil {
		return one
	}
	return &Tally{}
}

// SentByRequest is how often each request was sent.
func (t *Traffic) SentByRequest() []int64 {
	sent := make([]int64, t.Requests)
	for i, one := range t.tallies {
		if one != nil {
			sent[i%t.Requests] += one.Sent
		}
	}
	return sent
}

// Fastest is the fastest good answer to a request outside warm-ups; 0 when there was none.
func (t *Traffic) Fastest(phases []journal.PhaseSpan, request int32) (best time.Duration) {
	for i, p := range phases {
		one := t.tallies[i*t.Requests+int(request)]
		if one == nil || p.Warmup || one.Ok == 0 {
			continue
		}
		if f := time.Duration(one.service.Min()); best == 0 || f < best {
			best = f
		}
	}
	return best
}

// figures turns a tally into what the report shows. seconds is how long the
// phase lasted, asked its rate, if it had one.
func (t *Tally) figures(asked *float64, seconds float64) reports.Traffic {
	var all stats.Histogram
	all.Merge(&t.Response)
	all.Merge(&t.notOK)
	f := reports.Traffic{
		Hits: t.hits, Sent: t.Sent, OK: t.Ok, Degraded: t.Degraded, RateAskedHz: asked,
		OKRatio: Ratio(t.Ok, t.Sent), DegradedRatio: Ratio(t.Degraded, t.Sent),
		Codes: map[string]int64{}, Classes: map[string]int64{}, Failed: map[string]int64{},
		ResponseS: Quantiles(&t.Response), ResponseAllS: Quantiles(&all), ServiceS: Quantiles(&t.service),
	}
	if hz := PerSecond(t.Sent, seconds); hz != nil {
		f.RateSentHz = *hz
	}
	for _, c := range t.codes {
		f.Codes[strconv.Itoa(int(c.code))] = c.n
	}
	for _, c := range t.failed {
		f.Failed[strconv.Itoa(int(c.code))] = c.n
	}
	for c, n := range t.classes {
		if n > 0 {
			f.Classes[journal.Class(c).String()] = n
		}
	}
	return f
}

// phases are the report's phases in the order of the manifest, those that never began as well.
func (run *Run) phases(f Fidelity) []reports.Phase {
	list := []reports.Phase{}
	for i, span := range run.Manifest.Phases {
		seconds := run.Lasted(i)
		p := reports.Phase{
			Name: span.Name, Kind: span.Kind, Warmup: span.Warmup,
			StartS: time.Duration(span.StartNS).Seconds(), EndS: time.Duration(span.EndNS).Seconds(),
			CutShort: Outcome(run.Manifest) != reports.OutcomeComplete && run.End < time.Duration(span.EndNS),
			Requests: []reports.RequestTraffic{},
			Doubt:    f.phases[i],
			Visits:   run.phaseVisits(i),
		}
		if seconds > 0 && seconds < p.EndS-p.StartS {
			p.EndS = p.StartS + seconds // cut short
		}
		sum := run.Traffic.Of(i)
		p.Traffic = sum.figures(nil, seconds)
		p.Hits = run.due(i)
		if span.Kind == reports.OpenPhase {
			p.RateAskedHz = new(span.RateMean)
			if run.Manifest.Arrivals == configs.Replay && span.RateFrom < span.RateTo {
				p.Replayed = &reports.Replayed{LowHz: span.RateFrom, HighHz: span.RateTo}
			}
		}
		for r, name := range run.Manifest.Requests {
			one := run.Traffic.tallies[i*run.Traffic.Requests+r]
			if one == nil {
				continue
			}
			var asked *float64
			if own := run.ownRate(r); own > 0 {
				asked = &own
			} else if span.Kind == reports.OpenPhase {
				asked = PerSecond(one.hits, seconds)
			}
			p.Requests = append(p.Requests, reports.RequestTraffic{Name: name, Traffic: one.figures(asked, seconds)})
		}
		list = append(list, p)
	}
	return list
}

// ownRate is the rate that request r has of its own, per second; 0 when it has a weight.
func (run *Run) ownRate(r int) float64 {
	if r < len(run.Manifest.RequestRates) {
		return run.Manifest.RequestRates[r]
	}
	return 0
}

// requests are the figures of each request in all phases that are no warm-up, together.
func (run *Run) requests() []reports.RequestTraffic {
	seconds := 0.0
	sums := make([]Tally, len(run.Manifest.Requests))
	for i, p := range run.Manifest.Phases {
		if p.Warmup {
			continue
		}
		seconds += run.Lasted(i)
		for r := range sums {
			sums[r].Merge(run.Traffic.OfRequest(i, r))
		}
	}
	list := []reports.RequestTraffic{}
	for r, name := range run.Manifest.Requests {
		if sums[r].hits > 0 {
			list = append(list, reports.RequestTraffic{Name: name, Traffic: sums[r].figures(nil, seconds)})
		}
	}
	return list
}

// total is what came of all phases that are no warm-up, together.
func (run *Run) total() reports.Traffic {
	sum, seconds := &Tally{}, 0.0
	for i, p := range run.Manifest.Phases {
		if !p.Warmup {
			sum.Merge(run.Traffic.Of(i))
			seconds += run.Lasted(i)
		}
	}
	return sum.figures(nil, seconds)
}

// Lasted is how many seconds phase i really lasted: less than planned when the run was cut short, 0 when it never began.
func (run *Run) Lasted(i int) float64 {
	p := run.Manifest.Phases[i]
	end := run.End
	if run.stopped() {
		end = time.Duration(run.Manifest.Outcome.StoppedNS)
	}
	return max(min(time.Duration(p.EndNS), end)-time.Duration(p.StartNS), 0).Seconds()
}

// stopped reports whether the run ended before its last phase because enough was known.
func (run *Run) stopped() bool {
	return run.Manifest.Outcome != nil && run.Manifest.Outcome.StoppedNS > 0
}

// due is how many hits were due in phase i: those planned when the run is
// complete, those recorded when it was cut short or nothing was planned.
func (run *Run) due(i int) int64 {
	var recorded int64
	for _, t := range run.Traffic.tallies[i*run.Traffic.Requests : (i+1)*run.Traffic.Requests] {
		if t != nil {
			recorded += t.hits
		}
	}
	if Outcome(run.Manifest) != reports.OutcomeComplete || run.stopped() {
		return recorded
	}
	return max(recorded, int64(run.Manifest.Phases[i].Hits))
}

// Quantiles are those of a histogram of nanoseconds, in seconds.
func Quantiles(h *stats.Histogram) reports.Quantiles {
	q := reports.Quantiles{N: h.N()}
	if q.N == 0 {
		return q
	}
	at := func(p float64) *float64 { return new(time.Duration(h.Quantile(p)).Seconds()) }
	q.P50, q.P90, q.P95, q.P99, q.P999, q.Max = at(0.5), at(0.9), at(0.95), at(0.99), at(0.999), at(1)
	return q
}

// CodeCounts counts hits by status. A site answers with a handful of them, so a
// list beats a map; 0 stands for no status, and for a number that is none.
type CodeCounts []codeCount

type codeCount struct {
	code int32
	n    int64
}

func (c *CodeCounts) add(code int32) { c.addN(code, 1) }

func (c *CodeCounts) addN(code int32, n int64) {
	if code < 0 || code > 999 {
		code = 0
	}
	for i := range *c {
		if (*c)[i].code == code {
			(*c)[i].n += n
			return
		}
	}
	*c = append(*c, codeCount{code, n})
}

func (c *CodeCounts) merge(o CodeCounts) {
	for _, one := range o {
		c.addN(one.code, one.n)
	}
}

// byCount returns the counts, the most frequent first.
func (c CodeCounts) byCount() CodeCounts {
	return slices.SortedFunc(slices.Values(c), func(x, y codeCount) int {
		return cmp.Or(cmp.Compare(y.n, x.n), cmp.Compare(x.code, y.code))
	})
}
