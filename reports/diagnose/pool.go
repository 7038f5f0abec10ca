// Package diagnose says what was measured means for the site: its workers and
// their queue, the timeouts on its dependencies, which fault is to blame, and which
// timeout would hold the rate. Every figure comes with its interval, or
// with the reason why the run can't tell it.
package diagnose

import (
	"cmp"
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
	held     *measure.HeldCalls
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
	// carried is the most answers a second that were given for some seconds without a fault.
	carried float64
	// refusing is how many answers a second were given while requests were refused without a fault; 0 is not seen.
	refusing float64
	// atLeast workers were seen busy at once.
	atLeast int64

	// ours is how many workers at least served this run when a fault was lifted; 0 is not known.
	ours float64
	// triesTold: the gateway's timeout is that of one of several tries, by its log.
	triesTold bool
	// confirmed: php-fpm's status page tells of as many workers.
	confirmed bool
	// alone are the workers that nothing tells of but how many calls waited at once; nil else.
	alone *reports.Estimate
	// excluded: the run shows that no smaller pool inside the site bounds its calls.
	excluded bool
	// paced: the site kept pace with more requests inside, all the time, than calls ever waited.
	paced bool
	// unevenly says which requests waited otherwise than others in the same queue; "" is none.
	unevenly string
	// locked says that requests of one session took turns, or may have; "" is no sign of it.
	locked string
	// agreed are the most calls that waited, taken for the workers as what was served is
	// worth as many; nil else.
	agreed *reports.Estimate
	// others is the share of the site's requests that are not this run's, by its access logs.
	others float64
	// growing: the pool may start more workers than it had in this run.
	growing bool
	// heldUp: while requests queued or were refused less was served than had been carried
	// before, or than so many workers can.
	heldUp bool
	// bounded: something else than workers bounds how many calls wait at once.
	bounded bool

	whyWorkers, whySlots, whyService, whyCapacity, whyGateway string // of what is nil
}

// Pool is what the run tells of the workers, how it was worked out, and what the
// site says of itself that the outside view does not bear out.
func Pool(run *measure.Run, dependencies []reports.Dependency, lock *reports.LockedSessions) (reports.Pool, *PoolFit, []string) {
	p := &PoolFit{locked: whyLocked(lock)}
	var disagreements []string
	sent := run.Mix()
	p.full = full(run)
	p.service = fit(run.Services, sent, 0)
	p.held = run.HeldCalls()
	p.workers = workersFromCalls(run, p.held, ownTimeOf(dependencies, p.service), longestService(run.Services, p.service), callsOfAll(dependencies), p.full.n > 0)
	if w := p.workers.estimate; w != nil && w.Value >= 1 {
		p.service = fit(run.Services, sent, int(w.Value))
		if p.service.why == allBusy && run.KeptPace() {
			p.paced, p.service = true, fit(run.Services, sent, 0)
		}
	}
	p.capacity = measuredCapacity(run, p)
	p.unevenly, p.others = cmp.Or(p.locked, p.uneven(run)), othersByLog(run)
	p.logged, p.carried, p.refusing = workersFromLog(run, p), run.Carried(), run.ServedWhileRefusing()

	pool := reports.Pool{ServiceS: p.service.estimate, Grew: p.workers.grewFrom > 0}
	p.whyService = p.service.why
	pool.Workers = p.decideWorkers(run)
	page := statusPage(run.Observed)
	if warning := page.compare(&pool, p); warning != "" {
		disagreements = append(disagreements, warning)
	}
	pool.QueueSlots = p.slots(run, pool.Workers)
	if q := pool.QueueSlots; q != nil && readingInside(run) {
		q.High++
		q.From += "; our own reading of the status page may have waited in one more"
	}
	pool.CapacityHz = p.decideCapacity(pool.Workers)
	pool.GatewayTimeoutS, p.whyGateway = p.gatewayTimeout(run)
	pool.Network, p.tcpSlots = network(run, p, &pool)
	page.slots(&pool, p)
	p.stuck(run, &pool)
	pool.Unknown, pool.Assumes = p.unknown(&pool), map[string]string{}
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
	fit := capacity(run, windows, nil, s, p.service.spread, 0)
	if why := unsteady(run, windows, s, p.service.spread); why != "" {
		fit.estimate, fit.why, fit.unsteady = nil, why, true
	}
	if fit.rough == nil || fit.unsteady || run.Traffic.Requests < 2 {
		return fit
	}
	// Which requests were served is chance, and tells nothing of the workers.
	ratio, spread := p.service.weigh(run.Cells.ServedMix(windows))
	p.mix = ratio
	if worth := run.Cells.Worth(p.service.worth()); worth != nil {
		return capacity(run, windows, worth, s, spread, p.service.uneven(spread)/math.Sqrt(max(fit.rough.Value*ratio*s, 1))).times(1, 1.96*p.service.drawn)
	}
	return capacity(run, windows, nil, s*ratio, spread, 0).times(ratio, 1.96*p.service.drawn)
}

// NotHeldUp takes the budgets back where requests take longer than seen when all is well
// once workers are busy, and by how much is not known: less was served while requests
// queued than before, or the workers hinder each other.
func NotHeldUp(pool *reports.Pool, fit *PoolFit, budgets []reports.Budget) {
	if fit.heldUp || fit.contended && pool.CapacityHz == nil {
		withdraw(budgets, fit.whyCapacity)
	}
}

// byGateway is how long an answer takes at most, seconds, that a gateway gives by itself.
const byGateway = 0.015

// elsewhere are the requests that were answered while all workers were in calls, and
// take so long that they take workers of their own: of a second pool.
func (p *PoolFit) elsewhere() (requests []int) {
	for r, apart := range p.workers.apart {
		if apart && r < len(p.service.means) && p.service.means[r] > byGateway {
			requests = append(requests, r)
		}
	}
	return requests
}

// wellOver is how many times what waited a site must have served to show that
// something else than its workers bounded the calls.
const wellOver = 1.5

// lessThan is by what share of a rate that was carried a capacity may fall short
// of it and still be that: the more so as the most of several seconds is chance.
const lessThan = 0.8

// decideCapacity prefers what was counted to workers over service time.
func (p *PoolFit) decideCapacity(workers *reports.Estimate) *reports.Estimate {
	if p.elsewhere() != nil {
		p.whyCapacity = "some of the requests were answered while all of these workers were taken: others serve them, whose number is not known"
		return nil
	}
	switch {
	case p.unevenly != "":
		p.whyCapacity = p.unevenly
		return nil
	case p.growing:
		p.whyCapacity = p.whyWorkers
		return nil
	}
	// On TCP a worker or two may be busy without a call: then the calls are bounded by nothing.
	if w := p.workers.estimate; p.bounded && (w == nil || p.atWork(p.effective) == nil || p.effective.Low > wellOver*w.Value) {
		p.whyCapacity = "something else than its workers bounds the calls, and perhaps what it carries"
		return nil
	}
	if c := p.capacity.estimate; c != nil {
		if c.High < lessThan*p.carried {
			p.heldUp = true
			p.whyCapacity = fmt.Sprintf("while requests queued it served %.3g/s, less than the %.3g/s that it had carried before: something else than the number of its workers held it up", c.Value, p.carried)
			return nil
		}
		if s := p.service.estimate; p.contended && workers != nil && workers.Kind == reports.CountedWorkers && s != nil && c.High < workers.High/s.Low {
			c.High = workers.High / s.Low
			c.From += "; with fewer at a time, which compete less, it may carry up to what its workers would that only wait"
		}
		return c
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
	if p.refusing > 0 && p.refusing < lessThan*workers.Low/s.High {
		p.heldUp = true
		p.whyCapacity = fmt.Sprintf("while requests were refused without a fault it served %.3g/s, less than so many workers can: they are busy with something that is not seen", p.refusing)
		return nil
	}
	// It was not asked for so much: that it carried what it was asked for is all that is certain.
	most := workers.Low / s.High
	return &reports.Estimate{
		Value: workers.Value / s.Value, Low: min(p.carried, most), High: workers.High / s.Low,
		From: "workers over service time, if nothing else bounds them, such as CPU or a lock; the run carried the lower figure",
	}
}
