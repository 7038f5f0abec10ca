package history

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/reports"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// first is when the first night of a test began.
var first = time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC)

// report is the report of a run as most nights have it.
func report(night int) *reports.Report {
	return &reports.Report{
		Schema: 1, ToolVersion: "0.1.0", Name: "checkout", Started: first.AddDate(0, 0, night), DurationS: 90, Verdict: reports.Pass, Outcome: reports.OutcomeComplete,
		Labels:   map[string]string{"commit": fmt.Sprintf("c%03d", night), "branch": "main"},
		Fidelity: reports.Fidelity{OK: true},
		Phases: []reports.Phase{
			{Name: "warmup", Warmup: true, Traffic: traffic(0.9, 1)},
			{Name: "steady", Traffic: traffic(0.1, 1)},
			{Name: "hang", Traffic: traffic(2, 0.75)},
			{Name: "recovery", Traffic: traffic(0.1, 1)},
		},
		Faults:   []reports.Fault{{Dependency: "payments", Kind: "hang", Phase: "hang", Exercised: true}},
		Onset:    []reports.Onset{{Code: 504, Phase: "hang", Dependency: "payments", AfterFaultS: new(9.0)}, {Code: 502, Phase: "hang", Dependency: "payments", AfterFaultS: new(2.5)}},
		Recovery: []reports.Recovery{{Dependency: "payments", AfterLiftS: new(1.0)}},
		Pool:     reports.Pool{Workers: &reports.Estimate{Value: 4}, CapacityHz: &reports.Estimate{Value: 40}},
		Timeouts: []reports.Timeout{{Dependency: "payments", ObservedS: &reports.Estimate{Value: 0.8}}},
		Budget:   []reports.Budget{{Dependency: "payments", MaxTimeoutS: new(0.4)}},
	}
}

func traffic(p99, ok float64) reports.Traffic {
	return reports.Traffic{Sent: 100, OKRatio: &ok, ResponseS: reports.Quantiles{N: 100, P50: new(p99 / 2), P99: &p99}}
}

// put writes what a run leaves that matters here.
func put(t testing.TB, dir, at string, r any) {
	t.Helper()
	text, err := json.Marshal(r)
	must(t, err)
	must(t, os.MkdirAll(filepath.Join(dir, at), 0o755))
	for name, text := range map[string]string{reportFile: string(text), manifestFile: "{}", experimentFile: "version: 1\n", "hits.parquet": "PAR1"} {
		must(t, os.WriteFile(filepath.Join(dir, at, name), []byte(text), 0o644))
	}
}

// read is the history of a folder with the default options.
func read(t testing.TB, dir string) *reports.History {
	t.Helper()
	h, err := Read(dir, Options{MinEffect: 0.05})
	must(t, err)
	return h
}

// values are the nights of the series with the title; -1 stands for null.
func values(h *reports.History, name, title string) (v []float64) {
	for _, s := range h.Series {
		if s.Name != name || s.Title != title {
			continue
		}
		for _, x := range s.Values {
			if x == nil {
				v = append(v, -1)
			} else {
				v = append(v, *x)
			}
		}
	}
	return v
}

// Runs lie in the folder, or one deeper, in any order of names; each figure is
// there, night after night in the order of time.
func TestFiguresOfNights(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "b", report(0))
	put(t, dir, "2026-09-02/run-1", report(1))
	second := report(2)
	second.Phases[1].ResponseS.P99, second.Timeouts[0].ObservedS = new(0.2), nil
	put(t, dir, "a", second)
	put(t, dir, "too/deep/down", report(3))
	put(t, dir, ".hidden", report(4))
	must(t, os.WriteFile(filepath.Join(dir, "README"), []byte("ours"), 0o644))
	h := read(t, dir)
	var dirs []string
	for _, n := range h.Nights {
		dirs = append(dirs, n.Dir)
	}
	if want := []string{"b", "2026-09-02/run-1", "a"}; !slices.Equal(dirs, want) || len(h.Skipped) > 0 {
		t.Fatalf("nights %q, skipped %+v; want %q", dirs, h.Skipped, want)
	}
	want := map[string][]float64{
		"capacity": {40, 40, 40}, "workers": {4, 4, 4},
		"p50 in steady": {0.05, 0.05, 0.05}, "p50 in hang": {1, 1, 1}, "p50 in recovery": {0.05, 0.05, 0.05},
		"p99 in steady": {0.1, 0.1, 0.2}, "p99 in hang": {2, 2, 2}, "p99 in recovery": {0.1, 0.1, 0.1},
		"errors in steady": {0, 0, 0}, "errors in hang": {0.25, 0.25, 0.25}, "errors in recovery": {0, 0, 0},
		"first 5xx after payments in hang": {2.5, 2.5, 2.5}, "well again after payments": {1, 1, 1},
		"timeout on payments": {0.8, 0.8, -1}, "budget on payments": {0.4, 0.4, 0.4},
	}
	for title, v := range want {
		if got := values(h, "checkout", title); !slices.Equal(got, v) {
			t.Errorf("%s: %v, want %v", title, got, v)
		}
	}
	if len(h.Series) != len(want) {
		t.Errorf("%d series, want %d", len(h.Series), len(want))
	}
	if n := h.Nights[1]; n.Labels["commit"] != "c001" || n.Verdict != reports.Pass || n.Note != "" || !n.Started.Equal(first.AddDate(0, 0, 1)) {
		t.Errorf("the second night: %+v", n)
	}
}

// Of a dependency that was hurt twice the longest recovery counts, and the timeout
// that was told last: the first fault may have been too short.
func TestHurtTwice(t *testing.T) {
	dir := t.TempDir()
	r := report(0)
	r.Recovery = []reports.Recovery{{Dependency: "payments", AfterLiftS: new(1.0)}, {Dependency: "payments", AfterLiftS: new(4.0)}, {Dependency: "payments"}, {Dependency: "search", AfterLiftS: new(2.0)}}
	r.Timeouts = []reports.Timeout{{Dependency: "payments", ObservedS: &reports.Estimate{Value: 3}}, {Dependency: "payments", ObservedS: &reports.Estimate{Value: 0.5}}, {Dependency: "payments"}}
	put(t, dir, "n", r)
	h := read(t, dir)
	for title, want := range map[string]float64{"well again after payments": 4, "well again after search": 2, "timeout on payments": 0.5} {
		if got := values(h, "checkout", title); !slices.Equal(got, []float64{want}) {
			t.Errorf("%s: %v, want %g", title, got, want)
		}
	}
}

// An audit and a search tell timeouts, budgets and capacities, each in a series of its own.
func TestAuditsAndSearches(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "run", report(0))
	put(t, dir, "audit", &reports.Audit{Campaign: reports.Campaign{Schema: 1, Kind: reports.KindAudit, Name: "checkout", Started: first.Add(time.Hour)}, Rows: []reports.AuditRow{
		{Dependency: "payments", Timeout: &reports.Timeout{Dependency: "payments", ObservedS: &reports.Estimate{Value: 1.5}}, MaxTimeoutS: new(0.9)},
		{Dependency: "search", Timeout: &reports.Timeout{Dependency: "search"}}, // none was seen
		{Dependency: "mail"}, // could not be done
	}})
	put(t, dir, "audit/payments", report(9)) // a run of the audit, no night
	put(t, dir, "search", &reports.Capacity{Campaign: reports.Campaign{Schema: 1, Kind: reports.KindCapacity, Name: "checkout", Started: first.Add(2 * time.Hour)},
		Figures: []reports.CapacityFigure{{RateHz: new(38.0)}, {Fault: "payments: latency 1 s", RateHz: new(12.0)}, {Fault: "search: hang"}}})
	h := read(t, dir)
	for title, want := range map[string]float64{"timeout on payments": 1.5, "budget on payments": 0.9} {
		if got := values(h, "checkout (audit)", title); !slices.Equal(got, []float64{-1, want, -1}) {
			t.Errorf("audit: %s %v, want %g", title, got, want)
		}
	}
	for title, want := range map[string]float64{"capacity": 38, "capacity with payments: latency 1 s": 12} {
		if got := values(h, "checkout (capacity)", title); !slices.Equal(got, []float64{-1, -1, want}) {
			t.Errorf("search: %s %v, want %g", title, got, want)
		}
	}
	if len(h.Nights) != 3 || len(h.Series) != 15+2+2 || len(values(h, "checkout", "capacity")) != 3 {
		t.Errorf("%d nights, %d series", len(h.Nights), len(h.Series))
	}
}

// What keeps a report from being read is said, and the rest is shown.
func TestSkippedIsSaid(t *testing.T) {
	dir := t.TempDir()
	elsewhere := t.TempDir()
	put(t, elsewhere, "run", report(7))
	put(t, dir, "good", report(0))
	put(t, dir, "good-copy", report(0))
	changed := func(at string, change func(path string)) {
		put(t, dir, at, report(5))
		path := filepath.Join(dir, at, reportFile)
		must(t, os.Remove(path))
		change(path)
	}
	write := func(text string) func(string) {
		return func(path string) { must(t, os.WriteFile(path, []byte(text), 0o644)) }
	}
	changed("newer", write(`{"schema": 2, "name": "checkout"}`))
	changed("cut", write(`{"schema": 1, "name": "checkout", "phases": [{"na`))
	changed("empty", write(""))
	changed("other", write(`[1, 2]`))
	changed("foreign", write(`{"vegeta": true}`))
	changed("comparison", write(`{"schema": 1, "name": "checkout", "kind": "comparison"}`))
	changed("timeless", write(`{"schema": 1, "name": "checkout"}`))
	changed("killed", func(string) {})
	changed("linked", func(path string) { must(t, os.Symlink(filepath.Join(elsewhere, "run", reportFile), path)) })
	changed("pipe", func(path string) { must(t, syscall.Mkfifo(path, 0o644)) })
	changed("folder", func(path string) { must(t, os.Mkdir(path, 0o755)) })
	changed("huge", func(path string) { write("")(path); must(t, os.Truncate(path, maxReport+1)) })
	must(t, os.Symlink(filepath.Join(elsewhere, "run"), filepath.Join(dir, "alias")))
	must(t, os.Symlink(elsewhere, filepath.Join(dir, "not-ours")))
	want := map[string]string{
		"good-copy": "at the same moment as the run in good, as a copy does; that one counts",
		"newer":     "schema 2, newer than 1, the newest this tailback reads; use a newer tailback",
		"cut":       "its report.json is damaged (it ends too early); write it again with: tailback report " + dir + "/cut",
		"empty":     "is damaged", "other": "is damaged",
		"foreign": "is not the report of a run", "comparison": `of the kind "comparison", and not of a run`,
		"timeless": "does not say when the run began",
		"killed":   "its run was killed before it could write report.json; write it with: tailback report " + dir + "/killed",
		"linked":   "it is a link", "pipe": "it is a pipe", "folder": "it is a folder",
		"huge":  "holds more than 16 MB",
		"alias": "it is a link, which is not followed",
	}
	h := read(t, dir)
	if len(h.Nights) != 1 || h.Nights[0].Dir != "good" {
		t.Errorf("nights %+v, want the good one", h.Nights)
	}
	for _, s := range h.Skipped {
		if w, ok := want[s.Dir]; !ok || !strings.Contains(s.Why, w) {
			t.Errorf("%s: %q, want %q", s.Dir, s.Why, w)
		}
		delete(want, s.Dir)
	}
	if len(want) > 0 {
		t.Errorf("nothing is said of %v", want)
	}
}

// A run that goes on is told from one that was killed.
func TestRunThatGoesOn(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "good", report(0))
	put(t, dir, "now", report(1))
	must(t, os.Remove(filepath.Join(dir, "now", reportFile)))
	hold(t, filepath.Join(dir, "now"))
	if h := read(t, dir); len(h.Skipped) != 1 || h.Skipped[0].Why != "its run goes on" {
		t.Errorf("skipped %+v", h.Skipped)
	}
}

// hold holds a folder as the run that writes it does.
func hold(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Open(dir)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	must(t, syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
}

// A folder without anything to show says what to do.
func TestNothingToShow(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	must(t, os.MkdirAll(filepath.Join(empty, "logs"), 0o755))
	broken := filepath.Join(dir, "broken")
	for i := range 5 {
		put(t, broken, fmt.Sprintf("n%d", i), map[string]int{"schema": 9})
	}
	put(t, filepath.Join(dir, "good"), "n0", report(0))
	for _, c := range []struct {
		dir  string
		o    Options
		want string
	}{
		{empty, Options{}, "holds no runs, nor do the folders in it; name the folder that CI keeps them in, and make the first with: tailback run FILE --out " + empty + "/NIGHT"},
		{broken, Options{}, "no run in " + broken + " can be read:\n  n0: its report.json is of schema 9, newer than 1"},
		{broken, Options{}, "\n  and 2 more folders"},
		{filepath.Join(dir, "good", "n0"), Options{}, "is the folder of one run; name the folder that runs are kept in, such as " + filepath.Join(dir, "good")},
		{filepath.Join(dir, "none"), Options{}, "no such file or directory"},
		{filepath.Join(dir, "good"), Options{Name: "chekout"}, `holds no run of "chekout"; it holds "checkout"`},
		{filepath.Join(dir, "good"), Options{Labels: map[string]string{"branch": "fix"}}, "has the labels asked for; leave a --label out"},
	} {
		if h, err := Read(c.dir, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %+v: %+v, %v; want %q", c.dir, c.o, h, err, c.want)
		}
	}
}

// Runs are told apart by name and labels, series by figure.
func TestWhatIsAskedFor(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a", report(0))
	fix, other := report(1), report(0)
	fix.Labels["branch"], other.Name = "fix", "search"
	put(t, dir, "b", fix)
	put(t, dir, "c", other) // another experiment may begin at the same moment
	for want, o := range map[string]Options{
		"a c b": {}, "a b": {Name: "checkout"}, "b": {Labels: map[string]string{"branch": "fix"}}, "a": {Name: "checkout", Labels: map[string]string{"branch": "main"}},
	} {
		h, err := Read(dir, o)
		must(t, err)
		var got []string
		for _, n := range h.Nights {
			got = append(got, n.Dir)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%+v: %q, want %q", o, got, want)
		}
	}
	h, err := Read(dir, Options{Name: "search", Figures: []string{"errors", "p99"}})
	must(t, err)
	var titles []string
	for _, s := range h.Series {
		titles = append(titles, s.Title)
	}
	if want := "p99 in steady, p99 in hang, p99 in recovery, errors in steady, errors in hang, errors in recovery"; strings.Join(titles, ", ") != want {
		t.Errorf("series %q, want %q", titles, want)
	}
}
