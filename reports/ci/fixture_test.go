package ci

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tailback/tailback/reports"
)

var update = flag.Bool("update", false, "write the golden files anew")

// began is when all fixtures began.
var began = time.Date(2026, 11, 22, 15, 4, 7, 0, time.FixedZone("", 3600))

// hang is a run of 40 + 80 + 80 requests, of whose hang 57 failed: 23 of 80 are 28.75% ok.
func hang() *reports.Report {
	phase := func(name string, hits, ok int64, p50, p95, p99 float64) reports.Phase {
		t := reports.Traffic{Hits: hits, Sent: hits, OK: ok, RateAskedHz: new(8.0), RateSentHz: 8, OKRatio: new(float64(ok) / float64(hits)), DegradedRatio: new(0.0),
			Failed: map[string]int64{}, Classes: map[string]int64{"ok": ok, "status": hits - ok},
			ResponseS: reports.Quantiles{N: ok, P50: &p50, P90: &p95, P95: &p95, P99: &p99, P999: &p99, Max: &p99}}
		return reports.Phase{Name: name, Kind: "open", Traffic: t}
	}
	r := &reports.Report{Schema: 1, ToolVersion: "v0.1.0", Name: "checkout", Target: "http://staging.example.com", Started: began, DurationS: 25.0104,
		Verdict: reports.Fail, ExitCode: 1, Outcome: reports.OutcomeComplete, Fidelity: reports.Fidelity{OK: true},
		Summary: "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s. No timeout was seen within 10 s.",
		Phases: []reports.Phase{{Name: "warmup", Kind: "open", Warmup: true}, phase("baseline", 40, 40, 0.102, 0.104, 0.111),
			phase("hang", 80, 23, 8.4, 9.7, 9.8), phase("recovery", 80, 80, 0.102, 0.104, 0.412)},
		Total:    reports.Traffic{Hits: 200, Sent: 200, OK: 143, RateSentHz: 8, ServiceS: reports.Quantiles{N: 143, P90: new(8.25), P95: new(9.5)}},
		Faults:   []reports.Fault{{Dependency: "payments", Kind: "hang", Phase: "hang", AppliedS: 5, LiftedS: new(15.0), Exercised: true, UndoConfirmed: new(true)}},
		Onset:    []reports.Onset{{Code: 502, Class: "status", Phase: "hang", AfterFaultS: new(2.626), Cause: reports.QueueFull}},
		Recovery: []reports.Recovery{{Dependency: "payments", Kind: "hang", LiftedS: 15, AfterLiftS: new(1.0)}},
		Pool:     reports.Pool{Workers: &reports.Estimate{Value: 4, Kind: "workers"}, CapacityHz: &reports.Estimate{Value: 39.5}},
		Declared: []string{"payments", "stock"},
		Timeouts: []reports.Timeout{{Dependency: "payments", Verdict: reports.ByNobody}, {Dependency: "stock", Verdict: reports.ByApp, ObservedS: &reports.Estimate{Value: 0.5}}},
		Budget:   []reports.Budget{{Dependency: "payments", MaxTimeoutS: new(0.4)}},
		Advice:   []reports.Advice{{Text: "give calls to payments a timeout of at most 0.40 s", Because: "4 workers hold 8/s with it"}},
		Objectives: []reports.Objective{
			{Text: "baseline: p99 < 300ms", OK: new(true), Observed: new(0.111), Unit: "s", File: "load/checkout.yaml", Line: 21},
			{Text: "hang: errors < 1%", OK: new(false), Observed: new(0.7125), Unit: "ratio", Why: "57 of 80 requests failed", File: "load/checkout.yaml", Line: 22},
			{Text: "hang: 504 < 1", OK: new(false), Observed: new(1.0), Unit: "count", File: "load/checkout.yaml", Line: 23},
			{Text: "recovery: onset < 1s", Unit: "s", Why: "no 502, 503 or 504 came after the fault", File: "load/checkout.yaml", Line: 24},
			{Text: "onset > 1s", OK: new(true), Unit: "s", File: "load/checkout.yaml", Line: 25},
		}}
	r.Phases[3].Degraded, r.Phases[3].DegradedRatio = 4, new(0.05)
	failed := &r.Phases[2]
	failed.Failed, failed.Classes = map[string]int64{"502": 53, "504": 1}, map[string]int64{"ok": 23, "status": 54, "client_timeout": 3}
	return r
}

// quiet is a run without objectives, of which nothing is wrong.
func quiet() *reports.Report {
	r := hang()
	r.Objectives, r.Verdict, r.ExitCode, r.Advice = nil, reports.None, 0, nil
	return r
}

// untouched is a run that met its objectives, and whose fault touched nothing.
func untouched() *reports.Report {
	r := hang()
	r.Objectives, r.Verdict, r.ExitCode = r.Objectives[:1], reports.Inconclusive, 3
	r.VerdictWhy = "the fault on payments (hang) touched no request: is the site configured to call 127.0.0.1:9901?"
	r.Faults[0].Exercised = false
	return r
}

// unsure is a run of which one objective could not be judged, and none was missed.
func unsure() *reports.Report {
	r := hang()
	r.Objectives, r.Verdict, r.ExitCode = r.Objectives[3:], reports.Inconclusive, 3
	r.VerdictWhy = `objective "recovery: onset < 1s" could not be judged: no 502, 503 or 504 came after the fault`
	return r
}

// late is a run whose generator fell behind, and that missed an objective all the same.
func late() *reports.Report {
	r := hang()
	r.Fidelity = reports.Fidelity{Why: "3 of 200 requests were sent more than 100 ms late"}
	return r
}

// lateAndMet is late, and what it met can only have been harder for it.
func lateAndMet() *reports.Report {
	r := late()
	r.Objectives, r.Verdict, r.ExitCode = r.Objectives[:1], reports.Pass, 0
	return r
}

// interrupted is a run that was ended before its end.
func interrupted() *reports.Report {
	r := hang()
	r.Outcome, r.ExitCode = reports.OutcomeInterrupted, 130
	return r
}

// hostile is a run in which every text tries to leave its place.
func hostile() *reports.Report {
	const text = "</failure>]]>\x1b[31m\x00\ufffe\r\n::error::x\n| a | `b` <img src=x onerror=alert(1)> @octocat #12 !34 \"'&%25 [x](http://evil.example) www.evil.example \u202e $a$ # EOF\n# TYPE x gauge"
	r := hang()
	r.Name, r.Target, r.Summary, r.ToolVersion, r.VerdictWhy, r.OutcomeWhy = text, text, text, text, text, text
	for i := range r.Objectives {
		r.Objectives[i].Text, r.Objectives[i].Why, r.Objectives[i].File = text, text, text
	}
	for i := range r.Phases {
		r.Phases[i].Name, r.Phases[i].Failed = text, map[string]int64{text: 3}
	}
	r.Onset[0].Phase, r.Recovery[0].Dependency, r.Declared = text, text, []string{text}
	r.Timeouts[1].Dependency, r.Budget[0].Dependency = text, text
	r.Advice = []reports.Advice{{Text: text, Because: text}}
	return r
}

// audited is an audit that found a timeout, a long one, none, and could not tell.
func audited() *reports.Audit {
	return &reports.Audit{Campaign: reports.Campaign{Kind: reports.KindAudit, Name: "checkout", Started: began, DurationS: 61, Verdict: reports.Fail, ExitCode: 1, Outcome: reports.OutcomeComplete,
		Summary: "1 of 4 dependencies is called without a timeout: mail"}, RateHz: 8, HorizonS: 30,
		Rows: []reports.AuditRow{
			{Dependency: "payments", Verdict: reports.AuditOK, Text: "0.35 s: short enough, at most 0.40 s holds 8/s", Visitors: "degraded page", MaxTimeoutS: new(0.4),
				Timeout: &reports.Timeout{ObservedS: &reports.Estimate{Value: 0.35}, RetriesKnown: true}},
			{Dependency: "stock", Verdict: reports.AuditTooLong, Text: "2 tries of 1.0 s: too long", Timeout: &reports.Timeout{ObservedS: &reports.Estimate{Value: 1}, Retries: 1}},
			{Dependency: "mail", Verdict: reports.AuditNone, Text: "no timeout within 30 s", Timeout: &reports.Timeout{HorizonS: 30}},
			{Dependency: "search", Verdict: reports.AuditUnknown, Text: "not run: port taken"},
		}}
}

// searched is a search that found a rate, could not tell one, and found none that held.
func searched() *reports.Capacity {
	return &reports.Capacity{Campaign: reports.Campaign{Kind: reports.KindCapacity, Name: "checkout", Started: began, DurationS: 200, Verdict: reports.Fail, ExitCode: 1,
		Outcome: reports.OutcomeComplete, Arrivals: "uniform", Summary: "without a fault the site carries 39/s"}, Objective: "errors < 1%, p95 < 2s", FromHz: 20,
		Figures: []reports.CapacityFigure{
			{RateHz: new(39.0), LowHz: new(38.5), HighHz: new(40.0), Limit: "queueing"},
			{Fault: "payments: latency 1 s", Why: "the load was not as asked"},
			{Fault: "payments: hang"},
		}}
}

// compared is a comparison with a figure of each kind.
func compared() *reports.Comparison {
	return &reports.Comparison{Kind: reports.KindComparison, Verdict: reports.Worse, ExitCode: 1, Summary: "The p95 of checkout in hang is worse: 0.52 s before, 0.98 s now.",
		After: reports.Side{Runs: []reports.RunName{{Name: "checkout", Started: began}}},
		Figures: []reports.Compared{
			{Phase: "baseline", Figure: "p50", Unit: "s", Before: new(0.05), After: new(0.05), Change: reports.Same},
			{Phase: "hang", Request: "checkout", Figure: "p95", Unit: "s", Before: new(0.52), After: new(0.98), Change: reports.Worse},
			{Phase: "hang", Figure: "errors", Unit: "ratio", Before: new(0.02), After: new(0.0), Change: reports.Improved},
			{Dependency: "payments", Figure: "timeout", Unit: "s", Before: new(0.5), Change: reports.CantTell, Why: "none was seen after"},
			{Figure: "queue_slots", Unit: "count", Before: new(17.0), After: new(17.0), Change: reports.Same},
		},
		Differences: []reports.Differs{{What: "phase hang: rate", Before: "8/s", After: "10/s", Spoils: "hang"}}}
}

// verified is a run that met its objectives, and is worse than its baseline.
func verified() *Suite {
	s := OfRun(lateAndMet())
	s.Against(compared())
	return s
}

// suites are all fixtures.
func suites() map[string]*Suite {
	return map[string]*Suite{"hang": OfRun(hang()), "quiet": OfRun(quiet()), "untouched": OfRun(untouched()), "unsure": OfRun(unsure()), "interrupted": OfRun(interrupted()), "late": OfRun(late()), "late and met": OfRun(lateAndMet()),
		"hostile": OfRun(hostile()), "empty": OfRun(&reports.Report{}), "audit": OfAudit(audited()), "capacity": OfCapacity(searched()), "comparison": OfComparison(compared()), "verified": verified()}
}

func written(t *testing.T, form func(io.Writer, *Suite) error, s *Suite) string {
	t.Helper()
	var b bytes.Buffer
	if err := form(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// golden compares got with a file under testdata that a person has read.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from its golden file; look at it, then run with -update:\n%s", path, got)
	}
}
