package render

import (
	"html/template"
	"io"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// auditPage is what the template is filled from.
type auditPage struct {
	*reports.Audit
	sheet.Frame
	Waits *waits // nil when none could be told
}

// AuditHTML writes an audit as one page that needs nothing else but links to
// the runs' own, which lie in folders beside it. The same audit gives the same bytes.
func AuditHTML(w io.Writer, a *reports.Audit) error {
	return campaignHTML(w, "audit.html", auditFunctions, auditPage{a, campaignFrame(), newWaits(a)})
}

var auditFunctions = template.FuncMap{
	"badge":  func(p auditPage) string { return sheet.Verdict(p.Verdict) },
	"judged": judged,
	"seen":   auditSeen,
	"waited": auditWaited,
	"last":   func(i int, w *waits) bool { return i == len(w.All)-1 },
	"tries":  func(row reports.AuditRow) string { return dashed(auditTries(row)) },
}

// auditSeen is the timeout that was seen, with its interval where that is wide.
func auditSeen(row reports.AuditRow) string {
	switch t := row.Timeout; {
	case t == nil:
		return words.Unknown
	case t.Verdict == reports.ByNobody:
		return "none in " + words.Held(t.HorizonS)
	case t.ObservedS == nil:
		return words.Unknown
	case t.Verdict == reports.ByWorker:
		return "worker killed at " + estimated(t.ObservedS, words.Held)
	default:
		return estimated(t.ObservedS, words.Held)
	}
}

// auditWaited is the timeout that was seen, and how often it was waited for.
func auditWaited(row reports.AuditRow) string {
	switch t := row.Timeout; {
	case t != nil && t.Verdict == reports.ByNobody:
		return "still waited after " + words.Held(t.HorizonS)
	case t != nil && t.ObservedS != nil && t.Retries > 0:
		return auditTries(row) + " tries of " + auditSeen(row)
	}
	return auditSeen(row)
}

// dashed writes what a terminal shows as "-" as a page does.
func dashed(text string) string {
	if text == "-" || text == "?" {
		return words.Unknown
	}
	return text
}

// judged is a verdict on a dependency, with a sign so that it does not rest on colour.
func judged(row reports.AuditRow) string {
	switch row.Verdict {
	case reports.AuditOK:
		return "✓ has one"
	case reports.AuditTooLong:
		return "✕ too long"
	case reports.AuditNone:
		return "✕ none"
	}
	return "? not known"
}
