package compare

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

func est(value, low, high float64) *reports.Estimate {
	return &reports.Estimate{Value: value, Low: low, High: high, Kind: reports.CountedWorkers}
}

// report is a run at 8/s with payments hanging from 12 s to 22 s in phase hang.
func report(with func(*reports.Report)) *reports.Report {
	ok := 1.0
	r := &reports.Report{Outcome: reports.OutcomeComplete, Fidelity: reports.Fidelity{OK: true},
		Phases: []reports.Phase{{Name: "hang", EndS: 25, Traffic: reports.Traffic{Sent: 120, OK: 120, OKRatio: &ok, RateAskedHz: new(8.0)}}},
		Faults: []reports.Fault{{Dependency: "payments", Kind: "hang", State: "payments hanging", Past: "hung", Phase: "hang", Share: 1,
			AppliedS: 12, LiftedS: new(22.0), Exercised: true}},
		Dependencies: []reports.Dependency{{Name: "payments", CallsPerHit: new(1.0)}}}
	if with != nil {
		with(r)
	}
	return r
}

func onsetAfter(s float64) func(*reports.Report) {
	return func(r *reports.Report) {
		r.Onset = append(r.Onset, reports.Onset{Code: 502, Phase: "hang", FirstS: 12 + s, SustainedS: new(12 + s), AfterFaultS: new(s),
			Dependency: "payments", RateHz: new(8.0), Cause: reports.QueueFull, InFlight: 21})
	}
}

func waited(observed *reports.Estimate, by string, horizon float64) func(*reports.Report) {
	return func(r *reports.Report) {
		r.Timeouts = []reports.Timeout{{Dependency: "payments", ObservedS: observed, Verdict: by, HorizonS: horizon, RetriesKnown: observed != nil}}
	}
}

func both(all ...func(*reports.Report)) func(*reports.Report) {
	return func(r *reports.Report) {
		for _, one := range all {
			one(r)
		}
	}
}

// What the runs tell of the site, and what of it changed.
func TestToldOfTheSite(t *testing.T) {
	workers := func(e *reports.Estimate) func(*reports.Report) {
		return func(r *reports.Report) { r.Pool.Workers = e }
	}
	capacity := func(e *reports.Estimate) func(*reports.Report) {
		return func(r *reports.Report) { r.Pool.CapacityHz = e }
	}
	tries := func(n int64) func(*reports.Report) {
		return both(waited(est(1, 0.99, 1.01), reports.ByApp, 9), func(r *reports.Report) { r.Timeouts[0].Retries = n })
	}
	budget := func(rate, longest float64) func(*reports.Report) {
		return func(r *reports.Report) {
			r.Budget = []reports.Budget{{Dependency: "payments", RateHz: rate, Calls: 1, MaxTimeoutS: &longest}}
		}
	}
	recovered := func(after, not *float64) func(*reports.Report) {
		return func(r *reports.Report) {
			r.Recovery = []reports.Recovery{{Dependency: "payments", LiftedS: 22, AfterLiftS: after, NotWellS: not}}
		}
	}
	second, nine := new(1.0), new(9.0)
	for _, c := range []struct {
		what, figure  string
		before, after func(*reports.Report)
		want          reports.Change
		why           string
	}{
		{"one worker fewer", "workers", workers(est(8, 8, 8)), workers(est(7, 7, 7)), reports.Worse, ""},
		{"one worker more, of 40: less than 5%, but exact", "workers", workers(est(40, 40, 40)), workers(est(41, 41, 41)), reports.Improved, ""},
		{"as many workers", "workers", workers(est(8, 7.9, 8.2)), workers(est(8, 8, 8)), reports.Same, ""},
		{"workers that may be as many", "workers", workers(est(8, 6, 9)), workers(est(7, 7, 7)), reports.Same, "a change of 2 would have shown"},
		{"workers that may be half as many", "workers", workers(est(8, 4, 9)), workers(est(7, 7, 7)), reports.CantTell, "anything from -2 to +3"},
		{"workers that one run does not tell", "workers", workers(nil), workers(est(7, 7, 7)), reports.CantTell, "before, it is not known"},
		{"less capacity", "capacity", capacity(est(40, 39, 41)), capacity(est(35, 34, 36)), reports.Worse, ""},
		{"capacity that overlaps", "capacity", capacity(est(40, 38, 42)), capacity(est(37, 35, 39)), reports.Same, ""},
		{"a timeout where there was none", "timeout", waited(nil, reports.ByNobody, 9), waited(est(0.35, 0.34, 0.36), reports.ByApp, 9), reports.Improved, "before, none within 9 s"},
		{"no timeout any more", "timeout", waited(est(1, 0.99, 1.01), reports.ByApp, 9), waited(nil, reports.ByNobody, 9), reports.Worse, "after, none within 9 s"},
		{"none before, watched for too short", "timeout", waited(nil, reports.ByNobody, 0.9), waited(est(1, 0.99, 1.01), reports.ByApp, 9), reports.CantTell, "watched for only 900 ms"},
		{"none and none", "timeout", waited(nil, reports.ByNobody, 9), waited(nil, reports.ByNobody, 8), reports.Same, "none within 8 s"},
		{"a shorter timeout", "timeout", waited(est(1, 0.99, 1.01), reports.ByApp, 9), waited(est(0.8, 0.79, 0.81), reports.ByApp, 9), reports.Improved, ""},
		{"a longer timeout", "timeout", waited(est(0.8, 0.79, 0.81), reports.ByApp, 9), waited(est(1, 0.99, 1.01), reports.ByApp, 9), reports.Worse, ""},
		{"a timeout that is the same but for 2%", "timeout", waited(est(1, 0.999, 1.001), reports.ByApp, 9), waited(est(1.02, 1.019, 1.021), reports.ByApp, 9), reports.Same, "less than the 5% worth telling"},
		{"ended by another", "timeout", waited(est(1, 0.99, 1.01), reports.ByWorker, 9), waited(est(1, 0.99, 1.01), reports.ByApp, 9), reports.Changed, "ended by the end of its worker, after by the application"},
		{"never held", "timeout", nil, waited(est(1, 0.99, 1.01), reports.ByApp, 9), reports.CantTell, "no call to it was held for long enough"},
		{"a try more", "retries", tries(0), tries(1), reports.Changed, ""},
		{"as many tries", "retries", tries(2), tries(2), reports.Same, ""},
		{"a longer budget", "budget", budget(8, 0.4), budget(8, 0.5), reports.Improved, ""},
		{"a budget for another rate", "budget", budget(8, 0.4), budget(10, 0.3), reports.CantTell, "another rate on each side: 8/s and 10/s"},
		{"no errors any more", "onset", onsetAfter(2.6), nil, reports.Improved, "did not come within 10 s"},
		{"errors where there were none", "onset", nil, onsetAfter(2.6), reports.Worse, "did not come within 10 s"},
		// After 7 s, by chance sqrt(7/8) = 0.94 s more or less: up to 7 + 2 * 0.94 s.
		{"errors that may have come later", "onset", nil, onsetAfter(9), reports.CantTell, "may have come no sooner"},
		{"no errors at all", "onset", nil, nil, reports.Same, "did not come within 10 s"},
		// 2.6 s and 4.1 s, each +-0.57 s and 0.72 s: the difference +-0.92 s, times 2.
		{"errors a little later", "onset", onsetAfter(2.6), onsetAfter(4.1), reports.CantTell, ""},
		{"errors much later", "onset", onsetAfter(1), onsetAfter(6), reports.Improved, ""},
		{"well again as soon", "recovered", recovered(second, nil), recovered(second, nil), reports.Same, ""},
		{"well again later", "recovered", recovered(second, nil), recovered(nine, nil), reports.Worse, ""},
		{"not well again", "recovered", recovered(second, nil), recovered(nil, nine), reports.Worse, "did not come within 9 s"},
		{"well again where it was not", "recovered", recovered(nil, nine), recovered(second, nil), reports.Improved, ""},
		{"not well again on either side", "recovered", recovered(nil, nine), recovered(nil, nine), reports.CantTell, "not seen within 9 s, before or after"},
	} {
		got := Compare([]Run{Reported("before", report(c.before))}, []Run{Reported("after", report(c.after))}, usual)
		phase, dependency := "", ""
		switch c.figure {
		case "onset", "recovered":
			phase, dependency = "hang", "payments"
		case "timeout", "retries", "budget":
			dependency = "payments"
		}
		if f := figureOf(t, got, phase, dependency, c.figure); f.Change != c.want || !strings.Contains(f.Why, c.why) {
			t.Errorf("%s: %s is %s (%s), want %s (%s)", c.what, c.figure, f.Change, f.Why, c.want, c.why)
		}
	}
}

// The sentence for the ticket, as far as both runs show it.
func TestProof(t *testing.T) {
	broken := both(onsetAfter(2.6), waited(nil, reports.ByNobody, 9), func(r *reports.Report) {
		r.Phases[0].OK, r.Phases[0].OKRatio, r.Phases[0].DegradedRatio = 43, new(0.36), new(0.0)
		r.Pool.Workers = est(4, 4, 4)
		r.Budget = []reports.Budget{{Dependency: "payments", RateHz: 8, Calls: 1, OwnS: 0.1}}
	})
	held := both(waited(est(0.35, 0.34, 0.36), reports.ByApp, 9), func(r *reports.Report) {
		r.Phases[0].Degraded, r.Phases[0].DegradedRatio = 103, new(0.86)
	})
	less := both(onsetAfter(4.1), waited(est(1, 0.99, 1.01), reports.ByApp, 9), func(r *reports.Report) { r.Phases[0].OKRatio = new(0.71) })
	// 4 workers that each are held for 0.1 s + 0.35 s carry 8.9/s.
	const before = "Before, 502s came 2.6 s after payments hung and 64% failed; "
	for _, c := range []struct {
		what          string
		before, after func(*reports.Report)
		want          string
	}{
		{"as in the ticket", broken, held, before + "now every request is answered, 86% of them without payments. The timeout went from none to 0.35 s; it holds up to 8.9/s (8/s asked)."},
		{"workers are not known", both(broken, func(r *reports.Report) { r.Pool.Workers = est(4, 2, 4) }), held,
			before + "now every request is answered, 86% of them without payments. The timeout went from none to 0.35 s."},
		{"degraded also when all was well", broken, both(held, func(r *reports.Report) {
			r.Phases = append(r.Phases, reports.Phase{Name: "calm", Traffic: reports.Traffic{Degraded: 1}})
		}), before + "now every request is answered, 86% of them degraded. The timeout went from none to 0.35 s; it holds up to 8.9/s (8/s asked)."},
		{"only later", broken, less, "The timeout went from none to 1 s."}, // errors can't be told apart without hits
		{"a fault before it, of which less failed", both(firstSlow(0.9), broken), both(firstSlow(1), held),
			before + "now every request is answered, 86% of them without payments. The timeout went from none to 0.35 s; it holds up to 8.9/s (8/s asked)."},
		{"back", held, broken, "Before, every request was answered, 86% of them without payments; now 502s come 2.6 s after payments hung and 64% fail. The timeout went from 0.35 s to none."},
		{"nothing", held, held, ""},
	} {
		b, a := report(c.before), report(c.after)
		got := Compare([]Run{Reported("before", b)}, []Run{Reported("after", a)}, usual)
		if text := joined(proofOf(got, b, a).sentences); text != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.what, text, c.want)
		}
	}
}

// firstSlow has payments slowed in a phase before all others, of whose requests so many are answered well.
func firstSlow(ok float64) func(*reports.Report) {
	return func(r *reports.Report) {
		p := r.Phases[0]
		p.Name, p.OKRatio = "slow", new(ok)
		r.Phases = append(r.Phases, p)
		f := r.Faults[0]
		f.Phase, f.Kind, f.State, f.AppliedS, f.LiftedS = "slow", "latency", "payments slower", 2, new(5.0)
		r.Faults = append([]reports.Fault{f}, r.Faults...)
	}
}

func joined(sentences []string) string {
	if len(sentences) == 0 {
		return ""
	}
	return strings.Join(sentences, ". ") + "."
}

const asked = `
version: 1
name: one
seed: 1
arrivals: uniform
target: {url: "http://127.0.0.1:1", timeout: 30s}
requests: [{name: page, path: /page, weight: 1}]
dependencies: [{name: payments, listen: "127.0.0.1:2"}]
objectives: ["p95 < 1s"]
phases:
  - {name: warmup, duration: 3s, rate: 8, warmup: true}
  - {name: calm, duration: 10s, rate: 8}
  - {name: hang, duration: 15s, rate: 8, faults: [{dependency: payments, hang: {}, after: 1s, for: 10s}]}
  - {name: recovery, duration: 10s, rate: 8}
`

// What differs is named in the words of the file, with what it spoils.
func TestDifferences(t *testing.T) {
	for _, c := range []struct {
		what     string
		from, to string // in the file
		want     string // what it is, before, after, spoils
		spoiled  []string
	}{
		{"where it was", `127.0.0.1:1`, `10.0.0.1:80`, "", nil},
		{"the dependency's port", `127.0.0.1:2`, `127.0.0.1:3`, "", nil},
		{"name", "name: one", "name: other", "", nil},
		{"seed", "seed: 1", "seed: 2", "", nil},
		{"objectives", `["p95 < 1s"]`, `["p99 < 2s", "errors < 1%"]`, "", nil},
		{"warm-up", "duration: 3s", "duration: 9s", "phase warmup: duration|3s|9s|", nil},
		{"rate", "calm, duration: 10s, rate: 8", "calm, duration: 10s, rate: 9", "phase calm: rate|8|9|phase calm", []string{"calm"}},
		{"length", "calm, duration: 10s", "calm, duration: 20s", "phase calm: duration|10s|20s|phase calm", []string{"calm"}},
		{"fault", "hang: {}, after: 1s, for: 10s", "hang: {}, after: 1s, for: 9s", "phase hang: faults.1.for|10s|9s|phase hang", []string{"hang", "recovery"}},
		{"kind of fault", "hang: {}", "down: {}", "phase hang: faults.1.hang|there||phase hang; phase hang: faults.1.down||there|phase hang", []string{"hang", "recovery"}},
		{"another phase", "{name: recovery, duration: 10s", "{name: after, duration: 10s", "phase recovery|there||phase recovery; phase after||there|phase after", []string{"recovery"}},
		{"arrivals", "uniform", "poisson", "arrivals|uniform|poisson|all phases", []string{"calm", "hang", "recovery"}},
		{"patience", "timeout: 30s", "timeout: 5s", "target.timeout|30s|5s|all phases", []string{"calm", "hang", "recovery"}},
		{"path", "path: /page", "path: /other", "request page: path|/page|/other|all figures", []string{"calm", "hang", "recovery"}},
	} {
		with := func(text string) Run {
			return Reported("", report(func(r *reports.Report) {
				r.Experiment = text
				r.Phases = []reports.Phase{{Name: "warmup", Warmup: true}, {Name: "calm"}, {Name: "hang"}, {Name: "recovery"}}
			}))
		}
		if !strings.Contains(asked, c.from) {
			t.Fatalf("%s: the file has no %q", c.what, c.from)
		}
		s := spoilsOf([]Run{with(asked), with(strings.Replace(asked, c.from, c.to, 1))})
		var list []string
		for _, d := range s.list {
			list = append(list, strings.Join([]string{d.What, d.Before, d.After, d.Spoils}, "|"))
		}
		if got := strings.Join(list, "; "); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
		var spoiled []string
		for _, name := range []string{"calm", "hang", "recovery"} {
			if s.phase(name) != "" {
				spoiled = append(spoiled, name)
			}
		}
		if strings.Join(spoiled, " ") != strings.Join(c.spoiled, " ") {
			t.Errorf("%s spoils %v, want %v", c.what, spoiled, c.spoiled)
		}
	}
}

// Whatever an experiment is, two are held against each other without harm, and one
// does not differ from itself.
func FuzzDifferences(f *testing.F) {
	f.Add(asked, strings.Replace(asked, "8", "9", 1))
	f.Add("a: &a [*a]", "phases: [{name: x}, {name: x}]")
	f.Add("[]", "{}")
	f.Add("00", "") // a text alone
	f.Fuzz(func(t *testing.T, before, after string) {
		run := func(text string) Run { return Reported("", report(func(r *reports.Report) { r.Experiment = text })) }
		spoilsOf([]Run{run(before), run(after)})
		if s := spoilsOf([]Run{run(before), run(before)}); len(s.list) > 0 {
			t.Errorf("%q differs from itself in %v", before, s.list)
		}
	})
}
