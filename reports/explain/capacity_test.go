package explain

import (
	"testing"

	"github.com/tailback/tailback/reports"
)

// What decides the verdict comes first: what failed, then what is not known.
func TestCapacity(t *testing.T) {
	hz := func(v float64) *float64 { return &v }
	alone := reports.CapacityFigure{RateHz: hz(39.6), LowHz: hz(38.9), HighHz: hz(40.3)}
	slow := reports.CapacityFigure{Fault: "payments: latency 1s", RateHz: hz(7.8), LowHz: hz(7.6), HighHz: hz(8)}
	less := slow
	less.Degraded = hz(0.4)
	for want, figures := range map[string][]reports.CapacityFigure{
		"Without a fault the site carries 39.6/s.":                                    {alone},
		"Without a fault the site carries at least 200/s.":                            {{RateHz: hz(200), LowHz: hz(200)}},
		"Without a fault the site carries 39.6/s and 7.8/s with payments latency 1s.": {alone, slow},
		"Without a fault the site carries 39.6/s, 7.8/s with payments latency 1s and at least 200/s with stock slice.": {
			alone, slow, {Fault: "stock: slice", RateHz: hz(200), LowHz: hz(200)}},
		"With payments latency 1s the site carries 7.8/s (40% of the answers degraded).":                                          {less},
		"With no fault the site does not hold even 2.0/s, the lowest rate to try.":                                                {{HighHz: hz(2), Limit: "missed errors < 1%"}},
		"With no fault it could not be told what the site carries: interrupted.":                                                  {{Why: "interrupted"}},
		"With no fault it could not be told what the site carries: interrupted. With payments latency 1s the site carries 7.8/s.": {{Why: "interrupted"}, slow},
		"With stock hang the site does not hold even 2.0/s, the lowest rate to try. With mail down or bank down it could not be told what the site carries: no trial counted. Without a fault the site carries 39.6/s and 7.8/s with payments latency 1s.": {
			alone, slow, {Fault: "mail: down", Why: "no trial counted"}, {Fault: "bank: down", Why: "interrupted"}, {Fault: "stock: hang", HighHz: hz(2)}},
	} {
		if got := Capacity(&reports.Capacity{FromHz: 2, Figures: figures}); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}
