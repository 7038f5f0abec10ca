package render

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

func TestAuditText(t *testing.T) {
	a := &reports.Audit{Campaign: reports.Campaign{Name: "shop", Summary: "1 of 3 dependencies is called without a timeout"}, RateHz: 8, Rows: []reports.AuditRow{
		{Dependency: "payments", Verdict: reports.AuditTooLong, Text: "3 tries of 1.0 s: too long, at most 0.13 s holds 8/s", Visitors: "degraded page",
			Timeout: &reports.Timeout{ObservedS: &reports.Estimate{Value: 1, Low: 0.995, High: 1.01}, Retries: 2}},
		{Dependency: "stock", Verdict: reports.AuditNone, Text: "no timeout within 30 s", Visitors: "error 502", Timeout: &reports.Timeout{HorizonS: 30}},
		{Dependency: "mail", Verdict: reports.AuditUnknown, Text: "not run: port taken\nby another"},
	}}
	want := `shop  audit at 8/s

  dependency  timeout           tries    visitors got
  payments    1.0 s             3        degraded page
  stock       none in 30 s      -        error 502
  mail        -                 -        -

  x  payments: 3 tries of 1.0 s: too long, at most 0.13 s holds 8/s
  x  stock: no timeout within 30 s
  ?  mail: not run: port taken by another

  1 of 3 dependencies is called without a timeout
`
	var b strings.Builder
	if err := AuditText(&b, a); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
