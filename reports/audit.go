package reports

import (
	"fmt"
	"math"

	"github.com/tailback/tailback/reports/poolmodel"
)

// Audit is what came of hanging each dependency in turn.
type Audit struct {
	Schema   int        `json:"schema"`
	Name     string     `json:"name"`
	Target   string     `json:"target"`
	RateHz   float64    `json:"rate_hz"`
	HorizonS float64    `json:"horizon_s"`
	Summary  string     `json:"summary"`
	ExitCode int        `json:"exit_code"`
	Rows     []AuditRow `json:"rows"`
}

// AuditRow is one dependency of an audit.
type AuditRow struct {
	Dependency string   `json:"dependency"`
	Timeout    *Timeout `json:"timeout"`  // null when the run could not be done
	Visitors   string   `json:"visitors"` // what most who waited got: "good page", "degraded page", "error 504", "error client_timeout", ...
	// MaxTimeoutS is the longest timeout that holds the rate; null when it is not known, or none would.
	MaxTimeoutS *float64 `json:"max_timeout_s"`
	Verdict     string   `json:"verdict"` // AuditOK, AuditTooLong, AuditNone or AuditUnknown
	Text        string   `json:"text"`    // the same in plain words
	Bundle      string   `json:"bundle"`  // folder of the run
}

// The verdicts of an audit on a dependency.
const (
	AuditOK      = "ok"       // there is a timeout, and it holds the rate as far as is known
	AuditTooLong = "too_long" // there is one, longer than the budget at the rate
	AuditNone    = "none"     // there is none within the horizon
	AuditUnknown = "unknown"  // it could not be told: Text says why
)

// AuditPart is the run on one dependency.
type AuditPart struct {
	Dependency string
	Bundle     string
	Report     *Report // nil when the run could not be done
	Err        error   // why it was not done, or not to its end
}

// NewAudit puts the parts together, in their order. Workers that one part tells
// of count for the others: it is the same site.
func NewAudit(name string, rateHz, horizonS float64, parts []AuditPart) *Audit {
	a := &Audit{Schema: Schema, Name: name, RateHz: rateHz, HorizonS: horizonS, Rows: []AuditRow{}}
	var workers *Estimate
	for _, p := range parts {
		if p.Report == nil {
			continue
		}
		a.Target = p.Report.Target
		if workers == nil {
			workers = p.Report.Pool.Workers
		}
	}
	counts := map[string]int{}
	for _, p := range parts {
		row := auditRow(p, rateHz, workers)
		counts[row.Verdict]++
		a.Rows = append(a.Rows, row)
	}
	n := len(a.Rows)
	switch with := counts[AuditOK] + counts[AuditTooLong]; {
	case counts[AuditNone] > 0:
		a.ExitCode = 1
		a.Summary = fmt.Sprintf("%d of %d dependencies %s called without a timeout", counts[AuditNone], n, be(counts[AuditNone]))
	case counts[AuditUnknown] > 0 || n == 0:
		a.ExitCode = 3
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

func auditRow(p AuditPart, rateHz float64, workers *Estimate) AuditRow {
	row := AuditRow{Dependency: p.Dependency, Bundle: p.Bundle, Verdict: AuditUnknown}
	if p.Report == nil {
		row.Text = "not run"
		if p.Err != nil {
			row.Text = "not run: " + p.Err.Error()
		}
		return row
	}
	for i := range p.Report.Timeouts {
		if t := &p.Report.Timeouts[i]; t.Dependency == p.Dependency {
			row.Timeout = t
		}
	}
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
		row.MaxTimeoutS = p.Report.maxTimeout(p.Dependency, rateHz, workers, row.Timeout.Retries)
		row.Verdict, row.Text = row.judge(rateHz)
	}
	return row
}

// judge holds the timeout that was seen against the budget.
func (row *AuditRow) judge(rateHz float64) (verdict, text string) {
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

// maxTimeout is the longest timeout on the dependency that holds the rate:
// (W/rate - S0)/p, of each try. It is nil when that is not known.
func (r *Report) maxTimeout(dependency string, rateHz float64, workers *Estimate, retries int64) *float64 {
	d := dependencyNamed(r.Dependencies, dependency)
	calls, own := d.use()
	if workers == nil || r.Pool.ServiceS == nil || calls <= 0 {
		return nil
	}
	site := poolmodel.Site{Workers: int(math.Round(workers.Value * scale)), ServiceS: max(r.Pool.ServiceS.Value-calls*own, 0),
		Share: calls * float64(1+retries), DependencyS: own}
	if t, ok := site.Budget(rateHz*scale, 1); ok && !math.IsInf(t, 1) {
		return ptr(t)
	}
	return nil
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
