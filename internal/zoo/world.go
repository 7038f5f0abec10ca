package zoo

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// world is one run on one site.
type world struct {
	clock
	site  *Site
	plan  Plan
	draw  *rand.Rand // what the site does by chance
	noise noise
	// hits and the rest of the record are only of what is on disk in the end.
	record *Record

	gateway      *gateway
	pools        []*pool
	dependencies []*dependency
	faults       []*fault
	cores        cores
	session      places  // the lock of the session that all share who are no visits
	pages        []*Page // of each request of the mix
	weights      []int
	contending   map[*Page]int
	breakers     []breaker
	itself       usage // calls to the site itself, through the egress
	told         map[string]bool
	logs         logs
	state        []State
	under        int // hits under way
	chances      map[any]float64
	even         bool // nothing is left to chance: each spread is its mean, each share comes in turn
	fates        []*fate
}

func newWorld(site *Site, plan Plan, seed uint64) *world {
	w := &world{site: site, plan: plan, clock: clock{alive: map[*process]struct{}{}},
		draw: rand.New(rand.NewPCG(seed, 2)), noise: noise{rand.New(rand.NewPCG(seed, 3)), site.Busy},
		session: places{free: 1}, contending: map[*Page]int{}, breakers: make([]breaker, len(site.Dependencies)),
		told: map[string]bool{}, chances: map[any]float64{}, record: &Record{}, itself: usage{spread: true}}
	w.pages, w.weights = plan.mix(site)
	w.cores = cores{clock: &w.clock, n: site.Cores}
	w.logs = newLogs(w)
	for _, d := range site.Dependencies {
		w.dependencies = append(w.dependencies, newDependency(w, d))
	}
	w.gateway = newGateway(w)
	for _, p := range site.Pools {
		w.pools = append(w.pools, newPool(w, p))
	}
	return w
}

// play runs the plan to its end and returns the record.
func (w *world) run() {
	spans := w.attack()
	w.play()
	w.others()
	w.watch()
	w.clock.run(w.plays())
	w.endPlay()
	end := w.lastAnswer()
	w.clock.run(end + linger)
	w.finish(spans, end)
	w.clock.end()
}

// linger is how long the logs are read on after the last answer.
const linger = time.Second

// plays is how long faults are played: to the end of the last phase, or until
// the run is cut short.
func (w *world) plays() time.Duration {
	if w.plan.Ending != Complete {
		return w.plan.EndsAt
	}
	return w.plan.Duration()
}

// watch has the dependencies' use told each second, and the state kept.
func (w *world) watch() {
	second := func(at time.Duration) {
		w.at(at+w.noise.upTo(900*time.Microsecond), w.tellUsage)
	}
	for at := time.Second; at < w.plays(); at += time.Second {
		second(at)
	}
	w.each(stateEvery, stateEvery, w.look)
	w.logs.watch()
}

// endPlay tells of what is still open when the faults have been played.
func (w *world) endPlay() {
	if w.plan.Ending == Killed {
		return
	}
	for i, f := range w.faults {
		if d := w.dependencyNamed(f.Dependency); d.fault == w.faults[i] {
			d.lift(f)
		}
	}
	for _, d := range w.dependencies {
		for _, c := range d.sorted() {
			if c.calling {
				d.usage.count(w.now - c.began)
			}
		}
	}
	w.tellUsage()
	for _, d := range w.dependencies {
		for _, c := range d.sorted() {
			copied := *c
			copied.noteEnd(byEnd)
			copied.tell()
		}
	}
	w.record.closed = true
}

// others has the traffic come that is not ours.
func (w *world) others() {
	for i, v := range w.site.Visitors {
		rng := rand.New(rand.NewPCG(w.plan.Seed, uint64(10+i)))
		var next func()
		next = func() {
			w.gateway.take(&w.site.Pages[v.Page], &w.session, func(answer) {})
			gap := 1 / v.Rate
			if v.Poisson {
				gap *= rng.ExpFloat64()
			}
			w.after(time.Duration(gap*float64(time.Second)), next)
		}
		w.after(time.Duration(rng.Float64()/v.Rate*float64(time.Second)), next)
	}
	for _, c := range w.site.Crons {
		d := w.dependencies[c.To]
		w.each(w.noise.upTo(c.Every), c.Every, func() {
			for range c.Calls {
				w.begin(func(p *process) { d.exchange(p, d.keptBy(nil), limits{w.limit(c.Timeout), w.limit(c.Timeout)}) })
			}
		})
	}
}

func (w *world) dependencyNamed(name string) *dependency {
	for _, d := range w.dependencies {
		if d.cfg.Name == name {
			return d
		}
	}
	return nil
}

// emit records an event at this moment.
func (w *world) emit(e journal.Event) {
	if w.record.closed {
		return
	}
	e.AtNS = int64(w.now)
	w.record.Events = append(w.record.Events, e)
}

// happens draws whether something of that probability happens.
func (w *world) happens(what any, probability float64) bool {
	if !w.even {
		return w.draw.Float64() < probability
	}
	w.chances[what] += probability
	if w.chances[what] < 1-1e-9 {
		return false
	}
	w.chances[what]--
	return true
}

// spread draws a time of that mean.
func (w *world) spread(mean time.Duration, s Spread) time.Duration {
	if w.even {
		return mean
	}
	switch s {
	case Uniform:
		return mean/2 + time.Duration(w.draw.Float64()*float64(mean))
	case Exponential:
		return time.Duration(w.draw.ExpFloat64() * float64(mean))
	}
	return mean
}

// sortedKeys are the keys of a set in the order of a number of theirs: a run must
// not depend on the order of a map.
func sortedKeys[K comparable](set map[K]struct{}, number func(K) int) []K {
	list := make([]K, 0, len(set))
	for k := range set {
		list = append(list, k)
	}
	slices.SortFunc(list, func(x, y K) int { return cmp.Compare(number(x), number(y)) })
	return list
}

// path is that of a page: the query that a staging site's page has is left out.
func (p Page) path() string { return "/" + strings.ToLower(p.Name) }
