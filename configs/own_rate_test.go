package configs

import (
	"strings"
	"testing"
	"time"
)

func TestOwnRates(t *testing.T) {
	e := load(t, "testdata/own_rates.yaml", nil)
	for i, want := range []Hz{2, 2, 0.25} {
		if r := e.Requests[i]; r.Rate == nil || *r.Rate != want || r.Weight != 0 || !r.Sent() {
			t.Errorf("request %d is %+v, want %v/s", i, r, want)
		}
	}
	if e.Requests[3].Sent() {
		t.Error("weight: 0 is sent")
	}
	for i, want := range []float64{4.25 * 5, 4.25 * 10} {
		if p := e.Phases[i]; !p.Open() || e.Hits(p) != want || e.MaxRate(p) != 4.25 {
			t.Errorf("phase %d sends %v requests, at most %v/s", i, e.Hits(p), e.MaxRate(p))
		}
	}
}

// What a request's objective has to go by are its own arrivals, in every phase, and those
// of the others are the phase's by weight.
func TestForeseeOwnRates(t *testing.T) {
	own := Hz(2)
	e := &Experiment{Requests: []Request{{Name: "a", Rate: &own}, {Name: "b", Weight: 3}, {Name: "c", Weight: 1}, {Name: "d"}},
		Phases: []Phase{{Name: "load", Duration: 10 * time.Second, Rate: &Rate{From: 8, To: 8}}, {Name: "pause", Duration: 10 * time.Second, Rate: &Rate{}}}}
	for _, row := range []struct{ objective, want string }{
		{"load: a p99 < 1s", "about the slowest of 20 requests, which one slow answer decides: phase load is too short for it; make it 50s or longer"},
		{"pause: a p99 < 1s", "about the slowest of 20 requests"},
		{"load: b p999 < 1s", "about the slowest of 60 requests"},
		{"pause: b errors < 1%", "no request is due in phase pause"},
		{"p999 < 1s", "about the slowest of 120 requests"}, // 8/s and 2/s for 10 s, 2/s for 10 s
		{"a p99 < 1s over 10s", "about the slowest of 20 requests in a window"},
		{"d errors < 1%", "d has weight 0, so it is never sent"},
		{"a errors < 1%", ""},
	} {
		o, err := ParseObjective(row.objective)
		if err != nil {
			t.Fatal(err)
		}
		e.Objectives = []Objective{o}
		got := e.Foresee()
		if row.want == "" && len(got) > 0 || row.want != "" && (len(got) != 1 || !strings.Contains(got[0].Text, row.want)) {
			t.Errorf("%s: got %+v, want %q", row.objective, got, row.want)
		}
	}
	if !e.baseline(20*time.Second) || !(&Experiment{Requests: e.Requests, Phases: e.Phases[1:]}).baseline(10*time.Second) {
		t.Error("the requests with a rate are no load")
	}
}

// A request with a session's cookie and a rate of its own is sent, with or without a phase's rate.
func TestOwnRateIsSharedSession(t *testing.T) {
	own := Hz(2)
	e := &Experiment{Requests: []Request{{Name: "a", Rate: &own, Headers: []Header{{Name: "Cookie", Value: Secret{Text: "PHPSESSID=abc"}}}}}, Phases: []Phase{{Duration: time.Second, Rate: &Rate{}}}}
	if len(e.SharedSessions()) != 1 {
		t.Error("one session for all is not told")
	}
}
