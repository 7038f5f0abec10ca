package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tailback/tailback/internal/browser"
	"github.com/tailback/tailback/reports"
)

// fourBySix is diagnosed with four requests in each of six phases.
func fourBySix() *reports.Report {
	r := diagnosed()
	r.Name = "four-by-six"
	hung := r.Phases[1]
	hung.StartS, hung.EndS = 5, 15
	r.Phases = []reports.Phase{r.Phases[0], hung}
	for i := range 4 {
		p := phase([]string{"recovery", "slow payments", "overload", "recovery again"}[i], 15+2.5*float64(i), 17.5+2.5*float64(i), 20, 0.95, 0,
			map[string]int64{"200": 19, "502": 1}, hung.ResponseS, hung.ResponseAllS)
		r.Phases = append(r.Phases, p)
	}
	for i := range r.Phases {
		all := r.Phases[i].Requests
		for k, name := range []string{"GET /search?q=shoes", "api.v2.recommendations"} {
			more := all[k]
			more.Name = name
			all = append(all, more)
		}
		r.Phases[i].Requests = all
	}
	r.Objectives = append(r.Objectives, reports.Objective{Text: "overload: p95 < 1s", Phase: "overload", Limit: new(1.0), Unit: "s", Why: fmt.Sprintf("only %d good answers", 19)})
	return r
}

// pages are all kinds that can be opened, by name: of reports those that have
// between them everything that a page can show.
func pages(t *testing.T) map[string]string {
	all := map[string]string{"audit": pageOf(t, AuditHTML, audit()), "capacity": pageOf(t, CapacityHTML, capacity()), "what if": pageOf(t, WhatIf, whatIf())}
	for _, name := range []string{"empty", "unfaithful", "hostile", "drill", "several", "four by six"} {
		all[name] = rendered(t, HTML, samples[name]())
	}
	return all
}

// drawnAnew is whether the charts have the width of the window, which they take on
// some time after it has changed.
const drawnAnew = `[...document.querySelectorAll(".uplot")].every(u => u.getBoundingClientRect().right <= innerWidth)`

// What a page of any run, on any screen, keeps to. Names of the hostile sample are
// longer than any column.
func TestPagesKeepToTheirWindow(t *testing.T) {
	b := browser.Start(t)
	for name, page := range pages(t) {
		t.Run(name, func(t *testing.T) {
			p := browser.Open(t, b, page, 1280)
			p.Do(chromedp.Navigate(p.URL))
			p.None("not as those who hear it need it", browser.Mute)
			for _, width := range []int64{1280, 390} {
				p.Do(chromedp.EmulateViewport(width, 900))
				p.Until(fmt.Sprintf("innerWidth === %d", width))
				p.Until(drawnAnew)
				p.None(fmt.Sprintf("at %d out of the window", width), browser.Outside)
				if name == "hostile" {
					continue
				}
				p.None(fmt.Sprintf("at %d split", width), browser.Split)
				p.None(fmt.Sprintf("at %d blank", width), browser.Blank)
				if width == 1280 {
					p.None("cut at 1280", browser.Cut)
				}
			}
			p.Paper()
			p.None("out of the paper", browser.Outside)
			if name != "hostile" {
				p.None("split on paper", browser.Split)
				p.None("blank on paper", browser.Blank)
				p.None("cut on paper", browser.Cut)
			}
			p.Quiet()
		})
	}
}

// The report of four requests in six phases was 10,900 pixels high, most of it tables.
func TestALongReportIsFolded(t *testing.T) {
	b := browser.Start(t)
	p := open(t, b, fourBySix(), 1280)
	p.Do(chromedp.Navigate(p.URL))
	for width, most := range map[int64]int{1280: 6000, 390: 7500} {
		p.Do(chromedp.EmulateViewport(width, 900))
		p.Until(fmt.Sprintf("innerWidth === %d", width))
		if high := browser.Ask[int](p, `document.documentElement.scrollHeight`); high > most {
			t.Errorf("at %d the page is %d pixels high, want at most %d", width, high, most)
		}
	}
	folded := `[...document.querySelectorAll("details.fold")].map(d => (d.open ? "open " : "") + d.querySelector("summary").textContent)`
	// Of the 20 checkouts of a recovery one failed; of the 60 in the hang 17 went well.
	if got, want := browser.Ask[[]string](p, folded), []string{"4 requests in 6 phases; the worst: checkout in hang, 28% ok", "72 lines"}; !slices.Equal(got, want) {
		t.Fatalf("folded is %q, want %q", got, want)
	}
	p.Do(chromedp.Click(`details.fold summary`))
	p.Until(`document.querySelector("details.fold table").checkVisibility()`)
	if hidden := browser.Ask[bool](p, `document.querySelector("#request-times table").checkVisibility()`); hidden {
		t.Error("a click on one opens the other as well")
	}
	p.Paper()
	if n := browser.Ask[int](p, `[...document.querySelectorAll("table:not([data-panel])")].filter(t => !t.rows[0].checkVisibility()).length`); n > 0 {
		t.Errorf("%d tables are not printed", n)
	}
	p.Quiet()
}

func TestShortTablesAreNotFolded(t *testing.T) {
	if page := rendered(t, HTML, diagnosed()); strings.Contains(page, `class="fold"`) {
		t.Error("two requests in three phases are folded")
	}
}

func TestContentsAreTheSections(t *testing.T) {
	for name, sample := range samples {
		page := rendered(t, HTML, sample())
		var linked []string
		for _, m := range regexp.MustCompile(`<a href="#([a-z-]+)">`).FindAllStringSubmatch(page, -1) {
			linked = append(linked, m[1])
		}
		want := slices.DeleteFunc(sections(page), func(id string) bool { return id == "trust" && !sample().Fidelity.OK }) // it stands above
		if !slices.Equal(linked, want) {
			t.Errorf("%s: the contents lead to %v, want %v", name, linked, want)
		}
	}
}
