package compare

import (
	"fmt"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// said is how many changes of a kind the summary names; the others it counts.
const said = 3

// summary says in plain sentences what came of it: first what a fault did before
// and does now, if that is another thing, and then what else changed.
func summary(c *reports.Comparison, before, after *reports.Report) string {
	var sentences []string
	proof := proofOf(c, before, after)
	sentences = append(sentences, proof.sentences...)
	for _, change := range []reports.Change{reports.Worse, reports.Improved, reports.Changed} {
		sentences = append(sentences, listed(c.Figures, change, proof.told))
	}
	switch {
	case c.Verdict == reports.Same:
		sentences = append(sentences, fmt.Sprintf("No figure became worse or better by %s or more", words.Percent(c.MinEffect)))
	case c.Verdict == reports.CantTell:
		sentences = append(sentences, cantSay(c))
	}
	return words.Stop(words.Sentences(sentences))
}

// cantSay is why the whole can't be told.
func cantSay(c *reports.Comparison) string {
	for _, d := range c.Differences {
		if d.Spoils != "" {
			return "It can't be told whether it became better or worse: the experiments differ in " + d.What
		}
	}
	for _, f := range c.Figures {
		if f.Change == reports.CantTell && f.Phase != "" {
			return fmt.Sprintf("It can't be told whether it became better or worse: %s: %s", f.Name(), f.Why)
		}
	}
	return "It can't be told whether it became better or worse: the runs have nothing in common that both tell"
}

// listed names the figures of a change that were not told yet.
func listed(figures []reports.Compared, change reports.Change, told map[string]bool) string {
	var parts []string
	more := int64(0)
	for i := range figures {
		f := &figures[i]
		switch {
		case f.Change != change || told[f.Name()]:
		case len(parts) == said:
			more++
		default:
			parts = append(parts, f.Name()+" "+went(f))
		}
	}
	if more > 0 {
		parts = append(parts, words.Number(more, "other figure"))
	}
	if parts == nil {
		return ""
	}
	return words.Capital(string(change)) + ": " + words.Join(parts)
}

// went says how a figure went: "from 122 ms to 134 ms (+9.5%)".
func went(f *reports.Compared) string {
	text := "from " + value(f, f.Before) + " to " + value(f, f.After)
	if f.Before != nil && f.After != nil && f.Unit != "count" {
		text += " (" + words.By(*f.Before, *f.After, f.Unit) + ")"
	}
	return text
}

// value writes one side of a figure of which it is told that it changed.
func value(f *reports.Compared, v *float64) string {
	if v == nil {
		return "none"
	}
	return words.Figure(*v, f.Figure, f.Unit)
}
