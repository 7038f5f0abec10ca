package render

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/tailback/tailback/reports"
)

// patience bounds everything a browser test waits for: far beyond what a loaded
// machine needs, so that only a page that is broken runs into it.
const patience = 3 * time.Minute

// browser starts the distribution's Chromium, headless.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil && path == "" {
			path = p
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("no browser to look at the page with: install chromium")
		}
		t.Skip("not run: install chromium")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	// A mouse that can hover is the first pointer, as on a desktop: headless there is none.
	const mouse = "primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("blink-settings", mouse),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, _ = chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Error(err)
		}
	})
	return ctx
}

// tab is a page in the browser with what it asked for and complained of.
type tab struct {
	*testing.T
	ctx       context.Context
	url       string
	mu        sync.Mutex
	requested []string
	complaint []string
}

// open makes a tab of its own and a file of r; width is the window's.
func open(t *testing.T, browser context.Context, r *reports.Report, width int64) *tab {
	t.Helper()
	return openPage(t, browser, rendered(t, HTML, r), width)
}

// openPage is open of a page.
func openPage(t *testing.T, browser context.Context, page string, width int64) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	p := &tab{T: t, ctx: ctx, url: "file://" + path}
	if err := chromedp.Listen(ctx, p.hear); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.EmulateViewport(width, 900))
	return p
}

func (p *tab) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requested = append(p.requested, e.Request.URL)
	case *runtime.EventExceptionThrown:
		p.complaint = append(p.complaint, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		p.complaint = append(p.complaint, "console: "+string(e.Type))
	case *log.EventEntryAdded:
		p.complaint = append(p.complaint, "log: "+e.Entry.Text)
	}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

// ask evaluates an expression in the page.
func ask[T any](p *tab, expression string) T {
	p.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for an expression to become true.
func (p *tab) until(expression string) {
	p.Helper()
	for !ask[bool](p, expression) {
		select {
		case <-p.ctx.Done():
			p.Fatalf("never came true: %s", expression)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// quiet asserts that the page asked nobody for anything and complained of nothing.
func (p *tab) quiet() {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, url := range p.requested {
		if url != p.url && !strings.HasPrefix(url, "data:") {
			p.Errorf("the page asked for %s", url)
		}
	}
	if len(p.requested) == 0 {
		p.Error("not even the page itself was requested: the listener is deaf")
	}
	for _, c := range p.complaint {
		p.Error(c)
	}
}

// scheme is what the reader prefers: "light" or "dark".
func (p *tab) scheme(name string) {
	p.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
	if err != nil {
		p.Fatal(err)
	}
}

// painted waits until what was set off so far can be seen: two frames.
func (p *tab) painted() {
	p.Helper()
	ask[bool](p, `(window.painted = false) || requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = true })) > 0`)
	p.until(`window.painted`)
}

// pointAt moves the mouse to a share of the width of the charts.
func (p *tab) pointAt(share float64) {
	p.Helper()
	at := ask[[]float64](p, fmt.Sprintf(`(() => {
		document.querySelector("#chart-time").scrollIntoView();
		const r = document.querySelector("#chart-time .u-over").getBoundingClientRect();
		return [r.left + %g * r.width, r.top + .5 * r.height];
	})()`, share))
	p.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0]-30, at[1]),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1]))
}

// inked counts the canvases on which something was drawn.
const inked = `[...document.querySelectorAll("#charts canvas")].filter(c => c.width > 0 &&
	new Set(new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer)).size > 3).length`

func TestPageInABrowser(t *testing.T) {
	b := browser(t)
	for name, charts := range map[string]int{"hang": 3, "healthy": 3, "empty": 0, "unfaithful": 3, "hostile": 3, "drill": 3, "diagnosed": 4, "several": 5} {
		t.Run(name, func(t *testing.T) {
			p := open(t, b, samples[name](), 1280)
			p.do(chromedp.Navigate(p.url))
			if n := ask[int](p, inked); n != charts {
				t.Errorf("%d charts drawn, want %d", n, charts)
			}
			if n := ask[int](p, `document.images.length + document.querySelectorAll("iframe, object, embed").length`); n != 0 {
				t.Errorf("%d elements that load something", n)
			}
			for _, width := range []int64{1280, 390} {
				p.do(chromedp.EmulateViewport(width, 900))
				p.until(`innerWidth === ` + strconv.FormatInt(width, 10) + ` &&
					[...document.querySelectorAll(".uplot")].every(c => c.offsetWidth === document.querySelector("#charts").clientWidth)`)
				if over := ask[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
					t.Errorf("at %d pixels the page scrolls sideways by %d", width, over)
				}
			}
			p.quiet()
		})
	}
}

func TestBandsWithoutRoomAreNamedBelowTheChart(t *testing.T) {
	r := drill()
	r.Phases[11].Name = "back 5" // which at 1280 pixels has room in any font
	p := open(t, browser(t), r, 390)
	p.do(chromedp.Navigate(p.url))
	keys := `document.querySelector("#keys").innerText.replace(/\s+/g, " ")`
	want := "Phases 1 warm 2 baseline 3 hang 4 recovery 1 5 hang again 6 recovery 2 7 latency 8 recovery 3 9 down 10 recovery 4 11 no_accept 12 back 5" +
		" Faults A payments hang B payments hang C inventory latency 500 ms D payments down E bank no accept"
	if got := strings.TrimSpace(ask[string](p, keys)); got != want {
		t.Errorf("at 390 pixels the legend reads %q, want %q", got, want)
	}
	p.do(chromedp.EmulateViewport(1280, 900)) // wide enough for all names in their places
	p.until(keys + ` === ""`)
	p.quiet()
}

func TestLabelsOnTheChartDoNotCoverEachOther(t *testing.T) {
	p := open(t, browser(t), drill(), 390)
	p.do(chromedp.Navigate(p.url))
	for _, width := range []string{"286", "1000"} {
		covered := ask[[]string](p, `(() => {
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
	p := open(t, browser(t), drill(), 390)
	p.do(chromedp.Navigate(p.url))
	box := ask[[]float64](p, `(() => {
		const r = document.querySelector("#recovery .note p").getBoundingClientRect();
		return [r.left, r.right, r.height];
	})()`)
	// 94 letters of 14 pixels take two lines on 358 pixels; three is enough for any font.
	if box[0] < 0 || box[1] > 390 || box[2] > 3*22 {
		t.Errorf("the reason lies from %g to %g pixels and is %g high, want it within 390 and on at most three lines", box[0], box[1], box[2])
	}
}

func TestHoverShowsOneMomentInAllPanels(t *testing.T) {
	p := open(t, browser(t), hang(), 1280)
	p.do(chromedp.Navigate(p.url))
	moments := `[...document.querySelectorAll("#readout table")].map(t => t.dataset.panel + " " + t.dataset.t).join(", ")`
	// Of 25 s in buckets of 0.25 s: the left and the right half of that from 10 s on,
	// the middle of the one from 5 s on, where the fault begins, and the run's ends.
	for share, from := range map[float64]string{10.06 / 25: "10", 10.21 / 25: "10", 5.125 / 25: "5", 0.001: "0", 0.999: "24.75"} {
		p.pointAt(share)
		p.until(`!document.querySelector("#readout").hidden`)
		want := "rate " + from + ", time " + from + ", flight " + from
		p.painted()
		if got := ask[string](p, moments); got != want {
			t.Errorf("over %g s the readout shows %s, want %s", share*25, got, want)
		}
	}
	p.pointAt(10.21 / 25)
	p.painted()
	text := ask[string](p, `document.querySelector("#readout").innerText.replace(/\s+/g, " ")`)
	if want := "10 s, hang asked 8.0/s 502 8.0/s p50"; !strings.HasPrefix(text, want) {
		t.Errorf("the readout is %q, want it to begin with %q", text, want)
	}
	lines := ask[int](p, `new Set([...document.querySelectorAll("#charts .u-cursor-x")].map(c => c.style.transform)).size`)
	if lines != 1 {
		t.Errorf("the cursors stand at %d places", lines)
	}
	p.quiet()
}

// The arrow keys go from bucket to bucket, to each.
func TestKeysGoThroughTheBuckets(t *testing.T) {
	p := open(t, browser(t), hang(), 390) // where a bucket is 3 pixels wide
	p.do(chromedp.Navigate(p.url), chromedp.Focus("#charts"))
	var seen []string
	for range 4 {
		p.do(chromedp.KeyEvent(kb.ArrowRight))
		seen = append(seen, ask[string](p, `document.querySelector("#readout table").dataset.t`))
	}
	p.do(chromedp.KeyEvent(kb.ArrowLeft))
	seen = append(seen, ask[string](p, `document.querySelector("#readout table").dataset.t`))
	if want := []string{"0", "0.25", "0.5", "0.75", "0.5"}; !slices.Equal(seen, want) {
		t.Errorf("the keys lead to %v, want %v", seen, want)
	}
	p.quiet()
}

// Who has no mouse is not told to double-click, and reads a moment by a tap.
func TestHintsAreForThePointerThereIs(t *testing.T) {
	p := open(t, browser(t), hang(), 390)
	shown := `[...document.querySelectorAll(".hint")].filter(h => h.checkVisibility()).map(h => h.textContent).join(" ")`
	p.do(chromedp.Navigate(p.url))
	if got := ask[string](p, shown); !strings.Contains(got, "double-click") || strings.Contains(got, "Tap") {
		t.Errorf("with a mouse the hint is %q", got)
	}
	p.do(chromedp.EmulateViewport(390, 900, chromedp.EmulateMobile, chromedp.EmulateTouch), chromedp.Navigate(p.url))
	if got := ask[string](p, shown); strings.Contains(got, "click") || !strings.Contains(got, "Tap") {
		t.Errorf("with a finger the hint is %q", got)
	}
	at := ask[[]float64](p, `(() => {
		document.querySelector("#chart-time").scrollIntoView();
		const r = document.querySelector("#chart-time .u-over").getBoundingClientRect();
		return [r.left + .5 * r.width, r.top + .5 * r.height];
	})()`)
	for _, touch := range []input.DispatchTouchEventParams{
		{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{{X: at[0], Y: at[1]}}},
		{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}},
	} {
		if _, err := chromedp.Call(p.ctx, input.DispatchTouchEvent, touch); err != nil {
			t.Fatal(err)
		}
	}
	p.until(`!document.querySelector("#readout").hidden`)
	if got, want := ask[string](p, `document.querySelector("#readout table").dataset.t`), "12.5"; got != want {
		t.Errorf("a tap in the middle of 25 s reads %s, want %s", got, want)
	}
	if box := ask[[]float64](p, `(() => { const r = document.querySelector("#readout").getBoundingClientRect(); return [r.top, r.bottom, r.left, r.right] })()`); box[0] < 0 || box[1] > 900 || box[2] < 0 || box[3] > 390 {
		t.Errorf("the readout lies at %v, out of the screen", box)
	}
	p.quiet()
}

// drawnOn is what stands on the canvases.
const drawnOn = `[...document.querySelectorAll("#charts canvas")].map(c => c.toDataURL()).join()`

// A model that explains less than half is as if it were not there, on the axes as well.
func TestAModelThatDoesNotFitIsNotDrawn(t *testing.T) {
	b := browser(t)
	canvases := func(fit float64, factor float64) string {
		r := diagnosed()
		r.Pool.FitR2 = &fit
		for i := range r.Prediction.Series {
			r.Prediction.Series[i].OKHz *= factor
		}
		p := open(t, b, r, 1280)
		p.do(chromedp.Navigate(p.url))
		return ask[string](p, drawnOn)
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
	p := open(t, browser(t), hang(), 1280)
	p.scheme("light")
	p.do(chromedp.Navigate(p.url))
	ask[bool](p, `(window.before = document.querySelector("#charts canvas").toDataURL()) !== ""`)
	p.scheme("dark")
	p.until(`document.querySelector("#charts canvas").toDataURL() !== window.before`)
	if n := ask[int](p, inked); n != 3 {
		t.Errorf("%d charts drawn in the dark, want 3", n)
	}
	p.quiet()
}

func TestPrintShowsPicturesAndTheExperiment(t *testing.T) {
	p := open(t, browser(t), hang(), 1280)
	p.do(chromedp.Navigate(p.url))
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	p.until(`matchMedia("print").matches`)
	if !ask[bool](p, `[...document.querySelectorAll(".static svg")].every(s => s.getBoundingClientRect().height > 50)`) {
		t.Error("the pictures of the charts are not shown in print")
	}
	if ask[bool](p, `[...document.querySelectorAll(".live")].some(c => c.getBoundingClientRect().height > 0)`) {
		t.Error("canvases are shown in print")
	}
	if !ask[bool](p, `document.querySelector("#experiment pre").checkVisibility()`) {
		t.Error("the experiment is not shown in print")
	}
}

func TestWithoutScripts(t *testing.T) {
	p := open(t, browser(t), hang(), 390)
	_, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	if err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Navigate(p.url))
	if ask[bool](p, `document.querySelector("#charts").classList.contains("drawn")`) {
		t.Fatal("scripts ran")
	}
	for what, selector := range map[string]string{"tables": "main .scroll table", "pictures": ".static svg", "a message": ".still-note"} {
		if !ask[bool](p, `[...document.querySelectorAll("`+selector+`")].every(e => e.checkVisibility() && e.getBoundingClientRect().height > 10)`) {
			t.Errorf("without scripts, %s cannot be seen", what)
		}
	}
	if over := ask[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		t.Errorf("the page scrolls sideways by %d", over)
	}
	p.quiet()
}
