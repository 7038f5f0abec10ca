package reports

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

const classes = int(journal.ClassOther) + 1

// trafficCounter counts the hits of each phase and request.
type trafficCounter struct {
	traffic
	last time.Duration // the last that was due or done
}

// traffic is what came of the hits of each phase and request.
type traffic struct {
	requests int
	tallies  []*tally // of request r in phase p at p*requests+r; nil where there was no hit
	lags     []lag    // by phase
}

// tally is what came of a number of hits.
type tally struct {
	hits, sent, ok, degraded int64
	classes                  [classes]int64
	codes                    codeCounts
	failed                   codeCounts               // of class status
	gateway                  [len(gatewayCodes)]int64 // bad answers only
	response, responseAll    stats.Histogram          // ns
	service                  stats.Histogram          // ns
}

func newTrafficCounter(m journal.Manifest) *trafficCounter {
	return &trafficCounter{traffic: traffic{
		requests: len(m.Requests),
		tallies:  make([]*tally, len(m.Phases)*len(m.Requests)),
		lags:     make([]lag, len(m.Phases)),
	}}
}

// finish returns what was counted.
func (t *trafficCounter) finish() *traffic { return &t.traffic }

func (t *trafficCounter) add(h *journal.Hit) {
	t.last = max(t.last, h.Due, h.Done)
	at := int(h.Phase)*t.requests + int(h.Request)
	if t.tallies[at] == nil {
		t.tallies[at] = &tally{}
	}
	t.tallies[at].add(h)
	t.lags[h.Phase].add(h)
}

func (t *tally) add(h *journal.Hit) {
	t.hits++
	t.classes[min(int(h.Class), classes-1)]++
	if h.Class.Ours() {
		return
	}
	t.sent++
	t.codes.add(h.Code)
	t.responseAll.Add(int64(h.Response()))
	if h.Class != journal.ClassOK {
		if i := gatewayIndex(h.Code); i >= 0 {
			t.gateway[i]++
		}
		if h.Class == journal.ClassStatus {
			t.failed.add(h.Code)
		}
		return
	}
	t.ok++
	t.response.Add(int64(h.Response()))
	t.service.Add(int64(h.Service()))
	if h.Degraded {
		t.degraded++
	}
}

func (t *tally) merge(o *tally) {
	t.hits += o.hits
	t.sent += o.sent
	t.ok += o.ok
	t.degraded += o.degraded
	for i, n := range o.classes {
		t.classes[i] += n
	}
	for i, n := range o.gateway {
		t.gateway[i] += n
	}
	t.codes.merge(o.codes)
	t.failed.merge(o.failed)
	t.response.Merge(&o.response)
	t.responseAll.Merge(&o.responseAll)
	t.service.Merge(&o.service)
}

// bad returns how many hits were sent and not answered well.
func (t *tally) bad() int64 { return t.sent - t.ok }

// of returns the tally of phase p, all its requests together.
func (t *traffic) of(p int) *tally {
	sum := &tally{}
	for _, one := range t.tallies[p*t.requests : (p+1)*t.requests] {
		if one != nil {
			sum.merge(one)
		}
	}
	return sum
}

// sentByRequest is how often each request was sent.
func (t *traffic) sentByRequest() []int64 {
	sent := make([]int64, t.requests)
	for i, one := range t.tallies {
		if one != nil {
			sent[i%t.requests] += one.sent
		}
	}
	return sent
}

// fastest is the fastest good answer to a request outside warm-ups; 0 when there was none.
func (t *traffic) fastest(phases []journal.PhaseSpan, request int32) (best time.Duration) {
	for i, p := range phases {
		one := t.tallies[i*t.requests+int(request)]
		if one == nil || p.Warmup || one.ok == 0 {
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
func (t *tally) figures(asked *float64, seconds float64) Traffic {
	f := Traffic{
		Hits: t.hits, Sent: t.sent, OK: t.ok, Degraded: t.degraded, RateAskedHz: asked,
		OKRatio: ratio(t.ok, t.sent), DegradedRatio: ratio(t.degraded, t.sent),
		Codes: map[string]int64{}, Classes: map[string]int64{}, Failed: map[string]int64{},
		ResponseS: quantiles(&t.response), ResponseAllS: quantiles(&t.responseAll), ServiceS: quantiles(&t.service),
	}
	if hz := perSecond(t.sent, seconds); hz != nil {
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
func (a *run) phases() []Phase {
	list := []Phase{}
	for i, span := range a.manifest.Phases {
		seconds := a.lasted(i)
		p := Phase{
			Name: span.Name, Kind: span.Kind, Warmup: span.Warmup,
			StartS: time.Duration(span.StartNS).Seconds(), EndS: time.Duration(span.EndNS).Seconds(),
			CutShort: outcome(a.manifest) != complete && a.end < time.Duration(span.EndNS),
			Requests: []RequestTraffic{},
		}
		if seconds > 0 && seconds < p.EndS-p.StartS {
			p.EndS = p.StartS + seconds // cut short
		}
		sum := a.traffic.of(i)
		p.Traffic = sum.figures(nil, seconds)
		p.Hits = a.due(i)
		if span.Kind == open {
			p.RateAskedHz = new(span.RateMean)
		}
		for r, name := range a.manifest.Requests {
			one := a.traffic.tallies[i*a.traffic.requests+r]
			if one == nil {
				continue
			}
			var asked *float64
			if span.Kind == open {
				asked = perSecond(one.hits, seconds)
			}
			p.Requests = append(p.Requests, RequestTraffic{name, one.figures(asked, seconds)})
		}
		list = append(list, p)
	}
	return list
}

// total is what came of all phases that are no warm-up, together.
func (a *run) total() Traffic {
	sum, seconds := &tally{}, 0.0
	for i, p := range a.manifest.Phases {
		if !p.Warmup {
			sum.merge(a.traffic.of(i))
			seconds += a.lasted(i)
		}
	}
	return sum.figures(nil, seconds)
}

// lasted is how many seconds phase i really lasted: less than planned when the run was cut short, 0 when it never began.
func (a *run) lasted(i int) float64 {
	p := a.manifest.Phases[i]
	end := a.end
	if a.stopped() {
		end = time.Duration(a.manifest.Outcome.StoppedNS)
	}
	return max(min(time.Duration(p.EndNS), end)-time.Duration(p.StartNS), 0).Seconds()
}

// stopped reports whether the run ended before its last phase because enough was known.
func (a *run) stopped() bool {
	return a.manifest.Outcome != nil && a.manifest.Outcome.StoppedNS > 0
}

// due is how many hits were due in phase i: those planned when the run is
// complete, those recorded when it was cut short or nothing was planned.
func (a *run) due(i int) int64 {
	var recorded int64
	for _, t := range a.traffic.tallies[i*a.traffic.requests : (i+1)*a.traffic.requests] {
		if t != nil {
			recorded += t.hits
		}
	}
	if outcome(a.manifest) != complete || a.stopped() {
		return recorded
	}
	return max(recorded, int64(a.manifest.Phases[i].Hits))
}

// quantiles are those of a histogram of nanoseconds, in seconds.
func quantiles(h *stats.Histogram) Quantiles {
	q := Quantiles{N: h.N()}
	if q.N == 0 {
		return q
	}
	at := func(p float64) *float64 { return new(time.Duration(h.Quantile(p)).Seconds()) }
	q.P50, q.P90, q.P95, q.P99, q.P999, q.Max = at(0.5), at(0.9), at(0.95), at(0.99), at(0.999), at(1)
	return q
}

// codeCounts counts hits by status. A site answers with a handful of them, so a
// list beats a map; 0 stands for no status, and for a number that is none.
type codeCounts []codeCount

type codeCount struct {
	code int32
	n    int64
}

func (c *codeCounts) add(code int32) { c.addN(code, 1) }

func (c *codeCounts) addN(code int32, n int64) {
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

func (c *codeCounts) merge(o codeCounts) {
	for _, one := range o {
		c.addN(one.code, one.n)
	}
}

// byCount returns the counts, the most frequent first.
func (c codeCounts) byCount() codeCounts {
	return slices.SortedFunc(slices.Values(c), func(x, y codeCount) int {
		return cmp.Or(cmp.Compare(y.n, x.n), cmp.Compare(x.code, y.code))
	})
}
