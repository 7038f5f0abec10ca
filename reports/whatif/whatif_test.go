package whatif_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/poolmodel"
	"github.com/tailback/tailback/reports/whatif"
)

// shop is 4 workers with 0.1 s of own work and 17 queue slots at 8/s, whose
// dependency hangs.
func shop() whatif.Question {
	return whatif.Question{Workers: 4, QueueSlots: 17, ServiceS: 0.1, Calls: 1, DelayS: math.Inf(1), GatewayTimeoutS: 60, RateHz: 8, LastsS: 60, Seed: 1}
}

func predict(t *testing.T, q whatif.Question) *reports.WhatIf {
	t.Helper()
	r, err := whatif.Predict(q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Pool and queue fill in (4 + 17)/8 = 2.6 s, after which all of 60 x 8 - 21 = 459
// are refused. T* = 4/8 - 0.1 = 0.40 s, with headroom 0.8 x 4/8 - 0.1 = 0.30 s; 1 s
// takes 8 x (0.1 + 1) = 8.8 workers, so 9.
func TestAHang(t *testing.T) {
	r := predict(t, shop())
	for what, text := range map[string]string{
		"The first 502 comes after 2.6 s: all 4 workers are waiting for the dependency and the 17 queue slots behind them are full.": r.Summary,
		"459 a 502 and 21 a 504": r.Summary,
		"8 requests/s, evenly spaced; the dependency hangs and the application has no timeout": r.Asked,
		"A timeout of at most 0.40 s holds 8/s (0.30 s with headroom: workers 80% busy).":      r.Advice[0],
		"With a 1 s timeout it takes 9 workers.":                                               r.Advice[1],
		"Without a timeout no number of workers holds it.":                                     r.Advice[1],
	} {
		if !strings.Contains(text, what) {
			t.Errorf("%q lacks %q", text, what)
		}
	}
	p := r.Prediction
	if p.OnsetS == nil || math.Abs(*p.OnsetS-2.625) > 1e-9 || p.OnsetCode == nil || *p.OnsetCode != 502 || *p.CapacityHz != 0 || math.Abs(p.CapacityWellHz-40) > 1e-9 {
		t.Errorf("prediction %+v, want a 502 at 2.625 s, 40/s well and none under the fault", p)
	}
}

// What is asked and what is said of it, in one question each.
func TestWhatIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*whatif.Question)
		want   string
	}{
		// 4/1.1 = 3.6/s; pool and queue are full after 4 turns of 4 and 17 slots, 33/8 = 4.1 s.
		"a timeout too long": {func(q *whatif.Question) { q.TimeoutS = 1 }, "The first 502 comes after 4.1 s: with calls of 1 s all 4 workers are taken and serve only 3.6/s, and"},
		// Inside the budget nobody queues: 0.1 + 0.35.
		"a timeout inside the budget": {func(q *whatif.Question) { q.TimeoutS = 0.35 }, "Every request gets a good answer, the slowest after 450 ms."},
		"a delay that is answered": {func(q *whatif.Question) { q.DelayS, q.TimeoutS = 0.3, 1 },
			"the dependency takes 300 ms and the application gives up after 1 s"},
		// (0.1 + 0.3) x 8 = 3.2 workers are busy.
		"workers for a delay that is answered": {func(q *whatif.Question) { q.DelayS, q.TimeoutS = 0.3, 1 }, "With calls of 300 ms 4 workers are enough."},
		// 8.4/s on 8/s grows by 0.4 a second.
		"an overload beyond what is simulated": {func(q *whatif.Question) { q.DelayS, q.ServiceS, q.RateHz, q.LastsS = 0, 0.5, 8.4, 30 },
			"No error within 30 s, but the pool serves only 8.0/s of 8.4/s and the queue grows: the first 502 comes after about"},
		"TCP": {func(q *whatif.Question) { q.TCP, q.GatewayTimeoutS = true, 10 }, "The first 504 comes after 10 s, to a visitor who came at 0 s: all 4 workers are taken, and on TCP"},
		"own work alone": {func(q *whatif.Question) { q.ServiceS, q.DelayS = 0.5, 2 },
			"No timeout holds 8/s: the requests' own work alone takes 4 workers (8/s x 500 ms), and there are 4."},
		"own work too long":              {func(q *whatif.Question) { q.ServiceS, q.GatewayTimeoutS = 2, 1 }, "No timeout helps: the requests' own work takes longer than the gateway waits."},
		"more workers than there can be": {func(q *whatif.Question) { q.RateHz, q.LastsS, q.TimeoutS = 1e6, 1, 50 }, "With a 50 s timeout it takes more than 16,777,216 workers."},
		"one worker, no queue":           {func(q *whatif.Question) { q.Workers, q.QueueSlots, q.RateHz = 1, 0, 1 }, "the only worker is waiting for the dependency and there is no queue."},
		"one worker, one slot":           {func(q *whatif.Question) { q.Workers, q.QueueSlots, q.RateHz = 1, 1, 1 }, "the only worker is waiting for the dependency and the only queue slot is full."},
		"one worker that is too few":     {func(q *whatif.Question) { q.Workers, q.DelayS, q.RateHz = 1, 2, 8 }, "with calls of 2 s the only worker is taken and serves only 0.48/s, and the 17 queue slots behind it are full."},
		"few calls a request":            {func(q *whatif.Question) { q.Calls = 0.125 }, "the dependency hangs (0.125 calls a request)"},
		"chance":                         {func(q *whatif.Question) { q.Poisson = true }, "That is one draw: of 100, 100 have errors within 60 s, first after"},
		"nobody":                         {func(q *whatif.Question) { q.RateHz, q.LastsS, q.Poisson = 0.001, 1, true }, "No request arrives within 1 s."},
	} {
		t.Run(name, func(t *testing.T) {
			q := shop()
			c.change(&q)
			r := predict(t, q)
			if all := strings.Join(append([]string{r.Summary, r.Asked}, r.Advice...), "\n"); !strings.Contains(all, c.want) {
				t.Errorf("no %q in\n%s", c.want, all)
			}
		})
	}
}

// The grid has the site once, with the timeout that it has; a cell holds exactly
// when its capacity W/(S0 + D) is the rate or more.
func TestTheGrid(t *testing.T) {
	for _, timeout := range []float64{0, 0.353, 1, 12.5} {
		q := shop()
		q.TimeoutS = timeout
		sites := 0
		for _, row := range predict(t, q).Grid.Rows {
			for i, c := range row.Cells {
				want := 0.0
				if row.HoldS != nil {
					want = float64(predict(t, q).Grid.Workers[i]) / (0.1 + *row.HoldS)
				}
				if math.Abs(c.CapacityHz-want) > 1e-6 || c.Holds != (want >= 8*(1-1e-9)) || c.Holds != (c.OnsetS == nil) {
					t.Errorf("timeout %v, row %v: %+v, want a capacity of %v", timeout, row.TimeoutS, c, want)
				}
				if c.Site {
					sites++
					if at := row.TimeoutS; (at == nil) != (timeout == 0) || at != nil && *at != timeout {
						t.Errorf("with a timeout of %v the site is in the row of %v", timeout, at)
					}
				}
			}
		}
		if sites != 1 {
			t.Errorf("with a timeout of %v the site is there %d times", timeout, sites)
		}
	}
}

// The same question has the same answer, to the byte.
func TestPredictIsPure(t *testing.T) {
	q := shop()
	q.Poisson, q.Seed = true, 7
	a, err := json.Marshal(predict(t, q))
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(predict(t, q))
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Error("the same seed gave two answers")
	}
	q.Seed = 8
	if c, _ := json.Marshal(predict(t, q)); string(a) == string(c) {
		t.Error("another seed gave the same answer")
	}
}

func TestWhatCanNotBePlayedIsRefused(t *testing.T) {
	for name, change := range map[string]func(*whatif.Question){
		"no worker":                 func(q *whatif.Question) { q.Workers = 0 },
		"no rate":                   func(q *whatif.Question) { q.RateHz = 0 },
		"not a rate":                func(q *whatif.Question) { q.RateHz = math.NaN() },
		"too many requests":         func(q *whatif.Question) { q.RateHz, q.LastsS = 1e6, 11 },
		"work of less than nothing": func(q *whatif.Question) { q.ServiceS = -1 },
	} {
		q := shop()
		change(&q)
		if r, err := whatif.Predict(q); err == nil {
			t.Errorf("%s: predicted %s", name, r.Summary)
		}
	}
}

// A budget takes parts of a worker: 2.5 workers at 8/s leave 2.5/8 - 0.1 = 0.2125 s,
// of which each of two tries may take half.
func TestBudgetOfPartsOfAWorker(t *testing.T) {
	site := poolmodel.Site{QueueSlots: 17, ServiceS: 0.1, Share: 2, GatewayTimeoutS: 60}
	seen := 1.0
	b := whatif.Budget(site, 2.5, 8, "payments", &seen)
	if b.MaxTimeoutS == nil || math.Abs(*b.MaxTimeoutS-0.10625) > 1e-9 {
		t.Errorf("longest %v, want 0.10625", b.MaxTimeoutS)
	}
	if t1 := whatif.MaxTimeout(site, 2.5, 8); t1 == nil || *t1 != *b.MaxTimeoutS {
		t.Errorf("MaxTimeout is %v, the budget's %v", t1, *b.MaxTimeoutS)
	}
	// 8 x (0.1 + 2 x 1) = 16.8 workers.
	if b.WorkersNeeded == nil || *b.WorkersNeeded != 17 {
		t.Errorf("%v workers needed, want 17", b.WorkersNeeded)
	}
	if whatif.MaxTimeout(site, 0.5, 8) != nil {
		t.Error("half a worker, who is too few for the own work alone, has a budget")
	}
	for _, c := range b.Choices {
		if c.Holds != (c.TimeoutS <= *b.MaxTimeoutS) {
			t.Errorf("%v s: holds is %v, with a budget of %v", c.TimeoutS, c.Holds, *b.MaxTimeoutS)
		}
	}
}
