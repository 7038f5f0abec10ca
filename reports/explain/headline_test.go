package explain_test

import (
	"slices"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/claims"
	"github.com/tailback/tailback/reports/explain"
	"github.com/tailback/tailback/reports/journal"
)

// twoHangs is a run in which stock hangs and nothing comes of it, and then payments,
// which takes the site down.
func twoHangs() *madeup.Scenario {
	const s = madeup.Second
	p := &madeup.Pool{Workers: 4, Slots: 17, Service: 100 * madeup.Millisecond, Hang: 25 * s, Lift: 35 * s}
	return madeup.NewScenario(madeup.Phase("baseline", 10*s), madeup.Phase("stock", 10*s), madeup.Phase("payments", 20*s)).Drive(p.Answer).
		Fault("stock", "hang", 12*s, 15*s).Fault("payments", "hang", 25*s, 35*s)
}

// stallAfterCalm is a run in which stock hangs and nothing comes of it, and then
// payments, and nobody is answered.
func stallAfterCalm() *madeup.Scenario {
	const s = madeup.Second
	return madeup.NewScenario(madeup.Phase("stock", 10*s), madeup.Phase("payments", 10*s)).Drive(func(h *journal.Hit) {
		if h.Due >= 12*s && h.Due < 15*s {
			h.Done = 15*s + 50*madeup.Millisecond
		}
	}).Fault("stock", "hang", 2*s, 5*s).Fault("payments", "hang", 12*s, 15*s)
}

// A headline has what happened, why, and what would help, of what went wrong; all
// else is below it.
func TestHeadline(t *testing.T) {
	const down = "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: all 4 workers were waiting for payments and the 17 queue slots behind them filled."
	const holds = "A timeout of at most 0.40 s would hold this rate (0.30 s with headroom); with a 1 s timeout it takes 9 workers."
	well := madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 15*madeup.Second)).Drive(nil).Fault("payments", "hang", 10*madeup.Second, 25*madeup.Second)
	half := madeup.Harmless().Fault("bank", "reset", 13*madeup.Second, 15*madeup.Second)
	half.LastFault().Connections, half.LastFault().RequestsHeld = new(int64(0)), new(int64(0))
	idle := func(r *reports.Report) {
		r.Verdict, r.VerdictWhy = reports.Inconclusive, "the fault on bank (reset) touched no request: is the site configured to call bank through its proxy at 127.0.0.1:9902, and do these requests call it?"
	}
	for _, row := range []struct {
		name     string
		run      *madeup.Scenario
		set      func(r *reports.Report)
		headline string
		details  []string
	}{
		{"the phase that went wrong comes first", twoHangs(), func(r *reports.Report) {
			physics(r)
			r.Timeouts = append(r.Timeouts, reports.Timeout{Dependency: "stock", Fault: "hang", Verdict: "app", ObservedS: around(0.2, 0.01), HeldHz: new(8.0)})
		}, down + " No timeout on payments was seen within 10 s. " + holds,
			[]string{"With stock hanging for 3 s every request was answered well, the slowest in 100 ms.", "The 0.20 s timeout on stock was short enough for 8/s in this run."}},
		{"a stall goes wrong as errors do", stallAfterCalm(), func(*reports.Report) {},
			"With payments hanging for 3 s, visitors got nothing for 3 s: 23 of 24 requests were answered only once it was lifted, after waiting for up to 3 s; the site was well again as soon as it was lifted. With stock hanging for 3 s every request was answered well, the slowest in 100 ms.", nil},
		{"what would help comes before why where there is no room for both", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			r.Outcome, r.OutcomeWhy = reports.OutcomeAborted, `abort_when "errors > 50% over 10s": 9 of the 10 requests were errors`
		}, `Stopped after 38 s by abort_when "errors > 50% over 10s": 9 of the 10 requests were errors. ` + down + " " + holds,
			[]string{"No timeout was seen within 10 s."}},
		{"why nothing was concluded comes first", half, idle,
			"The fault on bank (reset) touched no request: is the site configured to call bank through its proxy at 127.0.0.1:9902, and do these requests call it? With payments hanging for 3 s every request was answered well, the slowest in 100 ms.", nil},
		{"a fault that was idle in a run that missed anyway", half, func(r *reports.Report) {
			r.Verdict, r.Objectives = reports.Fail, []reports.Objective{{Text: "hang: p99 < 50ms", OK: new(false), Observed: new(0.1), Unit: "s"}}
		}, "The objective was missed: hang: p99 < 50ms (seen 100 ms). With payments hanging for 3 s every request was answered well, the slowest in 100 ms. The fault on bank (reset) touched no request, so this run says nothing about it.", nil},
		{"what was missed by a site that answered all", well, func(r *reports.Report) {
			r.Verdict = reports.Fail
			r.Objectives = []reports.Objective{{Text: "hang: errors < 1%", OK: new(true)}, {Text: "hang: p99 < 50ms", OK: new(false), Observed: new(0.1), Unit: "s"}, {Text: "hang: onset < 5s", OK: new(false), Unit: "s"}}
		}, "2 of 3 objectives were missed: hang: p99 < 50ms (seen 100 ms) and hang: onset < 5s. With payments hanging for 15 s every request was answered well, the slowest in 100 ms.", nil},
		{"an onset is what happened", madeup.Hang(), func(r *reports.Report) {
			physics(r)
			r.Verdict, r.Objectives = reports.Fail, []reports.Objective{{Text: "hang: errors < 1%", OK: new(false), Observed: new(0.7), Unit: "ratio"}}
		}, down + " No timeout was seen within 10 s. " + holds, nil},
		{"not well before", madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 10*madeup.Second)).Drive(func(h *journal.Hit) {
			if h.Seq%10 == 0 {
				madeup.Bad(h, 500)
			}
		}).Fault("payments", "hang", 12*madeup.Second, 15*madeup.Second), func(r *reports.Report) {
			r.Timeouts = []reports.Timeout{{Dependency: "payments", Fault: "hang", Verdict: "none", HorizonS: 3}}
		}, "10% of requests failed before any fault. With payments hanging, 10% of requests in phase hang failed (8 × 500). No timeout was seen within 3.0 s.", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := without(t, row.run)
			row.set(r)
			r.Claims = claims.List(r)
			headline, details := explain.Summary(r)
			if headline != row.headline || !slices.Equal(details, row.details) {
				t.Errorf("\n got %s\n and %q\nwant %s\n and %q", headline, details, row.headline, row.details)
			}
		})
	}
}
