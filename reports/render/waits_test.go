package render

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tailback/tailback/internal/browser"
	"github.com/tailback/tailback/reports"
)

// A try lies where its time is on the axis, after the one before it, and one that
// nobody ended reaches to where it was watched no longer.
func TestWaitsLieWhereTheirTimesAre(t *testing.T) {
	a := audit()
	w, axis := newWaits(a), waitAxisOf(a)
	paid, bank, mail := w.All[0], w.All[1], w.All[2]
	if n := len(paid.Tries); n != 3 {
		t.Fatalf("%d tries, want 3", n)
	}
	from := axis.Left
	for i, try := range paid.Tries {
		if try.X != from {
			t.Errorf("try %d begins at %g%%, want %g", i+1, try.X, from)
		}
		from = axis.X(float64(i + 1))
		// 3 tries of 1 s end at 1, 2 and 3 s.
		if end := try.X + try.Width + waitGap; math.Abs(end-axis.X(float64(i+1))) > 0.01 {
			t.Errorf("try %d ends at %g%%, want %g", i+1, end, axis.X(float64(i+1)))
		}
	}
	if paid.Endless != 0 || bank.Endless != axis.X(30) || len(bank.Tries) != 1 || math.Abs(bank.Tries[0].X+bank.Tries[0].Width-axis.X(30)) > 0.01 {
		t.Errorf("payments %+v, the bank %+v: want one of 30 s that goes on", paid, bank)
	}
	if len(mail.Tries) != 0 || mail.Limit != 0 || mail.Endless != 0 {
		t.Errorf("of what was not run is drawn %+v", mail)
	}
	if !(paid.Limit == axis.X(0.13) && paid.Limit > axis.Left && paid.Limit < paid.Tries[0].Width) || !w.Limits {
		t.Errorf("the longest try that holds lies at %g", paid.Limit)
	}
	if paid.Hurt || !bank.Hurt || mail.Hurt {
		t.Error("want those hurt who wait for the bank, and no others")
	}
}

// A killed worker's wait ended: it does not go on. A timeout of 1 ms or of 100
// tries is drawn within the picture, and an audit that knows nothing has none.
func TestWaitsOfAllKinds(t *testing.T) {
	row := func(verdict, by string, s float64, retries int64) reports.AuditRow {
		return reports.AuditRow{Dependency: "d", Verdict: verdict, Timeout: &reports.Timeout{Verdict: by, ObservedS: &reports.Estimate{Value: s}, Retries: retries, HorizonS: 30}}
	}
	a := &reports.Audit{HorizonS: 30, Rows: []reports.AuditRow{row(reports.AuditNone, reports.ByWorker, 10, 0), row(reports.AuditOK, reports.ByApp, 0.001, 0), row(reports.AuditOK, reports.ByApp, 0.2, 99)}}
	w := newWaits(a)
	if !w.Has(reports.AuditOK) || !w.Has(reports.AuditNone) || w.Has(reports.AuditTooLong) {
		t.Error("the key tells of other waits than are drawn")
	}
	if w.All[0].Endless != 0 || len(w.All[0].Tries) != 1 {
		t.Errorf("a killed worker is drawn as %+v", w.All[0])
	}
	if n := len(w.All[2].Tries); n != mostTries {
		t.Errorf("%d tries drawn, want %d", n, mostTries)
	}
	for _, one := range w.All {
		for _, try := range one.Tries {
			if !(try.X >= 0 && try.Width > 0 && try.X+try.Width <= 100) {
				t.Errorf("a try lies from %g for %g%%", try.X, try.Width)
			}
		}
	}
	if newWaits(&reports.Audit{Rows: []reports.AuditRow{{Dependency: "d"}}}) != nil {
		t.Error("of nothing there is a picture")
	}
	a.Rows[0].Timeout.ObservedS.Value, a.Rows[0].Timeout.Retries = 1e300, math.MaxInt64
	if page := pageOf(t, AuditHTML, a); strings.Contains(page, "NaN") || strings.Contains(page, "Inf") {
		t.Error("a number beyond all reason is drawn")
	}
}

func TestATryThatIsWaitedForIsInWords(t *testing.T) {
	var got []string
	for _, row := range audit().Rows {
		got = append(got, auditWaited(row))
	}
	if want := []string{"3 tries of 1.0 s", "still waited after 30 s", "–"}; !slices.Equal(got, want) {
		t.Errorf("the waits read %q, want %q", got, want)
	}
}

// Bars stand within their picture and ticks' letters do not cover each other, on
// a phone as well.
func TestTheWaitsPictureFits(t *testing.T) {
	p := browser.Open(t, browser.Start(t), pageOf(t, AuditHTML, audit()), 390)
	p.Do(chromedp.Navigate(p.URL))
	p.None("outside of the picture", `[...document.querySelectorAll(".wait > svg")].flatMap(s => { const box = s.getBoundingClientRect();
		return [...s.querySelectorAll("rect, path, line, text")].filter(m => { const r = m.getBoundingClientRect();
			return r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 1 || r.bottom > box.bottom + 3 }).map(m => m.outerHTML) })`)
	p.None("ticks that cover the one before", `(() => { const ticks = [...document.querySelectorAll(".wait .tick")].map(t => t.getBoundingClientRect());
		return ticks.slice(1).filter((r, i) => r.left < ticks[i].right).map(r => String(r.left)) })()`)
	if n := browser.Ask[int](p, `[...document.querySelectorAll(".wait .try, .wait .endless")].filter(e => e.getBoundingClientRect().width > 2).length`); n != 5 {
		t.Errorf("%d bars can be seen, want 4 and an arrow", n)
	}
}

// Letters can be read, in both schemes: a contrast of at least 4.5 to 1 (WCAG 2, AA).
func TestLettersHaveContrast(t *testing.T) {
	p := open(t, browser.Start(t), hang(), 1280)
	for _, name := range []string{"light", "dark"} {
		p.Scheme(name)
		p.Do(chromedp.Navigate(p.URL))
		p.None("in the "+name+" too faint", `(() => {
			const style = getComputedStyle(document.documentElement), brush = document.createElement("canvas").getContext("2d");
			const light = name => {
				brush.fillStyle = style.getPropertyValue("--" + name).trim();
				brush.fillRect(0, 0, 1, 1);
				const [r, g, b] = [...brush.getImageData(0, 0, 1, 1).data].map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
				return .2126 * r + .7152 * g + .0722 * b;
			};
			return [["ink", "paper"], ["soft", "paper"], ["soft", "raised"], ["badink", "paper"], ["okink", "paper"], ["fault", "paper"], ["onbad", "bad"]].filter(([a, b]) => {
				const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
				return (high + .05) / (low + .05) < 4.5;
			}).map(String);
		})()`)
	}
}
