package render

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// maxEvidence is how many lines the site's logs take in a text report.
const maxEvidence = 5

// onsets writes what began when, and why.
func (t *terminal) onsets(r *reports.Report) {
	for _, o := range r.Onset {
		t.event("", plain, onsetSentence(r, o))
	}
	for _, s := range r.Slowdowns {
		t.event("", plain, slowSentence(s))
	}
	for _, d := range r.Dose {
		t.event("", plain, doseSentence(d))
	}
}

// site writes what is known of the site in a line; where more than one timeout
// was looked for they have a table of their own.
func (t *terminal) site(r *reports.Report) {
	var parts []string
	if known := siteWords(r.Pool); len(known) > 0 {
		parts = append(parts, strings.Join(known, ", "))
	}
	if len(r.Timeouts) == 1 {
		parts = append(parts, r.Timeouts[0].Dependency+": "+seenTimeout(r.Timeouts[0]))
	}
	if len(parts) > 0 {
		t.hanging("site: ", faint, strings.Join(parts, "; "), 2)
	}
	if only := siteAssumes(r.Pool); only != "" {
		t.hanging("  ", faint, "so many "+only, 2)
	}
}

// advice writes what to do, each with the figure that backs it below.
func (t *terminal) advice(advice []reports.Advice) {
	for _, a := range advice {
		t.item("-> ", bold, a.Text)
		if a.Because != "" {
			t.item("   ", plain, a.Because)
		}
	}
}

// timeouts writes a table where there is more than one.
func (t *terminal) timeouts(r *reports.Report) {
	if len(r.Timeouts) < 2 {
		return
	}
	rows := [][]cell{{{"dependency", faint}, {"fault", faint}, {"seen", faint}, {"visitors got", faint}, {"budget", faint}}}
	for _, one := range r.Timeouts {
		most, st := words.Unknown, plain
		if b := r.BudgetOf(one.Dependency); b != nil && b.MaxTimeoutS != nil {
			most = words.Limit(*b.MaxTimeoutS)
		}
		if one.Verdict == "none" || one.Verdict == "worker" {
			st = bad
		}
		rows = append(rows, []cell{{shorten(oneLine(one.Dependency), 14), plain}, {shorten(kindWords(oneLine(one.Fault)), 10), plain},
			{shorten(seenTimeout(one), 27), st}, {shorten(cmp.Or(oneLine(one.Got), words.Unknown), 13), plain}, {most, plain}})
	}
	alignLeft(rows, 3)
	writeTable(&t.Builder, t.paint, rows)
	t.WriteString("\n")
}

// alignLeft fills up the columns after the first, up to the last given, so that
// they read from the left, as words do.
func alignLeft(rows [][]cell, last int) {
	for i := 1; i <= last; i++ {
		wide := widthsOf(rows)[i]
		for _, row := range rows {
			row[i].text += strings.Repeat(" ", wide-utf8.RuneCountInString(row[i].text))
		}
	}
}

// routine is what any site's logs say all day; the page has it.
func routine(e reports.Evidence) bool { return e.Kind == "access" || e.Kind == "gauge" }

// warned reports whether a warning says the same.
func warned(r *reports.Report, e reports.Evidence) bool {
	return e.Kind == "lost" && slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, e.Text) })
}

// brief leaves out what does not help on a terminal: the request that nginx ends
// its lines with, and the text of lines that can't be read. The page has it.
func brief(e reports.Evidence) reports.Evidence {
	e.Text, _, _ = strings.Cut(e.Text, ", client: ")
	if e.Kind == "unparsed" {
		e.Text = ""
	}
	return e
}

// beyond writes what the site's logs said, and what this run could not tell.
func (t *terminal) beyond(r *reports.Report) {
	before := t.Len()
	told := slices.DeleteFunc(slices.Clone(r.Evidence), func(e reports.Evidence) bool { return routine(e) || warned(r, e) })
	for i, e := range told {
		if i == maxEvidence {
			t.event("", plain, words.Number(int64(len(told)-i), "other line")+" of evidence in report.html")
			break
		}
		t.event("", plain, shorten(oneLine(evidenceSentence(brief(e))), 3*(width-4)))
	}
	if len(r.NotKnown) > 0 {
		var what []string
		for _, n := range r.NotKnown {
			what = append(what, n.What)
		}
		t.event("", plain, "not known: "+strings.Join(what, "; ")+" (report.html says why, and what would tell)")
	}
	if t.Len() > before {
		t.WriteString("\n")
	}
}
