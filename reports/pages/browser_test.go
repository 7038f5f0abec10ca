package pages

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tailback/tailback/internal/browser"
	"github.com/tailback/tailback/reports"
)

// evil tries to leave its place.
const evil = "</script></title><img src=x onerror=alert(1)>\x1b[31m\"'&{{.}}]]>\u202e\x00"

// hostileComparison is one in which every name and text is evil.
func hostileComparison() (c *reports.Comparison, before, after *reports.Report) {
	c = comparison()
	before, after = runs()
	c.ToolVersion, c.Summary, c.Warnings = evil, evil, []string{evil}
	for i := range c.Differences {
		c.Differences[i] = reports.Differs{What: evil, Before: evil, After: evil, Spoils: c.Differences[i].Spoils}
	}
	for i := range c.Figures {
		f := &c.Figures[i]
		f.Phase, f.Request, f.Dependency, f.Figure, f.Why = evil, evil, evil, evil, evil
	}
	for _, side := range []reports.Side{c.Before, c.After} {
		side.Runs[0].Name, side.Runs[0].Dir, side.Runs[0].Labels = evil, evil, map[string]string{evil: evil}
	}
	for _, r := range []*reports.Report{before, after} {
		r.Phases[1].Name, r.Faults[0].Dependency, r.Faults[0].Noun = evil, evil, evil
	}
	before.Onset[0].Code, before.Onset[0].Class = 0, evil
	return c, before, after
}

// hostileHistory is one in which every name and text is evil.
func hostileHistory() *reports.History {
	h := nights(30)
	h.ToolVersion = evil
	for i := range h.Nights {
		n := &h.Nights[i]
		n.Name, n.Dir, n.Summary, n.Outcome, n.Note, n.Labels = evil, evil, evil, evil, evil, map[string]string{evil: evil, "commit": evil}
	}
	for i := range h.Series {
		h.Series[i].Name, h.Series[i].Title = evil, evil
	}
	h.Skipped, h.MayGo = []reports.Skipped{{Dir: evil, Why: evil}}, []string{evil}
	return h
}

func TestNoNameLeavesItsPlace(t *testing.T) {
	c, before, after := hostileComparison()
	for what, page := range map[string]string{"comparison": comparisonPageOf(t, c, before, after), "history": historyPageOf(t, hostileHistory())} {
		if strings.Contains(page, "<img") || strings.Contains(page, "<script") || strings.Contains(page, "</script") || strings.ContainsRune(page, 0) {
			t.Errorf("the %s lets a name out of its place", what)
		}
	}
}

// many is a comparison of 60 figures, and of runs with phases and faults whose names
// have no room.
func many() (c *reports.Comparison, before, after *reports.Report) {
	c = comparison()
	for i := range 60 {
		f := c.Figures[i%5]
		f.Request = fmt.Sprintf("GET /search?q=shoes&page=%d", i)
		c.Figures = append(c.Figures, f)
	}
	edges := []float64{0}
	var names []string
	for i := range 9 {
		edges, names = append(edges, float64(i+1)*4), append(names, fmt.Sprintf("recommendations slow %d", i))
	}
	long := append([]float64{}, edges...)
	long[9] = 90
	before = ran([2]float64{10, 20}, phases(edges, names...), hung(6, 8), hung(9, 30), hung(31, 33))
	after = ran([2]float64{10, 12}, phases(long, names...), hung(6, 8), hung(9, 30), hung(40, 50))
	after.Onset = []reports.Onset{{Code: 502, FirstS: 88, AfterFaultS: ptr(2.6), Dependency: "payments"}}
	return c, before, after
}

// pages are those that have between them everything that a page can show.
func pages(t *testing.T) map[string]string {
	before, after := runs()
	evilC, evilBefore, evilAfter := hostileComparison()
	manyC, manyBefore, manyAfter := many()
	return map[string]string{
		"comparison": comparisonPageOf(t, comparison(), before, after), "hostile comparison": comparisonPageOf(t, evilC, evilBefore, evilAfter),
		"many": comparisonPageOf(t, manyC, manyBefore, manyAfter), "one side": comparisonPageOf(t, comparison(), before, nil),
		"one night": historyPageOf(t, nights(1)), "30 nights": historyPageOf(t, nights(30)), "1000 nights": historyPageOf(t, nights(1000)), "hostile history": historyPageOf(t, hostileHistory()),
	}
}

// overlapping are the letters of plots that cover others, or lie outside of their figure.
const overlapping = `[...document.querySelectorAll(".plot")].flatMap(plot => {
	const figure = plot.closest("figure").getBoundingClientRect(), boxes = [...plot.querySelectorAll("text")].filter(t => t.checkVisibility() && t.textContent.trim())
		.map(t => ({ text: t.textContent, r: t.getBoundingClientRect() }));
	const over = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4;
	return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => over(a.r, b.r)).map(b => a.text + " covers " + b.text))
		.concat(boxes.filter(b => b.r.left < figure.left - 1 || b.r.right > figure.right + 1).map(b => b.text + " is outside"));
})`

func TestPagesKeepToTheirWindow(t *testing.T) {
	b := browser.Start(t)
	for name, page := range pages(t) {
		t.Run(name, func(t *testing.T) {
			hostile := strings.HasPrefix(name, "hostile")
			p := browser.Open(t, b, page, 1280)
			p.Do(chromedp.Navigate(p.URL))
			p.None("not as those who hear it need it", browser.Mute)
			for _, width := range []int64{1280, 390} {
				p.Do(chromedp.EmulateViewport(width, 900))
				p.Until(fmt.Sprintf("innerWidth === %d", width))
				p.None(fmt.Sprintf("at %d out of the window", width), browser.Outside)
				if over := browser.Ask[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
					t.Errorf("at %d pixels the page scrolls sideways by %d", width, over)
				}
				if hostile {
					continue
				}
				p.None(fmt.Sprintf("at %d split", width), browser.Split)
				p.None(fmt.Sprintf("at %d blank", width), browser.Blank)
				p.None(fmt.Sprintf("at %d letters", width), overlapping)
				if width == 1280 {
					p.None("cut at 1280", browser.Cut)
				}
			}
			p.Paper()
			p.None("out of the paper", browser.Outside)
			if !hostile {
				p.None("split on paper", browser.Split)
				p.None("letters on paper", overlapping)
				p.None("cut on paper", browser.Cut)
			}
			p.Quiet()
		})
	}
}

// In the dark as in the light, lines can be told from their ground: a contrast of
// at least 3 to 1 (WCAG 2, AA, of graphics).
func TestLinesHaveContrast(t *testing.T) {
	b := browser.Start(t)
	for _, page := range []string{pages(t)["comparison"], pages(t)["30 nights"]} {
		for _, name := range []string{"light", "dark"} {
			p := browser.Open(t, b, page, 1280)
			p.Scheme(name)
			p.Do(chromedp.Navigate(p.URL))
			p.None("too faint when "+name, `(() => {
				const light = colour => {
					const [r, g, b] = colour.match(/\d+/g).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
					return .2126 * r + .7152 * g + .0722 * b;
				}, ground = light(getComputedStyle(document.body).backgroundColor);
				return [...document.querySelectorAll("path.before, path.after, path.value, path.median, .night.failed, .night.unsure, .night.passed, .moment")].filter(e => {
					const [low, high] = [light(getComputedStyle(e).stroke), ground].sort((x, y) => x - y);
					return (high + .05) / (low + .05) < 3;
				}).map(e => e.getAttribute("class"));
			})()`)
			p.Quiet()
		}
	}
}

func TestWithPrintersTablesAreUnfolded(t *testing.T) {
	p := browser.Open(t, browser.Start(t), pages(t)["30 nights"], 1280)
	p.Do(chromedp.Navigate(p.URL))
	if browser.Ask[bool](p, `document.querySelector("#runs td").checkVisibility()`) {
		t.Error("30 runs are not folded")
	}
	p.Paper()
	if !browser.Ask[bool](p, `document.querySelector("#runs td").checkVisibility()`) {
		t.Error("30 runs are not printed")
	}
}
