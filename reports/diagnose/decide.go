package diagnose

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// differ is how far apart two figures of the same thing may be and still agree.
const differ = 0.07

// decideWorkers prefers the workers that were counted, by how many calls waited
// at once. Rivals explain that number as well: a pool of connections, a lock, calls
// by others, a pool that is still growing. What the site served while requests
// queued tells between them; where it does not the figure is wide, or none.
func (p *PoolFit) decideWorkers(run *measure.Run) *reports.Estimate {
	if p.unevenly == "" && !p.capacity.unsteady {
		p.effective = p.worth()
	}
	p.atLeast = int64(p.workers.peak)
	if p.service.grew == 0 && p.service.estimate != nil {
		p.atLeast = max(p.atLeast, int64(p.service.level)+1)
	}
	if p.locked != "" { // sessions bound how many calls wait, and what is served
		p.whyWorkers = p.locked
		return nil
	}
	counted := p.workers.estimate
	if counted == nil {
		p.agreed = p.asMany()
		counted = p.agreed
	}
	if why := asSessions(run, counted); why != "" {
		p.bounded, p.whyWorkers = true, why
		return nil
	}
	if counted != nil {
		w := p.rivals(run, counted)
		if w == counted && !p.borneOut(w) {
			p.alone = w
		}
		return w
	}
	p.whyWorkers = p.workers.why
	if p.effective == nil {
		p.whyWorkers = cmp.Or(p.unevenly, p.whyWorkers)
		return nil
	}
	if p.effective.High < 1.5 {
		p.whyWorkers = "the site served one request at a time: " + oneAtATime
		return nil
	}
	if w := p.narrow(p.logged); w != nil {
		p.contended = p.effective.High < w.Value*(1-differ)
		return w
	}
	return p.narrow(p.effective)
}

// borneOut reports whether the access log tells of these workers as well.
func (p *PoolFit) borneOut(w *reports.Estimate) bool {
	log := p.logged
	return log != nil && log.Low <= w.Value && w.Value <= log.High
}

// oneAtATime are the explanations of that.
const oneAtATime = "one worker, or requests that wait for each other, as those of one PHP session do; to tell, give each visitor a session of its own"

// worth is how many workers what was served while requests queued is worth: W = C·S.
func (p *PoolFit) worth() *reports.Estimate {
	c, s := p.capacity.rough, p.service.estimate
	if c == nil || s == nil {
		return nil
	}
	relative := math.Hypot((c.High-c.Low)/2/c.Value, (s.High-s.Low)/2/s.Value)
	v := c.Value * s.Value
	return &reports.Estimate{Value: v, Low: v * (1 - relative), High: v * (1 + relative), Kind: reports.EffectiveWorkers,
		From: fmt.Sprintf("capacity times service time: %s in which requests queued", c.From)}
}

// asMany takes the most calls that waited for the number of workers when
// capacity times service time gives the same.
func (p *PoolFit) asMany() *reports.Estimate {
	e, peak := p.effective, float64(p.workers.peak)
	if e == nil || p.workers.beyond || peak < 2 || peak < e.Low || peak > e.High || e.High > peak+1.5 {
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

// atWork is narrow where something else than the workers bounds the calls: so many
// requests must have been inside, on average, that not all of them can have been
// at a worker.
func (p *PoolFit) atWork(e *reports.Estimate) *reports.Estimate {
	if e == nil || p.capacity.inside < crowd*e.Value {
		return nil
	}
	return p.narrow(e)
}

// crowd is how many times what is served at once must be inside to show a queue.
const crowd = 1.5

// rivals holds what else may have kept the calls at their number against what was
// served.
func (p *PoolFit) rivals(run *measure.Run, counted *reports.Estimate) *reports.Estimate {
	e := p.effective
	// With a worker free for each, requests took longer the more there were.
	grew := p.service.grew > 0.1 && float64(p.service.level+2) < counted.Low
	drained := p.drained(run, counted)
	bound := func(why string, args ...any) *reports.Estimate {
		p.bounded, p.whyWorkers = true, fmt.Sprintf(why, args...)
		return p.atWork(e)
	}
	switch {
	case p.workers.oneQueue:
		return bound("%.3g calls waited at most, and requests were answered meanwhile that were refused like the others once the queue was full: something else bounds the calls, such as a pool of connections", counted.Value)
	case p.paced:
		return bound("%.3g calls waited at most, but before the fault more requests than that were inside all the time and were answered as fast as they came: something else bounds the calls, such as a pool of connections", counted.Value)
	case e != nil && e.Low > counted.Value*(1+differ):
		return bound("%.3g calls waited at most, but the site served what takes %.3g workers: something else bounds the calls", counted.Value, e.Value)
	case drained == tooSoon:
		p.bounded = true
		p.whyWorkers = fmt.Sprintf("%.3g calls waited at most, but when the fault was lifted the requests behind them were answered sooner than so many workers can: something else bounds the calls, such as a pool of connections", counted.Value)
		return nil
	case p.workers.grewFrom > 0 && (e == nil || e.High < counted.Value*(1-differ)):
		p.whyWorkers = fmt.Sprintf("the calls that waited grew from %d to %d while requests queued: the pool was starting workers, or others than this run called the dependency", p.workers.grewFrom, p.workers.peak)
		return nil
	}
	p.contended = grew || e != nil && e.High < counted.Value*(1-differ)
	if p.workers.grewFrom > 0 {
		counted.Low = float64(p.workers.grewFrom)
	}
	if log := p.logged; log != nil && log.Low <= counted.Value && counted.Value <= log.High {
		return counted
	}
	switch log := p.logged; {
	case log != nil && log.High < counted.Value*(1-differ):
		counted.Low = max(math.Floor(log.Low), 1)
		counted.From += fmt.Sprintf("; by php-fpm's access log requests held %.3g: a page makes several calls at once, or others than this run called the dependency", log.Value)
	case e != nil && (!grew || p.workers.averaged) && e.High < counted.Value*(1-differ):
		counted.Low = max(math.Floor(e.Low), 1)
		counted.From += fmt.Sprintf("; the site served what takes %.3g: they compete for CPU or a lock, or others than this run called the dependency", e.Value)
	case e == nil && !grew && drained == tooLate:
		counted.Low = 1
		counted.From += "; when the fault was lifted fewer were answered than so many workers can: they compete for CPU or a lock, or others than this run called the dependency"
	case e != nil && p.full.n == 0 && math.Round(e.Value) > counted.Value:
		// On TCP a worker may have taken a connection whose request the kernel had
		// dropped and that is sent again seconds later: it is busy, and calls nobody.
		counted.High = max(counted.High, math.Floor(e.High))
		counted.From += fmt.Sprintf("; capacity times service time is %.3g", e.Value)
	}
	return counted
}

// When the queue behind a fault was served, once it was lifted.
const (
	inTime = iota // or it can't be told
	tooSoon
	tooLate
)

// drained holds the answers that came while the queue behind a lifted fault was
// served against what so many workers can. In a time t each of W workers ends the
// call that it was in, and serves t/S requests: at most W·(1 + t/S) answers, and no
// less than W·(t/S - 1) as long as requests queue. What came beside the calls that
// ended was the work of so many workers at least for this run.
func (p *PoolFit) drained(run *measure.Run, workers *reports.Estimate) int {
	s := p.service.estimate
	if s == nil {
		return inTime
	}
	verdict := inTime
	for _, f := range run.Faults {
		if f.Lifted == nil {
			continue
		}
		d := run.DrainAfter(f, int32(workers.High))
		ratio, _ := p.service.weigh(d.Mix)
		if d.Seconds == 0 || ratio <= 0 {
			continue
		}
		rounds, answers := d.Seconds/(s.Value*ratio), float64(d.Answers)
		if p.full.n > 0 && !givesUp(run, f) {
			p.ours = max(p.ours, (1-busyMachine)*(answers-workers.High)/rounds)
		}
		switch w := workers.High; {
		case answers > sooner*w*(1+rounds)+2:
			return tooSoon
		case p.full.n > 0 && !p.workers.beyond && outOfStep(run, f) < time.Second && answers < later*w*(rounds-1)-1:
			verdict = tooLate
		}
	}
	return verdict
}

// sooner and later are by what factor answers must differ from what workers can
// give: a mix and work that varies make some of it.
const sooner, later = 1.3, 0.7
