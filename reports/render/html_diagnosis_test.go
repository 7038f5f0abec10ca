package render

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

// sections returns the ids of a page's sections and parts that have a heading.
func sections(page string) []string {
	var ids []string
	for _, m := range regexp.MustCompile(`<section id="([a-z-]+)"`).FindAllStringSubmatch(page, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

func TestThePageHasASectionForAllThatIsKnown(t *testing.T) {
	want := []string{"advice", "trust", "objectives", "what-happened", "why", "site", "timeouts", "dose", "phases", "requests", "dependencies", "outgoing", "not-known", "evidence", "reproduce"}
	page := rendered(t, HTML, several())
	if got := sections(page); !slices.Equal(got, want) {
		t.Errorf("sections %v, want %v", got, want)
	}
	for _, id := range want {
		if !strings.Contains(page, `<a href="#`+id+`"`) {
			t.Errorf("the heading of %s can't be linked to", id)
		}
	}
	want = []string{"trust", "objectives", "what-happened", "phases", "requests", "reproduce"}
	if got := sections(rendered(t, HTML, healthy())); !slices.Equal(got, want) {
		t.Errorf("sections of a run without a diagnosis %v, want %v", got, want)
	}
}

// spaced is a page with plain spaces between figures and units.
func spaced(page string) string { return strings.ReplaceAll(page, "\u00a0", " ") }

func TestThePageTellsTheDiagnosis(t *testing.T) {
	page := spaced(rendered(t, HTML, diagnosed()))
	for what, want := range map[string]string{
		"the first sentence as the title": `<h1>With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: all 4 workers were waiting for payments and the 17 queue slots behind them filled.</h1>`,
		"the others below it":             `<p class="lead">No timeout was seen within 10 s. A timeout`,
		"advice with its figure":          `<li><b>Give calls to payments a timeout of at most 0.40 s, better 0.30 s</b><span>4 workers / 8 per second - 100 ms of own work = 0.40 s; none was seen within 10 s</span></li>`,
		"a cause":                         `<h3><span class="ill">502</span> queue full <span class="quiet">confidence 0.97</span></h3>`,
		"its evidence":                    `<li>answered within 1 ms, with 21 requests in flight</li>`,
		"an exact figure":                 `<th>workers</th><td><b>4</b></td><td>exact</td>`,
		"a figure with its interval":      `<th>queue slots</th><td><b>17</b></td><td>16 to 18</td>`,
		"a missing timeout":               `<td class="text ill">no timeout within 10 s</td>`,
		"the budget":                      `<td>0.40 s <span class="quiet">at 8/s</span></td><td>0.30 s</td>`,
		// 1 s takes 9 workers: it fails with 4 and 5, and holds with 9, 25 and 41.
		"what holds": `<tr><th>1 s</th><td>9</td><td class="fails">✕ fails</td><td class="fails">✕ fails</td><td class="holds">✓ holds</td><td class="holds">✓ holds</td><td class="holds">✓ holds</td></tr>`,
		"the fit":    `<div><dt>model explains</dt><dd>98%</dd></div>`,
		"not known":  "<i>would tell:</i> a hang on payments of more than 10 s, or `tailback audit`</span>",
		"a log":      `<th>nginx error log</th><td class="text">queue full</td><td>57</td><td>7.6 s</td>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("of %s the page lacks %s", what, want)
		}
	}
}

func TestThePageTellsOfSeveralDependencies(t *testing.T) {
	page := spaced(rendered(t, HTML, several()))
	for what, want := range map[string]string{
		"effective workers":      `<th>effective workers</th><td><b>2.5</b></td><td>2.4 to 2.6</td>`,
		"tries":                  `<td class="text">3 tries of 12 s</td><td>36</td>`,
		"a connect timeout":      `<td class="text">connect timeout 0.35 s</td>`,
		"why one is not known":   `<p>the answers came before any timeout could</p>`,
		"the dose that broke it": `<tr><th>1.5 s <span class="ill">broke</span></th>`,
		"a dose not sent":        `<tr><th>2 s</th><td>11 s</td><td>13 s</td><td>0</td><td>–</td><td>–</td></tr>`,
		"slow answers":           `<h3><span class="ill">slow answers</span> queueing <span class="quiet">confidence 0.90</span></h3>`,
		"the site itself":        `<tr><th>www.example.com:<wbr>443 <span class="ill">the site itself</span></th><td class="text">–</td><td>30</td><td>110 ms</td><td>9.8 s</td><td>10 s</td></tr>`,
		"an undeclared host":     `<tr><th>metrics.example.<wbr>org:80</th><td class="text">–</td><td>10</td><td>–</td>`,
		"self-requests":          `The site called itself 30 times, in 30% of the calls that the egress saw.`,
		"calls a request":        `<tr><th>bank</th><td>121</td><td>0.25</td><td>–</td>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("of %s the page lacks %s", what, want)
		}
	}
}

func TestAGridShowsTheTimeoutThatWasSeen(t *testing.T) {
	r := diagnosed()
	r.Budget[0].TimeoutS, r.Budget[0].WorkersNeeded = ptr(1.6), ptr(14)
	g := grids(r)[0]
	// Between 1 s and 3 s; what it needs, 14 workers, 25 and 41 have.
	if row := g.Rows[4]; row.Timeout != "1.6 s" || !row.Seen || row.Needed != "14" || !slices.Equal(row.Holds, []bool{false, false, false, true, true}) {
		t.Errorf("the fifth row is %+v", row)
	}
	r.Budget[0].TimeoutS, r.Budget[0].WorkersNeeded = ptr(1.004), ptr(9)
	if g = grids(r)[0]; len(g.Rows) != 6 || !g.Rows[3].Seen || g.Rows[2].Seen {
		t.Errorf("1.004 s is not marked as the 1 s that it is: %+v", g.Rows)
	}
	r.Pool.Workers.Low, r.Pool.Workers.High = 3, 6
	// Not known to be 4: only what the choices need.
	if got, want := crews(r.Pool, r.Budget[0].Choices), []crew{{N: 3}, {N: 4}, {N: 5}, {N: 9}, {N: 25}, {N: 41}}; !slices.Equal(got, want) {
		t.Errorf("crews %v, want %v", got, want)
	}
}

func TestLevelsAreTheTimeoutsThatWereSeen(t *testing.T) {
	r := several()
	r.Pool.GatewayTimeoutS = estimate(10, 9, 11, "")
	want := []level{{0.35, "stock connect timeout 0.35 s"}, {10, "gateway 10 s"}, {12, "bank timeout 12 s"}}
	if got := levels(r); !slices.Equal(got, want) {
		t.Errorf("levels %v, want %v", got, want)
	}
}

func TestTheModelIsDrawnAsFarAsItGoes(t *testing.T) {
	m := newModel(reports.Prediction{Series: []reports.Moment{{OKHz: 8}, {OKHz: 7}}}, 3)
	if *m.OK[1] != 7 || m.OK[2] != nil {
		t.Errorf("the model's rates are %v, want 8, 7 and nothing", m.OK)
	}
	if newModel(reports.Prediction{}, 3) != nil {
		t.Error("there is a model of nothing")
	}
	c := newChart(diagnosed())
	if n := len(c.coarse(10).Model.OK); n != 10 {
		t.Errorf("%d values in 10 columns", n)
	}
	if n := len(c.coarse(10).Uses[0].Open); n != 10 {
		t.Errorf("%d uses in 10 columns", n)
	}
}

// Where nothing varied there is nothing to explain: a model is drawn if it is
// within a tenth of the answers in all.
func TestAModelFits(t *testing.T) {
	steady := func(said float64) *reports.Report {
		return &reports.Report{Timeline: reports.Timeline{StartS: []float64{0, 1}, OKHz: []float64{6, 6}, Degraded: []float64{2, 2}},
			Prediction: reports.Prediction{Series: []reports.Moment{{OKHz: said}, {OKHz: said}}}}
	}
	for said, want := range map[float64]bool{8: true, 7.3: true, 8.7: true, 7.1: false, 9: false, 2: false, 6: false} {
		if got := fits(steady(said)); got != want {
			t.Errorf("of 8/s seen, %g/s said fits: %v, want %v", said, got, want)
		}
	}
	r := steady(2)
	for r2, want := range map[float64]bool{1: true, 0.5: true, 0.49: false, -7: false} {
		if r.Pool.FitR2 = &r2; fits(r) != want {
			t.Errorf("one that explains %g fits: %v, want %v", r2, !want, want)
		}
	}
}

// What a model says that does not fit is not said in words either.
func TestAModelThatDoesNotFitIsNotQuoted(t *testing.T) {
	r := diagnosed()
	if note := siteNotes(r); !strings.Contains(note, "By the model it carries 0/s") {
		t.Errorf("the notes of one that fits read %q", note)
	}
	r.Pool.FitR2 = ptr(0.3)
	if note := siteNotes(r); strings.Contains(note, "By the model") || !strings.Contains(note, "explains 30% of how good answers per second varied, too little to be drawn beside what was seen.") {
		t.Errorf("the notes read %q", note)
	}
	if page := rendered(t, HTML, r); strings.Contains(page, "by the model</span>") || !strings.Contains(page, `"model":null`) {
		t.Error("the page draws it")
	}
}

func TestTheStatusPageIsDrawnAsDots(t *testing.T) {
	r := diagnosed()
	r.Status = []reports.Status{{AtS: 1, Busy: 1, Total: 4}, {AtS: 30, Busy: 1, Total: 4}}
	s := newStill(newChart(r))
	// The reading at 30 s came after the run's end; a queue of 0 on a unix socket says nothing.
	if dots := s.Panels[2].Dots; len(dots) != 1 || dots[0].Class != "busy" {
		t.Errorf("dots %v, want one of busy workers", dots)
	}
	r.Status[0].Queue = 3
	if dots := newStill(newChart(r)).Panels[2].Dots; len(dots) != 2 {
		t.Errorf("dots %v, want one of busy workers and one of the queue", dots)
	}
}
