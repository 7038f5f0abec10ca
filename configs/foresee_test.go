package configs

import (
	"math"
	"strings"
	"testing"
	"time"
)

// What a run could not tell is foreseen, and what it could is not spoken of. The
// phases are those of a file: baseline, hang and recovery, at 8 requests a second.
func TestForesee(t *testing.T) {
	hang := func(after, lasts time.Duration) Fault {
		return Fault{Dependency: "payments", Hang: &Hang{}, After: after, For: lasts}
	}
	other := hang(0, 0)
	other.Dependency = "search"
	at := func(f Fault, after, lasts time.Duration) Fault { f.After, f.For = after, lasts; return f }
	s := time.Second
	phases := func(recovery time.Duration, faults ...Fault) []Phase {
		return []Phase{
			{Name: "warmup", Duration: 5 * s, Rate: &Rate{From: 8, To: 8}, Warmup: true},
			{Name: "baseline", Duration: 10 * s, Rate: &Rate{From: 8, To: 8}},
			{Name: "hang", Duration: 20 * s, Rate: &Rate{From: 8, To: 8}, Faults: faults},
			{Name: "recovery", Duration: recovery, Rate: &Rate{From: 8, To: 8}},
		}
	}
	for _, row := range []struct {
		name      string
		objective string
		phases    []Phase
		never     bool
		want      string // "" for nothing
	}{
		{"time enough", "recovery: recovered < 5s", phases(8*s, hang(0, 20*s)), false, ""},
		{"it may be lifted a little late", "recovery: recovered < 5s", phases(7*s, hang(0, 20*s)), false, "only if the site is well within 3s: the traffic ends 7s after hang on payments is lifted; make the last phase go on for 8s after it"},
		{"the same and a second more is asked for", "recovery: recovered <= 5s", phases(8*s, hang(0, 20*s)), false, "only if the site is well within 4s"},
		{"half seconds", "recovery: recovered < 4500ms", phases(8*s, hang(0, 20*s)), false, ""},
		{"three seconds", "recovery: recovered < 5s", phases(3*s, hang(0, 20*s)), true, "could not be judged: the traffic ends 3s after hang on payments is lifted"},
		{"three seconds until a fault that may come late as well", "recovery: recovered < 5s", phases(20*s, hang(0, 5*s), at(other, 8*s, 5*s)), false, "only if the site is well at once: the next fault"},
		{"four seconds", "recovery: recovered < 5s", phases(4*s, hang(0, 20*s)), false, "only if the site is well at once: the traffic ends 4s"},
		{"two seconds", "recovery: recovered < 5s", phases(2*s, hang(0, 20*s)), true, "could not be judged: the traffic ends 2s after hang on payments is lifted"},
		{"the next fault comes too soon", "recovery: recovered < 5s", phases(20*s, hang(0, 5*s), at(other, 7*s, 5*s)), true, "the next fault (hang on search) begins 2s after hang on payments is lifted, and it takes a good second and the two after it; leave 8s between them"},
		{"it comes later", "recovery: recovered < 5s", phases(20*s, hang(0, 5*s), at(other, 10*s, 5*s)), false, "only if the site is well within 1s"},
		{"late enough", "recovery: recovered < 5s", phases(20*s, hang(0, 5*s), at(other, 13*s, 5*s)), false, ""},
		{"a longer time is asked for", "recovery: recovered > 5s", phases(4*s, hang(0, 20*s)), false, ""},
		{"one is covered, one is not", "recovered < 5s", phases(20*s, hang(0, 15*s), at(other, 2*s, 5*s)), false, ""},
		{"they end together", "recovered < 5s", phases(20*s, hang(0, 15*s), at(other, 2*s, 13*s)), false, ""},
		{"no baseline", "hang: recovered < 5s", append([]Phase{{Name: "warmup", Duration: 5 * s, Rate: &Rate{From: 8, To: 8}, Warmup: true}}, phases(20*s, hang(0, 5*s))[2:]...), true, "no full second with load comes before the first fault"},
		{"a baseline without load", "hang: recovered < 5s", append([]Phase{{Name: "idle", Duration: 5 * s, Rate: &Rate{}}}, phases(20*s, hang(0, 5*s))[2:]...), true, "no full second with load"},
		{"a burst before it", "hang: recovered < 5s", append([]Phase{{Name: "burst", Duration: 5 * s, Burst: 5}}, phases(20*s, hang(0, 5*s))[2:]...), true, "no full second with load"},
		{"half a second of it", "hang: recovered < 5s", phases(20*s, hang(500*time.Millisecond, 5*s))[2:], true, "no full second"},
		{"a second of it", "hang: recovered < 5s", phases(20*s, hang(s, 5*s))[2:], false, ""},

		{"an onset beyond the fault", "hang: onset > 5s", phases(8*s, hang(0, 4*s)), false, "would be met whatever the site does: the fault lasts 4s"},
		{"within it", "hang: onset > 5s", phases(8*s, hang(0, 6*s)), false, ""},
		{"a bound from above", "hang: onset < 5s", phases(8*s, hang(0, 4*s)), false, ""},

		{"a p99 of 80", "baseline: p99 < 1s", phases(8*s, hang(0, 4*s)), false, ""},
		{"a p999 of 80", "baseline: p999 < 1s", phases(8*s, hang(0, 4*s)), false, "the slowest of 80 requests, which one slow answer decides: phase baseline is too short for it; make it 2m5s or longer, or ask for p95"},
		{"a p999 of all", "p999 < 1s", phases(8*s, hang(0, 4*s)), false, "the slowest of 304 requests, which one slow answer decides: all phases is too short"},
		{"a median", "baseline: p50 < 1s", phases(8*s, hang(0, 4*s)), false, ""},
		{"nothing is sent", "over: errors < 1%", append(phases(8*s, hang(0, 4*s)), Phase{Name: "over", Duration: s, Rate: &Rate{}}), true, "no request is due in phase over"},
		{"clients that wait", "over: p999 < 1s", append(phases(8*s, hang(0, 4*s)), Phase{Name: "over", Duration: s, Concurrency: 4}), false, ""},
		{"a p95 of 20 a window", "baseline: p95 < 1s over 2500ms", phases(8*s, hang(0, 4*s)), false, ""},
		{"a p95 of 8 a window", "baseline: p95 < 1s over 1s", phases(8*s, hang(0, 4*s)), false, "about the slowest of 8 requests in a window, which one slow answer decides; make it 3s or longer, or ask for p50"}, // 20/8 = 2.5
		{"a share of errors in a window", "baseline: errors < 1% over 1s", phases(8*s, hang(0, 4*s)), false, ""},
		{"a p95 of a request, of 20", "baseline: b p95 < 1s", phases(8*s, hang(0, 4*s)), false, ""},
		{"a p99 of a request, of 20", "baseline: b p99 < 1s", phases(8*s, hang(0, 4*s)), false, "the slowest of 20 requests, which one slow answer decides: phase baseline is too short for it; make it 50s or longer, or ask for p95"}, // 100 at 2/s
		{"a request that is never sent", "c errors < 1%", phases(8*s, hang(0, 4*s)), true, "c has weight 0, so it is never sent"},

		{"a timeout that a hang tells", "payments timeout < 400ms", phases(8*s, hang(0, 4*s)), false, ""},
		{"of a dependency that no fault touches", "search timeout < 400ms", phases(8*s, hang(0, 4*s)), true, "no fault keeps calls to search from an answer; give a phase one, such as faults: [{dependency: search, hang: {}, for: 10s}]"},
		{"retries of it", "search retries <= 1", phases(8*s, hang(0, 4*s)), true, "no fault keeps calls to search from an answer"},
		{"of one that is down", "payments timeout < 400ms", phases(8*s, Fault{Dependency: "payments", Down: &Down{}, For: 4 * s}), true, "no fault keeps calls to payments from an answer"},
		{"of one that is not connected to", "payments timeout < 400ms", phases(8*s, Fault{Dependency: "payments", NoAccept: &NoAccept{}, For: 4 * s}), false, "only if it is missed: the faults on payments act while it is connected to"},
		{"a limit beyond the hang", "payments timeout < 5s", phases(8*s, hang(0, 4*s)), false, "only if calls to payments are given up sooner: no fault keeps them from an answer for longer than 4s; make it longer than 5s"},
		{"a limit beyond the delay", "payments timeout < 3s", phases(8*s, Fault{Dependency: "payments", Latency: &Latency{Delay: Dose{From: 2 * s, To: 2 * s}}, For: 9 * s}), false, "for longer than 2s"},
		{"a hang too short for any", "payments timeout < 400ms", phases(8*s, hang(0, 900*time.Millisecond)), false, "for longer than 900ms; make it longer than 1s"},
		{"workers under a hang", "workers >= 8", phases(8*s, hang(0, 4*s)), false, ""},
		{"workers without one", "workers >= 8", phases(8 * s), false, "only if more is asked than the site can serve: no fault makes calls wait"},
		{"a budget under another's hang", "search budget > 1s", phases(8*s, hang(0, 4*s)), false, ""},
		{"capacity", "capacity > 8/s", phases(8 * s), false, ""},
		{"a baseline", "p50 < 1.2x baseline", phases(8 * s), false, "is judged only in a run that is given a baseline: `tailback run FILE --baseline DIR`"},
		{"a small burst", "over: errors < 1%", append(phases(8*s, hang(0, 4*s)), Phase{Name: "over", Duration: s, Burst: 1}), false, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			o, err := ParseObjective(row.objective)
			if err != nil {
				t.Fatal(err)
			}
			got := (&Experiment{Requests: []Request{{Name: "a", Weight: 3}, {Name: "b", Weight: 1}, {Name: "c"}}, Phases: row.phases, Objectives: []Objective{o}}).Foresee()
			switch {
			case row.want == "" && len(got) > 0:
				t.Errorf("got %+v, want nothing", got)
			case row.want != "" && (len(got) != 1 || !strings.Contains(got[0].Text, row.want) || got[0].Never != row.never || got[0].Path != "objectives[0]"):
				t.Errorf("got %+v, want %q, never %v", got, row.want, row.never)
			}
		})
	}
}

// Of visits the report takes the four seconds after a good one, so that 4 s after a fault
// are too few; "< 5s" takes 4 s more than the 5 s, and one to spare.
func TestForeseeRecoveryOfVisits(t *testing.T) {
	o, err := ParseObjective("recovered < 5s")
	if err != nil {
		t.Fatal(err)
	}
	rate := &Rate{From: 8, To: 8}
	for after, want := range map[time.Duration]string{4 * time.Second: "it takes a good second and the four after it; make the last phase go on for 10s after it", 10 * time.Second: ""} {
		exp := &Experiment{Visits: []Visit{{Name: "v", Weight: 1, Steps: make([]Step, 1)}}, Objectives: []Objective{o}, Phases: []Phase{
			{Name: "baseline", Duration: 10 * time.Second, Rate: rate},
			{Name: "hang", Duration: 5 * time.Second, Rate: rate, Faults: []Fault{{Dependency: "payments", Hang: &Hang{}, For: 5 * time.Second}}},
			{Name: "recovery", Duration: after, Rate: rate}}}
		got := exp.Foresee()
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !got[0].Never || !strings.Contains(got[0].Text, want)) {
			t.Errorf("%v after the fault: got %+v, want %q", after, got, want)
		}
	}
}

// A fault that another one outlasts is told apart only where none is clear.
func TestForeseeCoveredFaults(t *testing.T) {
	long := Fault{Dependency: "search", Hang: &Hang{}, For: 20 * time.Second}
	short := Fault{Dependency: "payments", Hang: &Hang{}, For: 5 * time.Second}
	o, _ := ParseObjective("first: recovered < 5s")
	exp := &Experiment{Objectives: []Objective{o}, Phases: []Phase{
		{Name: "baseline", Duration: 10 * time.Second, Rate: &Rate{From: 8, To: 8}},
		{Name: "first", Duration: 10 * time.Second, Rate: &Rate{From: 8, To: 8}, Faults: []Fault{short}},
		{Name: "second", Duration: 30 * time.Second, Rate: &Rate{From: 8, To: 8}},
	}}
	if got := exp.Foresee(); len(got) > 0 {
		t.Errorf("got %+v, want nothing", got)
	}
	exp.Phases[0].Faults = []Fault{{Dependency: "search", Hang: &Hang{}, After: 5 * time.Second, For: long.For}}
	exp.Phases[0].Duration = 25 * time.Second
	exp.Phases[0].Faults = append(exp.Phases[0].Faults, Fault{Dependency: "payments", Hang: &Hang{}, After: 6 * time.Second, For: 5 * time.Second})
	exp.Phases[1].Faults = nil
	exp.Objectives[0], _ = ParseObjective("baseline: recovered < 5s")
	if got := exp.Foresee(); len(got) != 1 || !got[0].Never || !strings.Contains(got[0].Text, "hang on payments is lifted while another fault is in force") {
		t.Errorf("got %+v, want that the other one is in force", got)
	}
}

func TestRateMean(t *testing.T) {
	for _, row := range []struct {
		rate Rate
		want float64
	}{
		{Rate{From: 8, To: 8}, 8},
		{Rate{From: 0, To: 20}, 10},
		{Rate{From: 2, To: 6, Step: 2, Every: 2 * time.Second}, (2*2 + 4*2 + 6*6) / 10.0},
		{Rate{From: 6, To: 2, Step: 2, Every: 2 * time.Second}, (6*2 + 4*2 + 2*6) / 10.0},
		{Rate{From: 2, To: 5, Step: 2, Every: 3 * time.Second}, (2*3 + 4*3 + 5*4) / 10.0},
	} {
		if got := row.rate.mean(10 * time.Second); math.Abs(got-row.want) > 1e-9 {
			t.Errorf("%+v: %g/s, want %g", row.rate, got, row.want)
		}
	}
}
