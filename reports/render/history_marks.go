package render

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// manyNights is from how many nights on a change can be told at all: of 5 before
// and 6 after, one of 231 orders in which all that is less comes first, or last, is as clear.
const manyNights = 11

// turn is what changed with one night, for the better or for the worse.
type turn struct {
	night  int
	change reports.Change
	marks  []reports.ChangeMark
}

// turns are the change points of one experiment by the night they begin with, the
// newest first, what became worse before what improved. Those that came bit by bit
// are apart: no night made them.
func turns(h *reports.History, name string) (all []turn, gradual []reports.ChangeMark) {
	for _, m := range h.Marks {
		if h.Series[m.Series].Name != name {
			continue
		}
		if m.Gradual {
			gradual = append(gradual, m)
			continue
		}
		i := slices.IndexFunc(all, func(t turn) bool { return t.night == m.Night && t.change == m.Change })
		if i < 0 {
			i = len(all)
			all = append(all, turn{night: m.Night, change: m.Change})
		}
		all[i].marks = append(all[i].marks, m)
	}
	slices.SortStableFunc(all, func(a, b turn) int {
		if a.night == b.night && a.change != b.change {
			if a.change == reports.Worse {
				return -1
			}
			return 1
		}
		return b.night - a.night
	})
	return all, gradual
}

// turned says what changed with a night, and with which commit: "worse since
// 2026-11-12 02:00 (commit 3f9c2ab; the night before: commit 77aa012): p99 in steady 124 ms to 137 ms (+10%)".
func turned(h *reports.History, t turn) string {
	var said []string
	for _, m := range t.marks {
		said = append(said, moved(h, m))
	}
	what := "worse"
	if t.change == reports.Improved {
		what = "better"
	}
	text := what + " since " + dated(h.Nights[t.night])
	about := labelled(h.Nights[t.night].Labels)
	if before := nightBefore(h, t.night); before != nil && about != "" {
		if was := labelled(before.Labels); was != "" && was != about {
			about += "; the night before: " + was
		}
	}
	if about != "" {
		text += " (" + about + ")"
	}
	return text + ": " + strings.Join(said, "; ")
}

// drifted says of a figure that it changed bit by bit.
func drifted(h *reports.History, m reports.ChangeMark) string {
	what := "worse"
	if m.Change == reports.Improved {
		what = "better"
	}
	return fmt.Sprintf("%s bit by bit, around %s: %s; a straight line fits the nights better than a step, so no single night made it",
		what, h.Nights[m.Night].Started.UTC().Format("2006-01-02"), moved(h, m))
}

// moved is a figure before and after a change: "p99 in steady 124 ms to 137 ms (+10%)".
func moved(h *reports.History, m reports.ChangeMark) string {
	s := h.Series[m.Series]
	text := fmt.Sprintf("%s %s to %s", oneLine(s.Title), words.Measured(m.Before, s.Unit), words.Measured(m.After, s.Unit))
	if by := relative(m.Before, m.After); by != "" && s.Unit != "ratio" { // a part of a part says nothing
		text += " (" + by + ")"
	}
	return text
}

// relative is by how much a figure changed, as a part of what it was: "+10%"; "" of nothing.
func relative(before, after float64) string {
	if before == 0 {
		return ""
	}
	sign := "+"
	if after < before {
		sign = "-"
	}
	return sign + words.Digits(100*math.Abs(after-before)/before, 0) + "%"
}

// nightBefore is the night of the same experiment before another; nil where there is none.
func nightBefore(h *reports.History, night int) *reports.Night {
	for i := night - 1; i >= 0; i-- {
		if h.Nights[i].Name == h.Nights[night].Name {
			return &h.Nights[i]
		}
	}
	return nil
}

// dated is when a night's run began, in UTC.
func dated(n reports.Night) string { return n.Started.UTC().Format("2006-01-02 15:04") }

// experiments are the names of the experiments, in order, and the nights of each.
func experiments(h *reports.History) (names []string, nights map[string][]int) {
	nights = map[string][]int{}
	for i, n := range h.Nights {
		if nights[n.Name] == nil {
			names = append(names, n.Name)
		}
		nights[n.Name] = append(nights[n.Name], i)
	}
	slices.Sort(names)
	return names, nights
}
