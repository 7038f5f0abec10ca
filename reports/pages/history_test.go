package pages

import (
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/reports"
)

func TestTheHistoryIsAPage(t *testing.T) {
	page := historyPageOf(t, nights(30))
	golden(t, "history.html", page)
	lacks(t, page, map[string]string{
		"the latest verdict": `<span class="badge pass"><span aria-hidden="true">✓</span> PASS</span>`,
		"the latest run":     `<h1>The last run, of <time datetime="2026-09-30T02:00:00Z">2026-09-30 02:00 UTC</time>, passed.</h1>`,
		// 20 nights from 1 September on are those up to the 20th.
		"a change":          "From 2026-09-21 (commit a1b2c3000014) on, p99 in baseline is 31% higher: 420\u00a0ms, before 320\u00a0ms. <a href=\"#figure-2\">chart</a>",
		"its chart":         `id="figure-2"`,
		"its mark":          `<path class="moment ill" d="M666.7 0V84"/>`,
		"the shapes":        `4 failed`,
		"those that can't":  `2 could not tell`,
		"a missing value":   `<b>p99 in baseline</b> <span>last not known</span>`,
		"a run's page":      `<a href="run-029/report.html">2026-09-30 02:00 UTC</a>`,
		"how one ended":     `<span class="ill">interrupted</span>`,
		"the runs, folded":  `<summary>30 runs, the newest first</summary>`,
		"what is not in it": `<th>run-new</th><td class="text">its schema is 2, of a later version: read it with that</td>`,
	})
	if strings.Index(page, `id="figure-2"`) > strings.Index(page, `id="figure-1"`) {
		t.Error("what changed does not stand first among the charts")
	}
}

// One night is a page, and so are two and none; a mark that is about nothing is left out.
func TestAHistoryOfFewIsAPage(t *testing.T) {
	for n := range 4 {
		page := historyPageOf(t, nights(n))
		if n == 0 {
			lacks(t, page, map[string]string{"no night": "There is no run to show yet.", "what is not in it": "run-new"})
			continue
		}
		lacks(t, page, map[string]string{"few": " can't show a lasting change yet; from 11 on one can be told.", "a night": `<path class="night passed" d="M`})
	}
	h := nights(12)
	h.Marks = []reports.ChangeMark{{Series: 9, Night: 1}, {Series: 0, Night: 12}, {Series: -1}}
	lacks(t, historyPageOf(t, h), map[string]string{"no change": "No lasting change of 5% or more was found in 12 runs."})
}

// A night without a value is a gap in the line, and one between two gaps a point.
func TestNightsWithoutAValueAreGaps(t *testing.T) {
	x, y := func(i int) float64 { return float64(i) }, func(v float64) float64 { return v }
	if got, want := joined([]*float64{ptr(1), ptr(2), nil, ptr(3), nil, nil, ptr(4), ptr(5)}, x, y), "M0 1L1 2M3 3h0M6 4L7 5"; got != want {
		t.Errorf("the line is %s, want %s", got, want)
	}
}

// Experiments that take turns are told apart: the nights of one are no gaps of another.
func TestSeveralExperiments(t *testing.T) {
	h := nights(12)
	for i := range h.Nights {
		if i%2 == 1 {
			h.Nights[i].Name = "weekly"
			h.Series[0].Values[i], h.Series[1].Values[i], h.Series[2].Values[i] = nil, nil, nil
		}
	}
	page := historyPageOf(t, h)
	lacks(t, page, map[string]string{"one": "nightly <a", "the other": "weekly <a", "its runs": "<span>6 runs:</span>", "no figures": "No figure of these runs is known.",
		"those of the last night unfolded": `<h2>weekly <a`, "the others folded": "<summary>6 runs, 3 figures, no change</summary>"})
	if strings.Index(page, "weekly <a") > strings.Index(page, "nightly <a") {
		t.Error("the experiment of the last night does not stand first")
	}
	for _, e := range experimentsOf(h) {
		for _, tr := range e.Trends {
			if tr.Title == "capacity" && tr.Missing > 0 {
				t.Errorf("capacity lacks %d of the nights of %s", tr.Missing, e.Name)
			}
		}
	}
}

func TestMarksReadAsTheyAre(t *testing.T) {
	h := &reports.History{Nights: []reports.Night{{Started: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC), Labels: map[string]string{"commit": "abc", "branch": "main"}},
		{Started: time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC), Labels: map[string]string{"release": "2.1", "branch": "main"}}, {Started: time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)}},
		Series: []reports.Series{{Title: "p99 in baseline", Unit: "s"}, {Title: "errors", Unit: "ratio"}, {Title: "workers", Unit: "count"}, {Title: "capacity", Unit: "/s"}, {Title: "timeout on payments", Unit: "s"}}}
	for _, c := range []struct {
		m    reports.ChangeMark
		want string
	}{
		{reports.ChangeMark{Series: 0, Night: 0, Before: 0.32, After: 0.42}, "From 2026-11-20 (commit abc) on, p99 in baseline is 31% higher: 420 ms, before 320 ms"},
		{reports.ChangeMark{Series: 1, Night: 1, Before: 0, After: 0.02}, "From 2026-11-21 (branch main, release 2.1) on, errors is higher: 2%, before 0%"},
		{reports.ChangeMark{Series: 2, Night: 2, Before: 8, After: 7}, "From 2026-11-22 on, workers is lower: 7, before 8"},
		{reports.ChangeMark{Series: 3, Night: 2, Before: 39, After: 35.1}, "From 2026-11-22 on, capacity is 10% lower: 35.1/s, before 39.0/s"},
		{reports.ChangeMark{Series: 4, Night: 2, Before: 0.35, After: 1}, "From 2026-11-22 on, timeout on payments is 2.9 times as much: 1 s, before 350 ms"},
		{reports.ChangeMark{Series: 0, Night: 2, Before: 0.32, After: 0.42, Gradual: true}, "Bit by bit, around 2026-11-22, p99 in baseline came to be 31% higher: 420 ms, before 320 ms"},
	} {
		if got := markSentence(h, c.m); got != c.want {
			t.Errorf("it reads %q, want %q", got, c.want)
		}
	}
}

// A night whose folder is gone has no page to lead to; what may go is listed.
func TestFoldersThatAreGone(t *testing.T) {
	h := nights(5)
	h.MayGo, h.Removed = []string{"run-000", "run-001"}, []string{"run-000"}
	h.Nights[4].Note = "the load was not as asked: no figure counts"
	page := historyPageOf(t, h)
	lacks(t, page, map[string]string{"one that is gone": `<th>run-000</th><td class="text">removed</td>`, "one that may go": `<th>run-001</th><td class="text">may go</td>`,
		"its page": `href="run-001/report.html"`, "a night's note": "no figure counts</span>"})
	if strings.Contains(page, `href="run-000/`) {
		t.Error("a link leads to what is gone")
	}
}

// 1,000 nights are a page that opens at once.
func TestAThousandNightsStaySmall(t *testing.T) {
	h := nights(1000)
	for range 27 { // 30 figures in all
		h.Series = append(h.Series, h.Series[2])
	}
	page := historyPageOf(t, h)
	if len(page) > 3_000_000 {
		t.Errorf("the page has %d bytes, want at most 3,000,000", len(page))
	}
	before, after := ran([2]float64{10, 20}, phases([]float64{0, 3600}, "steady")), ran([2]float64{}, phases([]float64{0, 3600}, "steady"))
	if page := comparisonPageOf(t, comparison(), before, after); len(page) > 600_000 {
		t.Errorf("the comparison of two hours has %d bytes, want at most 600,000", len(page))
	}
}
