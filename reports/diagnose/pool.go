// Package diagnose says what was measured means for the site: its workers and
// their queue, the timeouts on its dependencies, why errors and slow answers came,
// and which timeout would hold the rate. Every figure comes with its interval, or
// with the reason why the run can't tell it.
package diagnose

import (
	"fmt"
	"math"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// PoolFit is what was worked out about the workers, and why not where it was not.
type PoolFit struct {
	service  serviceFit
	workers  workersFit
	capacity capacityFit
	windows  []measure.Stretch // in which requests queued
	full     fullFit
	mix      float64           // of the requests served in them: their service time over that of the mix as sent
	logged   *reports.Estimate // workers by the access log
	// effective is capacity times service time, also when calls held tell more.
	effective *reports.Estimate
	// contended: the workers there are serve less than they would if their work
	// were waiting. They compete for CPU, or a lock.
	contended bool
	// tcpSlots is about how many slots a TCP socket's queue has; 0 is not known.
	tcpSlots int
	// carried is the most answers in a second without a fault.
	carried float64
	// atLeast workers were seen busy at once.
	atLeast int64

	whyWorkers, whySlots, whyService, whyCapacity, whyGateway string // of what is nil
}

// Pool is what the run tells of the workers, how it was worked out, and what the
// site says of itself that the outside view does not bear out.
func Pool(run *measure.Run, dependencies []reports.Dependency) (reports.Pool, *PoolFit, []string) {
	p := &PoolFit{}
	var disagreements []string
	sent := run.Traffic.SentByRequest()
	p.full = full(run)
	p.service = fit(run.Services, sent, 0)
	p.workers = workersFromCalls(run, run.HeldCalls(), ownTimeOf(dependencies, p.service), longestService(run.Services, p.service), callsOfAll(dependencies), p.full.n > 0)
	if w := p.workers.estimate; w != nil && w.Value >= 1 {
		p.service = fit(run.Services, sent, int(w.Value))
	}
	p.capacity = measuredCapacity(run, p)
	p.logged, p.carried = workersFromLog(run, p), run.BusiestSecond()

	pool := reports.Pool{ServiceS: p.service.estimate, Grew: p.workers.grewFrom > 0}
	p.whyService = p.service.why
	pool.Workers = p.decideWorkers()
	page := statusPage(run.Observed)
	if warning := page.compare(&pool, p); warning != "" {
		disagreements = append(disagreements, warning)
	}
	pool.QueueSlots = p.slots(pool.Workers)
	if q := pool.QueueSlots; q != nil && readingInside(run) {
		q.High++
		q.From += "; our own reading of the status page may have waited in one more"
	}
	pool.CapacityHz = p.decideCapacity(pool.Workers)
	pool.GatewayTimeoutS, p.whyGateway = gatewayTimeout(&run.GiveUps)
	pool.Network, p.tcpSlots = network(run, p.full, &pool)
	page.slots(&pool, p)
	pool.Unknown = p.unknown(&pool)
	return pool, p, disagreements
}

// unknown says why the figures that are null can't be told.
func (p *PoolFit) unknown(pool *reports.Pool) map[string]string {
	unknown := map[string]string{}
	for _, one := range []struct {
		known *reports.Estimate
		name  string
		why   string
	}{
		{pool.Workers, "workers", p.whyWorkers}, {pool.QueueSlots, "queue_slots", p.whySlots}, {pool.ServiceS, "service_s", p.whyService},
		{pool.CapacityHz, "capacity_hz", p.whyCapacity}, {pool.GatewayTimeoutS, "gateway_timeout_s", p.whyGateway},
	} {
		if one.known == nil && one.why != "" {
			unknown[one.name] = one.why
		}
	}
	return unknown
}

// measuredCapacity counts answers while requests queued: while more were inside
// than there are workers, as far as that is known.
func measuredCapacity(run *measure.Run, p *PoolFit) capacityFit {
	if p.service.estimate == nil {
		return capacityFit{why: "how long a request takes is not known"}
	}
	s := p.service.estimate.Value
	threshold := int32(0)
	if w := p.workers.estimate; w != nil {
		threshold = int32(math.Ceil(w.High)) + 1
	} else {
		threshold = int32(math.Ceil(1.3*run.BusiestSecond()*s)) + 1
	}
	if p.full.n > 1 {
		threshold = max(min(threshold, int32(p.full.low)-1), 1)
	}
	windows := busyWindows(run, threshold, p.full.n > 0)
	p.windows, p.mix = windows, 1
	fit := capacity(run, windows, s, p.service.spread)
	if fit.rough == nil || run.Traffic.Requests < 2 {
		return fit
	}
	// Which requests were served is chance, and tells nothing of the workers.
	ratio, spread := p.service.weigh(run.Cells.ServedMix(windows))
	p.mix = ratio
	fit = capacity(run, windows, s*ratio, spread)
	return fit.times(ratio, 1.96*p.service.drawn)
}

// differ is how far apart two figures of the same thing may be and still agree.
const differ = 0.07

// decideWorkers prefers the workers that were counted; capacity times service
// time tells how many these are worth.
func (p *PoolFit) decideWorkers() *reports.Estimate {
	counted := p.workers.estimate
	if c, s := p.capacity.rough, p.service.estimate; c != nil && s != nil {
		relative := math.Hypot((c.High-c.Low)/2/c.Value, (s.High-s.Low)/2/s.Value)
		v := c.Value * s.Value
		p.effective = &reports.Estimate{Value: v, Low: v * (1 - relative), High: v * (1 + relative), Kind: reports.EffectiveWorkers,
			From: fmt.Sprintf("capacity times service time: %s in which requests queued", c.From)}
	}
	p.atLeast = int64(p.workers.peak)
	if p.service.grew == 0 && p.service.estimate != nil {
		p.atLeast = max(p.atLeast, int64(p.service.level)+1)
	}
	if counted == nil {
		counted = p.agreed()
	}
	if counted != nil {
		// With a worker free for each, requests took longer the more there were.
		p.contended = p.service.grew > 0.1 && float64(p.service.level+2) < counted.Low
		if e := p.effective; e != nil {
			p.contended = e.High < counted.Value*(1-differ)
			if e.Low > counted.Value*(1+differ) {
				p.whyWorkers = fmt.Sprintf("%.3g calls waited at most, but the site served what takes %.3g workers: something else bounds the calls", counted.Value, e.Value)
				return p.narrow(p.effective)
			}
		}
		if p.workers.grewFrom > 0 {
			counted.Low = float64(p.workers.grewFrom)
		}
		// On TCP a worker may have taken a connection whose request the kernel had
		// dropped and that is sent again seconds later: it is busy, and calls nobody.
		if e := p.effective; e != nil && p.full.n == 0 && math.Round(e.Value) > counted.Value {
			counted.High = max(counted.High, math.Floor(e.High))
			counted.From += fmt.Sprintf("; capacity times service time is %.3g", e.Value)
		}
		return counted
	}
	if p.effective != nil && p.capacity.estimate != nil {
		if w := p.narrow(p.logged); w != nil {
			p.contended = p.effective.High < w.Value*(1-differ)
			return w
		}
		return p.narrow(p.effective)
	}
	p.whyWorkers = p.workers.why
	return nil
}

// agreed takes the most calls that waited for the number of workers when
// capacity times service time gives the same.
func (p *PoolFit) agreed() *reports.Estimate {
	e, peak := p.effective, float64(p.workers.peak)
	if e == nil || p.workers.beyond || peak < e.Low || peak > e.High || e.High > peak+1.5 {
		return nil
	}
	return &reports.Estimate{Value: peak, Low: peak, High: max(peak, math.Floor(e.High)), Kind: reports.CountedWorkers,
		From: fmt.Sprintf("%.0f calls waited at once, and capacity times service time is %.3g", peak, e.Value)}
}

// narrow returns the estimate if its interval is narrow enough to be a figure.
func (p *PoolFit) narrow(e *reports.Estimate) *reports.Estimate {
	if e == nil || e.High-e.Low > 2*widest*e.Value {
		return nil
	}
	return e
}

// slots are what is inside when a request is refused, less the workers.
func (p *PoolFit) slots(workers *reports.Estimate) *reports.Estimate {
	if p.full.n == 0 {
		p.whySlots = p.full.why
		return nil
	}
	if workers == nil {
		p.whySlots = fmt.Sprintf("workers and queue hold %d together, but how many of these are workers is not known", p.full.n)
		return nil
	}
	w := *workers
	if p.workers.grewFrom > 0 {
		w.Low = w.Value // the queue was full when the pool was as large as it got
	}
	e := &reports.Estimate{
		Value: float64(p.full.n) - w.Value, Low: float64(p.full.low) - w.High, High: float64(p.full.high) - w.Low,
		From: fmt.Sprintf("%d requests were in the site when others were refused at once, less %.3g workers", p.full.n, w.Value),
	}
	if w.Kind == reports.EffectiveWorkers {
		e.From += ", if their work is not CPU-bound"
	}
	if e.Low < 0 {
		p.whySlots = fmt.Sprintf("requests were refused with %d inside, which is less than the workers there are: not because the queue was full", p.full.n)
		return nil
	}
	return e
}

// byGateway is how long an answer takes at most, seconds, that a gateway gives by itself.
const byGateway = 0.015

// elsewhere reports whether requests that were answered while all workers were in
// calls take so long that they take workers of their own: of a second pool.
func (p *PoolFit) elsewhere() bool {
	for r, apart := range p.workers.apart {
		if apart && r < len(p.service.means) && p.service.means[r] > byGateway {
			return true
		}
	}
	return false
}

// decideCapacity prefers what was counted to workers over service time.
func (p *PoolFit) decideCapacity(workers *reports.Estimate) *reports.Estimate {
	if p.elsewhere() {
		p.whyCapacity = "some of the requests were answered while all of these workers were taken: others serve them, whose number is not known"
		return nil
	}
	if p.capacity.estimate != nil {
		return p.capacity.estimate
	}
	s := p.service.estimate
	if p.contended {
		p.whyCapacity = fmt.Sprintf("the workers compete with each other for CPU or a lock, and %s", p.capacity.why)
		return nil
	}
	if workers == nil || workers.Kind != reports.CountedWorkers || s == nil {
		p.whyCapacity = p.capacity.why
		return nil
	}
	// It was not asked for so much: that it carried what it was asked for is all that is certain.
	most := workers.Low / s.High
	return &reports.Estimate{
		Value: workers.Value / s.Value, Low: min(p.carried, most), High: workers.High / s.Low,
		From: "workers over service time, if nothing else bounds them, such as CPU or a lock; the run carried the lower figure",
	}
}
