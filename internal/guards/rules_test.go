package guards

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// A window holds what a list of all hits says it should: what ended in the
// window's hundred parts up to the present one.
func TestWindow(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		w := window{part: time.Duration(1 + random.IntN(1000))}
		var at []time.Duration
		var now time.Duration
		for range random.IntN(500) {
			now += time.Duration(random.IntN(int(w.part * 30)))
			late := now - time.Duration(random.IntN(int(w.part*150))) // hits end out of order, some are too old
			if late >= 0 {
				w.add(late, tally{all: 1})
				at = append(at, late)
			}
			// An old part may have made way for a newer one by the time that it is asked
			// for, so only the present is.
			var want int64
			for _, one := range at {
				if one/w.part > now/w.part-windowParts {
					want++
				}
			}
			if late < 0 || now/w.part-late/w.part < windowParts {
				if got := w.sum(now).all; got != want {
					t.Fatalf("at %d of parts of %d: %d, want %d of %v", now, w.part, got, want, at)
				}
			}
		}
	}
}

// A rule says of a window what the figures of all its hits say.
func TestAbortRuleOfAnyHits(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for range 2000 {
		n := leastEnded + random.IntN(60)
		var hits []journal.Hit
		var good []time.Duration
		bad := 0
		for range n {
			h := journal.Hit{Done: time.Duration(1+random.IntN(5)) * 100 * time.Millisecond, Code: 200}
			if random.IntN(4) == 0 {
				h.Class, h.Code = journal.ClassStatus, 502
				bad++
			} else {
				good = append(good, h.Done)
			}
			hits = append(hits, h)
		}
		slices.Sort(good)
		quantile := func(q float64) float64 { return good[int(math.Ceil(q*float64(len(good))))-1].Seconds() }
		for _, op := range []string{"<", "<=", ">", ">=", "=="} {
			for text, observed := range map[string]float64{
				"errors " + op + " 25% over 1s": float64(bad) / float64(n),
				"502 " + op + " 9 over 1s":      float64(bad),
				"rate " + op + " 20 over 1s":    float64(len(good)),
				"p50 " + op + " 300ms over 1s":  quantile(0.5),
				"p95 " + op + " 500ms over 1s":  quantile(0.95),
				"max " + op + " 400ms over 1s":  quantile(1),
			} {
				if len(good) < leastEnded {
					continue
				}
				rules := rulesOf(t, text)
				for _, h := range hits {
					rules.Hit(h)
				}
				want := rules[0].compare(observed, rules[0].Value)
				if got := rules.Broken(time.Second) != nil; got != want {
					t.Fatalf("%s fires: %v, want %v: observed %v of %d hits", text, got, want, observed, n)
				}
			}
		}
	}
}

func rulesOf(t *testing.T, texts ...string) Rules {
	t.Helper()
	rules, err := NewRules(&configs.Experiment{AbortWhen: texts})
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// Which hits make a rule hold, and what is said of them.
func TestAbortRule(t *testing.T) {
	const s = time.Second
	row := func(n int, from time.Duration, code int32, class journal.Class) []journal.Hit {
		var hits []journal.Hit
		for i := range n {
			at := from + time.Duration(2*i+1)*s/20
			hits = append(hits, journal.Hit{Due: at, Done: at, Code: code, Class: class})
		}
		return hits
	}
	for _, c := range []struct {
		name, rule string
		hits       []journal.Hit
		now        time.Duration
		want       string // what was seen; "" when it does not hold
	}{
		{"more errors than allowed", "errors > 50% over 2s", slices.Concat(row(9, 0, 200, 0), row(11, 9*s/10, 502, journal.ClassStatus)), 2 * s,
			"11 of the 20 requests that ended in the last 2s (55%) were errors"},
		{"just as many as allowed", "errors > 50% over 2s", slices.Concat(row(10, 0, 200, 0), row(10, s, 502, journal.ClassStatus)), 2 * s, ""},
		{"the window is not full yet", "errors > 50% over 2s", row(15, 0, 502, journal.ClassStatus), 1999 * time.Millisecond, ""},
		{"too few hits to tell", "errors > 50% over 2s", row(9, 0, 502, journal.ClassStatus), 2 * s, ""},
		{"the errors are long past", "errors > 50% over 1s", slices.Concat(row(10, 0, 502, journal.ClassStatus), row(10, 3*s, 200, 0)), 4 * s, ""},
		{"our own failures are not the site's", "errors > 10% over 2s", slices.Concat(row(20, 0, 200, 0), row(20, 0, 0, journal.ClassDropped)), 2 * s, ""},
		{"a site that no longer carries the rate", "rate < 10/s over 2s", slices.Concat(row(15, 0, 200, 0), row(3, s, 504, journal.ClassStatus)), 2 * s,
			"15 good answers in the last 2s, 7.5/s"},
		{"504s counted", "504 >= 3 over 2s", slices.Concat(row(15, 0, 200, 0), row(3, s, 504, journal.ClassStatus)), 2 * s,
			"3 of the 18 requests that ended in the last 2s (16.67%) were 504"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rules, got := rulesOf(t, c.rule), ""
			for _, h := range c.hits {
				rules.Hit(h)
			}
			if err, ok := errors.AsType[*Aborted](rules.Broken(c.now)); ok {
				got = err.Seen
				if err.Rule != c.rule {
					t.Errorf("names rule %q", err.Rule)
				}
			}
			if got != c.want {
				t.Errorf("saw %q, want %q", got, c.want)
			}
		})
	}
}

// 0.5/s for 10 s are 5 hits, 1/s are 10; a burst comes at once, and a closed phase sends what the site answers.
func TestUnjudged(t *testing.T) {
	rate := func(hz float64) configs.Phase { return configs.Phase{Rate: &configs.Rate{From: hz / 2, To: hz}} }
	for _, c := range []struct {
		phases []configs.Phase
		want   int
	}{
		{[]configs.Phase{rate(0.5)}, 1}, {[]configs.Phase{rate(1)}, 0}, {[]configs.Phase{rate(0.5), rate(2)}, 0},
		{[]configs.Phase{{Burst: 9}}, 1}, {[]configs.Phase{{Burst: 10}}, 0}, {[]configs.Phase{{Concurrency: 1}}, 0},
	} {
		exp := &configs.Experiment{AbortWhen: []string{"errors > 50% over 10s"}, Phases: c.phases}
		if got := Unjudged(exp); len(got) != c.want {
			t.Errorf("%+v: %q, want %d", c.phases, got, c.want)
		}
	}
	own := configs.Hz(0.5)
	if got := Unjudged(&configs.Experiment{AbortWhen: []string{"errors > 50% over 10s"}, Requests: []configs.Request{{Rate: &own}}, Phases: []configs.Phase{rate(0.5)}}); len(got) != 0 {
		t.Errorf("with a request's own rate: %q", got)
	}
	visit := configs.Visit{Name: "buy", Weight: 1, Steps: make([]configs.Step, 2)} // 0.5/s x 10 s x 2 steps are 10 requests
	if got := Unjudged(&configs.Experiment{AbortWhen: []string{"errors > 50% over 10s"}, Visits: []configs.Visit{visit}, Phases: []configs.Phase{rate(0.5)}}); len(got) != 0 {
		t.Errorf("with visits of two steps: %q", got)
	}
}
