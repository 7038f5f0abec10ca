package poolmodel

import (
	"slices"
	"testing"
	"time"
)

// at are arrivals at these seconds.
func at(seconds ...float64) func(yield func(time.Duration) bool) {
	return func(yield func(time.Duration) bool) {
		for _, s := range seconds {
			if !yield(time.Duration(s * 1e9)) {
				return
			}
		}
	}
}

// hung is a dependency that never answers.
var hung = []Fault{{ToS: forever, HoldS: forever}}

// A request's calls, tries and work add up to its response time.
func TestWhatAPageDoes(t *testing.T) {
	site := Site{Workers: 1, ServiceS: 0.1, Share: 3, DependencyS: 0.2}
	one := site
	one.Share = 1
	for name, row := range map[string]struct {
		sc   Scenario
		want float64
	}{
		"three calls, one after another":      {Scenario{Site: site}, 0.1 + 3*0.2},
		"with work between and after":         {Scenario{Site: site, Page: Page{BetweenS: 0.05, ThenS: 0.4}}, 0.1 + 3*0.2 + 2*0.05 + 0.4},
		"at once":                             {Scenario{Site: site, Page: Page{AtOnce: true, BetweenS: 0.05, ThenS: 0.4}}, 0.1 + 0.2 + 0.4},
		"work behind the answer is not in it": {Scenario{Site: site, Page: Page{BehindS: 5}}, 0.1 + 3*0.2},
		"tries are for what is given up":      {Scenario{Site: one, TimeoutS: 0.3, Page: Page{Tries: 3, PauseS: 0.6, FallbackS: 1}}, 0.1 + 0.2},
		"three tries with pauses, then work":  {Scenario{Site: one, Faults: hung, TimeoutS: 0.3, Page: Page{Tries: 3, PauseS: 0.6, FallbackS: 1}}, 0.1 + 3*0.3 + 2*0.6 + 1},
		"one try, then work":                  {Scenario{Site: one, Faults: hung, TimeoutS: 0.3, Page: Page{FallbackS: 1}}, 0.1 + 0.3 + 1},
		"at once, all given up":               {Scenario{Site: site, Faults: hung, TimeoutS: 0.3, Page: Page{AtOnce: true, Tries: 2}}, 0.1 + 2*0.3},
		"a kind's own":                        {Scenario{Site: site, Kinds: []Kind{{Weight: 1, ServiceS: 0.2, Share: 1, Page: Page{ThenS: 0.1}}}}, 0.2 + 0.2 + 0.1},
	} {
		near(t, name, once(t, row.sc, 0), row.want, 1e-6)
	}
}

// A worker is busy behind its answer: of those at 0, 0.15 and 0.25 s the one at 0.15 s
// finds no worker, as the first's works until 0.2 s.
func TestWorkBehindTheAnswerTakesTheWorker(t *testing.T) {
	r := simulate(t, Scenario{Site: Site{Workers: 1, ServiceS: 0.1}, Page: Page{BehindS: 0.1}}, at(0, 0.15, 0.25))
	counts(t, "behind", r.Counts, Counts{Arrived: 3, OK: 2, BadGateway: 1})
	near(t, "what the formulas take", Site{}.Mean([]Kind{{Weight: 1, ServiceS: 0.1, Share: 3, Page: Page{BetweenS: 0.1, ThenS: 0.2, BehindS: 0.3}}}).ServiceS, 0.1+2*0.1+0.2+0.3, 1e-9)
}

// Files are answered while all hangs. One in two of 1000 is one, within four
// deviations of a binomial, 4 x sqrt(1000/4) = 63; of the others 3 fit in.
func TestStaticPagesTakeNoWorker(t *testing.T) {
	kinds := []Kind{{Weight: 1, Page: Page{Static: true}, ServiceS: 9}, {Weight: 1, ServiceS: 0.1, Share: 1}}
	r := simulate(t, Scenario{Site: Site{Workers: 2, QueueSlots: 1}, Kinds: kinds, Faults: hung, HorizonS: 100}, Uniform(10, 100*time.Second))
	near(t, "answered", float64(r.OK), 500, 63)
	near(t, "without an answer", float64(r.Unanswered), 3, 0)
	near(t, "the mean of what takes workers", Site{}.Mean(kinds).ServiceS, 0.05, 1e-9)
}

// answers are the good ones' response times, in seconds.
func answers(r *Result) (list []float64) {
	r.Response.Each(func(v, n int64) {
		for range n {
			list = append(list, float64(v)/1e9)
		}
	})
	return list
}

// Four come at once; all do 0.1 s of their own.
func TestPlacesInside(t *testing.T) {
	site := Site{Workers: 4, QueueSlots: 4, ServiceS: 0.1, DependencyS: 0.2}
	calling := site
	calling.Share = 1
	for name, row := range map[string]struct {
		sc   Scenario
		want []float64
	}{
		// Two call from 0.1 to 0.3 s, the others then.
		"two connections": {Scenario{Site: calling, Inside: Inside{Places: 2}}, []float64{0.3, 0.3, 0.5, 0.5}},
		"enough of them":  {Scenario{Site: calling, Inside: Inside{Places: 4}}, []float64{0.3, 0.3, 0.3, 0.3}},
		"of no use":       {Scenario{Site: site, Inside: Inside{Places: 1}}, []float64{0.1, 0.1, 0.1, 0.1}},
		// One after another: 0.1 s each.
		"a lock": {Scenario{Site: site, Inside: Inside{Places: 1, Whole: true}}, []float64{0.1, 0.2, 0.3, 0.4}},
		// One that is killed gives its place back: the others are killed as well, at 0.35 s.
		"a lock, and a killer": {Scenario{Site: site, KillS: 0.35, Inside: Inside{Places: 1, Whole: true}}, []float64{0.1, 0.2, 0.3}},
	} {
		got := answers(simulate(t, row.sc, at(0, 0, 0, 0)))
		if !slices.EqualFunc(got, row.want, func(a, b float64) bool { return a > b*0.98 && a < b*1.02 }) { // the histogram's steps
			t.Errorf("%s: answers after %v, want %v", name, got, row.want)
		}
	}
}

// A pool that begins with 1 of 4 workers starts one more after a second, and the
// other two a second later; five come at once, and nobody is answered.
func TestAPoolGrows(t *testing.T) {
	sc := Scenario{Site: Site{Workers: 4, QueueSlots: 9, Share: 1}, StartWorkers: 1, Faults: hung, HorizonS: 5}
	r := simulate(t, sc, at(0, 0, 0, 0, 0, 4.5))
	var busy []int
	for _, s := range r.Seconds {
		busy = append(busy, s.Busy)
	}
	if want := []int{1, 2, 4, 4, 4}; !slices.Equal(busy, want) {
		t.Errorf("busy are %v, want %v", busy, want)
	}
}

// A gateway that asks two servers, both this pool, says 504 after twice its time, and
// each visitor takes two places: with 2 workers and no slots the second one's first
// try finds none.
func TestAGatewayTriesAnother(t *testing.T) {
	sc := Scenario{Site: Site{Workers: 2, GatewayTimeoutS: 1, Share: 1}, GatewayTries: 2, Faults: hung, HorizonS: 9}
	r := simulate(t, sc, at(0, 1.5))
	counts(t, "tries", r.Counts, Counts{Arrived: 2, GatewayTimeout: 1, BadGateway: 1})
	near(t, "first 504", r.First504.AtS, 2, 1e-9)
	near(t, "first 502", r.First502.AtS, 1.5, 1e-9)
}

// Others come at 0, 1, 2 s and hold the only worker for 0.6 s each; they are not counted.
func TestOthersTakeWorkers(t *testing.T) {
	sc := Scenario{Site: Site{Workers: 1, ServiceS: 0.1}, Others: Others{RateHz: 1, ServiceS: 0.6}}
	counts(t, "others", simulate(t, sc, at(0.5, 0.7, 1.5, 1.7)).Counts, Counts{Arrived: 4, OK: 2, BadGateway: 2})
}

// Of two that come at once the second finds one other busy, and takes twice as long.
func TestContentionMakesWorkLonger(t *testing.T) {
	got := answers(simulate(t, Scenario{Site: Site{Workers: 2, ServiceS: 0.1}, Contention: 1}, at(0, 0)))
	if len(got) != 2 || got[0] > 0.102 || got[1] < 0.196 || got[1] > 0.204 {
		t.Errorf("answers after %v, want 0.1 and 0.2 s", got)
	}
}
