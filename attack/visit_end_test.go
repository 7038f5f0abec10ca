package attack

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// calm is a phase in which no visit begins.
func calm(d time.Duration) configs.Phase {
	return configs.Phase{Name: "calm", Duration: d, Rate: &configs.Rate{}}
}

// slow is a step after a think time.
func slow(s configs.Step, think time.Duration) configs.Step {
	s.Think = configs.Think{From: think, To: think}
	return s
}

// The same seed gives the same visits: which visit when, how long it thinks before each
// step, its rows and what is drawn for it. Another seed gives others.
func TestVisitsRepeat(t *testing.T) {
	t.Parallel()
	paths := map[string]http.HandlerFunc{}
	run := func(seed uint64) (visits []string) {
		site := answer(t, paths)
		exp := visiting(site.URL, []configs.Step{get("/a/{{seq}}/{{uuid}}/{{card.number}}"),
			slow(get("/b/{{seq}}/{{random 1 1000000}}/{{card.number}}"), time.Millisecond)}, burst(30))
		exp.Visits = append(exp.Visits, configs.Visit{Name: "look", Weight: 1, Steps: []configs.Step{get("/c/{{seq}}/{{uuid}}/{{card.number}}")}})
		exp.Visits[0].Steps[1].Think = configs.Think{Median: 5 * time.Millisecond, P95: 20 * time.Millisecond}
		exp.Data = []configs.Data{{Name: "card", Order: configs.RandomRow, Columns: []string{"number"}, Rows: [][]string{{"1"}, {"2"}, {"3"}, {"4"}}}}
		exp.Seed = seed
		hits := drive(t, exp)
		slices.SortFunc(hits, func(a, b journal.Hit) int { return int(int64(a.Seq) - int64(b.Seq)) })
		for i, h := range hits {
			think := time.Duration(0)
			if h.Step > 0 {
				think = h.Due - hits[i-1].Done
			}
			visits = append(visits, fmt.Sprint(h.Seq, " ", h.Visit, h.Step, h.Request, think))
		}
		var sent []string
		for _, r := range site.got {
			sent = append(sent, r.URL.Path)
		}
		slices.Sort(sent)
		return append(visits, sent...)
	}
	first, second, other := run(1), run(1), run(2)
	if !slices.Equal(first, second) {
		t.Errorf("a run was\n%s\nand again\n%s", strings.Join(first, "\n"), strings.Join(second, "\n"))
	}
	if slices.Equal(first, other) {
		t.Error("another seed gives the same visits")
	}
	cards := map[string]string{}
	for _, line := range first {
		if p := strings.Split(line, "/"); len(p) == 5 { // "/a/seq/x/card": a visit has one row, in all its steps
			var seq uint64
			fmt.Sscan(p[2], &seq)
			visit := fmt.Sprint(seq / configs.MaxSteps)
			if had, ok := cards[visit]; ok && had != p[4] {
				t.Errorf("visit %s has the rows %s and %s", visit, had, p[4])
			}
			cards[visit] = p[4]
		}
	}
	if len(cards) != 30 {
		t.Errorf("%d visits were sent, want 30", len(cards))
	}
}

// Rows that are dealt in turn are dealt to visits: 6 of them have the rows 1 to 6,
// each the same one in both of its steps.
func TestVisitsTakeRowsInTurn(t *testing.T) {
	t.Parallel()
	site := answer(t, nil)
	exp := visiting(site.URL, []configs.Step{get("/a/{{card.number}}"), get("/b/{{card.number}}")}, burst(4), burst(2))
	exp.Data = []configs.Data{{Name: "card", Order: configs.RowOnce, Columns: []string{"number"}, Rows: [][]string{{"1"}, {"2"}, {"3"}, {"4"}, {"5"}, {"6"}}}}
	drive(t, exp)
	var sent []string
	for _, r := range site.got {
		sent = append(sent, r.URL.Path)
	}
	slices.Sort(sent)
	if got := strings.Join(sent, " "); got != "/a/1 /a/2 /a/3 /a/4 /a/5 /a/6 /b/1 /b/2 /b/3 /b/4 /b/5 /b/6" {
		t.Errorf("sent %s", got)
	}
}

// A panic within a visit ends the attack, and is told.
func TestPanicInAVisit(t *testing.T) {
	t.Parallel()
	site := answer(t, nil)
	a, err := New(visiting(site.URL, []configs.Step{get("/"), get("/b")}, burst(3), calm(time.Minute)))
	if err != nil {
		t.Fatal(err)
	}
	err = a.Run(t.Context(), time.Now(), func(h journal.Hit) {
		if h.Step == 1 {
			panic("as the test wants")
		}
	}, func(journal.Event) {})
	if err == nil || !strings.Contains(err.Error(), "panic in a visit: as the test wants") {
		t.Errorf("got %v", err)
	}
}

// A context that ends ends all visits at once, those that think and those that wait
// for an answer, and nothing goes on behind it. This test does not run beside others.
func TestCancellationEndsVisits(t *testing.T) {
	hangs := make(chan struct{})
	site := answer(t, map[string]http.HandlerFunc{"/hang": func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hangs:
		case <-r.Context().Done():
		}
	}})
	defer close(hangs)
	known := goleak.IgnoreCurrent()
	steps := []configs.Step{get("/"), slow(get("/b"), time.Hour)}
	exp := visiting(site.URL, steps, burst(20), calm(24*time.Hour))
	exp.Visits = append(exp.Visits, configs.Visit{Name: "stuck", Weight: 1, Steps: []configs.Step{get("/hang"), get("/b")}})
	exp.Target.Timeout = time.Hour
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	a.late = time.Hour
	stuck := 0
	for k := range uint64(20) {
		stuck += int(a.mix.pick(k))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var hits []journal.Hit
	err = a.Run(ctx, time.Now(), func(h journal.Hit) {
		mu.Lock()
		defer mu.Unlock()
		if hits = append(hits, h); len(hits) == 20-stuck { // all others hang
			cancel()
		}
	}, func(journal.Event) {})
	ended := time.Now()
	cancel()
	if err != nil || stuck == 0 || len(hits) != 20 {
		t.Fatalf("%v, %d hits, %d of them hung; want 20, and some of each kind", err, len(hits), stuck)
	}
	for _, h := range hits {
		if h.Step != 0 || h.Class != journal.ClassOK && h.Class != journal.ClassCanceled {
			t.Errorf("got %+v", h)
		}
	}
	site.CloseClientConnections()
	if err := goleak.Find(known); err != nil {
		t.Errorf("%v after the end: %v", time.Since(ended), err)
	}
}

// End sends no more steps, and lets those under way have their answer.
func TestEndOfVisits(t *testing.T) {
	t.Parallel()
	asked, goOn := make(chan struct{}), make(chan struct{})
	site := answer(t, map[string]http.HandlerFunc{"/": func(http.ResponseWriter, *http.Request) { close(asked); <-goOn }})
	a, err := New(visiting(site.URL, []configs.Step{get("/"), get("/b")}, burst(1), calm(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-asked; a.End(); close(goOn) }()
	var hits []journal.Hit
	if err := a.Run(t.Context(), time.Now(), func(h journal.Hit) { hits = append(hits, h) }, func(journal.Event) {}); err != nil {
		t.Fatal(err)
	}
	if got := classes(hits); got != "ok" {
		t.Errorf("the steps are %s, want the answer to the first and no other", got)
	}
}

// At the ceiling a step is dropped, whichever it is, and its visit ends there: as ours,
// not as the site's.
func TestVisitsAtTheCeiling(t *testing.T) {
	t.Parallel()
	site := answer(t, nil)
	exp := visiting(site.URL, []configs.Step{get("/"), get("/b"), get("/c")}, burst(20))
	exp.Limits.Rate = 30 // a second's worth goes through at once: 30 of 60
	hits := drive(t, exp)
	last := map[uint64]journal.Hit{}
	slices.SortFunc(hits, func(a, b journal.Hit) int { return int(int64(a.Seq) - int64(b.Seq)) })
	dropped := 0
	for _, h := range hits {
		if had, ok := last[h.Visit]; ok && (had.Class != journal.ClassOK || had.Step+1 != h.Step) {
			t.Errorf("step %d comes behind %+v", h.Step, had)
		}
		if last[h.Visit] = h; h.Class == journal.ClassDropped {
			dropped++
		}
	}
	if len(last) != 20 || dropped == 0 || len(hits)-dropped != len(site.got) || len(hits)-dropped < 30 {
		t.Errorf("%d visits, %d hits, %d of them dropped, %d sent; want 20 visits and at least 30 that were sent", len(last), len(hits), dropped, len(site.got))
	}

	exp = visiting(site.URL, []configs.Step{get("/"), get("/b")}, configs.Phase{Name: "only", Duration: 300 * time.Millisecond, Concurrency: 4})
	exp.Limits.InFlight = 1
	for _, h := range drive(t, exp) {
		if h.Class != journal.ClassOK && h.Class != journal.ClassDropped {
			t.Errorf("got %+v", h)
		}
	}
}

// A step is of the phase in which it is due, whichever its visit began in.
func TestStepsAreOfThePhaseTheyAreDueIn(t *testing.T) {
	t.Parallel()
	site := answer(t, nil)
	exp := visiting(site.URL, []configs.Step{get("/"), slow(get("/b"), 200*time.Millisecond)}, burst(3), calm(time.Second))
	exp.Phases[0].Duration = 150 * time.Millisecond
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Duration]int32{0: 0, 150*time.Millisecond - 1: 0, 150 * time.Millisecond: 1, 1150*time.Millisecond - 1: 1, time.Hour: 1} {
		if got := a.phaseAt(at); got != want {
			t.Errorf("at %v it is phase %d, want %d", at, got, want)
		}
	}
	hits := drive(t, exp)
	for _, h := range hits {
		if h.Phase != a.phaseAt(h.Due) || h.Step == 1 && h.Phase != 1 {
			t.Errorf("got %+v", h)
		}
	}
	if len(hits) != 6 {
		t.Errorf("got %d hits, want 6: the visits of the burst go on in the next phase", len(hits))
	}
}
