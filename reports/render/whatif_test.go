package render

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tailback/tailback/internal/browser"
	"github.com/tailback/tailback/reports"
)

// whatIf is a prediction of 4 workers, 17 slots, 0.1 s of own work, 8/s and a
// dependency that hangs, with the application's timeout of 1 s.
func whatIf() *reports.WhatIf {
	p := &reports.WhatIf{
		ToolVersion: "1.2.3",
		Summary:     "The first 502 comes after 4.1 s: with calls of 1 s all 4 workers are taken. Of the requests of 60 s, 236 get a good answer and 244 a 502.",
		Asked:       "8 requests/s, evenly spaced; the dependency hangs and the application gives up after 1 s",
		Advice:      []string{"A timeout of at most 0.40 s holds 8/s (0.30 s with headroom: workers 80% busy).", "With a 1 s timeout it takes 9 workers."},
		Figures: []reports.Figure{
			{Flag: "workers", Value: "4", From: "4 calls waited at once <b>"},
			{Flag: "hang", From: "the run's fault on payments"},
			{Flag: "gateway-timeout", Value: "60s", From: "assumed, as it was not given"},
		},
		Budget: []reports.Budget{{Dependency: "payments", RateHz: 8, Calls: 1, MaxTimeoutS: f(0.4), WithHeadroomS: f(0.3), TimeoutS: f(1), WorkersNeeded: n(9),
			Choices: []reports.Choice{{TimeoutS: 0.25, WorkersNeeded: 3, Holds: true}, {TimeoutS: 1, WorkersNeeded: 9}, {TimeoutS: 10, WorkersNeeded: 81}}}},
		Grid: reports.Grid{RateHz: 8, Workers: []int{2, 4, 8, 9, 16, 81}},
	}
	p.Prediction.CapacityWellHz, p.Prediction.CapacityHz = 40, f(4/1.1)
	for _, hold := range []float64{0.3, 0.4, 1, math.Inf(1)} {
		row := reports.GridRow{TimeoutS: f(hold), HoldS: f(hold)}
		if math.IsInf(hold, 1) {
			row = reports.GridRow{}
		}
		for _, w := range p.Grid.Workers {
			row.Cells = append(row.Cells, whatIfCell(float64(w), hold))
		}
		p.Grid.Rows = append(p.Grid.Rows, row)
	}
	return p
}

// whatIfCell fills in capacity W/(0.1 s + hold), 8/s over that, and for what
// fails when W and 17 slots are full of those who never leave.
func whatIfCell(workers, hold float64) reports.GridCell {
	c := reports.GridCell{CapacityHz: workers / (0.1 + hold), Site: workers == 4 && hold == 1}
	if busy := 8 / c.CapacityHz; busy <= 1+1e-9 {
		c.Busy, c.Holds = f(busy), true
		return c
	}
	c.OnsetS, c.Code = f((workers+17)/8), n(502)
	return c
}

func f(v float64) *float64 { return &v }
func n(v int) *int         { return &v }

func whatIfPageOf(t *testing.T, p *reports.WhatIf) string {
	t.Helper()
	var b bytes.Buffer
	if err := WhatIf(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestThePredictionIsAPage(t *testing.T) {
	page := whatIfPageOf(t, whatIf())
	golden(t, "whatif.html", bare(page))
	page = spaced(page)
	for what, want := range map[string]string{
		"the answer":            "<h1>The first 502 comes after 4.1 s: with calls of 1 s all 4 workers are taken.</h1>",
		"the rest of it":        `<p class="lead">Of the requests of 60 s, 236`,
		"the advice":            "<li><b>With a 1 s timeout it takes 9 workers.</b></li>",
		"the budget":            "<dt>longest timeout</dt><dd>0.40 s</dd>",
		"workers needed":        "<td>3</td><td>9</td><td>81</td>",
		"a figure's source":     `<tr><th><code>--gateway-timeout 60s</code></th><td class="text">assumed, as it was not given</td></tr>`,
		"a figure without one":  "<code>--hang</code>",
		"text as text":          "at once &lt;b&gt;",
		"the site in the table": `<td class="fails site-cell">3.6/s<br>✕ 502 at 2.6 s</td>`,
		"what barely holds":     `<td class="holds">8.0/s<br>✓ 100% busy</td>`,
		"the map":               "<title>9 workers, timeout 1.0 s: 8.2/s ✓ 97.8% busy</title>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("of %s the page lacks %s", what, want)
		}
	}
	if got := strings.Count(page, `<rect class="site"`); got != 1 {
		t.Errorf("%d sites marked in the map, want 1", got)
	}
	if strings.Contains(page, "<script") || strings.Contains(page, " style=") {
		t.Error("the page has a script or a style of an element, which its policy forbids")
	}
}

// Nothing that is missing keeps the page from being written.
func TestAPredictionOfNothingIsAPage(t *testing.T) {
	p := &reports.WhatIf{Budget: []reports.Budget{{}}}
	if page := whatIfPageOf(t, p); !strings.Contains(page, "none holds") {
		t.Error("without a budget the page does not say that no timeout holds")
	}
}

func TestTheLettersOfTheMapFit(t *testing.T) {
	b := browser.Start(t)
	for _, width := range []int64{390, 1200} {
		p := browser.Open(t, b, whatIfPageOf(t, whatIf()), width)
		p.Do(chromedp.Navigate(p.URL))
		// The letters of a cell stay within it, and are at least 11 px high.
		if over := browser.Ask[float64](p, `Math.max(...[...document.querySelectorAll(".map g")].map(g => {
			const cell = g.querySelector("rect").getBoundingClientRect();
			return Math.max(...[...g.querySelectorAll("text")].map(t => t.getBoundingClientRect().width)) - cell.width }))`); over > 0 {
			t.Errorf("at %d letters are %g px wider than their cell", width, over)
		}
		if size := browser.Ask[float64](p, `parseFloat(getComputedStyle(document.querySelector(".map text")).fontSize)`); size < 11 {
			t.Errorf("at %d letters are of %g px, want 11", width, size)
		}
		p.Quiet()
	}
}
