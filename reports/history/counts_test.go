package history

import (
	"slices"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

// Which figures of a night count is decided by what spoiled them, not by its verdict.
func TestWhatCounts(t *testing.T) {
	all := []string{"capacity", "workers", "p99 in steady", "p99 in hang", "p99 in recovery", "errors in hang", "timeout on payments"}
	for what, c := range map[string]struct {
		change func(*reports.Report)
		lacks  []string
		note   string
	}{
		"a failed objective":   {func(r *reports.Report) { r.Verdict = reports.Fail }, nil, ""},
		"one not to be judged": {func(r *reports.Report) { r.Verdict = reports.Inconclusive }, nil, ""},
		"a load not as asked":  {func(r *reports.Report) { r.Fidelity.OK, r.Fidelity.Why = false, "the machine was busy" }, all, "no figure counts, since the load was not as asked: the machine was busy"},
		"a load not as asked in one phase": {func(r *reports.Report) {
			r.Fidelity.OK, r.Fidelity.Why, r.Phases[3].Doubt = false, "the machine was busy", "3 requests were late"
		}, []string{"capacity", "workers", "timeout on payments", "p99 in recovery"}, "recovery and what the run tells of the site do not count, since the load was not as asked: the machine was busy"},
		"a fault on nothing":    {func(r *reports.Report) { r.Faults[0].Exercised = false }, []string{"p99 in hang", "p99 in recovery", "errors in hang"}, "hang and recovery do not count, since a fault touched nothing"},
		"a fault not countable": {func(r *reports.Report) { r.Faults[0].Exercised, r.Faults[0].Uncounted = false, true }, nil, ""},
		"interrupted in the hang": {func(r *reports.Report) {
			r.Outcome, r.Phases[2].CutShort, r.Phases[3].CutShort = reports.OutcomeInterrupted, true, true
		}, []string{"p99 in hang", "p99 in recovery", "errors in hang"}, "hang and recovery do not count, since the run ended before them"},
		"interrupted in the recovery": {func(r *reports.Report) { r.Outcome, r.Phases[3].CutShort = reports.OutcomeInterrupted, true }, []string{"p99 in recovery"}, "recovery does not count, since the run ended before it"},
		"failed at its very end":      {func(r *reports.Report) { r.Outcome = reports.OutcomeFailed }, nil, "it ended before its time"},
		"a figure below 0":            {func(r *reports.Report) { r.Phases[1].ResponseS.P99 = new(-1.0) }, []string{"p99 in steady"}, ""},
		"errors of our own machine":   {func(r *reports.Report) { r.Onset[1].Cause = reports.Generator }, nil, ""},
	} {
		dir := t.TempDir()
		r := report(0)
		c.change(r)
		put(t, dir, "n", r)
		h := read(t, dir)
		for _, title := range all {
			if v := values(h, "checkout", title); (len(v) == 0) != slices.Contains(c.lacks, title) {
				t.Errorf("%s: %s is %v", what, title, v)
			}
		}
		if h.Nights[0].Note != c.note {
			t.Errorf("%s: note %q, want %q", what, h.Nights[0].Note, c.note)
		}
		if onset := values(h, "checkout", "first 5xx after payments in hang"); strings.HasPrefix(what, "errors of") && !slices.Equal(onset, []float64{9}) {
			t.Errorf("%s: onset %v, want the other one, 9", what, onset)
		}
	}
}
