package render

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// CapacityJSON writes what a search for the capacity has found as JSON.
func CapacityJSON(w io.Writer, c *reports.Capacity) error {
	return campaignJSON(w, c)
}

// CapacityText writes it for a terminal.
func CapacityText(w io.Writer, c *reports.Capacity) error {
	var b strings.Builder
	campaignHead(&b, &c.Campaign, foundWord(c.Verdict), "capacity of "+oneLine(c.Target)+" for "+oneLine(c.Objective))
	for i := range c.Figures {
		capacityFigure(&b, c, &c.Figures[i])
	}
	b.WriteString(words.Paragraph("  ", "  ", capacityNote(c), width) + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func capacityFigure(b *strings.Builder, c *reports.Capacity, f *reports.CapacityFigure) {
	name := "no fault"
	if f.Fault != "" {
		name = oneLine(f.Fault)
	}
	b.WriteString(words.Paragraph("  ", "    ", name+": "+carries(c, f), width))
	if f.Limit != "" {
		b.WriteString(words.Paragraph("  ", "    ", "just above: "+oneLine(f.Limit), width))
	}
	if len(f.Trials) == 0 {
		b.WriteString("\n")
		return
	}
	const row = "    %-9s %-6s %-6s %-8s %-7s %-7s "
	b.WriteString(strings.TrimRight(fmt.Sprintf(row, "asked", "for", "errors", "degraded", "p95", "good"), " ") + "\n")
	for _, t := range f.Trials {
		first := fmt.Sprintf(row, words.Asked(t.RateHz), words.Span(t.LoadS), words.Known(t.Errors, words.Percent), words.Known(t.Degraded, words.Percent), words.Known(t.P95S, words.Span), words.Known(t.GoodHz, words.PerS))
		b.WriteString(words.Paragraph(first, strings.Repeat(" ", utf8.RuneCountInString(first)), oneLine(t.Verdict()), width))
	}
	fmt.Fprintf(b, "    %s and %s of load\n\n", words.Number(int64(len(f.Trials)), "trial"), words.Span(f.LoadS))
}

// carries says the figure in words.
func carries(c *reports.Capacity, f *reports.CapacityFigure) string {
	switch {
	case f.Why != "":
		return "can't tell: " + oneLine(f.Why)
	case f.RateHz == nil:
		return fmt.Sprintf("not even %s, the lowest rate to try", words.Asked(c.FromHz))
	case f.HighHz == nil:
		return fmt.Sprintf("at least %s%s, the highest rate to try", words.Asked(*f.RateHz), servedLess(f))
	}
	held := fmt.Sprintf("%s (%s held%s, %s ", words.PerS(*f.RateHz), words.Asked(*f.LowHz), servedLess(f), words.Asked(*f.HighHz))
	for _, t := range f.Trials {
		if !t.Held && t.RateHz > *f.LowHz && t.RateHz <= *f.HighHz*1.0001 {
			return held + "did not)"
		}
	}
	return held + "is more than it serves)"
}

// servedLess says how much of what held was degraded; nothing when none was.
func servedLess(f *reports.CapacityFigure) string {
	if f.Degraded == nil || *f.Degraded == 0 {
		return ""
	}
	return " with " + words.Percent(*f.Degraded) + " degraded"
}

// capacityNote says what the rates are of.
func capacityNote(c *reports.Capacity) string {
	if c.VisitSteps > 0 {
		return "Rates are of visits, of " + words.Amount(c.VisitSteps, "request") + " each. " + arrivalsNote(c.Arrivals)
	}
	return arrivalsNote(c.Arrivals)
}

func arrivalsNote(arrivals string) string {
	if arrivals == "poisson" {
		return "This holds for arrivals at random (Poisson). How much of the capacity they can use depends on the objective: a stricter one, or a longer trial, gives a lower rate."
	}
	return "This holds for evenly spaced arrivals. Visitors come at random and queue earlier: with arrivals: poisson the rate that meets an objective on p95 is lower."
}
