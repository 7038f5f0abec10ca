// Package browser looks at pages for tests, with the distribution's Chromium.
package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds everything a browser test waits for: far beyond what a loaded
// machine needs, so that only a page that is broken runs into it.
const patience = 3 * time.Minute

// Start starts the distribution's Chromium, headless.
func Start(t *testing.T) context.Context {
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

// Tab is a page in the browser with what it asked for and complained of.
type Tab struct {
	*testing.T
	Ctx       context.Context
	URL       string
	mu        sync.Mutex
	requested []string
	complaint []string
}

// Open opens a page, in a tab of its own; width is the window's.
func Open(t *testing.T, browser context.Context, page string, width int64) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	p := &Tab{T: t, Ctx: ctx, URL: "file://" + path}
	if err := chromedp.Listen(ctx, p.hear); err != nil {
		t.Fatal(err)
	}
	p.Do(chromedp.EmulateViewport(width, 900))
	return p
}

func (p *Tab) hear(event any) {
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

func (p *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.Ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

// Ask evaluates an expression in the page.
func Ask[T any](p *Tab, expression string) T {
	p.Helper()
	v, err := chromedp.Run(p.Ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Until waits for an expression to become true.
func (p *Tab) Until(expression string) {
	p.Helper()
	for !Ask[bool](p, expression) {
		select {
		case <-p.Ctx.Done():
			p.Fatalf("never came true: %s", expression)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Quiet asserts that the page asked nobody for anything and complained of nothing.
func (p *Tab) Quiet() {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, url := range p.requested {
		if url != p.URL && !strings.HasPrefix(url, "data:") {
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

// Scheme is what the reader prefers: "light" or "dark".
func (p *Tab) Scheme(name string) {
	p.Helper()
	_, err := chromedp.Call(p.Ctx, emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
	if err != nil {
		p.Fatal(err)
	}
}

// Painted waits until what was set off so far can be seen: two frames.
func (p *Tab) Painted() {
	p.Helper()
	Ask[bool](p, `(window.painted = false) || requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = true })) > 0`)
	p.Until(`window.painted`)
}

// Paper shows the page as on A4 within margins of 14 mm.
func (p *Tab) Paper() {
	p.Helper()
	if _, err := chromedp.Call(p.Ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		p.Fatal(err)
	}
	p.Do(chromedp.EmulateViewport(688, 971))
	p.Until(`matchMedia("print").matches && innerWidth === 688`)
}

// None asserts that an expression lists nothing.
func (p *Tab) None(what, expression string) {
	p.Helper()
	if all := Ask[[]string](p, expression); len(all) > 0 {
		p.Errorf("%s: %q", what, all)
	}
}
