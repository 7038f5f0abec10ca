package diagnose

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// fullFit is how many requests pool and queue hold together.
type fullFit struct {
	n    int64 // the usual number inside when one was refused
	low  int64
	high int64
	seen int64 // refusals looked at
	why  string
}

// together is what is known where the workers are not.
func (f fullFit) together() string {
	return fmt.Sprintf("workers and queue hold %d together, but how many of these are workers is not known", f.n)
}

// refusedLevels counts by how many others were inside the requests that were
// refused at once. For one sent within a cell of another the count may be off
// by one, so it is the usual number that counts.
func full(run *measure.Run) fullFit {
	levels := run.Cells.InSystem
	counts := map[int64]int64{}
	var seen, most int64
	for c := range levels {
		if run.Cells.HiddenWork(c) {
			continue
		}
		most = max(most, int64(levels[c]))
		if n := measure.At(run.Cells.Flow.Refused, c); n > 0 {
			counts[int64(levels[c])] += int64(n)
			seen += int64(n)
		}
	}
	if seen == 0 {
		return fullFit{why: "no request was refused at once (502), so the queue was never seen to be full"}
	}
	return usual(counts, seen, most)
}

// usual is the number that most refusals saw. A queue that is full is as full
// as it ever gets: refusals for another reason come at any number.
func usual(counts map[int64]int64, seen, most int64) fullFit {
	type count struct{ level, n int64 }
	var list []count
	for level, n := range counts {
		list = append(list, count{level, n})
	}
	slices.SortFunc(list, func(x, y count) int { return cmp.Or(cmp.Compare(y.n, x.n), cmp.Compare(x.level, y.level)) })
	mode := list[0]
	near := max(1, mode.level/20)
	var around, same int64
	for _, c := range list {
		if c.level >= mode.level-near && c.level <= mode.level+near {
			around += c.n
		}
	}
	same = mode.n
	fit := fullFit{n: mode.level, low: mode.level, high: mode.level, seen: seen}
	switch {
	case around*10 < seen*8 || mode.level < 2:
		return fullFit{seen: seen, why: "requests were refused at once (502) with different numbers inside, so how many fit in can't be told"}
	case most > mode.level+max(2, mode.level/8):
		return fullFit{seen: seen, why: "requests were refused at once (502) although at other times more were inside, so how many fit in can't be told"}
	case same*10 < seen*7 || seen < 3:
		fit.low, fit.high = mode.level-near, mode.level+near
	}
	return fit
}

// slots are what is inside when a request is refused, less the workers.
func (p *PoolFit) slots(run *measure.Run, workers *reports.Estimate) *reports.Estimate {
	if p.full.n == 0 {
		p.whySlots = p.full.why
		return nil
	}
	if workers == nil {
		p.whySlots = p.full.together()
		return nil
	}
	if p.bounded {
		p.whySlots = p.full.together() + ": something else bounds the calls"
		return nil
	}
	// Workers are whole, and requests take longer only when there is none free.
	if early := p.service.grew > 0 && float64(p.service.level+2) < workers.Low; workers.Kind == reports.EffectiveWorkers && (math.Ceil(workers.Low) > workers.High || early) {
		p.whySlots = fmt.Sprintf("workers and queue hold %d together, but the workers compete with each other: they do the work of %.3g, and how many there are is not known", p.full.n, workers.Value)
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
	if most := math.Floor(p.insideWithOthers(&w)) - w.High; most > e.High {
		e.High = most
		e.From += "; more if others than this run use the site, which it does not exclude"
	}
	if worth := p.effective; worth != nil && w.Kind == reports.CountedWorkers && worth.High < fullWork*w.Low {
		if most := math.Ceil(float64(p.full.high) - worth.Low); most > e.High {
			e.High = most
			e.From += fmt.Sprintf("; more if workers go on behind the answer (fastcgi_finish_request): what was served is the work of %.2g", worth.Value)
		}
	}
	if n := p.insideElsewhere(run); n > 0 {
		e.Low = max(e.Low-n, 0)
		e.From += fmt.Sprintf("; of those inside up to %.0f were at workers of another pool", n)
	}
	if e.Low < 0 {
		p.whySlots = fmt.Sprintf("requests were refused with %d inside, which is less than the workers there are: not because the queue was full", p.full.n)
		return nil
	}
	return e
}

// fullWork is the share of their number that busy workers do the work of at least, if
// they neither compete nor go on behind the answer, where nobody sees them.
const fullWork = 0.8

// insideElsewhere is how many requests may be at workers of another pool at once:
// twice as many as are there on average.
func (p *PoolFit) insideElsewhere(run *measure.Run) float64 {
	n, sent := 0.0, run.Traffic.SentByRequest()
	for _, r := range p.elsewhere() {
		n += float64(sent[r]) / max(run.End.Seconds(), 1) * p.service.means[r]
	}
	return math.Ceil(2 * n)
}

// mostOthers is how much of what is inside may be others', where something tells of them and
// where nothing does.
const mostOthers = 0.5

// fewStrangers is a share that short a count can't tell from none.
const fewStrangers = 0.1

// lighter is by how many times less work than this run's the others' requests may be.
const lighter = 3

// withOthers is how many requests are in the site at most where so many of them are this
// run's and a share of those that come is others': which are in the queue when it is full is
// chance, of n with a standard error of √(n·share·(1-share)), of which so many are allowed
// for. At mostOthers, the most that is thought possible, there is no more to allow for.
func withOthers(ours, share, errors float64) float64 {
	all := ours / (1 - share)
	if share >= mostOthers {
		return all
	}
	return all + errors*math.Sqrt(all*share*(1-share))/(1-share)
}

// insideWithOthers is withOthers of a full queue. Where nothing tells of others one
// standard error is enough: their share is then itself the most that is possible.
func (p *PoolFit) insideWithOthers(workers *reports.Estimate) float64 {
	errors := 2.0
	if p.others == 0 && !p.shared(workers) {
		errors = 1
	}
	return withOthers(float64(p.full.high), p.strangers(workers), errors)
}

// shared reports whether others had some of the workers' time for certain: with all of it
// this run's requests would have been served faster.
func (p *PoolFit) shared(workers *reports.Estimate) bool {
	return p.effective == nil || p.effective.High < workers.Value
}

// strangers is how much of what is inside may be others' than this run's: of W
// workers these served what is worth so many, by what was served of this run's
// while requests queued. The others had the rest of the work.
func (p *PoolFit) strangers(workers *reports.Estimate) float64 {
	if workers.Kind == reports.EffectiveWorkers {
		return 0
	}
	return max(p.unseenOthers(workers), min(p.others, mostOthers))
}

// unseenOthers is strangers without what the site's access logs tell.
func (p *PoolFit) unseenOthers(workers *reports.Estimate) float64 {
	least := p.ours
	for _, worth := range []*reports.Estimate{p.effective, p.logged} {
		if worth != nil {
			least = max(least, worth.Low)
		}
	}
	if least <= 0 {
		return mostOthers
	}
	work := 1 - least/workers.Value
	if work <= fewStrangers {
		return 0
	}
	requests := work / max(1-work, 0.1)
	if p.shared(workers) {
		requests *= lighter
	}
	return min(requests/(1+requests), mostOthers)
}

// QueueOrLimit takes the queue slots back where the gateway's own limit refused
// requests before the queue could; where that is not told from a full queue it
// says that they are the pool's only without one.
func QueueOrLimit(pool *reports.Pool, list []reports.Onset) {
	if pool.QueueSlots == nil || pool.Network == "tcp" {
		return
	}
	if slices.ContainsFunc(list, func(o reports.Onset) bool {
		return o.Cause == reports.GatewayLimit || o.Cause == reports.GatewayRefused && o.Code == 502
	}) {
		pool.QueueSlots = nil
		pool.Unknown["queue_slots"] = "the gateway refused requests by a limit of its own (nginx: max_conns, limit_conn) before the queue was full"
		return
	}
	full := slices.DeleteFunc(slices.Clone(list), func(o reports.Onset) bool { return o.Cause != reports.QueueFull })
	told := func(o reports.Onset) bool { return !slices.Contains(o.Or, reports.GatewayLimit) }
	if len(full) > 0 && !slices.ContainsFunc(full, told) {
		assume(pool, "queue_slots", "the gateway has no limit of its own on connections (nginx: max_conns)")
	}
	if w := pool.Workers; w != nil && w.Kind == reports.EffectiveWorkers {
		assume(pool, "queue_slots", "the workers wait rather than compete for CPU or a lock")
	}
}

// assume adds what a figure is true with only.
func assume(pool *reports.Pool, key, only string) {
	if before := pool.Assumes[key]; before != "" {
		only = before + ", and if " + only
	}
	pool.Assumes[key] = only
}
