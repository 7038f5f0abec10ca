package render

import (
	"slices"
	"testing"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
)

// drill is a run of many short phases, cut short at 23.7 s, before the last two:
// a stray 502 before any fault, hangs at 4 and 8 s that brought some each, a
// slowing that made nobody ill, payments down and accepting nothing, closed load.
func drill() *reports.Report {
	r := hang()
	r.Name, r.Verdict, r.ExitCode, r.Outcome, r.DurationS = "checkout-drill", reports.Inconclusive, 3, "interrupted", 23.7
	r.Summary, r.Warnings = "The run was interrupted, so the objectives of two phases cannot be judged.", nil
	fault := func(dependency, kind string, from, to float64, connections int64, requests *int64) reports.Fault {
		return told(reports.Fault{Dependency: dependency, Kind: kind, Phase: kind, Share: 1, AppliedS: from, LiftedS: &to, Connections: &connections,
			PeakConnections: &connections, RequestsHeld: requests, Exercised: true, UndoConfirmed: ptr(true)})
	}
	r.Faults = []reports.Fault{
		fault("payments", "hang", 4, 6, 6, ptr(int64(6))),
		fault("payments", "hang", 8, 10, 5, ptr(int64(5))),
		fault("inventory", "latency", 12, 14, 9, ptr(int64(18))),
		fault("payments", "down", 16, 18, 2, nil),
		fault("bank", "no_accept", 20, 22, 0, nil),
	}
	r.Faults[2].SizeS = ptr(0.5)
	onset := func(code int, phase string, at float64, after *float64, n int64) reports.Onset {
		o := reports.Onset{Code: code, Class: "status", Phase: phase, FirstS: at, AfterFaultS: after, Count: n, InFlight: 3, RateHz: ptr(8.0), Cause: "unknown", Evidence: []string{}}
		if after != nil {
			o.Dependency = "payments"
		}
		return o
	}
	r.Onset = []reports.Onset{onset(502, "baseline", 3.7, nil, 1), onset(502, "hang", 4.6, ptr(0.6), 9),
		onset(502, "hang again", 8.7, ptr(0.7), 8), onset(504, "hang again", 9.1, ptr(1.1), 2), onset(502, "down", 16.02, ptr(0.02), 16)}
	r.Recovery = []reports.Recovery{
		{Dependency: "payments", Kind: "hang", Noun: noun("hang"), LiftedS: 6, Ill: ptr(true), RecoveredS: ptr(7.0), AfterLiftS: ptr(1.0)},
		{Dependency: "payments", Kind: "hang", Noun: noun("hang"), LiftedS: 10, Ill: ptr(true), RecoveredS: ptr(10.0), AfterLiftS: ptr(0.0)},
		{Dependency: "inventory", Kind: "latency", Noun: noun("latency"), LiftedS: 14, Ill: ptr(false), RecoveredS: ptr(14.0), AfterLiftS: ptr(0.0)},
		{Dependency: "payments", Kind: "down", Noun: noun("down"), LiftedS: 18, Ill: ptr(true), RecoveredS: ptr(18.0), AfterLiftS: ptr(0.0)},
		{Dependency: "bank", Kind: "no_accept", Noun: noun("no_accept"), LiftedS: 22, Ill: ptr(true), Why: "the traffic ended 2 s after lifting, too soon to tell: it takes a good second and the two after it"},
	}
	r.Objectives = []reports.Objective{
		{Text: "latency: onset > 10s", Phase: "latency", OK: ptr(true), Limit: new(10.0), Unit: "s"},
		{Text: "after: p99 < 300ms", Phase: "after", Limit: new(0.3), Unit: "s", Why: "the run ended before phase after"},
	}
	r.Phases = nil
	good, well := times(16, 0.102, 0.103, 0.104, 0.111, 0.111, 0.111), map[string]int64{"200": 16}
	for i, name := range []string{"warm", "baseline", "hang", "recovery 1", "hang again", "recovery 2", "latency", "recovery 3", "down", "recovery 4", "no_accept", "recovery 5", "after", "after all"} {
		p := phase(name, float64(2*i), float64(2*i+2), 16, 1, 0, well, good, good)
		p.Warmup, p.Requests = i == 0, nil
		switch {
		case name == "recovery 5": // the run ended in it
			p.EndS = 23.7
		case i >= 12:
			p.Traffic = reports.Traffic{}
		case name == "latency":
			p.Kind, p.RateAskedHz = "closed", nil
		}
		r.Phases = append(r.Phases, p)
	}
	t := reports.Timeline{BucketS: 0.5, CodesHz: map[string][]float64{}}
	for i := range 48 {
		b := bucket{ok: 8, p50: ptr(0.1), max: ptr(0.11), inFlight: 1}
		if at := i / 4; at == 2 || at == 4 || at == 8 {
			b = bucket{c502: 8, p50: ptr(0.001), max: ptr(0.0013), inFlight: 3}
		}
		if i == 47 { // 23.5 to 23.7 s: one answer more, none asked
			b = bucket{ok: 2, inFlight: 1}
		}
		b.appendTo(&t, float64(i)/2)
	}
	t.AskedHz[47] = 0
	r.Timeline = t
	return r
}

func TestTheChartsEndWhereTheRunDid(t *testing.T) {
	c := newChart(drill())
	if n := len(c.Starts); c.End != 23.7 || n != 47 {
		t.Fatalf("%d buckets until %g s, want 47 until 23.7: the last 0.2 s are less than half a bucket", n, c.End)
	}
	// 8/s over 0.5 s and 2/s over a bucket of 0.5 s are 4 and 1 answers, in 0.7 s.
	if got, want := c.Layers[0].Hz[46], sheet.Round(5/0.7); got != want {
		t.Errorf("%g/s ok in the last part, want %g", got, want)
	}
	// 4 were asked for in 0.5 s, and none after: the run was cut short.
	if got, want := *c.Asked[46], 8.0; got != want {
		t.Errorf("%g/s asked in the last part, want %g", got, want)
	}
	if c.P50[46] == nil || *c.P50[46] != 0.1 || c.InFlight[46] != 1 {
		t.Errorf("the last part's p50 is %v and %d were in flight, want those of its longer half", c.P50[46], c.InFlight[46])
	}
	if n := len(c.Phases); n != 12 || c.Phases[11].To != 23.7 {
		t.Errorf("%d phases, the last until %g; want the 12 that were reached, until 23.7", n, c.Phases[n-1].To)
	}
}

func TestNothingIsAskedAfterTheLastPhase(t *testing.T) {
	r := hang()
	// 8/s until 2.75 s, when the last phase ends; the last answer comes at 3.4 s.
	r.DurationS, r.Phases = 3.4, []reports.Phase{{Name: "all", EndS: 2.75, Traffic: reports.Traffic{Hits: 22}}}
	r.Timeline = reports.Timeline{BucketS: 0.5, StartS: []float64{0, 0.5, 1, 1.5, 2, 2.5, 3}, AskedHz: []float64{8, 8, 8, 8, 8, 4, 0},
		OKHz: []float64{8, 8, 8, 8, 8, 0, 4}, InFlight: []int64{1, 1, 1, 1, 1, 3, 2}}
	c := newChart(r)
	// 2 hits in the quarter second from 2.5 to 2.75 are 8/s too.
	for i := range 6 {
		if c.Asked[i] == nil || *c.Asked[i] != 8 {
			t.Errorf("asked from %g s: %v, want 8/s", c.Starts[i], c.Asked[i])
		}
	}
	if len(c.Asked) != 7 || c.Asked[6] != nil {
		t.Errorf("asked %v, want nothing known of the 0.4 s after the last phase", c.Asked)
	}
	// 4/s over half a second are 2 answers, in 0.4 s.
	if got := c.Layers[0].Hz[6]; c.End != 3.4 || got != 5 {
		t.Errorf("%g/s ok in the last part until %g s, want 5 until 3.4", got, c.End)
	}
	if r.Timeline.OKHz[6] != 4 || len(r.Timeline.StartS) != 7 {
		t.Error("the report itself was changed")
	}
}

func TestMarksTellAllThatHappened(t *testing.T) {
	c := newChart(drill())
	want := []mark{{3.7, "502", true, true}, {4.6, "502 +600 ms", true, false}, {7, "well again +1 s", false, false}, {8.7, "502 +700 ms", true, false},
		{9.1, "504 +1.1 s", true, false}, {10, "well again at once", false, false}, {16.02, "502 +20 ms", true, false}, {18, "well again at once", false, false}}
	if !slices.Equal(c.Marks, want) {
		t.Errorf("marks %v, want %v: the slowing made nobody ill, and after bank nobody was seen well", c.Marks, want)
	}
	healthy := hang()
	healthy.Onset[0].AfterFaultS, healthy.Onset = nil, healthy.Onset[:1]
	if m := newChart(healthy).Marks; m[0].Minor {
		t.Error("the only onset is minor")
	}
}

func TestLabelsOfMarksDoNotCoverEachOther(t *testing.T) {
	// The plot is 888 units wide: 10 to a second. Labels of 100 take 10 s.
	c := chart{Starts: []float64{0}, End: 88.8}
	c.Marks = []mark{{At: 0, Minor: true}, {At: 5}, {At: 15}, {At: 20}, {At: 24}, {At: 85}}
	wide := []float64{100, 100, 100, 100, 100, 100}
	// 5-15 and 15-25 share the first row, 20-30 and 24-34 take two more; the one
	// at 85 stands before its mark; 0-10 is minor and gives way to 5-15.
	if got, want := c.rows(wide), []int{1, 0, 0, 1, 2, 0}; !slices.Equal(got, want) {
		t.Errorf("rows %v, want %v", got, want)
	}
	c.Marks = slices.Repeat([]mark{{At: 5}}, 8)
	if got, want := c.rows(slices.Repeat(wide[:1], 8)), []int{0, 1, 2, 3, 4, 5, -1, -1}; !slices.Equal(got, want) {
		t.Errorf("rows of eight at once %v, want %v", got, want)
	}
}

func TestEveryBandIsNamedSomewhere(t *testing.T) {
	// 23.7 s on 888 units: a phase of 2 s has 75, less than "recovery 1" takes.
	s := newStill(newChart(drill()))
	if len(s.Keys) != 2 || len(s.Keys[0].All) != 12 || s.Keys[1].Of != "Faults" {
		t.Fatalf("keys %v, want all 12 phases and the faults", s.Keys)
	}
	for i, want := range []string{"1 warm", "2 baseline", "3 hang", "4"} {
		if got := s.Phases[i].Name; got != want {
			t.Errorf("phase %d reads %q, want %q", i, got, want)
		}
	}
	// A fault's name may reach to where the next begins, 4 s or 150 units on.
	if got := s.Faults[0].Name; got != "A payments hang" {
		t.Errorf("the first fault reads %q", got)
	}
	if s := newStill(newChart(hang())); s.Keys != nil {
		t.Errorf("keys %v though all names have room", s.Keys)
	}
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := letters(i); got != want {
			t.Errorf("key %d is %s, want %s", i, got, want)
		}
	}
}

func TestJoinedBucketsKeepWhatIsUnknown(t *testing.T) {
	c := chart{Starts: []float64{0, 1, 2, 3}, End: 4, Asked: []*float64{ptr(8.0), nil, nil, nil}}.coarse(2)
	// 8 and unknown are 8, and two unknown are not 0.
	if len(c.Asked) != 2 || *c.Asked[0] != 8 || c.Asked[1] != nil {
		t.Errorf("asked %v, want 8 and unknown", c.Asked)
	}
	r := drill()
	clear(r.Timeline.AskedHz) // a run that was cut short before its first hit
	for i, hz := range newChart(r).Asked {
		if hz != nil {
			t.Fatalf("%g/s asked in bucket %d, want nothing known", *hz, i)
		}
	}
}
