// Package guards ends a run before it does harm: rules that are held against what
// ended most recently, and one run at a time on a target.
package guards

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// leastEnded is how many hits a rule needs to have seen end in its window.
const leastEnded = 10

// Aborted is why a run ended before its time: a rule of abort_when held.
type Aborted struct {
	Rule string // as written
	Seen string // what was seen, in words
}

// Error names the rule and what was seen.
func (a *Aborted) Error() string { return fmt.Sprintf("abort_when %q: %s", a.Rule, a.Seen) }

// Rules are those of abort_when, each with the hits of its window.
type Rules []*rule

type rule struct {
	configs.Objective
	mu     sync.Mutex
	window window
}

// NewRules reads the rules of an experiment.
func NewRules(exp *configs.Experiment) (Rules, error) {
	var rules Rules
	for _, text := range exp.AbortWhen {
		abort, err := configs.ParseAbort(text)
		if err != nil {
			return nil, fmt.Errorf("read abort_when: %w", err)
		}
		rules = append(rules, &rule{Objective: abort, window: window{part: abort.Over / windowParts}})
	}
	return rules, nil
}

// Unjudged lists, in words, the rules of abort_when that will hardly ever hold,
// whatever the site does: no phase sends enough for their windows.
func Unjudged(exp *configs.Experiment) []string {
	var list []string
	for i, text := range exp.AbortWhen {
		abort, err := configs.ParseAbort(text)
		if err != nil {
			continue // Validate says so
		}
		most, steps := 0.0, max(exp.MeanSteps(), 1)
		for _, p := range exp.Phases {
			switch {
			case p.Open():
				most = max(most, steps*exp.MaxRate(p)*abort.Over.Seconds())
			case p.Burst > 0:
				most = max(most, steps*float64(p.Burst))
			default: // as many as the site answers
				most = math.Inf(1)
			}
		}
		if most < leastEnded {
			list = append(list, fmt.Sprintf("abort_when[%d]: at most %.3g requests are sent in %v, and with fewer than %d the rule is not judged; make its window longer", i, most, abort.Over, leastEnded))
		}
	}
	return list
}

// Hit counts a hit that has ended. It may be called from many goroutines. Warm-up counts as well: the site is the same one.
func (rs Rules) Hit(h journal.Hit) {
	if h.Class.Ours() {
		return
	}
	for _, r := range rs {
		r.mu.Lock()
		r.window.add(h.Done, r.count(h))
		r.mu.Unlock()
	}
}

// Broken returns the first rule that holds now, as an *Aborted, or nil.
func (rs Rules) Broken(now time.Duration) error {
	for _, r := range rs {
		r.mu.Lock()
		sum := r.window.sum(now)
		r.mu.Unlock()
		if now >= r.Over && r.holds(sum) {
			return &Aborted{Rule: r.Text, Seen: r.seen(sum)}
		}
	}
	return nil
}

// ranks are the metrics that are quantiles of the response time of good answers.
var ranks = map[string]float64{"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1}

// count is what a hit adds to the rule's window.
func (r *rule) count(h journal.Hit) tally {
	e := tally{all: 1}
	good := h.Class == journal.ClassOK
	if good {
		e.good = 1
	}
	one := func(counts bool) int64 {
		if counts {
			return 1
		}
		return 0
	}
	switch r.Metric {
	case "errors":
		e.hit = one(!good)
	case "ok", "rate":
		e.hit = one(good)
	case "degraded":
		e.hit = one(h.Degraded)
	case "502", "503", "504":
		e.hit = one(!good && fmt.Sprint(h.Code) == r.Metric)
	default:
		limit := time.Duration(r.Value * float64(time.Second))
		e.hit, e.equal = one(good && h.Response() > limit), one(good && h.Response() == limit)
	}
	return e
}

// holds reports whether the rule holds for what ended in its window; of fewer
// than leastEnded hits that can't be told.
func (r *rule) holds(sum tally) bool {
	if q, ok := ranks[r.Metric]; ok {
		return sum.good >= leastEnded && r.holdsQuantile(q, sum)
	}
	if sum.all < leastEnded {
		return false
	}
	observed := float64(sum.hit)
	switch r.Unit {
	case configs.Ratio:
		observed /= float64(sum.all)
	case configs.Hertz:
		observed /= r.Over.Seconds()
	}
	return r.compare(observed, r.Value)
}

// holdsQuantile needs no quantile: the one of rank k is above the limit when
// fewer than k are not, and below it when k or more are.
func (r *rule) holdsQuantile(q float64, sum tally) bool {
	rank := int64(math.Ceil(q * float64(sum.good)))
	upTo := sum.good - sum.hit // not above the limit
	side := 0.0                // where the quantile is from the limit
	switch {
	case upTo < rank:
		side = 1
	case upTo-sum.equal >= rank:
		side = -1
	}
	return r.compare(side, 0)
}

func (r *rule) compare(observed, limit float64) bool {
	switch r.Op {
	case "<":
		return observed < limit
	case "<=":
		return observed <= limit
	case ">":
		return observed > limit
	case ">=":
		return observed >= limit
	}
	return observed == limit
}

// seen says what the rule met.
func (r *rule) seen(sum tally) string {
	percent := func(part, whole int64) string {
		return fmt.Sprintf("%.4g%%", 100*float64(part)/float64(whole))
	}
	if _, ok := ranks[r.Metric]; ok {
		limit := time.Duration(r.Value * float64(time.Second))
		return fmt.Sprintf("%d of the %d good answers of the last %v (%s) took longer than %v", sum.hit, sum.good, r.Over, percent(sum.hit, sum.good), limit)
	}
	if r.Metric == "rate" {
		return fmt.Sprintf("%d good answers in the last %v, %.3g/s", sum.hit, r.Over, float64(sum.hit)/r.Over.Seconds())
	}
	what := r.Metric
	if what == "ok" {
		what = "good"
	}
	return fmt.Sprintf("%d of the %d requests that ended in the last %v (%s) were %s", sum.hit, sum.all, r.Over, percent(sum.hit, sum.all), what)
}
