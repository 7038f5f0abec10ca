package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// AuditJSON writes an audit as indented JSON.
func AuditJSON(w io.Writer, a *reports.Audit) error {
	return campaignJSON(w, a)
}

// AuditText writes an audit for a terminal: what came of it, a line for each
// dependency, and below it what that means.
func AuditText(w io.Writer, a *reports.Audit) error {
	var b strings.Builder
	campaignHead(&b, &a.Campaign, sheet.Verdict(a.Verdict), "audit at "+auditRate(a))
	rows := [][]cell{{{"dependency", plain}, {"timeout", plain}, {"tries", plain}, {"visitors got", plain}}}
	for _, row := range a.Rows {
		rows = append(rows, []cell{{oneLine(row.Dependency), plain}, {auditTimeout(row), plain}, {auditTries(row), plain}, {orDash(row.Visitors), plain}})
	}
	leftTable(&b, rows)
	b.WriteString("\n")
	for _, row := range a.Rows {
		sign := map[string]string{reports.AuditOK: "ok", reports.AuditUnknown: "?"}[row.Verdict]
		if sign == "" {
			sign = "x"
		}
		b.WriteString(words.Paragraph(fmt.Sprintf("  %-2s ", sign), "     ", oneLine(row.Dependency)+": "+oneLine(row.Text), width))
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// auditTimeout is "0.50 s", with the interval when that is wider than a tenth.
func auditTimeout(row reports.AuditRow) string {
	switch {
	case row.Timeout == nil:
		return "-"
	case row.Timeout.ObservedS == nil && row.Verdict == reports.AuditNone:
		return "none in " + words.Held(row.Timeout.HorizonS)
	case row.Timeout.ObservedS == nil:
		return "?"
	}
	e := row.Timeout.ObservedS
	if e.High-e.Low > 0.1*e.Value {
		return fmt.Sprintf("%s (%s to %s)", words.Held(e.Value), words.Held(e.Low), words.Held(e.High))
	}
	return words.Held(e.Value)
}

func auditTries(row reports.AuditRow) string {
	if row.Timeout == nil || row.Timeout.ObservedS == nil {
		return "-"
	}
	if row.Timeout.Retries == 0 && !row.Timeout.RetriesKnown {
		return "?"
	}
	return fmt.Sprint(row.Timeout.Retries + 1)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// auditRate is the rate of an audit, of visits too where these were sent.
func auditRate(a *reports.Audit) string {
	if a.VisitRateHz != nil {
		return words.Given(a.RateHz) + " requests/s in " + words.Given(*a.VisitRateHz) + " visits/s"
	}
	return words.Asked(a.RateHz)
}
