package analysis

import (
	"errors"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/judge"
)

// auditedPart is a run on a dependency of a site with 4 workers, of 0.1 s, one call a request.
func auditedPart(name string, t *reports.Timeout, okRatio float64, workers bool) judge.AuditPart {
	r := &reports.Report{Target: "http://127.0.0.1:8081", Phases: []reports.Phase{{Name: "baseline", Traffic: reports.Traffic{Sent: 40, OKRatio: &okRatio}}, {Name: "hang"}},
		Faults: []reports.Fault{{Dependency: name, Phase: "hang"}}, Dependencies: []reports.Dependency{{Name: name, CallsPerHit: new(1.0), HeldMeanS: new(0.0)}},
		Pool: reports.Pool{ServiceS: &reports.Estimate{Value: 0.1}}}
	if workers {
		r.Pool.Workers = &reports.Estimate{Value: 4}
	}
	if t != nil {
		t.Dependency = name
		r.Timeouts = []reports.Timeout{*t}
	}
	return judge.AuditPart{Dependency: name, Bundle: name, Report: r}
}

func byTheApp(s float64, tries int64) *reports.Timeout {
	return &reports.Timeout{Fault: "hang", Verdict: "app", ObservedS: &reports.Estimate{Value: s}, Retries: tries - 1, Got: "degraded page"}
}

// At 8/s with 4 workers and 0.1 s of the page's own, 4/8 - 0.1 = 0.40 s holds;
// of two tries each may take half of it.
func TestAudit(t *testing.T) {
	for _, row := range []struct {
		name string
		part judge.AuditPart
		want string // verdict
		text string
	}{
		{"too long", auditedPart("a", byTheApp(1, 1), 1, true), reports.AuditTooLong, "1.0 s: too long, at most 0.40 s holds 8/s"},
		{"short enough", auditedPart("a", byTheApp(0.35, 1), 1, true), reports.AuditOK, "0.35 s: short enough, at most 0.40 s holds 8/s"},
		{"two tries", auditedPart("a", byTheApp(0.3, 2), 1, true), reports.AuditTooLong, "2 tries of 0.30 s: too long, at most 0.20 s holds 8/s"},
		{"workers not known", auditedPart("a", byTheApp(1, 1), 1, false), reports.AuditOK, "1.0 s; whether it holds the rate is not known"},
		{"none", auditedPart("a", &reports.Timeout{Verdict: "none", HorizonS: 10}, 1, true), reports.AuditNone, "no timeout within 10 s; at most 0.40 s holds 8/s"},
		{"killed", auditedPart("a", &reports.Timeout{Verdict: "worker", ObservedS: &reports.Estimate{Value: 3}}, 1, true), reports.AuditNone, "the worker was killed after about 3.0 s"},
		{"can't be told", auditedPart("a", &reports.Timeout{Why: "the fault touched no request"}, 1, true), reports.AuditUnknown, "the fault touched no request"},
		{"ill before", auditedPart("a", byTheApp(0.3, 1), 0.5, true), reports.AuditUnknown, "not well before the fault: 50%"},
		{"not run", judge.AuditPart{Dependency: "a", Err: errors.New("port taken")}, reports.AuditUnknown, "not run: port taken"},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := Audit(8, 10, []judge.AuditPart{row.part})
			if got := a.Rows[0]; got.Verdict != row.want || !strings.Contains(got.Text, row.text) {
				t.Errorf("got %q: %s; want %q: %s", got.Verdict, got.Text, row.want, row.text)
			}
			if want := map[string]int{reports.AuditOK: 0, reports.AuditTooLong: 0, reports.AuditNone: 1, reports.AuditUnknown: 3}[row.want]; a.ExitCode != want {
				t.Errorf("exit code %d, want %d", a.ExitCode, want)
			}
		})
	}
}

// One without a timeout wins over one that can't be told; workers seen in one run count for the others.
func TestAuditOfSeveral(t *testing.T) {
	a := Audit(8, 10, []judge.AuditPart{
		auditedPart("payments", byTheApp(1, 1), 1, false), auditedPart("search", &reports.Timeout{Verdict: "none", HorizonS: 10}, 1, true), auditedPart("mail", &reports.Timeout{Why: "too few"}, 1, false)})
	if a.ExitCode != 1 || a.Rows[0].Verdict != reports.AuditTooLong || a.Summary != "1 of 3 dependencies is called without a timeout: search; that on payments is too long for 8/s. Of mail it could not be told: too few" {
		t.Errorf("got %d, %q, %+v", a.ExitCode, a.Summary, a.Rows[0])
	}
	if a := Audit(8, 10, []judge.AuditPart{auditedPart("search", &reports.Timeout{Verdict: "none", HorizonS: 10}, 1, true)}); a.Summary != "search is called without a timeout" {
		t.Errorf("of the only one: %q", a.Summary)
	}
	if a := Audit(8, 10, nil); a.ExitCode != 3 || a.Rows == nil {
		t.Errorf("of nothing: %+v", a)
	}
}
