package poolmodel

import (
	"testing"
	"time"
)

// once is the response time of one visitor who arrives at a time, in seconds.
func once(t *testing.T, sc Scenario, at float64) float64 {
	t.Helper()
	r := simulate(t, sc, func(yield func(time.Duration) bool) { yield(time.Duration(at * 1e9)) })
	if r.OK != 1 {
		t.Fatalf("arrived at %v s: got %+v, want a good answer", at, r.Counts)
	}
	return float64(r.Response.Max()) / 1e9
}

// Three faults: 2 s more from 10 s, a hang from 20 s, and another right after
// it, at 25 s, until 30 s. A call takes 0.1 s when all is well, a page 0.05 s.
// A hang's calls end when both are lifted, and 0.1 s later; those that wait at
// the end of the slow time are let go then.
func TestFaultsOneAfterAnother(t *testing.T) {
	sc := Scenario{
		Site:   Site{Workers: 1, ServiceS: 0.05, Share: 1, DependencyS: 0.1},
		Faults: []Fault{{FromS: 10, ToS: 15, HoldS: 2.1}, {FromS: 20, ToS: 25, HoldS: forever}, {FromS: 25, ToS: 30, HoldS: forever}},
	}
	for _, row := range []struct{ at, want float64 }{
		{5, 0.15},                     // well
		{9.9, 2.15},                   // the call, under way at 10 s, is slow too
		{11, 2.15},                    // slow
		{14, 1 + 0.1},                 // lifted at 15 s
		{15, 0.15},                    // well again
		{21, 30 + 0.1 - 21},           // two hangs
		{24.99, 30 + 0.1 - 25 + 0.01}, // its call begins in the second
		{31, 0.15},
	} {
		near(t, "response time", once(t, sc, row.at), row.want, 1e-6)
	}
	sc.TimeoutS = 1
	near(t, "hang with a timeout", once(t, sc, 21), 0.05+1, 1e-6)
}

// A fault that befalls 30% of the calls: 10,000 requests, those that meet it
// get a 504; within 4 deviations of a binomial, 4*sqrt(10000*0.3*0.7) = 183.
func TestFaultOfAShare(t *testing.T) {
	sc := Scenario{
		Site:     Site{Workers: 10000, Share: 1, GatewayTimeoutS: 1},
		Faults:   []Fault{{ToS: forever, HoldS: forever, Share: 0.3}},
		HorizonS: 200,
	}
	r := simulate(t, sc, Uniform(100, 100*time.Second))
	near(t, "504", float64(r.GatewayTimeout), 3000, 183)
	near(t, "all", float64(r.OK+r.GatewayTimeout), 10000, 0)
}

// Kinds: three of four requests take 0.1 s and call nothing, one 0.4 s and
// calls the dependency twice. S = 0.175 s and p = 0.5 on the mean; 10,000
// requests, of which 2500 (within 4*sqrt(10000*0.25*0.75) = 173) hang.
func TestKindsOfRequests(t *testing.T) {
	kinds := []Kind{{Weight: 3, ServiceS: 0.1}, {Weight: 1, ServiceS: 0.4, Share: 2}}
	mean := Site{Workers: 7, ServiceS: 9}.Mean(kinds)
	near(t, "mean service", mean.ServiceS, 0.175, 1e-12)
	near(t, "mean share", mean.Share, 0.5, 1e-12)
	near(t, "capacity", mean.Capacity(0), 7/0.175, 1e-9)

	sc := Scenario{Site: Site{Workers: 10000, GatewayTimeoutS: 1}, Kinds: kinds, Seed: 5, HorizonS: 200}
	r := simulate(t, sc, Uniform(100, 100*time.Second))
	near(t, "response of three in four", float64(r.Response.Quantile(0.72))/1e9, 0.1, 0.004) // the histogram's steps
	near(t, "response of one in four", float64(r.Response.Quantile(0.78))/1e9, 0.4, 0.016)
	sc.Faults = []Fault{{ToS: forever, HoldS: forever}}
	r = simulate(t, sc, Uniform(100, 100*time.Second))
	near(t, "504", float64(r.GatewayTimeout), 2500, 173)
}

func TestFaultsAndKindsAreValidated(t *testing.T) {
	site := Site{Workers: 1}
	for name, sc := range map[string]Scenario{
		"overlapping faults": {Site: site, Faults: []Fault{{FromS: 1, ToS: 3}, {FromS: 2, ToS: 4}}},
		"faults backwards":   {Site: site, Faults: []Fault{{FromS: 3, ToS: 4}, {FromS: 1, ToS: 2}}},
		"share of a fault":   {Site: site, Faults: []Fault{{Share: 2}}},
		"kinds of no weight": {Site: site, Kinds: []Kind{{ServiceS: 1, Share: 1}}},
		"negative weight":    {Site: site, Kinds: []Kind{{Weight: 2, ServiceS: 1, Share: 1}, {Weight: -1, ServiceS: 1, Share: 1}}},
		"too many kinds":     {Site: site, Kinds: make([]Kind, MaxKinds+1)},
		"a kind's page":      {Site: site, Kinds: []Kind{{Weight: 1, Page: Page{Tries: -1}}}},
		"negative tries":     {Site: site, Page: Page{Tries: -1}},
		"negative pause":     {Site: site, Page: Page{PauseS: -1}},
		"negative places":    {Site: site, Inside: Inside{Places: -1}},
		"others' rate":       {Site: site, Others: Others{RateHz: -1}},
		"more at first":      {Site: site, StartWorkers: 2},
		"contention":         {Site: site, Contention: -1},
		"tries of a gateway": {Site: site, GatewayTries: 2, ClientTimeoutS: 1},
	} {
		if sc.Validate() == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}
