package render

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

const (
	sparkNights = 24 // nights in a row of blocks, at most
	listed      = 5  // folders that are named before the others are counted
)

// HistoryJSON writes a history as indented JSON.
func HistoryJSON(w io.Writer, h *reports.History) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(h); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

// HistoryText writes a history for a terminal: of each experiment the last night,
// what changed when, and a row of blocks for each figure.
func HistoryText(w io.Writer, h *reports.History) error { return historyText(w, h, unpainted) }

// HistoryTextColor writes what HistoryText writes, with ANSI colours over it.
func HistoryTextColor(w io.Writer, h *reports.History) error { return historyText(w, h, ansi) }

func historyText(w io.Writer, h *reports.History, paint painter) error {
	t := &terminal{paint: paint}
	names, nights := experiments(h)
	for _, name := range names {
		t.lastNight(h, nights[name])
		t.turns(h, name, len(nights[name]))
		t.series(h, name, nights[name])
		t.WriteString("\n")
	}
	t.skipped(h.Skipped)
	t.old(h)
	if _, err := io.WriteString(w, t.String()); err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	return nil
}

// lastNight writes an experiment's name, how many nights there are, and what came of the last.
func (t *terminal) lastNight(h *reports.History, nights []int) {
	first, last := h.Nights[nights[0]], h.Nights[nights[len(nights)-1]]
	span := words.Number(int64(len(nights)), "night") + ", " + dated(first)
	if len(nights) > 1 {
		span += " to " + dated(last)
	}
	room := width - len(span) - 2
	t.WriteString(t.paint(bold, shorten(oneLine(last.Name), room)) + "  " + span + "\n")
	st := map[reports.Verdict]style{reports.Pass: good, reports.Fail: bad, reports.Inconclusive: bad}[last.Verdict]
	said := "last night: "
	t.WriteString("  " + said + t.paint(st, sheet.Verdict(last.Verdict)) + "\n")
	t.labels(last.Labels)
	if last.Note != "" {
		t.item("! ", bad, last.Note)
	}
	t.WriteString("\n")
}

// turns writes what changed when.
func (t *terminal) turns(h *reports.History, name string, nights int) {
	all, gradual := turns(h, name)
	for _, c := range all {
		if c.change == reports.Worse {
			t.event("x  ", bad, turned(h, c))
		} else {
			t.event("ok ", good, turned(h, c))
		}
	}
	for _, m := range gradual {
		t.event("~  ", plain, drifted(h, m))
	}
	switch {
	case len(all)+len(gradual) > 0:
	case nights < manyNights:
		t.item("", plain, fmt.Sprintf("A change can be told from %d nights on; there %s %s.", manyNights, words.Either(int64(nights), "is", "are"), words.Number(int64(nights), "night")))
	default:
		t.item("", plain, fmt.Sprintf("No change of %s or more that chance would not make.", words.Percent(h.MinEffect)))
	}
	t.WriteString("\n")
}

// series writes a row for each figure: its last nights as blocks, the median since
// it last changed, and the last night's.
func (t *terminal) series(h *reports.History, name string, nights []int) {
	shown := nights[max(0, len(nights)-sparkNights):]
	rows := [][]cell{{{"", faint}, {"last " + words.Number(int64(len(shown)), "night"), faint}, {"usual", faint}, {"last", faint}}}
	for i, s := range h.Series {
		if s.Name != name {
			continue
		}
		last := s.Values[nights[len(nights)-1]]
		write := func(v float64) string { return words.Measured(v, s.Unit) }
		rows = append(rows, []cell{{oneLine(s.Title), plain}, {spark(s.Values, shown), plain},
			{words.Known(usual(h, i), write), plain}, {words.Known(last, write), plain}})
	}
	if len(rows) == 1 {
		t.item("", plain, "None of its nights has a figure that counts.")
		return
	}
	room := max(width-tableWidth(rows)+widthsOf(rows)[0], 12)
	for _, row := range rows {
		row[0].text = shorten(row[0].text, room)
	}
	writeTable(&t.Builder, t.paint, rows)
}

// usual is the median of a series since it last changed; nil where nothing is known.
func usual(h *reports.History, series int) *float64 {
	from := 0
	for _, m := range h.Marks {
		if m.Series == series {
			from = max(from, m.Night)
		}
	}
	var known []float64
	for _, v := range h.Series[series].Values[from:] {
		if v != nil {
			known = append(known, *v)
		}
	}
	if len(known) == 0 {
		return nil
	}
	slices.Sort(known)
	return new((known[(len(known)-1)/2] + known[len(known)/2]) / 2)
}

// blocks are the eight heights of a row.
var blocks = []rune("▁▂▃▄▅▆▇█")

// spark draws values as blocks between the least and the most of them, and a
// blank where one is not known. Where they differ by less than a twentieth all
// are of one height, so that noise does not look like news.
func spark(values []*float64, nights []int) string {
	low, high, any := 0.0, 0.0, false
	for _, n := range nights {
		if v := values[n]; v != nil {
			if !any {
				low, high, any = *v, *v, true
			}
			low, high = min(low, *v), max(high, *v)
		}
	}
	var b strings.Builder
	for _, n := range nights {
		switch v := values[n]; {
		case v == nil:
			b.WriteRune(' ')
		case high-low <= 0.05*high:
			b.WriteRune(blocks[3])
		default:
			b.WriteRune(blocks[min(int((*v-low)/(high-low)*8), 7)])
		}
	}
	return b.String()
}

// skipped names the folders that are in no series.
func (t *terminal) skipped(skipped []reports.Skipped) {
	for _, s := range skipped[:min(len(skipped), listed)] {
		t.event("! ", bad, oneLine(s.Dir)+" is left out: "+s.Why)
	}
	if more := len(skipped) - listed; more > 0 {
		t.item("! ", bad, words.Number(int64(more), "more folder")+words.Either(int64(more), " is", " are")+" left out; --format json names all")
	}
	if len(skipped) > 0 {
		t.WriteString("\n")
	}
}

// old says which folders may go, and which are gone.
func (t *terminal) old(h *reports.History) {
	switch {
	case len(h.Removed) > 0:
		t.event("", plain, "removed: "+some(h.Removed))
	case len(h.MayGo) > 0:
		t.event("", plain, "may go, with --prune: "+some(h.MayGo))
	default:
		return
	}
	t.WriteString("\n")
}

// some names the first folders, and counts the others.
func some(folders []string) string {
	var said []string
	for _, f := range folders[:min(len(folders), listed)] {
		said = append(said, oneLine(f))
	}
	if more := len(folders) - listed; more > 0 {
		said = append(said, words.Number(int64(more), "more folder"))
	}
	return words.Join(said)
}
