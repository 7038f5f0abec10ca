package render

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/tailback/tailback/internal/browser"
	"github.com/tailback/tailback/reports"
)

// open makes a tab of its own of r; width is the window's.
func open(t *testing.T, b context.Context, r *reports.Report, width int64) *browser.Tab {
	t.Helper()
	return browser.Open(t, b, rendered(t, HTML, r), width)
}

// pointAt moves the mouse to a share of the width of the charts.
func pointAt(p *browser.Tab, share float64) {
	p.Helper()
	at := browser.Ask[[]float64](p, fmt.Sprintf(`(() => {
		document.querySelector("#chart-time").scrollIntoView();
		const r = document.querySelector("#chart-time .u-over").getBoundingClientRect();
		return [r.left + %g * r.width, r.top + .5 * r.height];
	})()`, share))
	p.Do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0]-30, at[1]),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1]))
}

// inked counts the canvases on which something was drawn.
const inked = `[...document.querySelectorAll("#charts canvas")].filter(c => c.width > 0 &&
	new Set(new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer)).size > 3).length`

func TestPageInABrowser(t *testing.T) {
	b := browser.Start(t)
	for name, charts := range map[string]int{"hang": 3, "healthy": 3, "empty": 0, "unfaithful": 3, "hostile": 3, "drill": 3, "diagnosed": 4, "several": 5} {
		t.Run(name, func(t *testing.T) {
			p := open(t, b, samples[name](), 1280)
			p.Do(chromedp.Navigate(p.URL))
			if n := browser.Ask[int](p, inked); n != charts {
				t.Errorf("%d charts drawn, want %d", n, charts)
			}
			if n := browser.Ask[int](p, `document.images.length + document.querySelectorAll("iframe, object, embed").length`); n != 0 {
				t.Errorf("%d elements that load something", n)
			}
			for _, width := range []int64{1280, 390} {
				p.Do(chromedp.EmulateViewport(width, 900))
				p.Until(`innerWidth === ` + strconv.FormatInt(width, 10) + ` &&
					[...document.querySelectorAll(".uplot")].every(c => c.offsetWidth === document.querySelector("#charts").clientWidth)`)
				if over := browser.Ask[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
					t.Errorf("at %d pixels the page scrolls sideways by %d", width, over)
				}
			}
			p.Quiet()
		})
	}
}

func TestBandsWithoutRoomAreNamedBelowTheChart(t *testing.T) {
	r := drill()
	r.Phases[11].Name = "back 5" // which at 1280 pixels has room in any font
	p := open(t, browser.Start(t), r, 390)
	p.Do(chromedp.Navigate(p.URL))
	keys := `document.querySelector("#keys").innerText.replace(/\s+/g, " ")`
	want := "Phases 1 warm 2 baseline 3 hang 4 recovery 1 5 hang again 6 recovery 2 7 latency 8 recovery 3 9 down 10 recovery 4 11 no_accept 12 back 5" +
		" Faults A payments hang B payments hang C inventory latency 500 ms D payments down E bank no accept"
	if got := strings.TrimSpace(browser.Ask[string](p, keys)); got != want {
		t.Errorf("at 390 pixels the legend reads %q, want %q", got, want)
	}
	p.Do(chromedp.EmulateViewport(1280, 900)) // wide enough for all names in their places
	p.Until(keys + ` === ""`)
	p.Quiet()
}

func TestLabelsOnTheChartDoNotCoverEachOther(t *testing.T) {
	p := open(t, browser.Start(t), drill(), 390)
	p.Do(chromedp.Navigate(p.URL))
	for _, width := range []string{"286", "1000"} {
		covered := browser.Ask[[]string](p, `(() => {
			const data = JSON.parse(document.getElementById("data").textContent), ctx = document.createElement("canvas").getContext("2d");
			placed(data, `+width+`);
			ctx.font = font(1, 600);
			const boxes = data.marks.filter(m => m.row >= 0).map(m => {
				const x = (m.at - data.t[0]) / (data.end - data.t[0]) * `+width+`, wide = ctx.measureText(m.label).width;
				return { label: m.label, row: m.row, from: m.end ? x - wide : x, to: m.end ? x : x + wide };
			});
			if (boxes.length < 7) return ["only " + boxes.length + " labels"];
			return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => a.row === b.row && a.from < b.to && b.from < a.to).map(b => a.label + " and " + b.label));
		})()`)
		if len(covered) > 0 {
			t.Errorf("at %s pixels: %q", width, covered)
		}
	}
}

func TestARecoverysReasonCanBeReadOnAPhone(t *testing.T) {
	p := open(t, browser.Start(t), drill(), 390)
	p.Do(chromedp.Navigate(p.URL))
	box := browser.Ask[[]float64](p, `(() => {
		const r = document.querySelector("#recovery .note p").getBoundingClientRect();
		return [r.left, r.right, r.height];
	})()`)
	// 94 letters of 14 pixels take two lines on 358 pixels; three is enough for any font.
	if box[0] < 0 || box[1] > 390 || box[2] > 3*22 {
		t.Errorf("the reason lies from %g to %g pixels and is %g high, want it within 390 and on at most three lines", box[0], box[1], box[2])
	}
}

func TestHoverShowsOneMomentInAllPanels(t *testing.T) {
	p := open(t, browser.Start(t), hang(), 1280)
	p.Do(chromedp.Navigate(p.URL))
	moments := `[...document.querySelectorAll("#readout table")].map(t => t.dataset.panel + " " + t.dataset.t).join(", ")`
	// Of 25 s in buckets of 0.25 s: the left and the right half of that from 10 s on,
	// the middle of the one from 5 s on, where the fault begins, and the run's ends.
	for share, from := range map[float64]string{10.06 / 25: "10", 10.21 / 25: "10", 5.125 / 25: "5", 0.001: "0", 0.999: "24.75"} {
		pointAt(p, share)
		p.Until(`!document.querySelector("#readout").hidden`)
		want := "rate " + from + ", time " + from + ", flight " + from
		p.Painted()
		if got := browser.Ask[string](p, moments); got != want {
			t.Errorf("over %g s the readout shows %s, want %s", share*25, got, want)
		}
	}
	pointAt(p, 10.21/25)
	p.Painted()
	text := browser.Ask[string](p, `document.querySelector("#readout").innerText.replace(/\s+/g, " ")`)
	if want := "10 s, hang asked 8.0/s 502 8.0/s p50"; !strings.HasPrefix(text, want) {
		t.Errorf("the readout is %q, want it to begin with %q", text, want)
	}
	lines := browser.Ask[int](p, `new Set([...document.querySelectorAll("#charts .u-cursor-x")].map(c => c.style.transform)).size`)
	if lines != 1 {
		t.Errorf("the cursors stand at %d places", lines)
	}
	p.Quiet()
}

// The arrow keys go from bucket to bucket, to each.
func TestKeysGoThroughTheBuckets(t *testing.T) {
	p := open(t, browser.Start(t), hang(), 390) // where a bucket is 3 pixels wide
	p.Do(chromedp.Navigate(p.URL), chromedp.Focus("#charts"))
	var seen []string
	for range 4 {
		p.Do(chromedp.KeyEvent(kb.ArrowRight))
		seen = append(seen, browser.Ask[string](p, `document.querySelector("#readout table").dataset.t`))
	}
	p.Do(chromedp.KeyEvent(kb.ArrowLeft))
	seen = append(seen, browser.Ask[string](p, `document.querySelector("#readout table").dataset.t`))
	if want := []string{"0", "0.25", "0.5", "0.75", "0.5"}; !slices.Equal(seen, want) {
		t.Errorf("the keys lead to %v, want %v", seen, want)
	}
	p.Quiet()
}

// Who has no mouse is not told to double-click, and reads a moment by a tap.
func TestHintsAreForThePointerThereIs(t *testing.T) {
	p := open(t, browser.Start(t), hang(), 390)
	shown := `[...document.querySelectorAll(".hint")].filter(h => h.checkVisibility()).map(h => h.textContent).join(" ")`
	p.Do(chromedp.Navigate(p.URL))
	if got := browser.Ask[string](p, shown); !strings.Contains(got, "double-click") || strings.Contains(got, "Tap") {
		t.Errorf("with a mouse the hint is %q", got)
	}
	p.Do(chromedp.EmulateViewport(390, 900, chromedp.EmulateMobile, chromedp.EmulateTouch), chromedp.Navigate(p.URL))
	if got := browser.Ask[string](p, shown); strings.Contains(got, "click") || !strings.Contains(got, "Tap") {
		t.Errorf("with a finger the hint is %q", got)
	}
	at := browser.Ask[[]float64](p, `(() => {
		document.querySelector("#chart-time").scrollIntoView();
		const r = document.querySelector("#chart-time .u-over").getBoundingClientRect();
		return [r.left + .5 * r.width, r.top + .5 * r.height];
	})()`)
	for _, touch := range []input.DispatchTouchEventParams{
		{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{{X: at[0], Y: at[1]}}},
		{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}},
	} {
		if _, err := chromedp.Call(p.Ctx, input.DispatchTouchEvent, touch); err != nil {
			t.Fatal(err)
		}
	}
	p.Until(`!document.querySelector("#readout").hidden`)
	if got, want := browser.Ask[string](p, `document.querySelector("#readout table").dataset.t`), "12.5"; got != want {
		t.Errorf("a tap in the middle of 25 s reads %s, want %s", got, want)
	}
	if box := browser.Ask[[]float64](p, `(() => { const r = document.querySelector("#readout").getBoundingClientRect(); return [r.top, r.bottom, r.left, r.right] })()`); box[0] < 0 || box[1] > 900 || box[2] < 0 || box[3] > 390 {
		t.Errorf("the readout lies at %v, out of the screen", box)
	}
	p.Quiet()
}

// drawnOn is what stands on the canvases.
const drawnOn = `[...document.querySelectorAll("#charts canvas")].map(c => c.toDataURL()).join()`

// A model that explains less than half is as if it were not there, on the axes as well.
func TestAModelThatDoesNotFitIsNotDrawn(t *testing.T) {
	b := browser.Start(t)
	canvases := func(fit float64, factor float64) string {
		r := diagnosed()
		r.Pool.FitR2 = &fit
		for i := range r.Prediction.Series {
			r.Prediction.Series[i].OKHz *= factor
		}
		p := open(t, b, r, 1280)
		p.Do(chromedp.Navigate(p.URL))
		return browser.Ask[string](p, drawnOn)
	}
	poor, wild, fitting := canvases(0.49, 1), canvases(-3, 100), canvases(0.5, 1)
	if poor != wild {
		t.Error("a model that explains nothing changes what is drawn")
	}
	if poor == fitting {
		t.Error("a model that explains half is not drawn")
	}
}

func TestChartsFollowTheColourScheme(t *testing.T) {
	p := open(t, browser.Start(t), hang(), 1280)
	p.Scheme("light")
	p.Do(chromedp.Navigate(p.URL))
	browser.Ask[bool](p, `(window.before = document.querySelector("#charts canvas").toDataURL()) !== ""`)
	p.Scheme("dark")
	p.Until(`document.querySelector("#charts canvas").toDataURL() !== window.before`)
	if n := browser.Ask[int](p, inked); n != 3 {
		t.Errorf("%d charts drawn in the dark, want 3", n)
	}
	p.Quiet()
}

func TestPrintShowsPicturesAndTheExperiment(t *testing.T) {
	p := open(t, browser.Start(t), hang(), 1280)
	p.Do(chromedp.Navigate(p.URL))
	if _, err := chromedp.Call(p.Ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	p.Until(`matchMedia("print").matches`)
	if !browser.Ask[bool](p, `[...document.querySelectorAll(".static svg")].every(s => s.getBoundingClientRect().height > 50)`) {
		t.Error("the pictures of the charts are not shown in print")
	}
	if browser.Ask[bool](p, `[...document.querySelectorAll(".live")].some(c => c.getBoundingClientRect().height > 0)`) {
		t.Error("canvases are shown in print")
	}
	if !browser.Ask[bool](p, `document.querySelector("#experiment pre").checkVisibility()`) {
		t.Error("the experiment is not shown in print")
	}
}

func TestWithoutScripts(t *testing.T) {
	p := open(t, browser.Start(t), hang(), 390)
	_, err := chromedp.Call(p.Ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	if err != nil {
		t.Fatal(err)
	}
	p.Do(chromedp.Navigate(p.URL))
	if browser.Ask[bool](p, `document.querySelector("#charts").classList.contains("drawn")`) {
		t.Fatal("scripts ran")
	}
	for what, selector := range map[string]string{"tables": "main .scroll table", "pictures": ".static svg", "a message": ".still-note"} {
		if !browser.Ask[bool](p, `[...document.querySelectorAll("`+selector+`")].every(e => e.checkVisibility() && e.getBoundingClientRect().height > 10)`) {
			t.Errorf("without scripts, %s cannot be seen", what)
		}
	}
	if over := browser.Ask[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		t.Errorf("the page scrolls sideways by %d", over)
	}
	p.Quiet()
}
