package pages

import (
	"cmp"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// historyPage is what the template is filled from.
type historyPage struct {
	*reports.History
	sheet.Frame
	Last        *reports.Night // nil without any
	Changes     []change       // the newest first
	Experiments []experiment
	Newest      []reports.Night // all of them, the newest first
	Several     bool            // experiments
}

// change is a change point in words.
type change struct {
	Change     reports.Change
	Text       string
	Anchor     string // of its chart
	Experiment string // where there are several
}

// experiment is the runs of one name.
type experiment struct {
	Name     string
	First    reports.Night
	Last     reports.Night
	Runs     int
	Verdicts [4]int // pass, fail, inconclusive, none
	Trends   []trend
}

// History writes many runs of the same experiments as one page: what changed when,
// each figure night after night, and the runs. The same history gives the same bytes.
func History(w io.Writer, h *reports.History) error {
	p := historyPage{History: h, Frame: frame(), Newest: slices.Clone(h.Nights)}
	slices.Reverse(p.Newest)
	if len(p.Newest) > 0 {
		p.Last = &p.Newest[0]
	}
	p.Experiments = experimentsOf(h)
	p.Several = len(p.Experiments) > 1
	for _, m := range h.Marks {
		if !valid(h, m) {
			continue
		}
		c := change{Change: m.Change, Text: markSentence(h, m), Anchor: anchorOf(m.Series)}
		if p.Several {
			c.Experiment = h.Series[m.Series].Name
		}
		p.Changes = append(p.Changes, c)
	}
	return sheet.Fill(w, pageFiles, "history.html", []string{"page/history.html"}, historyFunctions, p)
}

var historyFunctions = template.FuncMap{
	"shape":  changeSign,
	"class":  changeClass,
	"came":   came,
	"day":    day,
	"labels": labelsOf,
	"plural": func(n int, noun string) string { return words.Number(int64(n), noun) },
	"report": func(h *reports.History, n reports.Night) string {
		if slices.Contains(h.Removed, n.Dir) {
			return ""
		}
		return sheet.ReportLink(n.Dir)
	},
	"gone":  func(h *reports.History, dir string) bool { return slices.Contains(h.Removed, dir) },
	"ratio": words.Percent,
	// An experiment beside that of the last run is folded while nothing changed in it.
	"folded": func(place int, e experiment) bool { return place > 0 && !e.changed() },
	"few":    func(h *reports.History) bool { return len(h.Nights) < fewToTell },
}

// fewToTell are so few nights that no change can be told of them: of 5 before and 6
// after, one of 231 orders in which all that is less comes first, or last, is as clear.
const fewToTell = 11

// valid reports whether a mark is on a series and a night that there are.
func valid(h *reports.History, m reports.ChangeMark) bool {
	return m.Series >= 0 && m.Series < len(h.Series) && m.Night >= 0 && m.Night < len(h.Nights)
}

func anchorOf(series int) string { return fmt.Sprintf("figure-%d", series+1) }

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

// markSentence tells a change point: "from 2026-11-20 (commit abc) on, p99 in
// baseline is 31% higher: 0.42 s, before 0.32 s". Of one that no single night made it
// says that it came bit by bit.
func markSentence(h *reports.History, m reports.ChangeMark) string {
	s, night := &h.Series[m.Series], h.Nights[m.Night]
	levels := otherwise(m, s.Unit) + ": " + words.Measured(m.After, s.Unit) + ", before " + words.Measured(m.Before, s.Unit)
	if m.Gradual {
		return "Bit by bit, around " + day(night.Started) + ", " + s.Title + " came to be " + levels
	}
	labels := night.Labels
	if commit := labels["commit"]; commit != "" { // says which change it was by itself
		labels = map[string]string{"commit": commit}
	}
	text := "From " + day(night.Started)
	if named := labelsOf(labels); named != "" {
		text += " (" + named + ")"
	}
	return text + " on, " + s.Title + " is " + levels
}

// otherwise says which way a figure went, and by how much of what it was.
func otherwise(m reports.ChangeMark, unit string) string {
	way := "higher"
	if m.After < m.Before {
		way = "lower"
	}
	by := math.Abs(m.After - m.Before)
	switch {
	case m.Before == 0 || unit == "count":
		return way
	case by >= math.Abs(m.Before) && m.After > m.Before:
		return words.Digits(m.After/m.Before, 1) + " times as much"
	}
	return words.Percent(by/math.Abs(m.Before)) + " " + way
}

// experimentsOf groups the runs by the name of their experiment, that of the newest run first.
func experimentsOf(h *reports.History) (list []experiment) {
	nights := map[string][]int{}
	var names []string
	for i := len(h.Nights) - 1; i >= 0; i-- {
		name := h.Nights[i].Name
		if nights[name] == nil {
			names = append(names, name)
		}
		nights[name] = append(nights[name], i)
	}
	for _, name := range names {
		slices.Reverse(nights[name])
		list = append(list, experimentOf(h, name, nights[name]))
	}
	return list
}

func experimentOf(h *reports.History, name string, nights []int) experiment {
	e := experiment{Name: name, Runs: len(nights), First: h.Nights[nights[0]], Last: h.Nights[nights[len(nights)-1]]}
	for _, n := range nights {
		e.Verdicts[verdictIndex(h.Nights[n].Verdict)]++
	}
	for i := range h.Series {
		if h.Series[i].Name == name {
			if t, ok := newTrend(h, i, nights); ok {
				e.Trends = append(e.Trends, t)
			}
		}
	}
	slices.SortStableFunc(e.Trends, func(a, b trend) int { // what changed stands first
		return cmp.Compare(min(len(b.Marks), 1), min(len(a.Marks), 1))
	})
	return e
}

// changed reports whether any figure has a change point; those that have stand first.
func (e *experiment) changed() bool { return len(e.Trends) > 0 && len(e.Trends[0].Marks) > 0 }

// came says how a run went, in the past tense.
func came(v reports.Verdict) string {
	switch v {
	case reports.Pass:
		return "passed"
	case reports.Fail:
		return "failed"
	case reports.Inconclusive:
		return "could not tell"
	}
	return "had no objectives"
}

func verdictIndex(v reports.Verdict) int {
	switch v {
	case reports.Pass:
		return 0
	case reports.Fail:
		return 1
	case reports.Inconclusive:
		return 2
	}
	return 3
}
