package judge

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// AuditPart is the run on one dependency.
type AuditPart struct {
	Dependency string
	Bundle     string          // within the audit's folder
	Report     *reports.Report // nil when the run could not be done
	// MaxTimeoutS is the longest timeout on it that holds the rate; nil when not known.
	MaxTimeoutS *float64
	Err         error // why it was not done, or not to its end
}

// Audit puts the parts together, in their order, and judges them.
func Audit(rateHz, horizonS float64, parts []AuditPart) *reports.Audit {
	a := &reports.Audit{RateHz: rateHz, HorizonS: horizonS, Rows: []reports.AuditRow{}}
	for _, p := range parts {
		row := auditRow(p, rateHz)
		row.Seen = callSeen(parts, p.Dependency)
		a.Rows = append(a.Rows, row)
	}
	n, none, unknown := len(a.Rows), judgedAs(a, reports.AuditNone), judgedAs(a, reports.AuditUnknown)
	switch {
	case len(none) > 0:
		a.Verdict, a.ExitCode = reports.Fail, exitMissed
	case len(unknown) > 0 || n == 0:
		a.Verdict, a.ExitCode = reports.Inconclusive, exitInconclusive
	default:
		a.Verdict = reports.Pass
	}
	a.Summary = auditSummary(a, parts)
	return a
}

// judgedAs names the dependencies of a verdict.
func judgedAs(a *reports.Audit, verdict string) (names []string) {
	for _, row := range a.Rows {
		if row.Verdict == verdict {
			names = append(names, row.Dependency)
		}
	}
	return names
}

// auditSummary is at most three sentences: what was not asked for in the first place,
// the verdict, or why there is none, then what else a reader must know.
func auditSummary(a *reports.Audit, parts []AuditPart) string {
	var all []string
	trap := astrayIn(parts)
	for _, text := range []string{trap, untold(a, parts), unseenWords(a.Rows), undeclared(parts)} {
		if text != "" {
			all = append(all, text)
		}
	}
	found := 0 // where in the list what was found belongs
	if a.Verdict == reports.Inconclusive || trap != "" {
		found = min(len(all), 1)
	}
	if text := foundWords(a); text != "" {
		all = slices.Insert(all, found, text)
	}
	return words.Sentences(all[:min(len(all), 3)])
}

// astrayIn says what was never answered with what was asked for, in the first run
// that has such a request; empty when there is none.
func astrayIn(parts []AuditPart) string {
	for _, p := range parts {
		if p.Report != nil && len(p.Report.Astray) > 0 {
			return AstrayWords(p.Report)[0]
		}
	}
	return ""
}

// untold says which dependencies were seen, and could not be told of, and why the
// first of them could not; empty when there are none, or that is told already.
func untold(a *reports.Audit, parts []AuditPart) string {
	missing := unseen(a.Rows)
	for _, p := range parts {
		if p.Report != nil && len(p.Report.Astray) > 0 {
			missing = append(missing, p.Dependency)
		}
	}
	var names []string
	why := ""
	for _, row := range a.Rows {
		if row.Verdict == reports.AuditUnknown && !slices.Contains(missing, row.Dependency) {
			names, why = append(names, row.Dependency), cmp.Or(why, row.Text)
		}
	}
	if names == nil {
		return ""
	}
	return fmt.Sprintf("of %s it could not be told: %s", words.Join(names), why)
}

// foundWords says which dependencies have a timeout, and which have not; empty when
// of none it is known.
func foundWords(a *reports.Audit) string {
	n, none, unknown, long := len(a.Rows), judgedAs(a, reports.AuditNone), judgedAs(a, reports.AuditUnknown), judgedAs(a, reports.AuditTooLong)
	of := func(count int) string {
		return fmt.Sprintf("%d of %s %s called", count, words.Number(int64(n), "dependency"), words.Either(int64(count), "is", "are"))
	}
	text := ""
	switch {
	case n == 0:
		return "no dependency was hung"
	case len(unknown) == n:
		return ""
	case len(none) == n && n == 1:
		text = none[0] + " is called without a timeout"
	case len(none) > 0:
		text = of(len(none)) + " without a timeout: " + words.Join(none)
	case len(unknown) > 0:
		text = of(n-len(unknown)) + " with a timeout"
	default:
		text = "every dependency is called with a timeout"
	}
	if len(long) > 0 {
		text += fmt.Sprintf("; %s on %s %s too long for %s", words.Either(int64(len(long)), "that", "those"), words.Join(long), words.Either(int64(len(long)), "is", "are"), words.Asked(a.RateHz))
	}
	return text
}

func auditRow(p AuditPart, rateHz float64) reports.AuditRow {
	row := reports.AuditRow{Dependency: p.Dependency, Verdict: reports.AuditUnknown}
	if p.Report == nil {
		row.Text = "not run"
		if p.Err != nil {
			row.Text = "not run: " + p.Err.Error()
		}
		return row
	}
	row.Bundle = p.Bundle
	row.Timeout = LastTimeout(p.Report, p.Dependency)
	if row.Timeout != nil {
		row.Visitors = visitorsGot(p.Report, row.Timeout)
	}
	switch {
	case illBefore(p.Report) != "":
		row.Text = illBefore(p.Report)
	case row.Timeout == nil:
		row.Text = "the fault was not played"
		if p.Err != nil {
			row.Text += ": " + p.Err.Error()
		}
	default:
		row.MaxTimeoutS = p.MaxTimeoutS
		row.Verdict, row.Text = judgeRow(&row, rateHz)
	}
	if astray := AstrayWords(p.Report); len(astray) > 0 && (row.Verdict == reports.AuditOK || row.Verdict == reports.AuditUnknown) {
		row.Verdict, row.Text = reports.AuditUnknown, astray[0]
	}
	return row
}

// visitorsGot says what most who had to wait got; where that is nothing, for how long.
func visitorsGot(r *reports.Report, t *reports.Timeout) string {
	for i := len(r.Faults) - 1; i >= 0 && t.Got == reports.GotNothing; i-- {
		if f := &r.Faults[i]; f.Dependency == t.Dependency && f.Kind == t.Fault && f.LateWaitS != nil {
			return t.Got + " for " + words.Span(*f.LateWaitS)
		}
	}
	return t.Got
}

// judgeRow holds the timeout that was seen against the budget.
func judgeRow(row *reports.AuditRow, rateHz float64) (verdict, text string) {
	t := row.Timeout
	budget := ""
	if row.MaxTimeoutS != nil {
		budget = fmt.Sprintf("at most %s holds %s", words.Limit(*row.MaxTimeoutS), words.Asked(rateHz))
	}
	switch {
	case t.Verdict == reports.ByNobody:
		return reports.AuditNone, words.Both("no timeout within "+words.Held(t.HorizonS), words.Both(budget, t.Why))
	case t.Verdict == reports.ByWorker && t.ObservedS != nil:
		return reports.AuditNone, words.Both(fmt.Sprintf("no timeout of its own: the worker was killed after about %s", words.Held(t.ObservedS.Value)), budget)
	case t.Verdict != reports.ByApp || t.ObservedS == nil:
		return reports.AuditUnknown, t.Why
	}
	text = words.Held(t.ObservedS.Value)
	if t.Retries > 0 {
		text = fmt.Sprintf("%d tries of %s", t.Retries+1, text)
	}
	switch {
	case row.MaxTimeoutS == nil:
		return reports.AuditOK, words.Both(text, words.Both("whether it holds the rate is not known: the workers were not all busy", t.Why))
	case t.ObservedS.Value > *row.MaxTimeoutS:
		return reports.AuditTooLong, words.Both(text+": too long, "+budget, t.Why)
	}
	return reports.AuditOK, words.Both(text+": short enough, "+budget, t.Why)
}

// LastTimeout is what the last fault on a dependency told of its timeout; nil is nothing.
func LastTimeout(r *reports.Report, dependency string) (last *reports.Timeout) {
	for i := range r.Timeouts {
		if t := &r.Timeouts[i]; t.Dependency == dependency {
			last = t
		}
	}
	return last
}

// illBefore says that the site was not well before the fault; "" when it was.
func illBefore(r *reports.Report) string {
	for _, p := range r.Phases {
		if p.Warmup || len(r.Faults) > 0 && p.Name == r.Faults[0].Phase {
			continue
		}
		switch {
		case p.Sent == 0:
			return "nothing was sent before the fault"
		case p.OKRatio != nil && *p.OKRatio < measure.Sound:
			return fmt.Sprintf("the site was not well before the fault: %s of requests were answered well", words.Percent(*p.OKRatio))
		}
		return ""
	}
	return ""
}
