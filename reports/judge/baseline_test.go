package judge_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// slow is a run of two phases of 10 s at 8/s, in the second of which payments hangs for
// 3 s and does no harm; each answer takes so long, and bad of the 80 hits in hang fail.
func slow(takes time.Duration, bad int) *madeup.Scenario {
	s := madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 10*madeup.Second))
	s.Requests = []string{"checkout", "home"}
	return s.Drive(func(h *journal.Hit) {
		h.Request = int32(h.Seq % 2)
		h.Done = h.Due + takes
		if h.Seq >= 80 && h.Seq < uint64(80+bad) {
			madeup.Bad(h, 502)
		}
	}).Fault("payments", "hang", 12*madeup.Second, 15*madeup.Second)
}

// reportOf is the report.json of a run.
func reportOf(t *testing.T, s *madeup.Scenario, change func(r *reports.Report)) []byte {
	t.Helper()
	r := judged(t, s)
	change(r)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// against judges an objective of a run that is held against a baseline.
func against(t *testing.T, s *madeup.Scenario, base journal.Baseline, text string, diagnose func(r *reports.Report)) reports.Objective {
	t.Helper()
	c := s.Asking(text).Contents()
	c.Baseline = base
	return judgedWith(t, c, diagnose).Objectives[0]
}

// The baseline's answers took 100 ms, and 8 of 80 failed in hang. This run's take
// 120 ms, and 12 of 80 fail: 0.15.
func TestObjectivesOnABaseline(t *testing.T) {
	diagnosed := func(workers, capacity, rate float64, verdict string) func(r *reports.Report) {
		return func(r *reports.Report) {
			r.Pool = reports.Pool{Workers: around(workers, workers, workers), CapacityHz: around(capacity, 0.97*capacity, 1.03*capacity)}
			r.Timeouts = []reports.Timeout{{Dependency: "payments", Verdict: verdict, HorizonS: 8}}
			if verdict == reports.ByApp {
				r.Timeouts[0].ObservedS = around(0.35, 0.34, 0.36)
				r.Timeouts[0].RetriesKnown = true
			}
			r.Budget = []reports.Budget{{Dependency: "payments", RateHz: rate, MaxTimeoutS: new(0.4), Bound: "gateway"}}
		}
	}
	base := journal.Baseline{Report: reportOf(t, slow(100*madeup.Millisecond, 8), diagnosed(8, 40, 8, reports.ByNobody))}
	for _, row := range []struct {
		text, want string
		limit      *float64
		why        string // begins with
	}{
		{"p95 < 1.3x baseline", "met", new(0.13), ""},
		{"p95 < 1.1x baseline", "missed", new(0.11), "p95 was 120 ms; limit 110 ms, 1.1 times the baseline's 100 ms"},
		{"baseline: p95 <= 1x baseline", "missed", new(0.1), "p95 was 120 ms; limit: the baseline's 100 ms"},
		{"hang: errors <= 1x baseline", "missed", new(0.1), "errors were 15%; limit: the baseline's 10%"},
		{"hang: errors <= 1.5x baseline", "met", new(0.15), ""},
		{"errors <= 1.4x baseline", "missed", new(0.07), "errors were 7.5%; limit 7%, 1.4 times the baseline's 5%"}, // of 160
		{"hang: 502 < 2x baseline", "met", new(0.2), ""},
		{"baseline: errors <= 1x baseline", "met", new(0.0), ""},
		{"baseline: errors < 1x baseline", "null", new(0.0), "limit: the baseline's 0%, and nothing is better than that: write it with <="},
		{"baseline: ok > 1x baseline", "null", new(1.0), "limit: the baseline's 100%, and nothing is better than that: write it with >="},
		{"hang: errors < 1x baseline", "missed", new(0.1), "errors were 15%"},
		{"checkout p95 < 1.1x baseline", "missed", new(0.11), "p95 was 120 ms; limit 110 ms"},
		{"hang: checkout errors <= 1.5x baseline", "met", new(0.15), ""},
		{"rate >= 0.9x baseline", "met", new(0.9 * 152 / 20), ""}, // 152 of 160 in 20 s, and 148 now
		{"degraded <= 1x baseline", "met", new(0.0), ""},

		{"workers >= 1x baseline", "missed", new(8.0), "workers were 7; limit: the baseline's 8"},
		{"workers == 1x baseline", "missed", new(8.0), ""},
		{"workers >= 0.8x baseline", "met", new(6.4), ""},
		// 33.95 to 36.05 now, 0.9 times 38.8 to 41.2, which is 34.92 to 37.08, before.
		{"capacity > 0.9x baseline", "null", new(36.0), "capacity was 35.0/s (34.0/s to 36.1/s), which does not decide it; limit 36.0/s, 0.9 times the baseline's 40.0/s"},
		{"capacity > 0.8x baseline", "met", new(32.0), ""},
		{"capacity > 1x baseline", "missed", new(40.0), ""},
		{"payments timeout <= 1x baseline", "met", nil, ""}, // none within 8 s before, 0.35 s now
		{"payments timeout >= 1x baseline", "missed", nil, "the timeout on payments was 0.35 s (0.34 s to 0.36 s); limit: the baseline's none within 8.0 s"},
		{"payments retries <= 1x baseline", "null", nil, "the baseline does not tell it: how often calls to payments are tried again is not known"},
		{"payments budget >= 0.9x baseline", "null", nil, "the baseline does not tell it: its budget is for 8/s, and this run's for 10/s"},
		{"queue_slots >= 1x baseline", "null", nil, "how many queue slots there are is not known"},
	} {
		o := against(t, slow(120*madeup.Millisecond, 12), base, row.text, diagnosed(7, 35, 10, reports.ByApp))
		if found(o) != row.want || !strings.HasPrefix(o.Why, row.why) || (o.Limit == nil) != (row.limit == nil) || o.Limit != nil && !near(o.Limit, *row.limit) {
			t.Errorf("%s is %s, limit %v, because %q; want %s, %v, %q", row.text, found(o), show(o.Limit), o.Why, row.want, show(row.limit), row.why)
		}
	}
	if o := against(t, slow(120*madeup.Millisecond, 12), base, "p95 < 1.3x baseline", func(*reports.Report) {}); o.Seen != "120 ms; the baseline had 100 ms" {
		t.Errorf("seen %q", o.Seen)
	}
}

// As good as the baseline is not better, which is missed where something better there
// could be, and can't be judged where nothing could.
func TestAsGoodAsTheBaseline(t *testing.T) {
	base := journal.Baseline{Report: reportOf(t, slow(100*madeup.Millisecond, 8), func(*reports.Report) {})}
	for text, want := range map[string]string{
		"hang: errors < 1x baseline":   "missed",
		"hang: ok > 1x baseline":       "missed",
		"hang: ok >= 1x baseline":      "met",
		"hang: p50 < 1x baseline":      "missed",
		"baseline: ok > 1x baseline":   "null",
		"baseline: 502 < 1x baseline":  "null",
		"baseline: 502 <= 1x baseline": "met",
		"degraded > 1x baseline":       "missed", // there could be more of them
	} {
		if o := against(t, slow(100*madeup.Millisecond, 8), base, text, func(*reports.Report) {}); found(o) != want {
			t.Errorf("%s is %s because %q, want %s", text, found(o), o.Why, want)
		}
	}
}

// A delay is held against a delay.
func TestAnotherDelay(t *testing.T) {
	late := func(size float64) *madeup.Scenario {
		s := slow(100*madeup.Millisecond, 0)
		for i := range s.Events {
			s.Events[i].Fault.Kind, s.Events[i].Fault.SizeS = "latency", size
		}
		return s
	}
	base := journal.Baseline{Report: reportOf(t, late(1), func(*reports.Report) {})}
	for size, want := range map[float64]string{1: "met", 2: "null"} {
		if o := against(t, late(size), base, "hang: p95 <= 1x baseline", func(*reports.Report) {}); found(o) != want {
			t.Errorf("%v s is %s because %q, want %s", size, found(o), o.Why, want)
		}
	}
}

// Only runs of one experiment are held against each other, and only what both tell.
func TestAnotherBaseline(t *testing.T) {
	now := func() *madeup.Scenario { return slow(100*madeup.Millisecond, 0) }
	as := func(change func(r *reports.Report)) journal.Baseline {
		return journal.Baseline{Report: reportOf(t, now(), change)}
	}
	for _, row := range []struct {
		name string
		base journal.Baseline
		text string
		why  string // holds; empty when it is met
	}{
		{"the same", as(func(*reports.Report) {}), "p95 <= 1x baseline", ""},
		{"none", journal.Baseline{}, "p95 <= 1x baseline", "there is no baseline to hold it against: give one with --baseline"},
		{"a link", journal.Baseline{Why: "open out/baseline.json: is a link"}, "p95 <= 1x baseline", "the baseline can't be read: open out/baseline.json: is a link"},
		{"no JSON", journal.Baseline{Report: []byte("{")}, "p95 <= 1x baseline", "baseline.json is damaged: unexpected end of JSON input"},
		{"empty", journal.Baseline{Report: []byte{}}, "p95 <= 1x baseline", "baseline.json is damaged"},
		{"other JSON", journal.Baseline{Report: []byte("{}")}, "p95 <= 1x baseline", "baseline.json is no report of a run"},
		{"figures that are none", journal.Baseline{Report: []byte(`{"schema": 1, "total": {"ok": "many"}}`)}, "p95 <= 1x baseline", "baseline.json is damaged: json: cannot unmarshal"},
		{"an audit", journal.Baseline{Report: []byte(`{"schema": 1, "kind": "audit"}`)}, "p95 <= 1x baseline", "baseline.json is the report of an audit, and not of a run"},
		{"a newer one", journal.Baseline{Report: []byte(`{"schema": 2}`)}, "p95 <= 1x baseline", "schema 2, newer than 1"},
		{"nothing in it", journal.Baseline{Report: []byte(`{"schema": 1, "fidelity": {"ok": true}}`)}, "p95 <= 1x baseline", "it has no phase baseline"},
		{"another rate", as(func(r *reports.Report) { r.Phases[1].RateAskedHz = new(10.0) }), "p95 <= 1x baseline", "the baseline does not tell it: phase hang was asked 10/s there, and 8/s here"},
		{"another rate elsewhere", as(func(r *reports.Report) { r.Phases[1].RateAskedHz = new(10.0) }), "baseline: p95 <= 1x baseline", ""},
		{"clients that wait", as(func(r *reports.Report) { r.Phases[0].Kind = reports.ClosedPhase }), "p95 <= 1x baseline", "phase baseline had a load of another kind there: closed, and open here"},
		{"a phase missing", as(func(r *reports.Report) { r.Phases = r.Phases[:1] }), "hang: p95 <= 1x baseline", "it has no phase hang"},
		{"a phase besides", as(func(r *reports.Report) { r.Phases = append(r.Phases, reports.Phase{Name: "overload"}) }), "p95 <= 1x baseline", "it has a phase overload besides"},
		{"a warm-up besides", as(func(r *reports.Report) { r.Phases = append(r.Phases, reports.Phase{Name: "warmup", Warmup: true}) }), "p95 <= 1x baseline", ""},
		{"no fault", as(func(r *reports.Report) { r.Faults = nil }), "hang: p95 <= 1x baseline", "phase hang had 0 faults there, and 1 fault here"},
		{"no fault elsewhere", as(func(r *reports.Report) { r.Faults = nil }), "baseline: p95 <= 1x baseline", ""},
		{"another fault", as(func(r *reports.Report) { r.Faults[0].Kind, r.Faults[0].State = "down", "payments down" }), "hang: p95 <= 1x baseline", "phase hang had another fault there: payments down, and payments hanging here"},
		{"another dependency", as(func(r *reports.Report) { r.Faults[0].Dependency, r.Faults[0].State = "bank", "bank hanging" }), "hang: p95 <= 1x baseline", "had another fault there: bank hanging, and payments hanging here"},
		{"a fault on fewer connections", as(func(r *reports.Report) { r.Faults[0].Share = 0.5 }), "hang: p95 <= 1x baseline", "payments hanging on 50% of connections, and payments hanging here"},
		{"a longer fault", as(func(r *reports.Report) { r.Faults[0].LiftedS = new(17.0) }), "hang: p95 <= 1x baseline", "had its fault for 5 s there, after 2 s of 10 s, and for 3 s here, after 2 s of 10 s"},
		{"a fault that was lifted a little later", as(func(r *reports.Report) { r.Faults[0].LiftedS = new(15.2) }), "hang: p95 <= 1x baseline", ""},
		{"cut short", as(func(r *reports.Report) { r.Phases[1].CutShort = true }), "hang: p95 <= 1x baseline", "phase hang was not seen to its end there"},
		{"a generator that failed", as(func(r *reports.Report) { r.Fidelity.OK, r.Fidelity.Why = false, "8 of 160 requests were not sent" }), "p95 <= 1x baseline", "its load was not as asked: 8 of 160"},
		{"another request", as(func(r *reports.Report) { r.Requests[1].Name = "search" }), "p95 <= 1x baseline", "it did not send the request home"},
		{"a request besides", as(func(r *reports.Report) {
			r.Requests = append(r.Requests, reports.RequestTraffic{Name: "search", Traffic: reports.Traffic{Sent: 50}})
		}), "p95 <= 1x baseline", "it sent a request search besides"},
		{"a rare request besides", as(func(r *reports.Report) {
			r.Requests = append(r.Requests, reports.RequestTraffic{Name: "search", Traffic: reports.Traffic{Sent: 1}})
		}), "p95 <= 1x baseline", ""},
		{"the request itself", as(func(r *reports.Report) { r.Requests[0].Name = "search" }), "checkout p95 <= 1x baseline", "it did not send the request checkout"},
		{"an older report", as(func(r *reports.Report) { r.Requests = nil }), "checkout p95 <= 1x baseline", "make it again with `tailback report --format json`"},
		{"an older report, of a phase", as(func(r *reports.Report) { r.Requests = nil }), "hang: checkout p95 <= 1x baseline", ""},
		{"not one good answer", as(func(r *reports.Report) { r.Total.ResponseS = reports.Quantiles{} }), "p95 <= 1x baseline", "it had no good answer"},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := against(t, now(), row.base, row.text, func(*reports.Report) {})
			if (row.why == "") != (found(o) == "met") || row.why != "" && found(o) != "null" || !strings.Contains(o.Why, row.why) {
				t.Errorf("%s is %s because %q, want %q", row.text, found(o), o.Why, row.why)
			}
			if row.why != "" && (o.Observed == nil || o.Limit != nil) {
				t.Errorf("observed %v, limit %v: what was seen is told without a baseline, and a limit is not", show(o.Observed), show(o.Limit))
			}
		})
	}
}
