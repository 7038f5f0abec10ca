package zoo

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// each draws runs of every kind.
func each(t *testing.T, seeds int, check func(t *testing.T, k Kind, site *Site, plan Plan, seed uint64)) {
	for _, k := range Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			for seed := range uint64(seeds) {
				site, plan := k.Draw(seed)
				check(t, k, site, plan, seed)
			}
		})
	}
}

func TestTheSameSeedGivesTheSameRun(t *testing.T) {
	each(t, 1, func(t *testing.T, k Kind, site *Site, plan Plan, seed uint64) {
		again, planned := k.Draw(seed)
		if !reflect.DeepEqual(site, again) || !reflect.DeepEqual(plan, planned) {
			t.Fatalf("seed %d drew another site", seed)
		}
		r1, t1 := Simulate(site, plan, seed)
		r2, t2 := Simulate(again, planned, seed)
		if !reflect.DeepEqual(r1, r2) {
			t.Errorf("seed %d: the records differ", seed)
		}
		if !reflect.DeepEqual(t1, t2) {
			t.Errorf("seed %d: the truths differ", seed)
		}
	})
}

// What comes in goes out: each hit that is due is answered or given up once, in
// its time; no more workers are busy than there are, and no queue is longer than
// its slots; and what a dependency's usage says adds up.
func TestRunsConserveWhatTheyMove(t *testing.T) {
	each(t, 3, func(t *testing.T, _ Kind, site *Site, plan Plan, seed uint64) {
		r, truth := Simulate(site, plan, seed)
		seen := map[uint64]bool{}
		for _, h := range r.Hits {
			if seen[h.Seq] {
				t.Fatalf("seed %d: hit %d is there twice", seed, h.Seq)
			}
			seen[h.Seq] = true
			if h.Sent < h.Due || h.Done < h.Sent || h.FirstByte != 0 && (h.FirstByte < h.Sent || h.Done < h.FirstByte) {
				t.Fatalf("seed %d: hit out of order: %+v", seed, h)
			}
			if (h.Code == 0) == (h.Class == journal.ClassOK || h.Class == journal.ClassStatus) {
				t.Fatalf("seed %d: class and code contradict each other: %+v", seed, h)
			}
		}
		due := uint64(0)
		for _, p := range r.Manifest.Phases {
			due += p.Hits
		}
		if plan.Ending == Complete && due > 0 && uint64(len(r.Hits)) < due {
			t.Errorf("seed %d: %d hits are due, %d recorded", seed, due, len(r.Hits))
		}
		checkStates(t, site, truth)
		checkUsage(t, r)
	})
}

func checkStates(t *testing.T, site *Site, truth *Truth) {
	t.Helper()
	workers, slots := 0, 0
	for _, p := range site.Pools {
		if p.Workers == 0 {
			return
		}
		workers, slots = workers+p.Workers, slots+p.Slots()
	}
	for _, s := range truth.States {
		if s.Busy > workers || s.Queue > slots || s.Queue < 0 {
			t.Fatalf("%d workers and %d slots hold %+v", workers, slots, s)
		}
	}
}

func checkUsage(t *testing.T, r *Record) {
	t.Helper()
	calls, ended := map[string]int64{}, map[string]int64{}
	for _, e := range r.Events {
		if u := e.Usage; u != nil {
			calls[u.Dependency] += u.Calls
			ended[u.Dependency] += u.Ended
			if left := calls[u.Dependency] - ended[u.Dependency]; left < 0 || u.Waiting < 0 || u.Open < 0 || u.HeldNS < 0 {
				t.Fatalf("%d calls are left after %+v", left, *u)
			}
		}
		if c := e.Connection; c != nil && (c.ClosedNS < c.OpenedNS || c.HeldNS != nil && (*c.HeldNS < 0 || *c.HeldNS > c.ClosedNS-c.OpenedNS+1e6)) {
			t.Fatalf("impossible connection %+v", *c)
		}
		if w := e.Wait; w != nil && (w.EndedNS < w.BeganNS || e.AtNS != w.EndedNS) {
			t.Fatalf("impossible wait %+v at %d", *w, e.AtNS)
		}
	}
}

// A bundle holds the record as it is, in the order in which the journal reads it.
func TestBundlesOpen(t *testing.T) {
	each(t, 1, func(t *testing.T, _ Kind, site *Site, plan Plan, seed uint64) {
		r, _ := Simulate(site, plan, seed)
		dir := t.TempDir() + "/bundle"
		if err := r.Write(dir); err != nil {
			t.Fatal(err)
		}
		b, err := journal.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		var hits []journal.Hit
		for batch, err := range b.Hits() {
			if err != nil {
				t.Fatal(err)
			}
			hits = append(hits, batch...)
		}
		events, err := b.Events()
		if err != nil {
			t.Fatal(err)
		}
		observed, err := b.Observations()
		if err != nil {
			t.Fatal(err)
		}
		if len(hits) != len(r.Hits) || !same(t, events, r.Events) || !same(t, observed, r.Observations) {
			t.Errorf("%d hits, %d events and %d observations were written, %d, %d and %d read",
				len(r.Hits), len(r.Events), len(r.Observations), len(hits), len(events), len(observed))
		}
		if (b.Manifest.Outcome == nil) != (plan.Ending == Killed) {
			t.Errorf("outcome %+v of ending %d", b.Manifest.Outcome, plan.Ending)
		}
	})
}

// same compares two lists as JSON: a nil map and an empty one are the same there.
func same[T any](t *testing.T, x, y []T) bool {
	t.Helper()
	a, errA := json.Marshal(x)
	b, errB := json.Marshal(y)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	return string(a) == string(b) || len(x)+len(y) == 0
}

// The experiment in the bundle is one that a person can run again.
func TestExperimentsLoad(t *testing.T) {
	each(t, 2, func(t *testing.T, _ Kind, site *Site, plan Plan, seed uint64) {
		exp := loaded(t, site, plan)
		if !slices.EqualFunc(exp.Phases, plan.Phases, func(x, y configs.Phase) bool { return x.Name == y.Name && x.Duration == y.Duration }) {
			t.Errorf("seed %d: other phases were loaded", seed)
		}
	})
}

// loaded is the experiment in the bundle, read as a file.
func loaded(t *testing.T, site *Site, plan Plan) *configs.Experiment {
	t.Helper()
	text, err := plan.experiment(site).AsRun()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "experiment.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	exp, err := configs.Load(file, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return exp
}
