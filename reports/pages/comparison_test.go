package pages

import (
	"slices"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

func lacks(t *testing.T, page string, facts map[string]string) {
	t.Helper()
	for what, want := range facts {
		if !strings.Contains(page, want) {
			t.Errorf("of %s the page lacks %s", what, want)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, " style=") || strings.Contains(page, "NaN") || strings.Contains(page, "Inf") {
		t.Error("the page has a script, a style of an element or a figure that is none")
	}
}

func TestTheComparisonIsAPage(t *testing.T) {
	before, after := runs()
	page := comparisonPageOf(t, comparison(), before, after)
	golden(t, "comparison.html", page)
	lacks(t, page, map[string]string{
		"the verdict":           `<span class="badge change worse"><span aria-hidden="true">✕</span> WORSE</span>`,
		"the sentence":          "<h1>Before, 502s came 2.6\u00a0s after payments hung and 64% failed; now every request is answered.</h1>",
		"the rest of it":        `<p class="lead">But p95 in baseline rose.</p>`,
		"what spoils":           `<li><b>phase recovery: rate</b><span>before 8/s, after 10/s</span><span><i>can't be compared for it:</i> the figures of phase recovery</span></li>`,
		"what does not":         `<li><b>seed</b><span>before 1, after 2</span></li>`,
		"a figure":              `<th>p95 in baseline</th><td>100 ms</td><td><b>113 ms</b></td><td>&#43;13 ms</td><td>&#43;6 ms to &#43;20 ms</td><td class="text change worse">✕ worse</td>`,
		"a ratio":               `<td>-64 points</td><td>-74 to -53 points</td>`,
		"what is not known":     `<td>2.6 s</td><td><b>none</b></td><td>–</td><td>–</td><td class="text change improved">✓ improved</td>`,
		"why":                   `<p>no 502 came after</p>`,
		"what can't be told":    `<td class="text change untold">? can&#39;t tell</td>`,
		"what is the same":      `<th>workers</th><td>4</td><td><b>4</b></td><td>0</td><td>0</td><td class="text change same">= same</td>`,
		"an onset":              `before: 502 &#43;2.6 s`,
		"a recovery":            `before: well again &#43;800 ms`,
		"the fault, once":       `>payments hang</text>`,
		"a run":                 `<td class="text">branch main, commit 0123456789ab</td>`,
		"the smallest change":   `<dt>smallest change worth telling</dt><dd>5%</dd>`,
		"the moment of a fault": `Time is from when the first fault of each was applied.`,
	})
	if first, then := strings.Index(page, `id="differences"`), strings.Index(page, `id="changed"`); first < 0 || first > then {
		t.Error("what was asked otherwise does not stand first")
	}
	if worse, better := strings.Index(page, "<th>p95 in baseline"), strings.Index(page, "<th>error ratio in hang"); worse > better {
		t.Error("what got worse does not stand before what improved")
	}
}

// Nothing that is missing keeps a comparison from being written; what is missing is said.
func TestAComparisonOfNothingIsAPage(t *testing.T) {
	before, after := runs()
	for what, page := range map[string]string{
		"nothing":   comparisonPageOf(t, &reports.Comparison{}, nil, nil),
		"one run":   comparisonPageOf(t, comparison(), before, nil),
		"no course": comparisonPageOf(t, comparison(), &reports.Report{}, &reports.Report{}),
	} {
		if lacks(t, page, map[string]string{what: "There is nothing to draw"}); strings.Contains(page, `class="plot"`) {
			t.Errorf("%s is drawn", what)
		}
	}
	page := comparisonPageOf(t, comparison(), &reports.Report{DurationS: 3}, after)
	lacks(t, page, map[string]string{"the other run": `<path class="after" d="M`})
	c := comparison()
	c.Figures = nil
	lacks(t, comparisonPageOf(t, c, before, after), map[string]string{"no change": "No figure was found to be better or worse by 5% or more."})
}

// A change of a tenth lies as far to the right as it is more, on the same axis as others.
func TestEffectsLieWhereTheyAre(t *testing.T) {
	e := newEffects(comparison())
	if len(e.All) != 3 || e.More != 0 {
		t.Fatalf("%d figures are drawn and %d are not, want 3 and 0", len(e.All), e.More)
	}
	worse, better, same := e.All[0], e.All[1], e.All[2]
	if worse.Text != "+13%" || better.Text != "-100%" || same.Text != "0%" {
		t.Errorf("they read %s, %s and %s", worse.Text, better.Text, same.Text)
	}
	if !(better.X < e.None && e.None < e.Band.X+e.Band.Width && e.Band.X+e.Band.Width < worse.From && worse.From < worse.X && worse.X < worse.From+worse.Width) || same.X != e.None {
		t.Errorf("they lie at %+v", e)
	}
	if better.X < 0 || worse.From+worse.Width > 100 {
		t.Error("they lie beyond the picture")
	}
}

// The course of a run is the same whatever its buckets: 8/s good, and in columns of a second.
func TestCourses(t *testing.T) {
	before, _ := runs()
	c := courseOf(before)
	if len(c.edges) != 26 || len(c.good) != 25 || *c.good[0] != 8 || *c.bad[9] != 8 || *c.flight[8] != 21 {
		t.Errorf("%d edges, %d columns, %v good, %v bad, %v in flight", len(c.edges), len(c.good), *c.good[0], *c.bad[9], *c.flight[8])
	}
	edges, values := c.within(piece{from: 4.5, to: 6.5}, c.good)
	if !slices.Equal(edges, []float64{4.5, 5, 6, 6.5}) || len(values) != 3 {
		t.Errorf("from 4.5 s to 6.5 s there are the edges %v and %d values", edges, len(values))
	}
	long := ran([2]float64{}, phases([]float64{0, 7200}, "steady"))
	if c := courseOf(long); len(c.good) > mostColumns {
		t.Errorf("two hours are %d columns", len(c.good))
	}
}
