package explain

import (
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// Capacity says what a search has found. What decides the verdict comes first:
// the faults under which not even the lowest rate held, and those of which it
// could not be told.
func Capacity(c *reports.Capacity) string {
	var failed, untold, alone, under []string
	for i := range c.Figures {
		f := &c.Figures[i]
		fault := "no fault"
		if f.Fault != "" {
			fault = strings.Replace(f.Fault, ": ", " ", 1)
		}
		switch {
		case f.Why != "":
			untold = append(untold, fault)
		case f.RateHz == nil:
			failed = append(failed, fault)
		case f.Fault == "":
			alone = append(alone, carries(f))
		default:
			under = append(under, carries(f)+" with "+fault)
		}
	}
	var sentences []string
	add := func(before string, list []string, after string) {
		if len(list) > 0 {
			sentences = append(sentences, before+words.Join(list)+after)
		}
	}
	add("With ", failed, " the site does not hold even "+words.PerS(c.FromHz)+", the lowest rate to try.")
	add("With ", untold, " it could not be told what the site carries.")
	add("Without a fault the site carries ", alone, ".")
	add("It carries ", under, ".")
	return strings.Join(sentences, " ")
}

// carries is the rate of a figure, and how much of it served less.
func carries(f *reports.CapacityFigure) string {
	rate := words.PerS(*f.RateHz)
	if f.HighHz == nil {
		rate = "at least " + rate
	}
	if f.Degraded != nil && *f.Degraded > 0 {
		rate += " (" + words.Percent(*f.Degraded) + " of the answers degraded)"
	}
	return rate
}
