package explain_test

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/claims"
	"github.com/tailback/tailback/reports/explain"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
)

// without is a run measured, with a report without any diagnosis: what is said
// is tried apart from how figures are found.
func without(t *testing.T, s *madeup.Scenario) *reports.Report {
	t.Helper()
	run, err := measure.Contents(s.Contents())
	if err != nil {
		t.Fatal(err)
	}
	r, _ := run.Figures()
	for i := range r.Onset {
		r.Onset[i].Cause, r.Onset[i].Confidence, r.Onset[i].Evidence = reports.Unknown, nil, nil
	}
	r.Pool, r.Prediction, r.Timeouts, r.Budget, r.Dose, r.Slowdowns, r.Dependencies, r.Evidence = reports.Pool{}, reports.Prediction{}, nil, nil, nil, nil, nil, nil
	return r
}

// diagnosed returns the summary of a run whose diagnosis is what set makes of it.
func diagnosed(t *testing.T, s *madeup.Scenario, set func(r *reports.Report)) string {
	t.Helper()
	r := without(t, s)
	set(r)
	r.Claims = claims.List(r)
	headline, details := explain.Summary(r)
	return strings.Join(append([]string{headline}, details...), " | ")
}

// around is an estimate that is at most part of itself off.
func around(value, part float64) *reports.Estimate {
	return &reports.Estimate{Value: value, Low: value * (1 - part), High: value * (1 + part)}
}

// physics sets the figures of physics.md row "none": W 4, B 17, S 0.1 s, 8/s.
// T* = 4/8 - 0.1 = 0.40 s; with workers 80% busy 0.8*4/8 - 0.1 = 0.30 s; with
// 1 s it takes 8*(0.1 + 1) = 8.8, so 9 workers.
func physics(r *reports.Report) {
	r.Pool = reports.Pool{Workers: around(4, 0.05), QueueSlots: around(17, 0.02), ServiceS: around(0.1, 0.02), CapacityHz: around(40, 0.05), Network: "unix"}
	r.Pool.Workers.Kind = "workers"
	r.Timeouts = []reports.Timeout{{Dependency: "payments", Fault: "hang", Verdict: "none", HorizonS: 10}}
	r.Budget = []reports.Budget{{Dependency: "payments", RateHz: 8, Calls: 1, MaxTimeoutS: new(0.399), WithHeadroomS: new(0.3), Bound: "workers", OwnS: 0.1,
		Choices: []reports.Choice{{TimeoutS: 0.3, WorkersNeeded: 4, Holds: true}, {TimeoutS: 1, WorkersNeeded: 9, Holds: false}, {TimeoutS: 3, WorkersNeeded: 25, Holds: false}}}}
	r.Prediction.CapacityHz = new(0.0)
	cause(r, reports.QueueFull, 0.97)
	r.Onset[0].Held = new(4.0)
}

// cause sets the cause of the first onset.
func cause(r *reports.Report, c reports.Cause, confidence float64) {
	r.Onset[0].Cause, r.Onset[0].Confidence = c, new(confidence)
}

// observed sets the timeout that the site was seen to have, and what workers it takes.
func observed(r *reports.Report, seconds float64, workers int) {
	r.Timeouts[0].Verdict, r.Timeouts[0].ObservedS = "app", around(seconds, 0.01)
	r.Budget[0].TimeoutS, r.Budget[0].WorkersNeeded = new(seconds), new(workers)
}

// overload is 20/s on physics.md's pool of 4 workers and 0.5 s, which carry 8/s, for 10 s.
func overload() *madeup.Scenario {
	p := madeup.Phase("load", 10*madeup.Second)
	p.Hits, p.RateFrom, p.RateTo, p.RateMean = 200, 20, 20, 20
	site := &madeup.Pool{Workers: 4, Slots: 17, Service: 500 * madeup.Millisecond, Hang: 1000 * madeup.Second, Lift: 1000 * madeup.Second}
	return madeup.NewScenario(p).Drive(site.Answer)
}

func TestTheSentence(t *testing.T) {
	survived := madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 15*madeup.Second)).Drive(nil).Fault("payments", "hang", 10*madeup.Second, 25*madeup.Second)
	for _, test := range []struct {
		name string
		run  *madeup.Scenario
		set  func(r *reports.Report)
		want string
	}{
		{"no timeout", madeup.Hang(), physics,
			"With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: all 4 workers were waiting for payments and the 17 queue slots behind them filled. No timeout was seen within 10 s. A timeout of at most 0.40 s would hold this rate (0.30 s with headroom); with a 1 s timeout it takes 9 workers."},
		{"three calls, of which the others may not be made once one has failed", madeup.Hang(), func(r *reports.Report) { physics(r); r.Budget[0].Calls = 3 },
			"With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: all 4 workers were waiting for payments and the 17 queue slots behind them filled. No timeout was seen within 10 s. A timeout of at most 0.40 s would hold this rate (0.30 s with headroom); with a 1 s timeout on each of 3 calls it takes up to 9 workers."},
		{"a timeout of 3 s: 504 by waiting too long, then 502", firstTimedOut(), func(r *reports.Report) {
			physics(r)
			observed(r, 3, 25)
			r.Pool.GatewayTimeoutS = around(10, 0.01)
			r.Prediction.CapacityHz = new(1.29)
			cause(r, reports.GatewayTimeout, 0.9)
			r.Onset[1].Cause, r.Onset[1].Confidence = reports.QueueFull, new(0.9)
		}, "With payments hanging, 504s began 2.5 s after the fault at 8 requests/s: with 3.0 s spent on each call to payments the 4 workers carry only 1.3/s and requests took longer than the 10 s that the gateway waits. 502s followed 2.6 s after the fault: the 17 queue slots behind the workers filled. The 3.0 s timeout is too long: at most 0.40 s holds 8/s (0.30 s with headroom); with 3.0 s it takes 25 workers."},
		{"a timeout of 1 s", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			observed(r, 1, 9)
			r.Prediction.CapacityHz = new(3.64)
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: with 1.0 s spent on each call to payments the 4 workers carry only 3.6/s and the 17 queue slots behind them filled. The 1.0 s timeout is too long: at most 0.40 s holds 8/s (0.30 s with headroom); with 1.0 s it takes 9 workers."},
		// 8 x 0.6 = 4.8: no timeout helps a page that takes 0.6 s by itself; with 1 s it is 8 x 1.6 = 12.8.
		{"a timeout of 1 s, of pages that are too slow anyway", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			observed(r, 1, 13)
			r.Prediction.CapacityHz = new(2.5)
			r.Budget[0].MaxTimeoutS, r.Budget[0].WithHeadroomS = nil, nil
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: with 1.0 s spent on each call to payments the 4 workers carry only 2.5/s and the 17 queue slots behind them filled. The 1.0 s timeout does not help: no timeout holds 8/s with these workers; with 1.0 s it takes 13 workers."},
		{"a timeout of 1 s, and no budget", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			observed(r, 1, 13)
			r.Prediction.CapacityHz = nil
			r.Budget[0].Withdraw("pages call their own site")
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: all 4 workers were waiting for payments and the 17 queue slots behind them filled. Calls to payments were given up after 1.0 s; which timeout would hold 8/s can't be told: pages call their own site."},
		{"a timeout of 0.35 s", survived, func(r *reports.Report) {
			r.Onset = []reports.Onset{{}}
			physics(r)
			r.Onset = nil
			observed(r, 0.35, 4)
		}, "With payments hanging for 15 s every request was answered well, the slowest in 100 ms. The 0.35 s timeout is within the budget: at most 0.40 s holds 8/s (0.30 s with headroom)."},
		{"a timeout of 0.35 s, workers not known", survived, func(r *reports.Report) {
			r.Timeouts = []reports.Timeout{{Dependency: "payments", Fault: "hang", Verdict: "app", ObservedS: around(0.35, 0.01), HeldHz: new(8.0)}}
		}, "With payments hanging for 15 s every request was answered well, the slowest in 100 ms. The 0.35 s timeout was short enough for 8/s in this run."},
		{"one worker and one place behind it", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			r.Pool.Workers, r.Pool.QueueSlots, r.Onset[0].Held = around(1, 0.05), around(1, 0.02), new(1.0)
			r.Pool.Workers.Kind = "workers"
			r.Budget[0].MaxTimeoutS, r.Budget[0].WithHeadroomS = nil, nil
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: the only worker was waiting for payments and the only queue slot behind it filled. No timeout was seen within 10 s. No timeout would hold this rate with this worker; with a 1 s timeout it takes 9 workers."},
		{"one worker, and a timeout", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			observed(r, 1, 9)
			r.Pool.Workers = around(1, 0.05)
			r.Pool.Workers.Kind = "workers"
			r.Prediction.CapacityHz = new(0.9)
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: with 1.0 s spent on each call to payments the only worker carries only 0.90/s and the 17 queue slots behind it filled. The 1.0 s timeout is too long: at most 0.40 s holds 8/s (0.30 s with headroom); with 1.0 s it takes 9 workers."},
		{"three tries of 12 s", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			observed(r, 12, 289)
			r.Timeouts[0].Retries = 2
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: all 4 workers were waiting for payments and the 17 queue slots behind them filled. The 12 s timeout, 3 times over, holds a worker for 36 s and is too long: at most 0.40 s holds 8/s (0.30 s with headroom); with 12 s it takes 289 workers."},
		{"a share of calls and no timeout that holds", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			r.Budget[0].MaxTimeoutS, r.Budget[0].WithHeadroomS = nil, nil
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: all 4 workers were waiting for payments and the 17 queue slots behind them filled. No timeout was seen within 10 s. No timeout would hold this rate with these workers; with a 1 s timeout it takes 9 workers."},
		{"a TCP pool", firstTimedOut(), func(r *reports.Report) {
			physics(r)
			r.Pool.QueueSlots, r.Pool.Network, r.Pool.GatewayTimeoutS = nil, "tcp", around(10, 0.01)
			r.Onset = r.Onset[:1]
			cause(r, reports.GatewayTimeout, 0.95)
		}, "With payments hanging, 504s began 2.5 s after the fault at 8 requests/s: all 4 workers were waiting for payments and requests took longer than the 10 s that the gateway waits. No timeout was seen within 10 s. A timeout of at most 0.40 s would hold this rate (0.30 s with headroom); with a 1 s timeout it takes 9 workers."},
		{"figures that are not known", madeup.Hang(), func(r *reports.Report) { cause(r, reports.QueueFull, 0.9) },
			"With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: all workers were busy, held longer with payments hanging, and the queue behind them filled."},
		{"calls that waited, and workers that are not known", madeup.Hang(), func(r *reports.Report) {
			cause(r, reports.QueueFull, 0.9)
			r.Onset[0].Held = new(4.2)
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: all workers were busy, with 4 calls to payments waiting, and the queue behind them filled."},
		{"a budget that the run contradicts", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			r.Budget[0].Withdraw("the run says otherwise")
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: all 4 workers were waiting for payments and the 17 queue slots behind them filled. No timeout was seen within 10 s. Which timeout would hold this rate can't be told: the run says otherwise."},
		{"slots that may be more", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			r.Pool.QueueSlots.Low, r.Pool.QueueSlots.High = 17, 38
			r.Timeouts, r.Budget = nil, nil
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: all 4 workers were waiting for payments and at least 17 queue slots behind them filled."},
		{"all but one", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			r.Pool.Workers, r.Onset[0].Held = around(8, 0), new(7.0)
			r.Timeouts, r.Budget = nil, nil
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: 7 of the 8 workers were waiting for payments and the 17 queue slots behind them filled."},
		{"figures that are not exact", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			r.Onset[0].Held = new(12.0)
			r.Pool.Workers, r.Pool.QueueSlots = around(12, 0.1), around(40, 0.1)
			r.Budget = nil
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: all workers (about 12) were waiting for payments and about 40 queue slots behind them filled. No timeout was seen within 10 s."},
		{"a probable cause", madeup.Hang(), func(r *reports.Report) { cause(r, reports.WorkerKilled, 0.7) },
			"With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: probably workers died, or were killed, with the requests that they served."},
		{"a possible cause", madeup.Hang(), func(r *reports.Report) { cause(r, reports.CDN, 0.4) },
			"With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: possibly an edge in front of the site answered in its place."},
		{"workers killed", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			cause(r, reports.WorkerKilled, 0.95)
			r.Timeouts[0].Verdict, r.Timeouts[0].ObservedS = "worker", around(3.4, 0.15)
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: workers were killed after waiting 3.4 s for payments. The application gave up on no call itself. A timeout of at most 0.40 s would hold this rate (0.30 s with headroom); with a 1 s timeout it takes 9 workers."},
		{"the pool was down", madeup.Hang(), func(r *reports.Report) { cause(r, reports.PoolDown, 0.95) },
			"With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: nothing listened where the gateway looks for the workers."},
		{"the application's own error", madeup.Hang(), func(r *reports.Report) {
			cause(r, reports.AppError, 0.9)
			r.Timeouts = []reports.Timeout{{Dependency: "payments", Fault: "hang", Verdict: "app", ObservedS: around(1, 0.01)}}
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: the application itself answered so. Calls to payments were given up after 1.0 s."},
		{"calls to itself", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			r.Timeouts, r.Budget = nil, nil
			cause(r, reports.SelfDeadlock, 0.9)
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: all 4 workers were waiting for the site itself."},
		{"an unknown cause, and a timeout", madeup.Hang(), func(r *reports.Report) {
			r.Timeouts = []reports.Timeout{{Dependency: "payments", Verdict: "none", HorizonS: 10}}
		}, "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s and 49% of requests in phase hang failed; the site was well again 1 s after it was lifted. No timeout was seen within 10 s."},
		{"a connect timeout, which can't be told", survived, func(r *reports.Report) {
			r.Timeouts = []reports.Timeout{{Dependency: "payments", Connect: true, Verdict: "none", HorizonS: 10}, {Dependency: "bank", Why: "it made no call"}}
		}, "With payments hanging for 15 s every request was answered well, the slowest in 100 ms. No connect timeout on payments was seen within 10 s."},
		{"a dose that broke it", survived, func(r *reports.Report) {
			r.Dose = []reports.Dose{{Dependency: "payments", SizeS: new(1.5), MaxS: 3, Broke: "502"}}
		},
			"With payments hanging for 15 s every request was answered well, the slowest in 100 ms. The site first broke (502) with payments delayed by 1.5 s."},
		{"a dose that did not", survived, func(r *reports.Report) { r.Dose = []reports.Dose{{Dependency: "payments", MaxS: 3}} },
			"With payments hanging for 15 s every request was answered well, the slowest in 100 ms. The site held every delay of payments up to 3 s."},
		{"a dose that filled the queue first", survived, func(r *reports.Report) {
			r.Dose = []reports.Dose{{Dependency: "payments", SizeS: new(1.5), QueuedS: new(0.5), MaxS: 3, Broke: "502"}}
		}, "With payments hanging for 15 s every request was answered well, the slowest in 100 ms. The site first broke (502) with payments delayed by 1.5 s, but requests piled up from 500 ms on."},
		{"a dose that would have broken it", survived, func(r *reports.Report) { r.Dose = []reports.Dose{{Dependency: "payments", QueuedS: new(2.0), MaxS: 3}} },
			"With payments hanging for 15 s every request was answered well, the slowest in 100 ms. Delays of payments up to 3 s did not break the site, but from 2 s on requests piled up: it would not have held for long."},
		// 20/s fill 21 places at 20-8 = 12/s and the 4 workers' 0.5 s: at 1.5 s; then 8 of 20 are answered.
		{"overload", overload(), func(r *reports.Report) {
			physics(r)
			r.Pool.CapacityHz = around(8, 0.02)
			r.Timeouts, r.Budget = nil, nil
		}, "The site carries 8.0/s; asked 20/s, 103 of 200 requests failed (52%: 103 × 502), from 1.5 s into the run on: all 4 workers were busy and the 17 queue slots behind them filled."},
		{"overload of a site bound by its CPU", overload(), func(r *reports.Report) {
			r.Pool.Workers = around(2.5, 0.05)
			r.Pool.Workers.Kind = "effective"
			cause(r, reports.QueueFull, 0.9)
		}, "103 of 200 requests failed (52%: 103 × 502); 502s began 1.5 s into the run at 20 requests/s: all workers were busy and the queue behind them filled."},
		{"slow answers without errors", madeup.NewScenario(madeup.Phase("load", 20*madeup.Second)).Drive(nil), func(r *reports.Report) {
			r.Slowdowns = []reports.Slowdown{{FromS: 5, Cause: reports.Contention, Confidence: new(0.9)}, {FromS: 9, Cause: reports.Queueing, Confidence: new(0.3)}}
		}, "All 160 requests were answered well, half of them within 100 ms and 99% within 100 ms. Answers were slow from 5 s on: each request took longer the more there were at once."},
		{"a pool that was down all along", madeup.NewScenario(madeup.Phase("load", 20*madeup.Second)).Drive(func(h *journal.Hit) { madeup.Bad(h, 502) }), func(r *reports.Report) { cause(r, reports.PoolDown, 0.95) },
			"Not one of 160 requests was answered well (160 × 502): nothing listened where the gateway looks for the workers."},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := diagnosed(t, test.run, test.set); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// firstTimedOut is hang with a 504 just before the first 502, and as many.
func firstTimedOut() *madeup.Scenario {
	s := madeup.Hang()
	for i := range s.Hits {
		if h := &s.Hits[i]; h.Due == 15*madeup.Second {
			h.Done = 17500 * madeup.Millisecond
			madeup.Bad(h, 504)
		}
	}
	return s
}
