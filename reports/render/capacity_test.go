package render

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tailback/tailback/reports"
)

// fitsTerminal checks that no line is wider than a terminal, and none ends in blanks.
func fitsTerminal(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); utf8.RuneCountInString(line) > 80 || strings.HasSuffix(line, " ") {
			t.Errorf("a line of %d columns: %q", utf8.RuneCountInString(line), line)
		}
	}
}

func number(v float64) *float64 { return &v }

func TestCapacityText(t *testing.T) {
	c := &reports.Capacity{Campaign: reports.Campaign{Name: "work", Target: "http://127.0.0.1:8081", Arrivals: "uniform", Verdict: reports.Pass, DurationS: 90, Summary: "The site carries 8.0/s."}, Objective: "errors < 1%", FromHz: 1, ToHz: 200,
		Figures: []reports.CapacityFigure{
			{RateHz: number(8), LowHz: number(7.8), Degraded: number(0.25), HighHz: number(8.2), LoadS: 28, Limit: "the queue grew by 0.17 requests/s", Trials: []reports.CapacityTrial{
				{RateHz: 7.8, LoadS: 10, Held: true, P95S: number(0.504), Errors: number(0), Degraded: number(0.25)},
				{RateHz: 8.2, LoadS: 9, Void: "the load was not as asked: 3 of 74 requests were sent more than 100 ms late", Errors: number(0)},
				{RateHz: 8.2, LoadS: 9, Why: "the queue grew by 0.17 requests/s", P95S: number(0.698), Errors: number(0), GoodHz: number(8)}}},
			{Fault: "payments: hang", HighHz: number(1), Limit: "missed errors < 1%: 100%"},
			{Fault: "bank: latency 1s", RateHz: number(200), LowHz: number(200), Degraded: number(1)},
			{Fault: "mail: down", Why: "the site was not well again"},
			{Fault: "shop: slow", RateHz: number(7.8), LowHz: number(7.8), HighHz: number(8.2), Trials: []reports.CapacityTrial{
				{RateHz: 16, LoadS: 4, GoodHz: number(8)}, {RateHz: 7.8, LoadS: 64, Held: true}}},
		}}
	var b bytes.Buffer
	if err := CapacityText(&b, c); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"work  FOUND  90 s\n  capacity of http://127.0.0.1:8081 for errors < 1%\n\n  The site carries 8.0/s.\n",
		"  no fault: 8.0/s (7.8/s held with 25% degraded, 8.2/s did not)\n  just above: the queue grew by 0.17 requests/s\n",
		"    8.2/s     9 s    0%     –        –       –       does not count: the load\n                                                     was not as asked: 3 of 74\n                                                     requests were sent more\n                                                     than 100 ms late\n",
		"    8.2/s     9 s    0%     –        698 ms  8.0/s   does not hold: the queue\n                                                     grew by 0.17 requests/s\n    3 trials and 28 s of load\n",
		"  payments: hang: not even 1/s, the lowest rate to try\n",
		"  bank: latency 1s: at least 200/s with 100% degraded, the highest rate to try\n",
		"  mail: down: can't tell: the site was not well again\n",
		"  shop: slow: 7.8/s (7.8/s held, 8.2/s is more than it serves)\n",
		"This holds for evenly spaced arrivals.",
	} {
		if !bytes.Contains(b.Bytes(), []byte(want)) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
	fitsTerminal(t, b.String())
}
