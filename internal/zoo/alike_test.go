package zoo

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// figure is a figure of a record, and how far that of another run may be from it.
type figure struct {
	name     string
	value    float64
	absolute float64
	share    float64
}

// figures are what a report could be made from, of a run with one fault.
func figures(r *Record) (list []figure) {
	add := func(name string, value, absolute, share float64) {
		list = append(list, figure{name, value, absolute, share})
	}
	for i, p := range r.Manifest.Phases {
		codes, good, first := map[int32]int{}, []time.Duration{}, map[int32]time.Duration{}
		for _, h := range r.Hits {
			if int(h.Phase) != i {
				continue
			}
			codes[h.Code]++
			if h.Class == journal.ClassOK {
				good = append(good, h.Service())
			}
			if at, ok := first[h.Code]; !ok || h.Done < at {
				first[h.Code] = h.Done
			}
		}
		slices.Sort(good)
		for _, code := range []int32{0, 200, 500, 502, 504} {
			add(fmt.Sprintf("%s: %d", p.Name, code), float64(codes[code]), max(3, 0.04*float64(p.Hits)), 0.1)
			if code != 200 && codes[code] > 8 {
				add(fmt.Sprintf("%s: first %d, s", p.Name, code), first[code].Seconds(), 0.35, 0.02)
			}
		}
		if len(good) > 10 {
			mean, spread := moments(good)
			add(p.Name+": mean of good, ms", 1000*mean, 8+2500*spread/math.Sqrt(float64(len(good))), 0.05)
			add(p.Name+": 90% of good, ms", 1000*good[len(good)*9/10].Seconds(), 250, 0.15)
		}
	}
	return append(list, dependencyFigures(r)...)
}

// moments are the mean of some times and their standard deviation, seconds.
func moments(all []time.Duration) (mean, spread float64) {
	for _, one := range all {
		mean += one.Seconds() / float64(len(all))
	}
	for _, one := range all {
		spread += (one.Seconds() - mean) * (one.Seconds() - mean) / float64(len(all))
	}
	return mean, math.Sqrt(spread)
}

// dependencyFigures are of what the proxy saw.
func dependencyFigures(r *Record) (list []figure) {
	var calls, opened, waiting, open, n, given, caught int64
	var applied, lifted int64
	var longest, middle []int64
	var means []float64 // of a call, by second
	for _, e := range r.Events {
		switch e.Kind {
		case journal.FaultApplied:
			applied = e.AtNS
		case journal.FaultLifted:
			lifted = e.AtNS
			if e.Fault.RequestsHeld != nil {
				caught = *e.Fault.RequestsHeld
			}
		}
		if u := e.Usage; u != nil {
			calls, opened = calls+u.Calls, opened+u.Opened
			waiting, open = max(waiting, u.Waiting), max(open, u.Open)
			if applied == 0 && u.Ended > 0 {
				means = append(means, float64(u.HeldNS)/float64(u.Ended)/1e6)
			}
		}
		if c := e.Connection; c != nil {
			n++
			if c.Waiting && c.ClosedBy == bySite {
				given++
				middle = append(middle, *c.HeldNS)
			}
			if c.HeldNS != nil {
				longest = append(longest, *c.HeldNS)
			}
		}
	}
	slices.Sort(middle)
	slices.Sort(longest)
	atOnce, inMoment := 0.5, 0.0
	if given == 0 && n > 0 && waiting < 4 || n == 0 {
		atOnce = 1 // a stall has two meet that would not
	}
	if n := len(middle); n > 2 && middle[n-1]-middle[0] > int64(200*time.Millisecond) {
		inMoment = 0.3 // a killer that looks now and then: when is chance
	}
	if applied == 0 { // nothing holds the calls: how many meet is chance
		atOnce = 2
	}
	list = append(list,
		figure{"calls", float64(calls), 4, 0.08}, figure{"connections opened", float64(opened), 4, 0.08},
		figure{"most calls waiting", float64(waiting), atOnce, 0}, figure{"most connections open", float64(open), 0.5 + atOnce, 0},
		figure{"connections told", float64(n), 3, 0.12}, figure{"calls given up", float64(given), 3, 0.12},
		figure{"requests held", float64(caught), 3, 0.12})
	if len(means) > 0 { // a second in which the machine stalled is one of several
		slices.Sort(means)
		list = append(list, figure{"a call takes, ms", means[len(means)/2], 2, 0.05})
	}
	if len(middle) > 2 {
		list = append(list, figure{"given up after, ms", float64(middle[len(middle)/2]) / 1e6, 15, 0.08 + inMoment})
	}
	if len(longest) > 0 {
		list = append(list, figure{"longest held, ms", float64(longest[len(longest)-1]) / 1e6, 60, 0.03})
	}
	return append(list, logFigures(r, lifted)...)
}

// logFigures are of what the logs said.
func logFigures(r *Record, _ int64) (list []figure) {
	lines := map[string]float64{}
	var php journal.Times
	for _, o := range r.Observations {
		switch {
		case o.Kind == journal.Gauge:
			lines["status page: processes"] = max(lines["status page: processes"], float64(o.Pool.Total))
			lines["status page: queue"] = max(lines["status page: queue"], float64(o.Pool.MaxQueue))
		case o.Kind == journal.Access:
			lines[fmt.Sprintf("%s: %d", o.Source, o.Code)] += float64(o.Count)
			if o.Source == journal.PHPAccessLog {
				php.N, php.SumS = php.N+o.Times.N, php.SumS+o.Times.SumS
			}
		case o.Kind != journal.Lost:
			lines[fmt.Sprintf("%s: %s", o.Source, o.Kind)] += float64(o.Count)
		}
	}
	for name, n := range lines {
		list = append(list, figure{name, n, 6, 0.1})
	}
	if php.N > 0 {
		list = append(list, figure{"php's log: mean, ms", 1000 * php.SumS / float64(php.N), 15, 0.1})
	}
	return list
}

// alike compares the figures of a real run with those of the same run simulated
// many times, with other noise, and fails on those that are not within these or
// close to one of them. The bounds are twice as wide for each twentieth of the
// hits that were late.
func alike(t *testing.T, simulated []*Record, real *Record) {
	t.Helper()
	type span struct{ low, high float64 }
	seen, order := map[string]span{}, []string{}
	for i, r := range simulated {
		now := map[string]float64{}
		for _, f := range figures(r) {
			now[f.name] = f.value
			if _, ok := seen[f.name]; !ok {
				order = append(order, f.name)
				seen[f.name] = span{f.value, f.value}
				if i > 0 { // not in those before
					seen[f.name] = span{0, f.value}
				}
			}
		}
		for name, s := range seen {
			seen[name] = span{min(s.low, now[name]), max(s.high, now[name])}
		}
	}
	var table strings.Builder
	loose := 1 + 20*late(real)
	for _, f := range figures(real) {
		s, off := seen[f.name], loose*(f.absolute+f.share*math.Abs(f.value))
		mark := ""
		if f.value < s.low-off || f.value > s.high+off {
			mark = "  <-- differs"
			t.Errorf("%s is %.4g to %.4g simulated and %.4g real", f.name, s.low, s.high, f.value)
		}
		fmt.Fprintf(&table, "%-34s %10.4g %10.4g %10.4g%s\n", f.name, s.low, s.high, f.value, mark)
		delete(seen, f.name)
	}
	for _, name := range order {
		if s, ok := seen[name]; ok && s.low > 6 {
			t.Errorf("%s is %.4g to %.4g simulated, and nothing real", name, s.low, s.high)
		}
	}
	t.Logf("%.1f%% of the real hits were late\n%-34s %21s %10s\n%s", 100*late(real), "", "simulated", "real", &table)
}

// late is the share of hits that the machine could not send within 5 ms of their
// time: it had no time to serve them, either.
func late(r *Record) float64 {
	n := 0
	for _, h := range r.Hits {
		if h.Sent-h.Due > 5*time.Millisecond {
			n++
		}
	}
	return float64(n) / float64(max(len(r.Hits), 1))
}

// reload has nginx read its configuration again.
func reload(t *testing.T, pidFile string) {
	t.Helper()
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}
