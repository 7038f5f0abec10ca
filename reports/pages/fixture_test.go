package pages

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/tailback/tailback/reports"
)

var update = flag.Bool("update", false, "write the golden files anew")

func ptr(v float64) *float64 { return &v }

// phases are from moment to moment.
func phases(edges []float64, names ...string) (list []reports.Phase) {
	for i, name := range names {
		list = append(list, reports.Phase{Name: name, StartS: edges[i], EndS: edges[i+1]})
	}
	return list
}

// ran is a run at 8/s in buckets of half a second: bad from one moment to another,
// in which nothing is good and 21 requests wait.
func ran(bad [2]float64, all []reports.Phase, faults ...reports.Fault) *reports.Report {
	r := &reports.Report{Name: "checkout", Started: time.Date(2026, 11, 22, 15, 4, 7, 0, time.UTC), Outcome: "complete", Phases: all, Faults: faults}
	r.DurationS = all[len(all)-1].EndS
	t := &r.Timeline
	t.BucketS, t.CodesHz = 0.5, map[string][]float64{}
	for at := 0.0; at < r.DurationS; at += t.BucketS {
		good, failed, p95, flight := 8.0, 0.0, 0.104, int64(1)
		if at >= bad[0] && at < bad[1] {
			good, failed, p95, flight = 0, 8, 0.001, 21
		}
		t.StartS, t.AskedHz, t.OKHz, t.Degraded, t.OtherHz = append(t.StartS, at), append(t.AskedHz, 8), append(t.OKHz, good), append(t.Degraded, 0), append(t.OtherHz, 0)
		t.CodesHz["502"], t.InFlight = append(t.CodesHz["502"], failed), append(t.InFlight, flight)
		t.P50S, t.P95S, t.MaxS = append(t.P50S, &p95), append(t.P95S, &p95), append(t.MaxS, &p95)
	}
	return r
}

func hung(from, to float64) reports.Fault {
	return reports.Fault{Dependency: "payments", Kind: "hang", Noun: "hang", Phase: "hang", Share: 1, AppliedS: from, LiftedS: &to}
}

// runs are a run of 25 s whose payments hang from 6 s to 15 s, with 502s 2.6 s on and
// well again 0.8 s after the lifting, and one that answers all.
func runs() (before, after *reports.Report) {
	edges := []float64{0, 5, 15, 25}
	before = ran([2]float64{8.5, 15}, phases(edges, "baseline", "hang", "recovery"), hung(6, 15))
	before.Onset = []reports.Onset{{Code: 502, FirstS: 8.6, AfterFaultS: ptr(2.6), Dependency: "payments"}}
	before.Recovery = []reports.Recovery{{Dependency: "payments", LiftedS: 15, RecoveredS: ptr(15.8), AfterLiftS: ptr(0.8)}}
	return before, ran([2]float64{}, phases(edges, "baseline", "hang", "recovery"), hung(6.001, 15))
}

// comparison is of these runs: better but for one figure, of which one can't be told.
func comparison() *reports.Comparison {
	side := func(dir string, v reports.Verdict, labels map[string]string) reports.Side {
		return reports.Side{Runs: []reports.RunName{{Dir: dir, Name: "checkout", Started: time.Date(2026, 11, 22, 15, 4, 7, 0, time.UTC), Verdict: v, Labels: labels, Duration: 25}}}
	}
	return &reports.Comparison{Schema: reports.Schema, Kind: reports.KindComparison, ToolVersion: "v0.1.0", Verdict: reports.Worse, ExitCode: 1, MinEffect: 0.05, Significance: 0.05,
		Before: side("out/before", reports.Fail, map[string]string{"commit": "0123456789abcdef0123456789abcdef01234567", "branch": "main"}), After: side("out/after", reports.Pass, nil),
		Summary: "Before, 502s came 2.6 s after payments hung and 64% failed; now every request is answered. But p95 in baseline rose.",
		Differences: []reports.Differs{{What: "seed", Before: "1", After: "2"},
			{What: "phase recovery: rate", Before: "8/s", After: "10/s", Spoils: "the figures of phase recovery"}},
		Figures: []reports.Compared{
			{Phase: "hang", Figure: "errors", Unit: "ratio", Before: ptr(0.64), After: ptr(0), Low: ptr(-0.74), High: ptr(-0.53), Change: reports.Improved},
			{Phase: "baseline", Figure: "p95", Unit: "s", Before: ptr(0.1), After: ptr(0.113), Low: ptr(0.006), High: ptr(0.02), Change: reports.Worse},
			{Phase: "hang", Figure: "onset", Unit: "s", Before: ptr(2.6), Change: reports.Improved, Why: "no 502 came after"},
			{Phase: "recovery", Figure: "p99", Request: "checkout", Unit: "s", Before: ptr(0.104), After: ptr(0.105), Change: reports.CantTell, Why: "another rate was asked for"},
			{Figure: "workers", Unit: "count", Before: ptr(4), After: ptr(4), Low: ptr(0), High: ptr(0), Change: reports.Same},
		}}
}

// nights is a history: of n nights, every seventh failed and every eleventh could not
// tell; p99 is 0.32 s and 0.42 s from two thirds on, and not known every fifth
// night; the errors are none.
func nights(n int) *reports.History {
	h := &reports.History{Schema: reports.Schema, Kind: reports.KindHistory, ToolVersion: "v0.1.0", MinEffect: 0.05, Significance: 0.001}
	p99 := reports.Series{Name: "nightly", Title: "p99 in baseline", Figure: "p99", Phase: "baseline", Unit: "s"}
	errors := reports.Series{Name: "nightly", Title: "errors in hang", Figure: "errors", Phase: "hang", Unit: "ratio"}
	capacity := reports.Series{Name: "nightly", Title: "capacity", Figure: "capacity", Unit: "/s", MoreIsGood: true}
	for i := range n {
		v, outcome := reports.Pass, "complete"
		switch {
		case i%7 == 6:
			v = reports.Fail
		case i%11 == 10:
			v, outcome = reports.Inconclusive, "interrupted"
		}
		h.Nights = append(h.Nights, reports.Night{Dir: fmt.Sprintf("run-%03d", i), Name: "nightly", Started: time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC).AddDate(0, 0, i), DurationS: 60,
			Verdict: v, Outcome: outcome, Summary: "Of 480 requests all were answered. The slowest took 0.4 s.", Labels: map[string]string{"branch": "main", "commit": fmt.Sprintf("%012x%028d", 0xa1b2c3000000+i, 0)}})
		value := ptr([]float64{0.32, 0.325, 0.316}[i%3])
		if i >= n*2/3 {
			value = ptr([]float64{0.42, 0.424, 0.413}[i%3])
		}
		if i%5 == 4 {
			value = nil
		}
		p99.Values, errors.Values, capacity.Values = append(p99.Values, value), append(errors.Values, ptr(0)), append(capacity.Values, ptr(39+float64(i%4)/10))
	}
	h.Series = []reports.Series{errors, p99, capacity}
	if n >= 30 {
		h.Marks = []reports.ChangeMark{{Series: 1, Night: n * 2 / 3, Before: 0.32, After: 0.42, P: 0.001, Change: reports.Worse}}
	}
	h.Skipped = []reports.Skipped{{Dir: "run-new", Why: "its schema is 2, of a later version: read it with that"}}
	return h
}

func pageOf(t *testing.T, write func(*bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func comparisonPageOf(t *testing.T, c *reports.Comparison, before, after *reports.Report) string {
	t.Helper()
	return pageOf(t, func(b *bytes.Buffer) error { return Comparison(b, c, before, after) })
}

func historyPageOf(t *testing.T, h *reports.History) string {
	t.Helper()
	return pageOf(t, func(b *bytes.Buffer) error { return History(b, h) })
}

// golden compares a page, without its style, with a file under testdata that a person has read.
func golden(t *testing.T, name, page string) {
	t.Helper()
	page = regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAllString(page, "<style></style>")
	page = regexp.MustCompile(`sha256-.*?&#39;`).ReplaceAllString(page, "sha256-&#39;")
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if page != string(want) {
		t.Errorf("%s differs from its golden file; look at it, then run with -update:\n%s", path, page)
	}
}
