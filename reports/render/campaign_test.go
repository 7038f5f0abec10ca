package render

import (
	"bytes"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/tailback/tailback/internal/browser"
	"github.com/tailback/tailback/reports"
)

// campaign is what was asked of the audit and the search below.
func campaign(kind string) reports.Campaign {
	return reports.Campaign{Schema: reports.Schema, Kind: kind, ToolVersion: "v0.1.0", Name: "shop", Target: "http://staging.example.com", Seed: 7, Arrivals: "uniform",
		Started: time.Date(2026, 11, 28, 8, 19, 0, 0, time.UTC), DurationS: 97, Outcome: "complete", Experiment: "version: 1\nname: shop\n"}
}

// audit is of a site that waits 1 s for payments, where 0.13 s would hold, for ever
// for a host, and of which a mail server's part could not be run.
func audit() *reports.Audit {
	a := &reports.Audit{Campaign: campaign(reports.KindAudit), RateHz: 8, HorizonS: 30, Rows: []reports.AuditRow{
		{Dependency: "payments", Bundle: "payments", Verdict: reports.AuditTooLong, Text: "3 tries of 1.0 s: too long, at most 0.13 s holds 8/s", Visitors: "degraded page",
			MaxTimeoutS: f(0.13), Timeout: &reports.Timeout{Verdict: reports.ByApp, ObservedS: &reports.Estimate{Value: 1, Low: 0.995, High: 1.01}, Retries: 2, RetriesKnown: true}},
		{Dependency: "api.bank.example:443", Bundle: "api.bank.example:443", Verdict: reports.AuditNone, Text: "no timeout within 30 s", Visitors: "error 502",
			Timeout: &reports.Timeout{Verdict: reports.ByNobody, HorizonS: 30}},
		{Dependency: "mail", Verdict: reports.AuditUnknown, Text: "not run: port <taken>"},
	}}
	a.Verdict, a.ExitCode, a.Summary = reports.Fail, 1, "1 of 3 dependencies is called without a timeout: api.bank.example:443; that on payments is too long for 8/s"
	return a
}

// capacity is of a site that carries 8/s, and nothing while payments hang.
func capacity() *reports.Capacity {
	c := &reports.Capacity{Campaign: campaign(reports.KindCapacity), Objective: "errors < 1%, p95 < 1s", FromHz: 1, ToHz: 200, Figures: []reports.CapacityFigure{
		{RateHz: f(8), LowHz: f(7.8), HighHz: f(8.2), LoadS: 28, Limit: "the queue grew by 0.17 requests/s", Trials: []reports.CapacityTrial{
			{Dir: "no-fault/trial-01", RateHz: 7.8, LoadS: 10, Held: true, P95S: f(0.504), Errors: f(0), Degraded: f(0.25)},
			{Dir: "no-fault/trial-02", RateHz: 8.2, LoadS: 9, Void: "the load was not as asked: 3 of 74 requests were sent more than 100 ms late", Errors: f(0)},
			{Dir: "no-fault/trial-03", RateHz: 8.2, LoadS: 9, Why: "the queue grew by 0.17 requests/s", P95S: f(0.698), Errors: f(0), GoodHz: f(8)}}},
		{Fault: "payments: hang", HighHz: f(1), LoadS: 4, Limit: "missed errors < 1%: 100%", Trials: []reports.CapacityTrial{
			{Dir: "1-payments-hang/trial-01", RateHz: 1, LoadS: 4, Why: "missed errors < 1%: 100%", Errors: f(1)}}},
		{Fault: "mail: down", Why: "the site was not well again"},
	}}
	c.Verdict, c.ExitCode = reports.Fail, 1
	c.Summary = "With payments hang the site does not hold even 1.0/s, the lowest rate to try. Without a fault the site carries 8.0/s."
	return c
}

func pageOf[T any](t *testing.T, html func(io.Writer, T) error, of T) string {
	t.Helper()
	var b bytes.Buffer
	if err := html(&b, of); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// bare leaves out the style, which is a file of its own.
func bare(page string) string {
	page = regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAllString(page, "<style></style>")
	return regexp.MustCompile(`sha256-.*?&#39;`).ReplaceAllString(page, "sha256-&#39;")
}

func lacks(t *testing.T, page string, facts map[string]string) {
	t.Helper()
	for what, want := range facts {
		if !strings.Contains(page, want) {
			t.Errorf("of %s the page lacks %s", what, want)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, " style=") {
		t.Error("the page has a script or a style of an element, which its policy forbids")
	}
}

func TestTheAuditIsAPage(t *testing.T) {
	page := pageOf(t, AuditHTML, audit())
	golden(t, "audit.html", bare(page))
	lacks(t, page, map[string]string{
		"the title":            "<title>FAIL shop audit</title>",
		"the verdict":          `<span class="badge fail"><span aria-hidden="true">✕</span> FAIL</span>`,
		"the sentence":         "<h1>1 of 3 dependencies is called without a timeout: api.bank.example:443; that on payments is too long for 8/s.</h1>",
		"a timeout":            `<th>payments</th><td class="text verdict too_long">✕ too long</td><td>1.0 s</td><td>3</td><td>0.13 s</td><td class="text">degraded page</td>`,
		"the run's report":     `<p>3 tries of 1.0 s: too long, at most 0.13 s holds 8/s <a href="payments/report.html">report of the run</a></p>`,
		"a missing one":        `<td class="text verdict none">✕ none</td><td>none in 30 s</td><td>–</td><td>–</td><td class="text">error 502</td>`,
		"a host's report":      `<a href="./api.bank.example:443/report.html">`,
		"what is not known":    `<th>mail</th><td class="text verdict unknown">? not known</td><td>–</td><td>–</td><td>–</td><td class="text">–</td>`,
		"why":                  "<p>not run: port &lt;taken&gt;</p>",
		"who was hurt":         `<span class="verdict none">✕ none</span> <span>still waited after 30 s</span> <span class="ill">visitors got: error 502</span>`,
		"who was not":          `<span>3 tries of 1.0 s</span> <span>visitors got: degraded page</span> <a href="payments/report.html">its report</a>`,
		"the rate":             "<dt>rate</dt><dd>8/s</dd>",
		"the horizon":          "<dt>horizon</dt><dd>30 s</dd>",
		"the arrivals":         "<dt>arrivals</dt><dd>uniform</dd>",
		"the command":          "<code>tailback audit experiment.yaml</code>",
		"the experiment asked": "version: 1\nname: shop\n",
	})
}

func TestTheSearchIsAPage(t *testing.T) {
	page := pageOf(t, CapacityHTML, capacity())
	golden(t, "capacity.html", bare(page))
	lacks(t, page, map[string]string{
		"the verdict":          `<span class="badge fail"><span aria-hidden="true">✕</span> FAIL</span>`,
		"the sentence":         "<h1>With payments hang the site does not hold even 1.0/s, the lowest rate to try.</h1>",
		"the rest of it":       `<p class="lead">Without a fault the site carries 8.0/s.</p>`,
		"a rate":               `<th>no fault</th><td><b>8.0/s</b></td><td>7.8/s</td><td>8.2/s</td>`,
		"what broke first":     "<p>At 8.2/s: the queue grew by 0.17 requests/s</p>",
		"no rate":              `<th>payments: hang</th><td class="ill"><b>not even 1.0/s</b></td><td>–</td><td>1.0/s</td>`,
		"why it can't be told": "<p>the site was not well again</p>",
		"a trial":              `<th><a href="no-fault/trial-03/report.html">8.2/s</a></th><td class="text ill">✕ no</td><td>9 s</td><td>0%</td><td>–</td><td>698 ms</td><td>8.0/s</td>`,
		"why it did not hold":  `<td class="text" colspan="7"><p>does not hold: the queue grew by 0.17 requests/s</p></td>`,
		"a trial that is void": `8.2/s</a></th><td class="text ill">– void</td>`,
		"a trial that held":    `7.8/s</a></th><td class="text holds">✓ yes</td>`,
		"a trial in picture":   `<a href="no-fault/trial-01/report.html" tabindex="-1"><svg class="mark held" x="`,
		"the objective":        "<dd><code>errors &lt; 1%, p95 &lt; 1s</code></dd>",
		"the rates to try":     "<dd>1/s to 200/s</dd>",
		"the arrivals":         "This holds for evenly spaced arrivals.",
		"the command":          "<code>tailback capacity experiment.yaml</code>",
	})
	for class, want := range map[string]int{"held": 1, "broke": 2, "void": 1} {
		if got := strings.Count(page, `<svg class="mark `+class+`" x="`) - strings.Count(page, `<svg class="mark `+class+`" x="7"`); got != want {
			t.Errorf("%d trials are drawn as %s, want %d", got, class, want)
		}
	}
}

// Why a rate could not be told stands on the page once, and not over the picture again.
func TestTheSearchSaysOnceWhyItCannotTell(t *testing.T) {
	c := capacity()
	c.Figures[2].Trials = []reports.CapacityTrial{{Dir: "2-mail-down/trial-01", RateHz: 4, Void: "late"}}
	page := pageOf(t, CapacityHTML, c)
	if n := strings.Count(page, "the site was not well again"); n != 1 || !strings.Contains(page, "<b>mail: down</b> <span>can&#39;t tell</span>") {
		t.Errorf("it is said %d times, want once", n)
	}
}

// Nothing that is missing keeps a page from being written.
func TestACampaignOfNothingIsAPage(t *testing.T) {
	pageOf(t, AuditHTML, &reports.Audit{})
	if page := pageOf(t, CapacityHTML, &reports.Capacity{}); strings.Contains(page, "NaN") || strings.Contains(page, "Inf") || strings.Contains(page, `id="trials"`) {
		t.Error("a search without trials draws some")
	}
}

// A rate lies the further along the axis the higher it is, and within it; ticks
// are round, a few, and on the axis.
func TestRateAxis(t *testing.T) {
	for _, bounds := range [][2]float64{{1, 60}, {7.8, 8.2}, {0.25, 0.25}, {1, 2000}, {38, 400}, {0.1, 100000}} {
		c := &reports.Capacity{Figures: []reports.CapacityFigure{{Trials: []reports.CapacityTrial{{RateHz: bounds[1]}, {RateHz: bounds[0]}}}}}
		a := rateAxisOf(c)
		if low, high := a.X(bounds[0]), a.X(bounds[1]); low <= stripLeft || high >= stripRight || low > high {
			t.Errorf("%v lie at %g and %g", bounds, low, high)
		}
		ticks := a.Ticks(stripTicks)
		if len(ticks) < 2 || len(ticks) > 9 || !slices.IsSorted(ticks) || ticks[0] < a.From || ticks[len(ticks)-1] > a.To {
			t.Errorf("%v has ticks %v", bounds, ticks)
		}
		for _, v := range ticks {
			if digits := v / math.Pow(10, math.Floor(math.Log10(v))-1); math.Abs(digits-math.Round(digits)) > 1e-6 {
				t.Errorf("%v: the tick %g is not round", bounds, v)
			}
		}
	}
}

// Marks stand within their strip, and ticks' letters do not cover each other.
func TestTheTrialsPictureFits(t *testing.T) {
	p := browser.Open(t, browser.Start(t), pageOf(t, CapacityHTML, capacity()), 390)
	p.Do(chromedp.Navigate(p.URL))
	if out := browser.Ask[int](p, `[...document.querySelectorAll(".strip > svg")].flatMap(s => { const box = s.getBoundingClientRect();
		return [...s.querySelectorAll(".mark *:not(title)")].filter(m => { const r = m.getBoundingClientRect();
			return r.left < box.left || r.right > box.right || r.top < box.top || r.bottom > box.bottom }) }).length`); out > 0 {
		t.Errorf("%d marks are outside", out)
	}
	if covered := browser.Ask[int](p, `[...document.querySelectorAll(".strip > svg")].flatMap(s => { const ticks = [...s.querySelectorAll(".tick")].map(t => t.getBoundingClientRect());
		return ticks.slice(1).filter((r, i) => r.left < ticks[i].right) }).length`); covered > 0 {
		t.Errorf("%d ticks cover the one before", covered)
	}
}
