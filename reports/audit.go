package reports

import (
	"fmt"
)

// AuditPart is the run on one dependency.
type AuditPart struct {
	Dependency string
	Bundle     string
	Report     *Report // nil when the run could not be done
	// MaxTimeoutS is the longest timeout on it that holds the rate; nil when not known.
	MaxTimeoutS *float64
	Err         error // why it was not done, or not to its end
}

// audit puts the parts together, in their order.
func audit(name string, rateHz, horizonS float64, parts []AuditPart) *Audit {
	a := &Audit{Schema: Schema, Name: name, RateHz: rateHz, HorizonS: horizonS, Rows: []AuditRow{}}
	counts := map[string]int{}
	for _, p := range parts {
		if p.Report != nil {
			a.Target = p.Report.Target
		}
		row := auditRow(p, rateHz)
		counts[row.Verdict]++
		a.Rows = append(a.Rows, row)
	}
	n := len(a.Rows)
	switch with := counts[AuditOK] + counts[AuditTooLong]; {
	case counts[AuditNone] > 0:
		a.ExitCode = exitMissed
		a.Summary = fmt.Sprintf("%d of %d dependencies %s called without a timeout", counts[AuditNone], n, be(counts[AuditNone]))
	case counts[AuditUnknown] > 0 || n == 0:
		a.ExitCode = exitInconclusive
		a.Summary = fmt.Sprintf("%d of %d dependencies %s called with a timeout; of the others it could not be told", with, n, be(with))
	default:
		a.Summary = "every dependency is called with a timeout"
	}
	if counts[AuditTooLong] > 0 {
		a.Summary += fmt.Sprintf("; %d too long for %s/s", counts[AuditTooLong], digits(rateHz, 1))
	}
	return a
}

func be(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func auditRow(p AuditPart, rateHz float64) AuditRow {
	row := AuditRow{Dependency: p.Dependency, Bundle: p.Bundle, Verdict: AuditUnknown}
	if p.Report == nil {
		row.Text = "not run"
		if p.Err != nil {
			row.Text = "not run: " + p.Err.Error()
		}
		return row
	}
	row.Timeout = lastTimeout(p.Report, p.Dependency)
	if row.Timeout != nil {
		row.Visitors = row.Timeout.Got
	}
	switch {
	case p.Report.illBefore() != "":
		row.Text = p.Report.illBefore()
	case row.Timeout == nil:
		row.Text = "the fault was not played"
		if p.Err != nil {
			row.Text += ": " + p.Err.Error()
		}
	default:
		row.MaxTimeoutS = p.MaxTimeoutS
		row.Verdict, row.Text = judgeRow(&row, rateHz)
	}
	return row
}

// judgeRow holds the timeout that was seen against the budget.
func judgeRow(row *AuditRow, rateHz float64) (verdict, text string) {
	t := row.Timeout
	budget := ""
	if row.MaxTimeoutS != nil {
		budget = fmt.Sprintf("at most %s holds %s/s", limit(*row.MaxTimeoutS), digits(rateHz, 1))
	}
	switch {
	case t.Verdict == byNobody:
		return AuditNone, both("no timeout within "+held(t.HorizonS), both(budget, t.Why))
	case t.Verdict == byWorker && t.ObservedS != nil:
		return AuditNone, both(fmt.Sprintf("no timeout of its own: the worker was killed after about %s", held(t.ObservedS.Value)), budget)
	case t.Verdict != byApp || t.ObservedS == nil:
		return AuditUnknown, t.Why
	}
	text = held(t.ObservedS.Value)
	if t.Retries > 0 {
		text = fmt.Sprintf("%d tries of %s", t.Retries+1, text)
	}
	switch {
	case row.MaxTimeoutS == nil:
		return AuditOK, both(text, both("whether it holds the rate is not known: the workers were not all busy", t.Why))
	case t.ObservedS.Value > *row.MaxTimeoutS:
		return AuditTooLong, both(text+": too long, "+budget, t.Why)
	}
	return AuditOK, both(text+": short enough, "+budget, t.Why)
}

// lastTimeout is what the last fault on a dependency told of its timeout; nil is nothing.
func lastTimeout(r *Report, dependency string) (last *Timeout) {
	for i := range r.Timeouts {
		if t := &r.Timeouts[i]; t.Dependency == dependency {
			last = t
		}
	}
	return last
}

// illBefore says that the site was not well before the fault; "" when it was.
func (r *Report) illBefore() string {
	for _, p := range r.Phases {
		if p.Warmup || len(r.Faults) > 0 && p.Name == r.Faults[0].Phase {
			continue
		}
		switch {
		case p.Sent == 0:
			return "nothing was sent before the fault"
		case p.OKRatio != nil && *p.OKRatio < sound:
			return fmt.Sprintf("the site was not well before the fault: %s of requests were answered well", percent(*p.OKRatio))
		}
		return ""
	}
	return ""
}
