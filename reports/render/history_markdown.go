package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// HistoryMarkdown writes what HistoryText does as GitHub and GitLab show it.
func HistoryMarkdown(w io.Writer, h *reports.History) error {
	var b strings.Builder
	names, nights := experiments(h)
	for _, name := range names {
		last := h.Nights[nights[name][len(nights[name])-1]]
		fmt.Fprintf(&b, "### %s: %s up to %s\n\n", literal(name), words.Number(int64(len(nights[name])), "night"), dated(last))
		all, gradual := turns(h, name)
		for _, t := range all {
			mark := map[reports.Change]string{reports.Worse: "❌", reports.Improved: "✅"}[t.change]
			fmt.Fprintf(&b, "- %s %s\n", mark, literal(turned(h, t)))
		}
		for _, m := range gradual {
			fmt.Fprintf(&b, "- ⚠️ %s\n", literal(drifted(h, m)))
		}
		if len(all)+len(gradual) == 0 {
			b.WriteString("- no change was found\n")
		}
		b.WriteString("\n| figure | usual | last |\n|---|---|---|\n")
		for i, s := range h.Series {
			if s.Name == name {
				write := func(v float64) string { return words.Measured(v, s.Unit) }
				fmt.Fprintf(&b, "| %s | %s | %s |\n", literal(s.Title), words.Known(usual(h, i), write), words.Known(s.Values[nights[name][len(nights[name])-1]], write))
			}
		}
		b.WriteString("\n")
	}
	for _, s := range h.Skipped {
		fmt.Fprintf(&b, "- ⚠️ %s is left out: %s\n", literal(s.Dir), literal(s.Why))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	return nil
}

// literal writes a text into Markdown so that nothing in it is taken for markup.
func literal(text string) string {
	var b strings.Builder
	for _, r := range oneLine(text) {
		switch {
		case r == '<':
			b.WriteString("&lt;")
			continue
		case strings.ContainsRune("\\`*_[]|#~!", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
