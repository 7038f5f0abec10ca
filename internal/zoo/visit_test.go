package zoo

import (
	"reflect"
	"testing"
	"time"

	"github.com/tailback/tailback/attack"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// Visits are due as in a real attack, whose file can be loaded, and are described as it does.
func TestVisitsAreAskedAsInAnAttack(t *testing.T) {
	for _, k := range Kinds() {
		site, plan := k.DrawVisits(1)
		a, err := attack.New(loaded(t, site, plan))
		if err != nil {
			t.Fatal(err)
		}
		_, weights := plan.mix(site)
		if _, spans, _ := plan.arrivals(weights); !reflect.DeepEqual(spans, a.Spans()) {
			t.Fatalf("%s: phases are\n%+v\nwant\n%+v", k.Name, spans, a.Spans())
		}
	}
}

// The hang of a site by visits: each step is due when the answer before it had been thought
// about, in the phase that goes on then, and none comes after one that failed.
func TestVisitorsTakeOneStepAfterTheOther(t *testing.T) {
	k, err := KindNamed("hang")
	if err != nil {
		t.Fatal(err)
	}
	site, plan := k.DrawVisits(3)
	record, _ := Simulate(site, plan, 3)
	pages, _ := plan.mix(site)
	last := map[uint64]journal.Hit{}
	failed := 0
	for _, h := range record.Hits {
		before, begun := last[h.Visit]
		last[h.Visit] = h
		if want := (h.Visit-1)*configs.MaxSteps + uint64(h.Step); h.Seq%journal.SeqStride != want {
			t.Fatalf("step %d of visit %d has number %d, want %d", h.Step, h.Visit, h.Seq, want)
		}
		if int(h.Phase) != plan.phaseAt(h.Due) {
			t.Fatalf("a step that is due at %v is of phase %d", h.Due, h.Phase)
		}
		if !begun {
			if h.Step != 0 {
				t.Fatalf("visit %d begins with step %d", h.Visit, h.Step)
			}
			continue
		}
		think := h.Due - before.Done
		if before.Class != journal.ClassOK || h.Step != before.Step+1 || h.Request != before.Request+1 || think < 0 || think > 30*time.Second {
			t.Fatalf("after %+v came %+v", before, h)
		}
		if pages[h.Request] == nil {
			t.Fatalf("request %d asks for no page", h.Request)
		}
	}
	for _, h := range last {
		if h.Class != journal.ClassOK {
			failed++
		}
	}
	if failed == 0 || len(last) < 20 {
		t.Errorf("%d of %d visits failed, want some of many", failed, len(last))
	}
}

// A visitor's session is their own: the lock of one visit's session holds nobody else up.
func TestVisitsShareNoSession(t *testing.T) {
	k, err := KindNamed("session")
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(3) {
		site, plan := k.DrawVisits(seed)
		_, truth := Simulate(site, plan, seed)
		for _, s := range truth.States {
			if s.Locked > 0 {
				t.Fatalf("seed %d: %d workers wait for a session's lock at %v", seed, s.Locked, s.At)
			}
		}
	}
}
