package render

import (
	"fmt"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"regexp"
	"slices"
	"strings"
	"testing"

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
	r.Objectives = append(r.Objectives, reports.Objective{Text: "overload: p95 < 1s", Phase: "overload", Limit: 1, Unit: "s", Why: fmt.Sprintf("only %d good answers", 19)})
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

// outside are the elements that reach beyond the window, but for what scrolls in a box of its own.
const outside = `[...document.querySelectorAll("main *")].filter(e => {
	const r = e.getBoundingClientRect(), box = e.closest(".scroll, pre, .static, .uplot, caption");
	return (!box || box === e && e.tagName !== "CAPTION") && r.width > 0 && (r.left < -.5 || r.right > innerWidth + .5);
}).map(e => e.tagName + "." + e.getAttribute("class") + " " + e.textContent.slice(0, 40))`

// split are the words that go over two lines, but for those that are longer than a line of their cell.
const split = `(() => {
	const split = [], walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT), range = document.createRange();
	for (let node; node = walk.nextNode();) {
		if (!node.parentElement.checkVisibility() || node.parentElement.closest("pre, caption, .uplot, svg")) continue;
		for (const word of node.data.matchAll(/[\p{L}\p{N}]+(?:[.,]\p{N}+)*%?/gu)) {
			range.setStart(node, word.index);
			range.setEnd(node, word.index + word[0].length);
			if (new Set([...range.getClientRects()].map(r => Math.round(r.top))).size > 1) split.push(word[0]);
		}
	}
	return split;
})()`

// blank are the rows that are higher than what can be seen of them, and by how much.
const blank = `[...document.querySelectorAll(".scroll tr")].flatMap(tr => {
	if (!tr.checkVisibility()) return [];
	const row = tr.getBoundingClientRect(), box = tr.closest(".scroll").getBoundingClientRect(), range = document.createRange();
	let seen = 0;
	for (const cell of tr.cells) {
		if (cell.getBoundingClientRect().left > box.right - 8) continue;
		range.selectNodeContents(cell);
		seen = Math.max(seen, range.getBoundingClientRect().height);
	}
	return row.height - seen > 20 ? [Math.round(row.height - seen) + " px: " + tr.textContent.trim().slice(0, 40)] : [];
})`

// cut are the tables that have columns out of sight.
const cut = `[...document.querySelectorAll(".scroll")].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.getAttribute("aria-label"))`

// mute are parts that say nothing to those who can't see the page: headings out
// of order, tables and pictures without a name, boxes that can be focused but have none.
const mute = `(() => {
	const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map(h => +h.tagName[1]), tell = e => e.outerHTML.slice(0, 80);
	const named = e => (e.getAttribute("aria-label") || e.textContent).trim() !== "";
	return levels.flatMap((l, i) => l > (levels[i - 1] || 0) + 1 || i > 0 && l === 1 ? ["heading " + i + " of level " + l] : []).concat(
		[...document.querySelectorAll("table:not([data-panel])")].filter(t => !t.caption || !t.caption.textContent.trim()).map(tell),
		[...document.querySelectorAll("[tabindex], [role]")].filter(e => !named(e) || e.tabIndex >= 0 && !e.role && e.tagName !== "PRE").map(tell),
		[...document.querySelectorAll("svg")].filter(s => !s.closest("[role=img], [aria-hidden]")).map(tell),
		[...document.querySelectorAll("summary, a")].filter(e => !named(e)).map(tell),
		document.documentElement.lang ? [] : ["no language"]);
})()`

// drawnAnew is whether the charts have the width of the window, which they take on
// some time after it has changed.
const drawnAnew = `[...document.querySelectorAll(".uplot")].every(u => u.getBoundingClientRect().right <= innerWidth)`

// What a page of any run, on any screen, keeps to. Names of the hostile sample are
// longer than any column.
func TestPagesKeepToTheirWindow(t *testing.T) {
	b := browser(t)
	for name, page := range pages(t) {
		t.Run(name, func(t *testing.T) {
			p := openPage(t, b, page, 1280)
			p.do(chromedp.Navigate(p.url))
			p.none("not as those who hear it need it", mute)
			for _, width := range []int64{1280, 390} {
				p.do(chromedp.EmulateViewport(width, 900))
				p.until(fmt.Sprintf("innerWidth === %d", width))
				p.until(drawnAnew)
				p.none(fmt.Sprintf("at %d out of the window", width), outside)
				if name == "hostile" {
					continue
				}
				p.none(fmt.Sprintf("at %d split", width), split)
				p.none(fmt.Sprintf("at %d blank", width), blank)
				if width == 1280 {
					p.none("cut at 1280", cut)
				}
			}
			paper(p)
			p.none("out of the paper", outside)
			if name != "hostile" {
				p.none("split on paper", split)
				p.none("blank on paper", blank)
				p.none("cut on paper", cut)
			}
			p.quiet()
		})
	}
}

// paper shows the page as on A4 within margins of 14 mm.
func paper(p *tab) {
	p.Helper()
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		p.Fatal(err)
	}
	p.do(chromedp.EmulateViewport(688, 971))
	p.until(`matchMedia("print").matches && innerWidth === 688`)
}

// none asserts that an expression lists nothing.
func (p *tab) none(what, expression string) {
	p.Helper()
	if all := ask[[]string](p, expression); len(all) > 0 {
		p.Errorf("%s: %q", what, all)
	}
}

// The report of four requests in six phases was 10,900 pixels high, most of it tables.
func TestALongReportIsFolded(t *testing.T) {
	b := browser(t)
	p := open(t, b, fourBySix(), 1280)
	p.do(chromedp.Navigate(p.url))
	for width, most := range map[int64]int{1280: 6000, 390: 7500} {
		p.do(chromedp.EmulateViewport(width, 900))
		p.until(fmt.Sprintf("innerWidth === %d", width))
		if high := ask[int](p, `document.documentElement.scrollHeight`); high > most {
			t.Errorf("at %d the page is %d pixels high, want at most %d", width, high, most)
		}
	}
	folded := `[...document.querySelectorAll("details.fold")].map(d => (d.open ? "open " : "") + d.querySelector("summary").textContent)`
	// Of the 20 checkouts of a recovery one failed; of the 60 in the hang 17 went well.
	if got, want := ask[[]string](p, folded), []string{"4 requests in 6 phases; the worst: checkout in hang, 28% ok", "72 lines"}; !slices.Equal(got, want) {
		t.Fatalf("folded is %q, want %q", got, want)
	}
	p.do(chromedp.Click(`details.fold summary`))
	p.until(`document.querySelector("details.fold table").checkVisibility()`)
	if hidden := ask[bool](p, `document.querySelector("#request-times table").checkVisibility()`); hidden {
		t.Error("a click on one opens the other as well")
	}
	paper(p)
	if n := ask[int](p, `[...document.querySelectorAll("table:not([data-panel])")].filter(t => !t.rows[0].checkVisibility()).length`); n > 0 {
		t.Errorf("%d tables are not printed", n)
	}
	p.quiet()
}

func TestShortTablesAreNotFolded(t *testing.T) {
	for lines, want := range map[int]string{0: "", screenful: "", screenful + 1: "21 lines"} {
		if got := newListing("x", "", lines).Folded; got != want {
			t.Errorf("%d lines are folded as %q, want %q", lines, got, want)
		}
	}
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

func TestNamesBreakWhereTheyMay(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "payments": "payments", "bank.example:443": "bank.example:443", "www.example.com:443": "www.example.com:<wbr>443",
		"<b>.example.com:443": "&lt;b&gt;.example.com:<wbr>443", "a-name-that-is-long-and-has-hyphens": "a-name-that-is-<wbr>long-and-has-<wbr>hyphens",
		"averylongnamewithoutanyplacetobreakit": "averylongnamewithoutanyplacetobreakit",
	} {
		if got := string(breakable(name)); got != want {
			t.Errorf("%q breaks as %q, want %q", name, got, want)
		}
	}
}

func TestFiguresKeepTheirUnits(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "began 2.6 s after": "began 2.6~s after", "(0.30 s with headroom); <0.1 ms": "(0.30~s with headroom); <0.1~ms",
		"a s, 4 workers, 10 s.": "a s, 4 workers, 10~s.", "s  s": "s  s",
	} {
		if got := strings.ReplaceAll(glued(text), "\u00a0", "~"); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
