package explain_test

import (
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

func TestSummary(t *testing.T) {
	plain := func(answer func(h *journal.Hit)) *madeup.Scenario {
		return madeup.NewScenario(madeup.Phase("load", 20*madeup.Second)).Drive(answer)
	}
	untouched := madeup.Harmless()
	untouched.LastFault().Connections, untouched.LastFault().RequestsHeld = new(int64(0)), new(int64(0))
	latency := madeup.Harmless()
	latency.Events[0].Fault.Kind, latency.LastFault().Kind = "latency", "latency"
	latency.LastFault().SizeS, latency.LastFault().Share = 2, 0.5
	interrupted := madeup.Hang().Ended("interrupted", "")
	interrupted.Outcome.EndNS = int64(20 * madeup.Second)
	aborted := madeup.Hang().Ended("aborted", `abort_when "errors > 50% over 10s": 9 of the 10 requests were errors`)
	aborted.Outcome.EndNS = int64(20 * madeup.Second)
	killed := madeup.Harmless()
	killed.Outcome = nil

	for _, test := range []struct {
		name string
		run  *madeup.Scenario
		want string
	}{
		{"a hang", madeup.Hang(),
			"With payments hanging, 502s began 2.6 s after the fault at 8 requests/s and 49% of requests in phase hang failed; the site was well again 1 s after it was lifted."},
		{"a hang survived", madeup.Harmless(), "With payments hanging for 3 s every request was answered well, the slowest in 100 ms."},
		{"a delay of half the connections survived", latency, "With payments 2 s slower on 50% of connections for 3 s every request was answered well, the slowest in 100 ms."},
		{"a hang survived by serving less", madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 10*madeup.Second)).
			Drive(func(h *journal.Hit) { h.Degraded = h.Due >= 12*madeup.Second && h.Due < 16*madeup.Second }).Fault("payments", "hang", 12*madeup.Second, 15*madeup.Second),
			"With payments hanging for 3 s every request was answered well, 40% of them degraded, the slowest in 100 ms."},
		{"a stall", stalling("hang", 1), "With payments hanging for 3 s, visitors got nothing for 3 s: 23 of 24 requests were answered only once it was lifted, after waiting for up to 3 s; the site was well again as soon as it was lifted."},
		{"a stall of half the requests", stalling("hang", 2), "With payments hanging for 3 s, 12 of 24 requests were answered only once it was lifted, after waiting for up to 3 s; the site was well again as soon as it was lifted."},
		{"a stall of a delay that outlasts its fault", stalling("latency", 1), "With payments slower for 3 s, visitors got nothing for 3 s: 23 of 24 requests were answered only once it was lifted, after waiting for up to 3 s; the site was well again as soon as it was lifted."},
		{"a fault that touched nothing", untouched, "The fault on payments (hang) touched no request, so this run says nothing about it."},
		{"no gateway error", madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 10*madeup.Second)).Drive(func(h *journal.Hit) {
			if h.Due >= 12*madeup.Second && h.Due < 15*madeup.Second {
				h.Code, h.Class = 0, journal.ClassClientTimeout
			}
		}).Fault("payments", "down", 12*madeup.Second, 15*madeup.Second),
			"With payments down, client timeouts began 100 ms after the fault at 8 requests/s and 30% of requests in phase hang failed; the site was well again as soon as it was lifted."},
		{"two faults in a phase", madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 10*madeup.Second)).Drive(func(h *journal.Hit) {
			if h.Due == 14*madeup.Second {
				madeup.Bad(h, 504)
			}
		}).Fault("payments", "hang", 12*madeup.Second, 15*madeup.Second).Fault("bank", "reset", 13*madeup.Second, 15*madeup.Second),
			"With payments hanging and bank resetting its connections, 504s began 1.1 s after the fault at 8 requests/s and 1.3% of requests in phase hang failed; the site was well again as soon as they were lifted."},
		{"a site that failed before", madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 10*madeup.Second)).Drive(func(h *journal.Hit) {
			if h.Seq%10 == 0 && h.Phase == 0 {
				madeup.Bad(h, 500)
			}
		}).Fault("payments", "hang", 12*madeup.Second, 15*madeup.Second),
			"10% of requests failed before any fault. With payments hanging for 3 s every request was answered well, the slowest in 100 ms."},
		{"a healthy run without faults", plain(nil), "All 160 requests were answered well, half of them within 100 ms and 99% within 100 ms."},
		{"errors without faults", plain(func(h *journal.Hit) {
			if h.Seq >= 144 && h.Seq < 150 {
				madeup.Bad(h, 502)
			}
			if h.Seq == 151 {
				h.Class = journal.ClassBody
			}
		}), "7 of 160 requests failed (4.4%: 6 × 502, 1 × not the body expected); 502s began 18.1 s into the run at 8 requests/s."},
		{"a target that is down", plain(func(h *journal.Hit) { h.Code, h.Class = 0, journal.ClassRefused }),
			"Not one of 160 requests was answered well (160 × connection refused)."},
		{"nothing sent", madeup.NewScenario(journal.PhaseSpan{Name: "load", Kind: "open"}), "No request was sent."},
		{"all cut off", plain(func(h *journal.Hit) { h.Class = journal.ClassCanceled }), "No request was sent and waited for."},
		{"interrupted", interrupted,
			"Interrupted after 20 s: with payments hanging, 502s began 2.6 s after the fault at 8 requests/s and 49% of requests in phase hang failed."},
		{"aborted", aborted, `Stopped after 20 s by abort_when "errors > 50% over 10s": 9 of the 10 requests were errors. ` +
			"With payments hanging, 502s began 2.6 s after the fault at 8 requests/s and 49% of requests in phase hang failed."},
		{"killed", killed, "Killed after about 20 s: with payments hanging no failure was recorded before the run ended."},
		{"a generator that failed", plain(func(h *journal.Hit) {
			if h.Seq < 16 {
				h.Class = journal.ClassDropped
			}
		}), "The load generator could not do all that was asked (16 of 160 requests were not sent (over a ceiling of limits, or too late)), so some of this may be its own doing: all 144 requests were answered well, half of them within 100 ms and 99% within 100 ms."},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := diagnosed(t, test.run, func(*reports.Report) {}); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// stalling is ten good seconds and ten in which one of each requests from 12 to 15 s,
// while there is a fault, is answered just after its lifting.
func stalling(kind string, each uint64) *madeup.Scenario {
	return madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 10*madeup.Second)).Drive(func(h *journal.Hit) {
		if h.Due >= 12*madeup.Second && h.Due < 15*madeup.Second && h.Seq%each == 0 {
			h.Done = 15*madeup.Second + 50*madeup.Millisecond
		}
	}).Fault("payments", kind, 12*madeup.Second, 15*madeup.Second)
}
