package render

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

func TestAuditText(t *testing.T) {
	a := &reports.Audit{Campaign: reports.Campaign{Name: "shop", Verdict: reports.Fail, DurationS: 97, Summary: "1 of 3 dependencies is called without a timeout"}, RateHz: 8, Rows: []reports.AuditRow{
		{Dependency: "payments", Verdict: reports.AuditTooLong, Text: "3 tries of 1.0 s: too long, at most 0.13 s holds 8/s", Visitors: "degraded page",
			Timeout: &reports.Timeout{ObservedS: &reports.Estimate{Value: 1, Low: 0.995, High: 1.01}, Retries: 2}},
		{Dependency: "stock.internal.example.com:8443", Verdict: reports.AuditOK, Text: "0.52 s; whether it holds the rate is not known: the workers were not all busy", Visitors: "nothing for 30 s",
			Timeout: &reports.Timeout{ObservedS: &reports.Estimate{Value: 0.52, Low: 0.4, High: 0.6}, RetriesKnown: true}},
		{Dependency: "search", Verdict: reports.AuditNone, Text: "no timeout within 30 s", Visitors: "error 502", Timeout: &reports.Timeout{HorizonS: 30}},
		{Dependency: "mail", Verdict: reports.AuditUnknown, Text: "not run: port taken\nby another"},
	}}
	want := `shop  FAIL  97 s
  audit at 8/s

  1 of 3 dependencies is called without a timeout.

  dependency                  timeout                    tries  visitors got
  payments                    1.0 s                      3      degraded page
  stock.internal.example.co…  0.52 s (0.40 s to 0.60 s)  1      nothing for 30 s
  search                      none in 30 s               -      error 502
  mail                        -                          -      -

  x  payments: 3 tries of 1.0 s: too long, at most 0.13 s holds 8/s
  ok stock.internal.example.com:8443: 0.52 s; whether it holds the rate is not
     known: the workers were not all busy
  x  search: no timeout within 30 s
  ?  mail: not run: port taken by another

`
	var b strings.Builder
	if err := AuditText(&b, a); err != nil {
		t.Fatal(err)
	}
	fitsTerminal(t, b.String())
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
