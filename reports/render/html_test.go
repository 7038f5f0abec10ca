package render

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

func TestHTMLGolden(t *testing.T) {
	// Style and scripts are files of their own, and uPlot's: left out here.
	for name, sample := range map[string]func() *reports.Report{"hang": hang, "diagnosed": diagnosed} {
		page := rendered(t, HTML, sample())
		page = regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAllString(page, "<style></style>")
		page = regexp.MustCompile(`(?s)<script>.*?</script>`).ReplaceAllString(page, "<script></script>")
		page = regexp.MustCompile(`sha256-.*?&#39;`).ReplaceAllString(page, "sha256-&#39;")
		golden(t, name+".html", page)
	}
}

func TestHTMLIsTheSameForTheSameReport(t *testing.T) {
	for name, sample := range samples {
		first := rendered(t, HTML, sample())
		for range 5 {
			if rendered(t, HTML, sample()) != first {
				t.Errorf("%s: the page differs from one time to the next", name)
			}
		}
	}
}

func TestVegetaStillCarriesUPlot(t *testing.T) {
	js, err := plotAsset("uPlot.min.js")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(js, "(v1.6.32)") {
		t.Errorf("uPlot is not 1.6.32, for which the page was written: %.80s", js)
	}
	if strings.Contains(js, "</script") {
		t.Error("uPlot contains </script and cannot stand in a page")
	}
	if css, err := plotAsset("uPlot.min.css"); err != nil || !strings.Contains(css, ".u-over") {
		t.Errorf("uPlot's style is missing: %v", err)
	}
}

func TestAReportThatCannotBeShownLeavesNoHalfPage(t *testing.T) {
	r := hang()
	r.Timeline.OKHz[0] = math.NaN()
	var b bytes.Buffer
	if err := HTML(&b, r); err == nil || b.Len() > 0 {
		t.Errorf("error %v and %d bytes, want an error and none", err, b.Len())
	}
}

func TestNoNameLeavesItsPlace(t *testing.T) {
	page := rendered(t, HTML, hostile())
	if strings.Contains(page, "<img") {
		t.Error("a name became an element")
	}
	// One script that is data, uPlot and ours: no name closed or opened one.
	if n := strings.Count(page, "<script"); n != 3 {
		t.Errorf("%d scripts, want 3", n)
	}
	if n := strings.Count(page, "</script>"); n != 3 {
		t.Errorf("%d ends of scripts, want 3", n)
	}
	data := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindStringSubmatch(page)
	if data == nil {
		t.Fatal("no data block")
	}
	var c chart
	if err := json.Unmarshal([]byte(data[1]), &c); err != nil {
		t.Fatal(err)
	}
	if want := hostile().Phases[1].Name; c.Phases[1].Name != want {
		t.Errorf("the phase is %q in the data, want %q", c.Phases[1].Name, want)
	}
}

func TestBrokenFidelityIsTheFirstThingOnThePage(t *testing.T) {
	page := rendered(t, HTML, unfaithful())
	if strings.Index(page, `id="trust"`) > strings.Index(page, `id="verdict"`) {
		t.Error("the verdict stands before the warning")
	}
	page = rendered(t, HTML, hang())
	if strings.Index(page, `id="trust"`) < strings.Index(page, `id="verdict"`) {
		t.Error("the verdict of a good run does not come first")
	}
}

func TestUnknownIsADashAndNever0(t *testing.T) {
	r := hang()
	r.Fidelity.LagP99S, r.Faults[0].Connections, r.Phases[0].OKRatio = nil, nil, nil
	page := rendered(t, HTML, r)
	for _, want := range []string{`<dt>late, p99</dt><dd>–</dd>`, `<td>15 s</td><td>–</td><td>4</td><td>4</td>`, `<td>40</td><td>40</td><td>–</td>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestThePageSaysWhatDidNotHappen(t *testing.T) {
	page := rendered(t, HTML, drill())
	for what, want := range map[string]string{
		"an objective met by nothing coming": `<span class="seen">none seen</span>`,
		"a fault that made nobody ill":       `<tr><th>inventory</th><td class="text">latency</td><td>14 s</td><td class="text quiet" colspan="2">was not ill</td></tr>`,
		"a reason on a row of its own":       `<tr class="note"><td class="text" colspan="5"><p>the traffic ended 2 s after lifting`,
		"a phase that was not reached":       `<tr><th>after</th><td class="text">open</td><td class="text quiet" colspan="2">not reached</td><td>–</td>`,
		"the phase in which the run ended":   `<tr><th>recovery 5</th><td class="text">open</td><td>22 s</td><td>23.7 s</td>`,
		"what closed load is":                `<th>latency</th><td class="text" title="stops asking while it waits">closed</td>`,
		"what closed load hides":             `Closed load stops asking while it waits for answers, so its ratios understate an outage.`,
		"a fault that leaves no trace":       `<dd>cut 2 open connections; refused connects leave no trace here</dd>`,
		"how to run it again":                `<code>tailback run experiment.yaml</code>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("of %s the page lacks %s", what, want)
		}
	}
	for _, not := range []string{"Closed load", "not reached", "was not ill", "none seen"} {
		if strings.Contains(rendered(t, HTML, hang()), not) {
			t.Errorf("the page of a run without it says %q", not)
		}
	}
}

func TestTheOnsetTableHasARowForEach(t *testing.T) {
	page := rendered(t, HTML, drill())
	// One 502 before any fault, one after each of three, and a 504.
	if n := strings.Count(page, `<tr><th><span class="ill">502</span></th>`); n != 4 {
		t.Errorf("%d rows of 502, want 4", n)
	}
	if want := `<td class="text">hang again</td><td>8.7 s</td><td>+700 ms</td><td class="text">payments</td>`; !strings.Contains(page, want) {
		t.Errorf("the page lacks %s", want)
	}
}

func TestFaultsThatOverlapHaveLanesOfTheirOwn(t *testing.T) {
	fault := func(from, to float64) reports.Fault {
		return reports.Fault{Dependency: "d", Kind: "hang", Share: 1, AppliedS: from, LiftedS: &to}
	}
	bars, n := lanes([]reports.Fault{fault(0, 5), fault(2, 6), fault(5, 8), {AppliedS: 7}}, 10)
	// 0-5 and 5-8 share the first; 2-6 and the one from 7 on, never lifted, the second.
	for i, want := range []int{0, 1, 0, 1} {
		if bars[i].Lane != want {
			t.Errorf("fault %d is in lane %d, want %d", i, bars[i].Lane, want)
		}
	}
	if n != 2 || bars[3].To != 10 {
		t.Errorf("%d lanes, the last fault until %g; want 2, until the end at 10", n, bars[3].To)
	}
}

func TestLayersKeepTheirSum(t *testing.T) {
	tl := reports.Timeline{StartS: []float64{0, 1}, OKHz: []float64{5, 0}, Degraded: []float64{0, 0},
		CodesHz: map[string][]float64{"502": {0, 4}, "500": {1, 0}, "404": {0, 2}, "418": {0, 0}}, OtherHz: []float64{0, 1}}
	got := layers(tl)
	want := []layer{{"ok", "ok", []float64{5, 0}}, {"502", "c502", []float64{0, 4}},
		{"other status (404, 500)", "code", []float64{1, 2}}, {"no answer or a wrong one", "none", []float64{0, 1}}}
	if len(got) != len(want) {
		t.Fatalf("layers %v, want %v", got, want)
	}
	for i := range want {
		if got[i].Name != want[i].Name || got[i].Fill != want[i].Fill || got[i].Hz[0] != want[i].Hz[0] || got[i].Hz[1] != want[i].Hz[1] {
			t.Errorf("layer %v, want %v", got[i], want[i])
		}
	}
}

// long is an hour in seconds.
func long() *reports.Report {
	r := hang()
	r.Timeline = reports.Timeline{BucketS: 1, CodesHz: map[string][]float64{}}
	for i := range 3600 {
		b := bucket{ok: float64(200 + i%17), c502: float64(i % 3), c504: float64(i % 5 / 4), p50: ptr(0.1 + float64(i%13)/100), max: ptr(1 + float64(i%7)), inFlight: int64(i % 50)}
		b.appendTo(&r.Timeline, float64(i))
	}
	r.Phases[2].EndS, r.DurationS = 3600, 3600
	return r
}

func TestAnHourOfSecondsStaysSmall(t *testing.T) {
	if n := len(rendered(t, HTML, long())); n > 600_000 {
		t.Errorf("the page has %d bytes", n)
	}
}

func BenchmarkHTMLOfAnHour(b *testing.B) {
	r := long()
	var w countingWriter
	for b.Loop() {
		if err := HTML(&w, r); err != nil {
			b.Fatal(err)
		}
	}
}

type countingWriter int

func (w *countingWriter) Write(p []byte) (int, error) {
	*w += countingWriter(len(p))
	return len(p), nil
}
