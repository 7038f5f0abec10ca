package ci

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

// A run that can't be relied on says why; that an objective could not be judged is
// told by its own case, and by no other.
func TestDoubts(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*reports.Report)
		want   string
	}{
		{"nothing", func(*reports.Report) {}, ""},
		{"the verdict's reason", func(r *reports.Report) { r.VerdictWhy = "not one request was sent" }, "not one request was sent"},
		{"cut short", func(r *reports.Report) { r.Outcome, r.OutcomeWhy = reports.OutcomeInterrupted, "interrupt" }, "the run was cut short (interrupted); interrupt"},
		{"a fault that may be left", func(r *reports.Report) { r.Faults[0].UndoConfirmed = new(false) }, "the fault on payments (hang) could not be shown to be lifted"},
		{"lifting that nothing tells of", func(r *reports.Report) { r.Faults[0].UndoConfirmed = nil }, ""},
		{"a fault that touched nothing", func(r *reports.Report) { r.Faults[0].Exercised = false }, "the fault on payments (hang) touched no request"},
		{"a fault that nobody counted", func(r *reports.Report) { r.Faults[0].Exercised, r.Faults[0].Uncounted = false, true }, ""},
		{"an objective", func(r *reports.Report) {
			*r = *unsure()
		}, ""},
		{"no reason at all", func(r *reports.Report) { r.Objectives, r.ExitCode = nil, 3 }, "the run could not tell: see report.html"},
	} {
		r := hang()
		row.change(r)
		if got := OfRun(r).Cases[0]; got.Message != row.want || (got.State == Passed) != (row.want == "") {
			t.Errorf("%s: it is %s: %q, want %q", row.name, got.State, got.Message, row.want)
		}
	}
}

// What was seen, or why not, is in every case that needs it.
func TestObjectivesSayWhy(t *testing.T) {
	cases := objectives([]reports.Objective{
		{Text: "met", OK: new(true), Observed: new(0.25), Unit: "ratio"}, {Text: "met, none seen", OK: new(true)},
		{Text: "missed", OK: new(false), Observed: new(0.25), Unit: "ratio"}, {Text: "missed, none seen", OK: new(false)}, {Text: "not judged"},
	})
	var got []string
	for _, c := range cases {
		got = append(got, c.Name+"/"+c.Seen+"/"+c.Message)
	}
	if all, want := strings.Join(got, "\n"), "met/25%/\nmet, none seen/none seen/\nmissed/25%/seen 25%\nmissed, none seen//seen –\nnot judged//could not be judged: the report does not say why"; all != want {
		t.Errorf("got\n%s\nwant\n%s", all, want)
	}
}

// Of a phase in which nothing was sent nothing is known; of one in which all was good
// it is, and a bad answer of no kind is counted too.
func TestBadAnswers(t *testing.T) {
	for want, traffic := range map[string]reports.Traffic{
		"–": {}, "0": {Sent: 3, OK: 3}, "2": {Sent: 3, OK: 1},
		"1,000 × 502, 2 × 504, 3 × client timeout": {Sent: 2000, OK: 995, Failed: map[string]int64{"504": 2, "502": 1000, "500": 0}, Classes: map[string]int64{"ok": 995, "status": 1002, "client_timeout": 3}},
	} {
		if got := bad(&traffic); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A search that was cut short, or tried nothing, is not valid.
func TestWholeCampaigns(t *testing.T) {
	c := searched()
	if got := OfCapacity(c).Cases[0]; got.State != Passed {
		t.Errorf("a search that came to its end: %+v", got)
	}
	c.Outcome = reports.OutcomeInterrupted
	if got := OfCapacity(c).Cases[0].Message; got != "the search was cut short (interrupted)" {
		t.Errorf("got %q", got)
	}
	a := audited()
	a.Rows = nil
	if got := OfAudit(a).Cases[0].Message; got != "the audit tried nothing" {
		t.Errorf("got %q", got)
	}
	found := searched()
	found.Verdict = reports.Pass
	if got := OfCapacity(found).Verdict; got != "FOUND" {
		t.Errorf("a search that found its rates is called %q", got)
	}
}
