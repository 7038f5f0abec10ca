package judge_test

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/journal"
)

// The worst window decides, and its moment is told. In hang 502s come for all of the 8
// requests a second that are due from 17.625 s to 25 s, which are 59; the phase is 13
// to 28 s. A window of 5 s moves on by 0.5 s, one of 10 s by 1 s.
func TestObjectivesOverWindows(t *testing.T) {
	for _, test := range []struct {
		text, want string
		observed   *float64
		at         *float64
		why        string
	}{
		// The first that lies within: 13 + 10·0.5 = 18 to 23 s.
		{"hang: errors < 5% over 5s", "missed", new(1.0), new(18.0), "errors reached 100% in the 5 s from 18 s on; limit 5%"},
		// All 59 are in 15 to 25 s, 16 to 26 s, 17 to 27 s: of 80 each.
		{"hang: errors < 5% over 10s", "missed", new(59.0 / 80), new(15.0), "errors reached 74% in the 10 s from 15 s on; limit 5%"},
		{"hang: errors < 74% over 10s", "met", new(59.0 / 80), new(15.0), ""},
		{"errors <= 59 over 10s", "met", new(59.0), new(15.0), ""},
		{"hang: 502 < 59 over 10s", "missed", new(59.0), new(15.0), "502s reached 59 in the 10 s from 15 s on, just the limit"},
		{"recovery: errors == 0 over 5s", "met", new(0.0), new(28.0), ""},
		// Without a phase from 3 s on, after the warm-up, so that 18 s is 30 steps on.
		{"rate > 7 over 5s", "missed", new(0.0), new(18.0), "good answers fell to 0/s in the 5 s from 18 s on; limit 7/s"},
		{"baseline: rate >= 8/s over 5s", "met", new(8.0), new(3.0), ""},
		{"hang: ok >= 1% over 5s", "missed", new(0.0), new(18.0), "good answers fell to 0% in the 5 s from 18 s on; limit 1%"},
		// The hit that was due at 15 s waited for 10 s; 13.2 to 15.2 s is the first window that it is in.
		{"hang: max < 1s over 2s", "missed", new(10.0), new(13.2), "the longest answer reached 10 s in the 2 s from 13.2 s on; limit 1 s"},
		// No answer was good to what was due in 17.6 to 19.6 s, the first of it at 17.625 s, so that it may have taken any time.
		{"hang: max < 11s over 2s", "null", nil, nil, "not one good answer among 16 requests in the 2 s from 17.6 s on"},
		{"hang: errors < 5% over 16s", "null", nil, nil, "no window of 16 s with a request in it was over when the run ended"},
		{"nowhere: errors < 5% over 10s", "null", nil, nil, "there is no phase nowhere"},
	} {
		t.Run(test.text, func(t *testing.T) {
			o := judged(t, madeup.Hang().Asking(test.text)).Objectives[0]
			if found(o) != test.want || o.Why != test.why {
				t.Errorf("is %s because %q, want %s because %q", found(o), o.Why, test.want, test.why)
			}
			if show(o.Observed) != show(test.observed) || show(o.AtS) != show(test.at) {
				t.Errorf("observed %v at %v s, want %v at %v s", show(o.Observed), show(o.AtS), show(test.observed), show(test.at))
			}
		})
	}
}

// The worst window is named where it differs from others.
func TestWorstWindowIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"baseline: rate >= 8/s over 5s": "8.0/s in each 5 s",
		"errors < 99% over 5s":          "100% in the 5 s from 18 s on",
		"hang: errors < 1%":             "49%",
	} {
		if o := judged(t, madeup.Hang().Asking(text)).Objectives[0]; o.Seen != want {
			t.Errorf("%s: seen %q, want %q", text, o.Seen, want)
		}
	}
}

// A run of 20 s that was cut off after 12.5 s, whose last recorded 10 hits are bad:
// what was due in a window that was over may miss an objective; that none missed it
// tells nothing of those to come, and answers still awaited are no answers.
func TestWindowsOfARunCutShort(t *testing.T) {
	for text, want := range map[string]string{
		"two: errors < 10% over 2s": "missed",
		"two: errors < 99% over 2s": "null",
		"one: errors < 10% over 2s": "met",
		"two: rate > 7 over 2s":     "null",
	} {
		s := madeup.NewScenario(madeup.Phase("one", 10*madeup.Second), madeup.Phase("two", 10*madeup.Second)).Drive(func(h *journal.Hit) {
			if h.Seq >= 90 {
				madeup.Bad(h, 500)
			}
		})
		s.Hits, s.Outcome.Status, s.Outcome.EndNS = s.Hits[:100], "failed", int64(12500*madeup.Millisecond)
		if o := judged(t, s.Asking(text)).Objectives[0]; found(o) != want {
			t.Errorf("%s is %s (%s), want %s", text, found(o), o.Why, want)
		}
	}
}

// Where hits were not sent nobody knows in which windows they would have been: only
// when they were late instead, and it was met all the same, it can be judged.
func TestWindowsBeyondTheGenerator(t *testing.T) {
	drop := func(h *journal.Hit) {
		if h.Seq >= 72 {
			h.Class, h.Code = journal.ClassDropped, 0
		}
	}
	late := func(h *journal.Hit) {
		if h.Seq < 8 {
			h.Sent, h.Done = h.Sent+150*madeup.Millisecond, h.Done+150*madeup.Millisecond
		}
	}
	for _, test := range []struct {
		answer     func(h *journal.Hit)
		text, want string
	}{
		{drop, "errors < 5% over 2s", "null"},
		{drop, "rate > 9 over 2s", "null"},
		{late, "p99 < 300ms over 2s", "met"},
		{late, "p99 < 200ms over 2s", "null"},
	} {
		s := madeup.NewScenario(madeup.Phase("one", 10*madeup.Second)).Drive(test.answer)
		if o := judged(t, s.Asking(test.text)).Objectives[0]; found(o) != test.want {
			t.Errorf("%s is %s (%s), want %s", test.text, found(o), o.Why, test.want)
		}
	}
}

// 80 hits in 10 s, every other one checkout: those of the first 5 s are bad, 20 of 40,
// and the others take 0.5 s; home is good, and takes 0.1 s.
func TestObjectivesOnARequest(t *testing.T) {
	run := func(text string) *madeup.Scenario {
		s := madeup.NewScenario(madeup.Phase("home", 10*madeup.Second))
		s.Requests = []string{"home", "GET /check out"}
		return s.Drive(func(h *journal.Hit) {
			switch h.Request = int32(h.Seq % 2); {
			case h.Request == 0:
			case h.Due < 5*madeup.Second:
				madeup.Bad(h, 502)
			default:
				h.Done = h.Due + 500*madeup.Millisecond
			}
		}).Asking(text)
	}
	for _, test := range []struct {
		text, want string
		observed   *float64
		why        string
	}{
		{"home errors == 0", "met", new(0.0), ""},
		{"home: home errors == 0", "met", new(0.0), ""},
		{"GET /check out errors < 50%", "missed", new(0.5), "errors were 50%, just the limit"},
		{"home: errors < 26%", "met", new(0.25), ""}, // of the phase: 20 of 80
		{"home max <= 100ms", "met", new(0.1), ""},
		{"GET /check out max <= 100ms", "missed", new(0.5), "the longest answer was 500 ms; limit 100 ms"},
		{"GET /check out rate >= 4", "missed", new(2.0), "good answers were 2.0/s; limit 4/s"},
		{"GET /check out 502 < 21", "met", new(20.0), ""},
		{"home: GET /check out errors < 60% over 2s", "missed", new(1.0), "errors reached 100% in the 2 s from 0 s on; limit 60%"},
		{"home errors < 1% over 2s", "met", new(0.0), ""},
		{"checkout errors < 1%", "null", nil, "there is no request checkout"},
		{"checkout errors < 1% over 2s", "null", nil, "there is no request checkout"},
	} {
		o := judged(t, run(test.text)).Objectives[0]
		if found(o) != test.want || o.Why != test.why || show(o.Observed) != show(test.observed) {
			t.Errorf("%s is %s, %v, because %q, want %s, %v, because %q", test.text, found(o), show(o.Observed), o.Why, test.want, show(test.observed), test.why)
		}
	}
}

// Figures that round to their limit are written so that they differ from it, and a
// reason has the words that people use.
func TestWhyTellsFromTheLimit(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("load", 25*madeup.Second)).Drive(func(h *journal.Hit) { // 200
		h.Done = h.Due + 1004*madeup.Millisecond
		if h.Seq < 5 {
			madeup.Bad(h, 503)
		}
	})
	for text, want := range map[string]string{
		"max < 1s":      "the longest answer was 1.004 s; limit 1 s",
		"errors < 2%":   "errors were 2.5%; limit 2%",
		"ok > 97.5%":    "good answers were 97.5%, just the limit",
		"503 <= 4":      "503s were 5; limit 4",
		"rate > 8/s":    "good answers were 7.8/s; limit 8/s", // 195 in 25 s
		"rate >= 7.81":  "good answers were 7.8/s; limit 7.81/s",
		"degraded > 1%": "degraded answers were 0%; limit 1%",
	} {
		if o := judged(t, s.Asking(text)).Objectives[0]; found(o) != "missed" || o.Why != want {
			t.Errorf("%s is %s because %q, want missed because %q", text, found(o), o.Why, want)
		}
	}
}

// Each result has the line of its objective, where that is known.
func TestLinesOfObjectives(t *testing.T) {
	s := madeup.Hang().Asking("errors < 1%", "what is this", "p95 < 9s")
	s.File, s.Lines = "checkout.yaml", []int{12, 13, 0}
	for i, want := range []struct {
		file string
		line int
	}{{"checkout.yaml", 12}, {"checkout.yaml", 13}, {"", 0}} {
		if o := judged(t, s).Objectives[i]; o.File != want.file || o.Line != want.line {
			t.Errorf("%s is at %s:%d, want %s:%d", o.Text, o.File, o.Line, want.file, want.line)
		}
	}
	s.Lines = s.Lines[:2] // of a bundle that contradicts itself
	if o := judged(t, s).Objectives[0]; o.File != "" || o.Line != 0 || !strings.HasPrefix(o.Why, "errors were") {
		t.Errorf("got %+v", o)
	}
}
