package explain

import (
	"cmp"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// Capacity says what a search has found, in at most three sentences. What decides
// the verdict comes first: the faults under which not even the lowest rate held, and
// those of which it could not be told, and why.
func Capacity(c *reports.Capacity) string {
	var failed, untold, found []string
	why := ""
	for i := range c.Figures {
		f := &c.Figures[i]
		with := "no fault"
		if f.Fault != "" {
			with = strings.Replace(f.Fault, ": ", " ", 1)
		}
		switch {
		case f.Why != "":
			untold, why = append(untold, with), cmp.Or(why, f.Why)
		case f.RateHz == nil:
			failed = append(failed, with)
		case f.Fault == "":
			found = append(found, "without a fault the site carries "+carries(c, f))
		case len(found) == 0:
			found = append(found, "with "+with+" the site carries "+carries(c, f))
		default:
			found = append(found, carries(c, f)+" with "+with)
		}
	}
	var sentences []string
	if failed != nil {
		sentences = append(sentences, "with "+words.Or(failed)+" the site does not hold even "+ofVisits(c, words.PerS(c.FromHz))+", the lowest rate to try")
	}
	if untold != nil {
		sentences = append(sentences, "with "+words.Or(untold)+" it could not be told what the site carries: "+why)
	}
	if found != nil {
		sentences = append(sentences, words.Join(found))
	}
	return words.Sentence(words.Sentences(sentences))
}

// carries is the rate of a figure, and how much of it served less.
func carries(c *reports.Capacity, f *reports.CapacityFigure) string {
	rate := ofVisits(c, words.PerS(*f.RateHz))
	if f.HighHz == nil {
		rate = "at least " + rate
	}
	if f.Degraded != nil && *f.Degraded > 0 {
		rate += " (" + words.Percent(*f.Degraded) + " of the answers degraded)"
	}
	return rate
}

// ofVisits is a rate of a search, which is one of visits where the experiment has these.
func ofVisits(c *reports.Capacity, rate string) string {
	if c.VisitSteps > 0 {
		return strings.TrimSuffix(rate, "/s") + " visits/s"
	}
	return rate
}
