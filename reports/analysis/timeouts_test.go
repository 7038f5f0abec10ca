package analysis

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// page is a site with workers enough: 8 requests a second of 100 ms, each with a
// call of 10 ms after 50 ms. From 5 s to 13 s payments hangs, and each request
// makes tries of so long, with a pause between two.
type page struct {
	timeout time.Duration // 0: waits until the lifting
	tries   int
	pause   time.Duration
	kind    string
	ticks   bool // what ends the call looks once a second
}

func (p page) run(change func(h *journal.Hit, tried time.Duration)) *madeup.Scenario {
	s := madeup.NewScenario(madeup.Phase("baseline", 5*madeup.Second), madeup.Phase("hang", 8*madeup.Second), madeup.Phase("recovery", 5*madeup.Second))
	kind := p.kind
	if kind == "" {
		kind = "hang"
	}
	s.Fault("payments", kind, 5*madeup.Second, 13*madeup.Second)
	s.Drive(func(h *journal.Hit) {
		call := h.Due + 50*madeup.Millisecond
		if call < 5*madeup.Second || h.Due >= 13*madeup.Second {
			return
		}
		for try := range max(p.tries, 1) {
			if p.timeout == 0 || call+p.timeout >= 13*madeup.Second {
				s.Caught(call, 13*madeup.Second-call+madeup.Millisecond, "dependency", false)
				h.Done = 13*madeup.Second + 50*madeup.Millisecond
				return
			}
			held := p.timeout
			if p.ticks {
				held += (call + p.timeout).Truncate(madeup.Second) + madeup.Second - (call + p.timeout)
			}
			s.Caught(call, held, "site", true)
			call += held
			if try < p.tries-1 {
				call += p.pause
			}
		}
		h.Done, h.Degraded = call+40*madeup.Millisecond, true
		if change != nil {
			change(h, call)
		}
	})
	for i := range 18 {
		u := journal.Usage{Dependency: "payments", Opened: 8, Open: 1, Calls: 8, Waiting: 1, Ended: 8, HeldNS: int64(8 * 10 * madeup.Millisecond)}
		if i < 5 || i > 13 {
			s.Use(i, u)
		}
	}
	return s
}

func only(t *testing.T, s *madeup.Scenario) reports.Timeout {
	t.Helper()
	r := reportOf(s, t)
	if len(r.Timeouts) != 1 {
		t.Fatalf("got %+v, want one entry", r.Timeouts)
	}
	return r.Timeouts[0]
}

func TestTimeoutsMadeUp(t *testing.T) {
	gone := func(h *journal.Hit, call time.Duration) { // the gateway gave up at the moment the call ended
		h.Done, h.Code, h.Class, h.Degraded = call, 504, journal.ClassStatus, false
	}
	for _, row := range []struct {
		name    string
		s       *madeup.Scenario
		value   float64 // 0 is none
		retries int64
		verdict string
		visitor string
		got     string
		why     string
	}{
		{"one try of 1 s", page{timeout: madeup.Second}.run(nil), 1, 0, "app", "ok", "degraded page", ""},
		{"three tries of 0.4 s", page{timeout: 400 * madeup.Millisecond, tries: 3}.run(nil), 0.4, 2, "app", "ok", "degraded page", ""},
		// 3 x 0.4 + 2 x 0.3 s of pauses is 4.5 timeouts: only the count of calls tells.
		{"three tries with pauses", page{timeout: 400 * madeup.Millisecond, tries: 3, pause: 300 * madeup.Millisecond}.run(nil), 0.4, 2, "app", "ok", "degraded page", ""},
		// One of 36 s or three of 12 s: here one of 1.2 s.
		{"one try as long as three", page{timeout: 1200 * madeup.Millisecond}.run(nil), 1.2, 0, "app", "ok", "degraded page", ""},
		{"none", page{}.run(nil), 0, 0, "none", "ok", "nothing", ""},
		{"an error page", page{timeout: madeup.Second}.run(func(h *journal.Hit, _ time.Duration) {
			h.Code, h.Class, h.Degraded, h.Answerer = 503, journal.ClassStatus, false, journal.AnswererApp
		}), 1, 0, "app", "app", "error 503", ""},
		// Killed: a 502 at the moment that the call ended, after 3 s.
		{"a killed worker", page{timeout: 3 * madeup.Second, ticks: true}.run(func(h *journal.Hit, call time.Duration) {
			h.Done, h.Code, h.Class, h.Degraded = call+madeup.Millisecond, 502, journal.ClassStatus, false
		}), 3, 0, "worker", "gateway", "error 502", ""},
		{"a 502 that may be the application's", page{timeout: 1100 * madeup.Millisecond}.run(func(h *journal.Hit, call time.Duration) {
			h.Done, h.Code, h.Class, h.Degraded = call+madeup.Millisecond, 502, journal.ClassStatus, false
		}), 0, 0, "", "gateway", "error 502", "after 1.1 s each time"},
		// The gateway gives up 2.05 s after sending, the site lets go of its call then.
		{"a site that leaves with its visitor", page{timeout: 2 * madeup.Second}.run(gone), 0, 0, "none", "gateway", "error 504", "the site let go of its calls"},
		// A client of 0.5 s: php goes on, and gives up after its own 1 s.
		{"a client less patient than the site", page{timeout: madeup.Second}.run(func(h *journal.Hit, _ time.Duration) {
			h.Done, h.Code, h.Class, h.Degraded = h.Due+500*madeup.Millisecond, 0, journal.ClassClientTimeout, false
		}), 1, 0, "app", "client", "error client_timeout", ""},
		{"a delay beyond the timeout", page{timeout: 350 * madeup.Millisecond, kind: "latency"}.run(nil), 0.35, 0, "app", "ok", "degraded page", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := only(t, row.s)
			if got.Verdict != row.verdict || got.Retries != row.retries || got.Visitor != row.visitor || got.Got != row.got ||
				!strings.Contains(got.Why, row.why) || row.why == "" && got.Why != "" {
				t.Errorf("got %+v, want %q, %d retries, %q, %q, why %q", got, row.verdict, row.retries, row.visitor, row.got, row.why)
			}
			if (got.ObservedS == nil) != (row.value == 0) || got.ObservedS != nil && !near(&got.ObservedS.Value, row.value) {
				t.Errorf("observed %+v, want %v s", got.ObservedS, row.value)
			}
		})
	}
}

// waitsOf are waits without any hit that tells of them: only what the proxy saw.
func waitsOf(until time.Duration, held ...time.Duration) *madeup.Scenario {
	s := madeup.NewScenario(madeup.Phase("hang", until)).Drive(func(h *journal.Hit) { h.Done = until + madeup.Second }).Fault("payments", "hang", 0, until)
	for i, d := range held {
		began := time.Duration(i) * 37 * madeup.Millisecond
		if began+d < until {
			s.Caught(began, d, "site", true)
		} else {
			s.Caught(began, until-began+madeup.Millisecond, "dependency", false)
		}
	}
	return s
}

func repeat(n int, d time.Duration) []time.Duration {
	var list []time.Duration
	for range n {
		list = append(list, d)
	}
	return list
}

func TestTimeoutsThatNeedSaying(t *testing.T) {
	const ever = time.Hour
	for _, row := range []struct {
		name    string
		s       *madeup.Scenario
		value   float64
		verdict string
		why     string
	}{
		{"two pages with two timeouts", waitsOf(20*madeup.Second, append(repeat(20, madeup.Second), repeat(6, 3*madeup.Second)...)...), 1, "app", "6 other calls were given up after 3.0 s"},
		{"no common time", waitsOf(20*madeup.Second, 500*madeup.Millisecond, 900*madeup.Millisecond, 1500*madeup.Millisecond, 2300*madeup.Millisecond, 3700*madeup.Millisecond, 5*madeup.Second), 0, "", "at no common time, after 0.50 s to 5.0 s"},
		{"a single wait", waitsOf(20*madeup.Second, 3*madeup.Second), 0, "", "too few"},
		{"two that agree", waitsOf(20*madeup.Second, 3*madeup.Second, 3005*madeup.Millisecond), 3.0025, "app", ""},
		{"a page without one beside", waitsOf(20*madeup.Second, append(repeat(10, madeup.Second), repeat(4, ever)...)...), 0, "none", "10 other calls were given up after 1.0 s"},
		{"too short a watch", waitsOf(800*madeup.Millisecond, repeat(4, ever)...), 0, "", "watched for 0.80 s only"},
		{"held to the end", waitsOf(10*madeup.Second, repeat(4, ever)...), 0, "none", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := only(t, row.s)
			if got.Verdict != row.verdict || !strings.Contains(got.Why, row.why) {
				t.Errorf("got %+v, want %q because %q", got, row.verdict, row.why)
			}
			if (got.ObservedS == nil) != (row.value == 0) || got.ObservedS != nil && !near(&got.ObservedS.Value, row.value) {
				t.Errorf("observed %+v, want %v s", got.ObservedS, row.value)
			}
		})
	}
}

// Without a connection that met the fault the answers tell: a connect that is
// not taken is 0.6 s longer than usual, less the 10 ms that the call takes when
// all is well and that are in the usual time.
func TestConnectTimeoutFromAnswers(t *testing.T) {
	s := page{timeout: 600 * madeup.Millisecond, kind: "no_accept"}.run(nil)
	got := only(t, s)
	if got.Source != "response" || !got.Connect || got.Verdict != reports.ByApp || got.ObservedS == nil ||
		got.ObservedS.Low > 0.6 || got.ObservedS.High < 0.6 || got.ObservedS.Value < 0.59 || got.ObservedS.Value > 0.61 {
		t.Errorf("got %+v %+v, want 0.6 s to connect, from answers", got, got.ObservedS)
	}
}

// Through the egress the connects themselves are seen to be given up.
func TestConnectTimeoutFromTheEgress(t *testing.T) {
	s := page{timeout: 600 * madeup.Millisecond, kind: "no_accept"}.run(nil)
	s.Dependencies[0] = journal.Dependency{Name: "payments", Host: "pay.example:443"}
	got := only(t, s)
	if got.Source != "connection" || !got.Connect || got.Verdict != reports.ByApp || got.ObservedS == nil || !near(&got.ObservedS.Value, 0.6) {
		t.Errorf("got %+v %+v, want 0.6 s to connect, from connections", got, got.ObservedS)
	}
}

// Unknown is null, never 0.
func TestRetriesThatCannotBeTold(t *testing.T) {
	for want, timeout := range map[string]reports.Timeout{
		"null": {},
		"0":    {RetriesKnown: true},
		"2":    {RetriesKnown: true, Retries: 2},
	} {
		text, err := json.Marshal([]reports.Timeout{timeout})
		if err != nil || !strings.Contains(string(text), `"retries":`+want+"}") || strings.Count(string(text), `"retries"`) != 1 {
			t.Errorf("%+v: got %s (%v), want retries %s", timeout, text, err, want)
		}
		var back []reports.Timeout
		if err := json.Unmarshal(text, &back); err != nil || back[0].Retries != timeout.Retries {
			t.Errorf("read again: %+v (%v), want %d retries", back, err, timeout.Retries)
		}
	}
}

// A listener that accepts nothing for a while in which nobody connects tells of no timeout.
func TestNobodyConnectedToWhatDidNotAccept(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("no_accept", 10*madeup.Second)).Drive(nil).Fault("payments", "no_accept", 12*madeup.Second, 15*madeup.Second)
	f := s.LastFault()
	f.Connections, f.RequestsHeld = new(int64(0)), new(int64(0))
	r := reportOf(s, t)
	if len(r.Timeouts) != 1 || r.Timeouts[0].Verdict != "" || r.Timeouts[0].Why != "the fault touched no request" {
		t.Errorf("the timeouts are %+v", r.Timeouts)
	}
}
