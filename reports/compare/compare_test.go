package compare

import (
	"encoding/json"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/journal"
)

var usual = Options{MinEffect: UsualMinEffect, Significance: UsualSignificance}

// made reads a run that was made up.
func made(t testing.TB, dir string, s *madeup.Scenario) Run {
	t.Helper()
	r, err := analysis.Contents(s.Contents())
	if err != nil {
		t.Fatal(err)
	}
	run, err := Read(dir, s.Contents(), r)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// minutes is a minute of 20 hits a second that take about so long, give or take 10%.
func minutes(seed uint64, usually time.Duration, then func(r *rand.Rand, h *journal.Hit)) *madeup.Scenario {
	r := rand.New(rand.NewPCG(seed, 9))
	return madeup.NewScenario(madeup.Rated("steady", time.Minute, 20)).Drive(func(h *journal.Hit) {
		h.Done = h.Due + time.Duration(float64(usually)*(0.9+0.2*r.Float64()))
		if then != nil {
			then(r, h)
		}
	})
}

func figureOf(t *testing.T, c *reports.Comparison, phase, dependency, name string) *reports.Compared {
	t.Helper()
	for i := range c.Figures {
		if f := &c.Figures[i]; f.Phase == phase && f.Dependency == dependency && f.Figure == name && f.Request == "" {
			return f
		}
	}
	t.Fatalf("no figure %s of %q, %q", name, phase, dependency)
	return nil
}

func TestCompare(t *testing.T) {
	const usually = 100 * time.Millisecond
	failing := func(ratio float64) func(*rand.Rand, *journal.Hit) {
		return func(r *rand.Rand, h *journal.Hit) {
			if r.Float64() < ratio {
				madeup.Bad(h, 500)
			}
		}
	}
	for _, c := range []struct {
		what   string
		after  *madeup.Scenario
		whole  reports.Change
		figure string
		change reports.Change
	}{
		{"the same again", minutes(2, usually, nil), reports.Same, "p95", reports.Same},
		{"a tenth longer", minutes(2, usually*11/10, nil), reports.Worse, "p50", reports.Worse},
		{"a tenth shorter", minutes(2, usually*9/10, nil), reports.Improved, "p99", reports.Improved},
		{"longer, by less than is worth telling", minutes(2, usually*103/100, nil), reports.Same, "p50", reports.Same},
		{"4% fail", minutes(2, usually, failing(0.04)), reports.Worse, "errors", reports.Worse},
		{"one fails", minutes(2, usually, func(_ *rand.Rand, h *journal.Hit) {
			if h.Seq == 100 {
				madeup.Bad(h, 500)
			}
		}), reports.Same, "errors", reports.Same},
		{"half of a second fails: one event", minutes(2, usually, func(_ *rand.Rand, h *journal.Hit) {
			if h.Seq >= 100 && h.Seq < 110 {
				madeup.Bad(h, 500)
			}
		}), reports.Same, "errors", reports.CantTell},
		{"degraded, and sooner", minutes(2, usually/2, func(r *rand.Rand, h *journal.Hit) { h.Degraded = r.Float64() < 0.1 }), reports.Improved, "degraded", reports.Changed},
		{"degraded, if well", minutes(2, usually, func(r *rand.Rand, h *journal.Hit) { h.Degraded = r.Float64() < 0.1 }), reports.Worse, "degraded", reports.Worse},
	} {
		got := Compare([]Run{made(t, "before", minutes(1, usually, nil))}, []Run{made(t, "after", c.after)}, usual)
		f := figureOf(t, got, "steady", "", c.figure)
		if got.Verdict != c.whole || f.Change != c.change {
			t.Errorf("%s: %s, %s is %s (%s), want %s and %s", c.what, got.Verdict, c.figure, f.Change, f.Why, c.whole, c.change)
		}
		if want := map[reports.Change]int{reports.Worse: 1, reports.CantTell: 3}[got.Verdict]; got.ExitCode != want {
			t.Errorf("%s: exit code %d, want %d", c.what, got.ExitCode, want)
		}
	}
}

// A machine that was busy now and then sends hits late and has answers late: that is
// not the site's, however many they are.
func TestBusyMachineIsNotWorse(t *testing.T) {
	busy := func(late time.Duration) *madeup.Scenario {
		return minutes(2, 100*time.Millisecond, func(_ *rand.Rand, h *journal.Hit) {
			if h.Due%(5*time.Second) < time.Second {
				h.Sent += late
				h.Done += 60 * time.Millisecond
			}
		})
	}
	before := []Run{made(t, "before", minutes(1, 100*time.Millisecond, nil))}
	f := figureOf(t, Compare(before, []Run{made(t, "after", busy(50*time.Millisecond))}, usual), "steady", "", "p95")
	if f.Change != reports.CantTell || !strings.Contains(f.Why, "the machine may have done it: in some seconds requests were sent up to 50 ms late") {
		t.Errorf("on a busy machine p95 is %s: %s", f.Change, f.Why)
	}
	f = figureOf(t, Compare(before, []Run{made(t, "after", busy(0))}, usual), "steady", "", "p95")
	if f.Change != reports.Worse {
		t.Errorf("without lateness p95 is %s: %s", f.Change, f.Why)
	}
	// Slower throughout, and late now and then: what was on time shows it as well.
	slow := minutes(2, 130*time.Millisecond, func(_ *rand.Rand, h *journal.Hit) {
		if h.Seq%100 == 0 {
			h.Sent += 50 * time.Millisecond
		}
	})
	if f := figureOf(t, Compare(before, []Run{made(t, "after", slow)}, usual), "steady", "", "p50"); f.Change != reports.Worse {
		t.Errorf("slower throughout p50 is %s: %s", f.Change, f.Why)
	}
}

// Those that fail are not among the good answers: where half of all fail the median of
// the others says nothing of the same requests.
func TestSurvivors(t *testing.T) {
	half := minutes(1, time.Second, func(_ *rand.Rand, h *journal.Hit) {
		if h.Seq%3 > 0 {
			madeup.Bad(h, 502)
		} else {
			h.Done = h.Due + 100*time.Millisecond
		}
	})
	got := Compare([]Run{made(t, "before", half)}, []Run{made(t, "after", minutes(2, time.Second, nil))}, usual)
	for _, name := range []string{"p50", "p95"} {
		if f := figureOf(t, got, "steady", "", name); f.Change != reports.CantTell || !strings.Contains(f.Why, "errors went from 67% to 0%") {
			t.Errorf("%s is %s: %s", name, f.Change, f.Why)
		}
	}
	if f := figureOf(t, got, "steady", "", "errors"); f.Change != reports.Improved {
		t.Errorf("errors are %s: %s", f.Change, f.Why)
	}
}

// The same runs give the same bytes, and a run compared with itself is the same.
func TestSameRunsSameBytes(t *testing.T) {
	text := func() string {
		c := Compare([]Run{made(t, "a", minutes(1, 100*time.Millisecond, nil))}, []Run{made(t, "b", minutes(2, 120*time.Millisecond, nil))}, usual)
		out, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	if a, b := text(), text(); a != b {
		t.Errorf("two comparisons of the same runs differ:\n%s\n%s", a, b)
	}
	run := made(t, "a", minutes(1, 100*time.Millisecond, nil))
	if c := Compare([]Run{run}, []Run{run}, usual); c.Verdict != reports.Same {
		t.Errorf("a run and itself: %s, %s", c.Verdict, c.Summary)
	}
}

// Of several runs a side one that is off does not make the side worse; all of them do.
func TestSeveralRuns(t *testing.T) {
	side := func(seed uint64, usually ...time.Duration) (runs []Run) {
		for i, d := range usually {
			runs = append(runs, made(t, "run", minutes(seed+uint64(i), d, nil)))
		}
		return runs
	}
	const ms = time.Millisecond
	before := side(1, 100*ms, 101*ms, 99*ms, 100*ms)
	if c := Compare(before, side(11, 100*ms, 99*ms, 140*ms, 101*ms), usual); c.Verdict == reports.Worse {
		t.Errorf("one of four off: %s: %s", c.Verdict, c.Summary)
	}
	c := Compare(before, side(11, 130*ms, 129*ms, 131*ms, 130*ms), usual)
	if f := figureOf(t, c, "steady", "", "p50"); c.Verdict != reports.Worse || *f.Before < 0.099 || *f.Before > 0.101 {
		t.Errorf("all of four off: %s: %s", c.Verdict, c.Summary)
	}
	// Two a side: each of one side has to be worse than each of the other.
	if c := Compare(before[:2], side(11, 130*ms, 100*ms), usual); c.Verdict == reports.Worse {
		t.Errorf("one of two off: %s: %s", c.Verdict, c.Summary)
	}
}

// Of a run of which only the report is left the diagnosis is compared, and it is said
// that times and errors can't be.
func TestOnlyReportsLeft(t *testing.T) {
	before := made(t, "before", minutes(1, 100*time.Millisecond, nil))
	c := Compare([]Run{Reported("before", before.Report)}, []Run{made(t, "after", minutes(2, 200*time.Millisecond, nil))}, usual)
	f := figureOf(t, c, "steady", "", "p50")
	if f.Before == nil || f.After == nil || f.Change != reports.CantTell || c.Verdict != reports.CantTell || c.ExitCode != 3 {
		t.Errorf("%s; p50 is %+v", c.Verdict, f)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "before: its hits are gone") {
		t.Errorf("warnings %q", c.Warnings)
	}
}

// A run whose load was not as asked tells nothing.
func TestLoadNotAsAsked(t *testing.T) {
	late := minutes(2, 100*time.Millisecond, func(_ *rand.Rand, h *journal.Hit) { h.Sent += 500 * time.Millisecond; h.Done += time.Second })
	c := Compare([]Run{made(t, "before", minutes(1, 100*time.Millisecond, nil))}, []Run{made(t, "after", late)}, usual)
	if c.Verdict != reports.CantTell || len(c.Warnings) == 0 || !strings.Contains(c.Warnings[0], "after: its load was not as asked") {
		t.Errorf("%s, warnings %q", c.Verdict, c.Warnings)
	}
}

// Hits that were late in one phase spoil that one: what the others show stands.
func TestLoadNotAsAskedInOnePhase(t *testing.T) {
	two := func(seed uint64, usually time.Duration, late bool) *madeup.Scenario {
		r := rand.New(rand.NewPCG(seed, 9))
		return madeup.NewScenario(madeup.Rated("steady", time.Minute, 20), madeup.Rated("calm", time.Minute, 20)).Drive(func(h *journal.Hit) {
			h.Done = h.Due + time.Duration(float64(usually)*(0.9+0.2*r.Float64()))
			if late && h.Due >= time.Minute && h.Due < time.Minute+time.Second {
				h.Sent, h.Done = h.Sent+500*time.Millisecond, h.Done+500*time.Millisecond
			}
		})
	}
	c := Compare([]Run{made(t, "before", two(1, 200*time.Millisecond, false))}, []Run{made(t, "after", two(2, 100*time.Millisecond, true))}, usual)
	if f := figureOf(t, c, "steady", "", "p50"); f.Change != reports.Improved {
		t.Errorf("p50 of the phase as asked: %+v", f)
	}
	if f := figureOf(t, c, "calm", "", "p50"); f.Change != reports.CantTell || !strings.Contains(f.Why, "its load was not as asked in a run: 20 of") {
		t.Errorf("p50 of the phase that was late: %+v", f)
	}
	if c.Verdict != reports.Improved {
		t.Errorf("the whole is %s, want improved", c.Verdict)
	}
	same := Compare([]Run{made(t, "before", two(1, 100*time.Millisecond, false))}, []Run{made(t, "after", two(2, 100*time.Millisecond, true))}, usual)
	if same.Verdict != reports.CantTell {
		t.Errorf("nothing changed where it can be told, and the whole is %s, want can't tell", same.Verdict)
	}
}

// BenchmarkMillion compares two runs of a million hits each, from their hits on.
func BenchmarkMillion(b *testing.B) {
	m := journal.Manifest{Requests: []string{"a", "b"}}
	for i := range 4 {
		start := int64(i) * int64(250*time.Second)
		m.Phases = append(m.Phases, journal.PhaseSpan{Name: string(rune('a' + i)), Kind: "open", StartNS: start, EndNS: start + int64(250*time.Second)})
	}
	side := func(seed uint64) iter.Seq2[[]journal.Hit, error] {
		return func(yield func([]journal.Hit, error) bool) {
			r := rand.New(rand.NewPCG(seed, 1))
			batch := make([]journal.Hit, 4096)
			for at := 0; at < 1_000_000; at += len(batch) {
				for i := range batch {
					due := min(time.Duration(at+i)*time.Millisecond, 1000*time.Second-1)
					batch[i] = journal.Hit{Phase: int32(due / (250 * time.Second)), Request: int32(i & 1), Due: due, Sent: due,
						Done: due + time.Duration(1e8*(1+r.ExpFloat64()))}
				}
				if !yield(batch, nil) {
					return
				}
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		before, err := collect(&m, side(1))
		if err != nil {
			b.Fatal(err)
		}
		after, err := collect(&m, side(2))
		if err != nil {
			b.Fatal(err)
		}
		alpha := UsualSignificance / 48
		for i := range m.Phases {
			for _, s := range [][2]*series{{before.phases[i], after.phases[i]}, {before.requests[i][0], after.requests[i][0]}, {before.requests[i][1], after.requests[i][1]}} {
				for _, f := range figuresAlone() {
					f.interval(s[0], s[1], alpha)
				}
			}
		}
	}
}
