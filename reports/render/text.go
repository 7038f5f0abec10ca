package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// Text writes r for a terminal or a log, at most 80 columns wide.
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
	t.phases(r)
	t.visits(r)
	t.events(r)
	t.objectives(r.Objectives)
	t.timeouts(r)
	t.seen(r)
	t.beyond(r)
	t.warnings(r.Warnings)
	if _, err := io.WriteString(w, t.String()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// item writes a mark and text, the lines after the first indented below it.
func (t *terminal) item(mark string, st style, text string) { t.hanging(mark, st, text, len(mark)) }

// event is an item among others, which its later lines' indent tells apart.
func (t *terminal) event(mark string, st style, text string) { t.hanging(mark, st, text, len(mark)+2) }

func (t *terminal) hanging(mark string, st style, text string, indent int) {
	lines := words.Lines(oneLine(text), width-2-len(mark), width-2-indent)
	t.WriteString("  " + t.paint(st, mark) + lines[0] + "\n")
	for _, line := range lines[1:] {
		t.WriteString("  " + strings.Repeat(" ", indent) + line + "\n")
	}
}

// head writes name, verdict and summary. A run that cannot be trusted says so
// before any figure, its duration included.
func (t *terminal) head(r *reports.Report) {
	st := map[reports.Verdict]style{reports.Pass: good, reports.Fail: bad, reports.Inconclusive: bad}[r.Verdict]
	lasted := words.Lasted(r.DurationS)
	if r.Outcome != "complete" {
		lasted += ", " + shorten(oneLine(r.Outcome), 20)
	}
	room := width - utf8.RuneCountInString(sheet.Verdict(r.Verdict)+lasted) - 4
	t.WriteString(t.paint(bold, shorten(oneLine(r.Name), room)) + "  " + t.paint(st, sheet.Verdict(r.Verdict)))
	if r.Fidelity.OK {
		t.WriteString("  " + lasted)
	}
	t.WriteString("\n")
	t.labels(r.Labels)
	t.WriteString("\n")
	if !r.Fidelity.OK {
		t.item("! ", bad, "these figures cannot be trusted: "+r.Fidelity.Why)
		t.item("  ", plain, sent(r.Fidelity)+"; "+lasted)
		t.WriteString("\n")
	}
	if r.Summary != "" {
		t.item("", plain, r.Summary)
		t.WriteString("\n")
	}
	for _, text := range r.Details {
		t.event("", plain, text)
	}
	if len(r.Details) > 0 {
		t.WriteString("\n")
	}
}

// phases writes the table of phases, and below it what has no column. What is
// too wide loses first the codes' own columns, then the ends of long names.
func (t *terminal) phases(r *reports.Report) {
	if len(r.Phases) == 0 {
		return
	}
	codes := badCodes(r.Phases)
	shown, name := len(codes), 22
	rows := phaseRows(r.Phases, codes, shown, name)
	for tableWidth(rows) > width && (shown > 0 || name > 12) {
		if shown > 0 {
			shown--
		} else {
			name--
		}
		rows = phaseRows(r.Phases, codes, shown, name)
	}
	t.WriteString(t.paint(faint, overLast(rows, "of good answers")) + "\n")
	writeTable(&t.Builder, t.paint, rows)
	var missing []string
	for _, p := range r.Phases {
		if f := failed(p.Traffic); len(f) > 0 {
			t.event("", plain, p.Name+": "+strings.Join(f, ", "))
		}
		if !reached(r, p) {
			missing = append(missing, p.Name)
		}
	}
	if text := replayed(r.Phases); text != "" {
		t.event("", plain, text)
	}
	if s := r.Spoken; s != nil && s.Answers["HTTP/1.1"] == 0 && len(s.Answers) > 0 || s != nil && len(s.Answers) > 1 {
		t.event("", plain, "spoken: "+words.Spoken(s.Answers, s.Connections))
	}
	if missing != nil {
		t.event("", plain, "not reached, since the run ended at "+words.Moment(r.DurationS)+": "+strings.Join(missing, ", "))
	}
	t.WriteString("\n")
}

// replayed says between which rates a log that was replayed went up and down.
func replayed(phases []reports.Phase) string {
	var parts []string
	for _, p := range phases {
		if w := p.Replayed; w != nil && !p.Warmup {
			parts = append(parts, fmt.Sprintf("%s %s to %s", p.Name, words.Asked(w.LowHz), words.Asked(w.HighHz)))
		}
	}
	if parts == nil {
		return ""
	}
	return "the log goes up and down: " + strings.Join(parts, ", ") + "; what must hold is told for the busiest second"
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
// one for all the others, and names of at most name columns.
func phaseRows(phases []reports.Phase, codes []string, shown, name int) [][]cell {
	own := slices.Sorted(slices.Values(codes[:shown]))
	degraded := degraded(phases)
	heads := append([]string{"phase"}, append(loadHeads(phases), "ok")...)
	if degraded {
		heads = append(heads, "degraded")
	}
	heads = append(heads, own...)
	if shown < len(codes) {
		heads = append(heads, "other")
	}
	heads = append(heads, "p50", "p95", "p99")
	var head []cell
	for _, h := range heads {
		head = append(head, cell{h, faint})
	}
	rows := [][]cell{head}
	for _, p := range phases {
		row := []cell{{phaseName(p, name), plain}}
		rows = append(rows, append(row, phaseFigures(p, degraded, own, codes[shown:])...))
	}
	return rows
}

// phaseName is a phase's name with what sets it apart, in at most n columns.
func phaseName(p reports.Phase, n int) string {
	name, note := oneLine(p.Name), ""
	switch {
	case p.Warmup:
		note = " (warm-up)"
	case p.Kind == "closed":
		note = " (closed)"
	}
	return shorten(name, n-len(note)) + note
}

func phaseFigures(p reports.Phase, degraded bool, own, others []string) []cell {
	row := append(loadCells(p), cell{words.Known(p.OKRatio, words.Percent), okStyle(p.OKRatio)})
	if degraded {
		row = append(row, cell{words.Known(p.DegradedRatio, words.Percent), plain})
	}
	for _, code := range own {
		row = append(row, cell{words.Count(p.Codes[code]), badStyle(p.Codes[code])})
	}
	if len(others) > 0 {
		var n int64
		for _, code := range others {
			n += p.Codes[code]
		}
		row = append(row, cell{words.Count(n), badStyle(n)})
	}
	for _, q := range []*float64{p.ResponseS.P50, p.ResponseS.P95, p.ResponseS.P99} {
		row = append(row, cell{words.Known(q, words.Span), plain})
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

// events writes what began when and why, what the site is and what to do about
// it, then what came back when, and what each fault held.
func (t *terminal) events(r *reports.Report) {
	before := t.Len()
	t.onsets(r)
	t.site(r)
	if t.advice(r.Advice); len(r.Advice) > 0 && len(r.Recovery)+len(r.Faults) > 0 {
		t.WriteString("\n")
	}
	for _, s := range recoverySentences(r.Recovery) {
		t.event("", plain, s)
	}
	for _, f := range r.Faults {
		t.fault(f)
	}
	if t.Len() > before {
		t.WriteString("\n")
	}
}

func (t *terminal) fault(f reports.Fault) {
	mark, st := "", plain
	said := []string{held(f)}
	if f.BytesUp+f.BytesDown > 0 {
		said = append(said, words.Bytes(f.BytesUp)+" up, "+words.Bytes(f.BytesDown)+" down")
	}
	if u := undone(f); u != "" {
		said = append(said, u)
	}
	if !f.Exercised && !f.Uncounted || undone(f) != "" {
		mark, st = "! ", bad
	}
	t.event(mark, st, fmt.Sprintf("%s (%s): %s", faultName(f), during(f), strings.Join(said, "; ")))
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
		if room < 0 {
			t.item(mark, st, text+" "+saw)
			continue
		}
		indent := 2 + len(mark) + longest + 3
		lines := words.Lines(saw, width-indent, width-indent)
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
	case o.Observed == nil && o.Seen == "": // as of an onset that did not come
		return "none seen"
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
