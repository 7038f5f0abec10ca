package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tailback/tailback/reports"
)

// Text writes r for a terminal or a log, at most 100 columns wide.
func Text(w io.Writer, r *reports.Report) error { return writeText(w, r, unpainted) }

// TextColor writes what Text writes, with ANSI colours over it.
func TextColor(w io.Writer, r *reports.Report) error { return writeText(w, r, ansi) }

// terminal is a text report being written.
type terminal struct {
	strings.Builder
	paint painter
}

func writeText(w io.Writer, r *reports.Report, paint painter) error {
	t := &terminal{paint: paint}
	t.head(r)
	t.phases(r.Phases)
	t.events(r)
	t.objectives(r.Objectives)
	t.warnings(r.Warnings)
	if _, err := io.WriteString(w, t.String()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// item writes a mark and text, the lines after the first indented below it.
func (t *terminal) item(mark string, st style, text string) {
	for i, line := range wrap(oneLine(text), width-2-len(mark)) {
		if i == 0 {
			t.WriteString("  " + t.paint(st, mark) + line + "\n")
			continue
		}
		t.WriteString("  " + strings.Repeat(" ", len(mark)) + line + "\n")
	}
}

// head writes name, verdict and summary. A run that cannot be trusted says so
// before any figure, its duration included.
func (t *terminal) head(r *reports.Report) {
	st := map[reports.Verdict]style{reports.Pass: good, reports.Fail: bad, reports.Inconclusive: bad}[r.Verdict]
	t.WriteString(t.paint(bold, shorten(oneLine(r.Name), width/2)) + "  " + t.paint(st, verdict(r.Verdict)))
	lasted := span(r.DurationS)
	if r.Outcome != "complete" {
		lasted += ", " + shorten(oneLine(r.Outcome), 20)
	}
	if r.Fidelity.OK {
		t.WriteString("  " + lasted + "\n\n")
	} else {
		t.WriteString("\n\n")
		t.item("! ", bad, "these figures cannot be trusted: "+r.Fidelity.Why)
		t.item("  ", plain, sent(r.Fidelity)+"; "+lasted)
		t.WriteString("\n")
	}
	if r.Summary != "" {
		t.item("", plain, r.Summary)
		t.WriteString("\n")
	}
}

func (t *terminal) phases(phases []reports.Phase) {
	if len(phases) == 0 {
		return
	}
	codes := badCodes(phases)
	rows := phaseRows(phases, codes, len(codes))
	for shown := len(codes) - 1; tableWidth(rows) > width && shown >= 0; shown-- {
		rows = phaseRows(phases, codes, shown)
	}
	writeTable(&t.Builder, t.paint, rows)
	for _, p := range phases {
		if f := failed(p.Traffic); len(f) > 0 {
			t.item("", plain, p.Name+": "+strings.Join(f, ", "))
		}
	}
	t.WriteString("\n")
}

// badCodes returns the status codes that occur and are no success, the most
// frequent first.
func badCodes(phases []reports.Phase) []string {
	sum := map[string]int64{}
	for _, p := range phases {
		for code, n := range p.Codes {
			if code != "0" && !goodStatus(code) {
				sum[code] += n
			}
		}
	}
	codes := sortedKeys(sum)
	slices.SortStableFunc(codes, func(a, b string) int { return cmp.Compare(sum[b], sum[a]) })
	return codes
}

// phaseRows makes the phase table with columns for the first shown of codes and
// one for all the others.
func phaseRows(phases []reports.Phase, codes []string, shown int) [][]cell {
	own := slices.Sorted(slices.Values(codes[:shown]))
	degraded := slices.ContainsFunc(phases, func(p reports.Phase) bool { return p.DegradedRatio != nil && *p.DegradedRatio > 0 })
	heads := []string{"phase", "asked", "ok"}
	if degraded {
		heads = append(heads, "degraded")
	}
	heads = append(heads, own...)
	if shown < len(codes) {
		heads = append(heads, "other")
	}
	heads = append(heads, "p50", "p95", "p99", "(good answers)")
	var head []cell
	for _, h := range heads {
		head = append(head, cell{h, faint})
	}
	rows := [][]cell{head}
	for _, p := range phases {
		rows = append(rows, phaseRow(p, degraded, own, codes[shown:]))
	}
	return rows
}

func phaseRow(p reports.Phase, degraded bool, own, others []string) []cell {
	name := shorten(oneLine(p.Name), 22)
	if p.Warmup {
		name = shorten(oneLine(p.Name), 12) + " (warm-up)"
	}
	row := []cell{{name, plain}, {known(p.RateAskedHz, rate), plain}, {known(p.OKRatio, percent), okStyle(p.OKRatio)}}
	if degraded {
		row = append(row, cell{known(p.DegradedRatio, percent), plain})
	}
	for _, code := range own {
		row = append(row, cell{count(p.Codes[code]), badStyle(p.Codes[code])})
	}
	if len(others) > 0 {
		var n int64
		for _, code := range others {
			n += p.Codes[code]
		}
		row = append(row, cell{count(n), badStyle(n)})
	}
	for _, q := range []*float64{p.ResponseS.P50, p.ResponseS.P95, p.ResponseS.P99} {
		row = append(row, cell{known(q, seconds), plain})
	}
	return row
}

func okStyle(ratio *float64) style {
	switch {
	case ratio == nil:
		return plain
	case *ratio == 1:
		return good
	}
	return bad
}

func badStyle(n int64) style {
	if n > 0 {
		return bad
	}
	return faint
}

// events writes what began when, what came back when, and what each fault held.
func (t *terminal) events(r *reports.Report) {
	before := t.Len()
	for _, o := range r.Onset {
		t.item("", plain, onsetSentence(r, o))
	}
	for _, v := range r.Recovery {
		t.item("", plain, recoverySentence(v))
	}
	for _, f := range r.Faults {
		mark, st := "", plain
		words := []string{held(f)}
		if f.BytesUp+f.BytesDown > 0 {
			words = append(words, size(f.BytesUp)+" up, "+size(f.BytesDown)+" down")
		}
		if u := undone(f); u != "" {
			words = append(words, u)
		}
		if !f.Exercised || undone(f) != "" {
			mark, st = "! ", bad
		}
		t.item(mark, st, fmt.Sprintf("%s (%s): %s", faultName(f), during(f), strings.Join(words, "; ")))
	}
	if t.Len() > before {
		t.WriteString("\n")
	}
}

func (t *terminal) objectives(objectives []reports.Objective) {
	longest := 0
	for _, o := range objectives {
		longest = max(longest, utf8.RuneCountInString(oneLine(o.Text)))
	}
	longest = min(longest, width/2)
	for _, o := range objectives {
		mark, st := objectiveMark(o)
		text, saw := oneLine(o.Text), saw(o)
		room := longest - utf8.RuneCountInString(text)
		if saw == "" || room < 0 {
			t.item(mark, st, text+" "+saw)
			continue
		}
		indent := 2 + len(mark) + longest + 3
		lines := wrap(saw, width-indent)
		t.WriteString("  " + t.paint(st, mark) + text + strings.Repeat(" ", room+3) + lines[0] + "\n")
		for _, line := range lines[1:] {
			t.WriteString(strings.Repeat(" ", indent) + line + "\n")
		}
	}
	if len(objectives) > 0 {
		t.WriteString("\n")
	}
}

func objectiveMark(o reports.Objective) (string, style) {
	switch {
	case o.OK == nil:
		return "?  ", bad
	case *o.OK:
		return "ok ", good
	}
	return "x  ", bad
}

// saw is what was seen of an objective, or why it could not be judged.
func saw(o reports.Objective) string {
	switch {
	case o.OK == nil:
		return "not judged: " + oneLine(o.Why)
	case o.Observed == nil:
		return ""
	}
	return "seen " + observed(o)
}

func (t *terminal) warnings(warnings []string) {
	for _, w := range warnings {
		t.item("! ", bad, w)
	}
	if len(warnings) > 0 {
		t.WriteString("\n")
	}
}
