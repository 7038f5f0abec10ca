package harness

import (
	"cmp"
	"flag"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// soak is how long TestSoak runs: a few seconds show what is lost with each
// request or fault, 20m what is lost now and then.
//
//	go test -run Soak -soak 20m -timeout 30m -v ./internal/harness
var soak = flag.Duration("soak", 12*time.Second, "how long TestSoak plays faults")

// soakEnv is set in the process of its own that a soak runs in, since goroutines
// and memory are a process's.
const soakEnv = "TAILBACK_TEST_SOAK"

// At a fixed rate, with faults of all kinds each second, neither memory nor
// goroutines nor descriptors grow. They are looked at when the faults of a second
// are over: watch is called each second from 0.25 s before the run on.
func TestSoak(t *testing.T) {
	if os.Getenv(soakEnv) != "" {
		runSoak(t)
		return
	}
	t.Parallel()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSoak$", "-test.v", "-test.timeout="+(*soak+time.Minute).String(), "-soak="+soak.String())
	child.Env = append(os.Environ(), soakEnv+"=1")
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if whole := 20 * time.Minute; *soak < whole {
		t.Logf("shortened to %v; -soak %v is the whole", *soak, whole)
	}
	t.Logf("%s", out)
}

// kinds are the faults that a soak plays one after the other in each second.
var kinds = []configs.Fault{
	{Latency: &configs.Latency{Delay: configs.Dose{From: 50 * time.Millisecond, To: 50 * time.Millisecond}}},
	{Hang: &configs.Hang{}},
	{Reset: &configs.Reset{}},
	{Close: &configs.Close{}},
	{Down: &configs.Down{}},
	{Bandwidth: &configs.Bandwidth{Rate: 1_000_000}},
	{Slice: &configs.Slice{Size: 10, Delay: time.Millisecond}},
	{Limit: &configs.Limit{Bytes: 10}},
}

func runSoak(t *testing.T) {
	const each = 70 * time.Millisecond
	exp := hangExperiment(t, *soak)
	exp.Requests[0].Path = "/external?ms=10&timeout_ms=150" // a hang piles nothing up
	exp.Phases[0].Faults = nil
	for cycle := time.Second; cycle < *soak-time.Second; cycle += time.Second {
		for i, f := range kinds {
			f.Dependency, f.Share, f.After, f.For = "payments", 1, cycle+time.Duration(i)*each, each*6/7
			exp.Phases[0].Faults = append(exp.Phases[0].Faults, f)
		}
	}
	var goroutines, heap, files []float64
	dir := filepath.Join(t.TempDir(), "out")
	err := Run(t.Context(), exp, dir, func(s Status) {
		if s.Elapsed < *soak/4 || s.Elapsed > *soak { // pools fill at first; at the end things end
			return
		}
		n := ourGoroutines()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		open, _ := os.ReadDir("/proc/self/fd") // none where there is no such thing
		goroutines = append(goroutines, float64(n))
		heap = append(heap, float64(m.HeapAlloc))
		files = append(files, float64(len(open)))
	})
	if err != nil {
		t.Errorf("%v", err)
	}
	doubtful(t, dir)
	for _, row := range []struct {
		what   string
		series []float64
	}{{"goroutines", goroutines}, {"bytes of heap", heap}, {"descriptors", files}} {
		middle, by, z := trend(row.series)
		t.Logf("%s: %.0f in the middle, %+.0f over %d cycles (z = %.1f)", row.what, middle, by, len(row.series), z)
		if grows(row.series) {
			t.Errorf("%s grow: %.0f", row.what, row.series)
		}
	}
	if b, err := journal.Open(dir); err != nil || b.Manifest.Outcome.Status != "complete" {
		t.Errorf("%v, %+v", err, b)
	}
}

// ourGoroutines counts the goroutines but Vegeta's workers, of which it keeps to the
// end as many as it ever needed at once: each stall of the machine may add some.
func ourGoroutines() int {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	n := 0
	for one := range strings.SplitSeq(string(stacks), "\n\n") {
		if !strings.Contains(one, "vegeta/v12/lib.(*Attacker)") {
			n++
		}
	}
	return n
}

// doubtful tells of the faults that could not be shown to be lifted, of which there must be none.
func doubtful(t *testing.T, dir string) {
	t.Helper()
	b, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	events, err := b.Events()
	if err != nil {
		t.Fatal(err)
	}
	faults := 0
	for _, e := range events {
		switch {
		case e.Kind == journal.Warning:
			t.Logf("%v: %s", time.Duration(e.AtNS), e.Text)
		case e.Kind != journal.FaultLifted:
		case e.Fault.UndoConfirmed == nil || !*e.Fault.UndoConfirmed:
			t.Errorf("fault %d (%s) could not be shown to be lifted at %v", e.Fault.Index, e.Fault.Kind, time.Duration(e.AtNS))
		default:
			faults++
		}
	}
	t.Logf("%d faults were lifted and shown to be", faults)
}

// grows reports whether a series has a rising trend that chance does not make
// (one in 700), of more than a fiftieth of its middle from its start to its end.
func grows(series []float64) bool {
	middle, by, z := trend(series)
	return z > 3 && by > middle/50
}

// trend returns a series' median, how much it rises from its start to its end by the
// median of the slopes between any two of its values (Sen 1968), and how many
// standard deviations the count of rises less falls is from none (Mann 1945, Kendall 1975).
func trend(series []float64) (middle, by, z float64) {
	n := len(series)
	var slopes []float64
	score := 0
	for i, x := range series {
		for j := i + 1; j < n; j++ {
			slopes = append(slopes, (series[j]-x)/float64(j-i))
			score += cmp.Compare(series[j], x)
		}
	}
	if n < 2 {
		return 0, 0, 0
	}
	deviation := math.Sqrt(float64(n*(n-1)*(2*n+5)) / 18)
	return median(series), median(slopes) * float64(n-1), float64(score) / deviation
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func TestGrows(t *testing.T) {
	noise := []float64{3, -2, 0, 1, -3, 2, -1, 3, 0, -2, 1, -1} // of goroutines that come and go
	series := func(value func(i int) float64) (s []float64) {
		for i := range 12 {
			s = append(s, 60+noise[i]+value(i))
		}
		return s
	}
	for _, row := range []struct {
		name   string
		series []float64
		want   bool
	}{
		{"noise alone", series(func(int) float64 { return 0 }), false},
		{"one is lost in each cycle", series(func(i int) float64 { return float64(i) }), true},
		{"three are", series(func(i int) float64 { return float64(3 * i) }), true},
		{"some are there from the third cycle on", series(func(i int) float64 { return float64(min(i, 2)) }), false},
		{"it falls", series(func(i int) float64 { return float64(-3 * i) }), false},
		{"nothing", nil, false},
	} {
		if got := grows(row.series); got != row.want {
			middle, by, z := trend(row.series)
			t.Errorf("%s: got %v, want %v (%.0f, %+.1f, z = %.1f)", row.name, got, row.want, middle, by, z)
		}
	}
}
