package judge_test

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
)

func around(value, low, high float64) *reports.Estimate {
	return &reports.Estimate{Value: value, Low: low, High: high}
}

// What was worked out is met where all that it may be meets the objective, missed
// where none of it does, and else not judged. The run's own phases are those of hang,
// in which 8 requests a second were answered in the 10 s of baseline.
func TestObjectivesOnTheDiagnosis(t *testing.T) {
	told := func(r *reports.Report) { // payments has a timeout of 0.4 s
		r.Pool = reports.Pool{Workers: around(7.9, 7.6, 8.4), QueueSlots: around(17, 16.4, 18.2), ServiceS: around(0.1, 0.098, 0.102), CapacityHz: around(39, 38, 40.5), GatewayTimeoutS: around(60, 59.9, 60.1)}
		r.Timeouts = []reports.Timeout{{Dependency: "payments", ObservedS: around(0.4, 0.39, 0.41), Verdict: reports.ByApp, Retries: 1, RetriesKnown: true}}
		r.Budget = []reports.Budget{{Dependency: "payments", RateHz: 8, Calls: 1, OwnS: 0.1, MaxTimeoutS: new(0.45), Bound: "workers"}}
	}
	timeout := func(seen reports.Timeout) func(r *reports.Report) {
		return func(r *reports.Report) {
			seen.Dependency = "payments"
			r.Timeouts = []reports.Timeout{seen}
		}
	}
	but := func(change func(r *reports.Report)) func(r *reports.Report) {
		return func(r *reports.Report) { told(r); change(r) }
	}
	none := timeout(reports.Timeout{Verdict: reports.ByNobody, HorizonS: 8})
	killed := timeout(reports.Timeout{Verdict: reports.ByWorker, ObservedS: around(10, 9.2, 10.1)})
	untold := timeout(reports.Timeout{Why: "calls were watched for 0.50 s only"})
	connect := timeout(reports.Timeout{Verdict: reports.ByApp, ObservedS: around(1, 0.99, 1.01), Connect: true})
	nothing := func(*reports.Report) {}
	for _, row := range []struct {
		name     string
		diagnose func(r *reports.Report)
		text     string
		want     string
		why      string // begins with
		seen     string
	}{
		{"a timeout", told, "payments timeout < 500ms", "met", "", "0.40 s (0.39 s to 0.41 s)"},
		{"too long a timeout", told, "payments timeout < 300ms", "missed", "the timeout on payments was 0.40 s (0.39 s to 0.41 s); limit 300 ms", ""},
		{"a limit within the interval", told, "payments timeout < 400ms", "null", "the timeout on payments was 0.40 s (0.39 s to 0.41 s), which does not decide it; limit 400 ms", ""},
		{"a limit at its end", told, "payments timeout <= 410ms", "met", "", ""},
		{"just below its end", told, "payments timeout < 410ms", "null", "", ""},
		{"no timeout", none, "payments timeout < 400ms", "missed", "calls to payments waited 8.0 s and would have gone on: there is no timeout that short; limit 400 ms", "none within 8.0 s"},
		{"no timeout, as far as the limit was seen", none, "payments timeout < 10s", "null", "calls to payments waited 8.0 s", ""},
		{"no timeout, where a long one is asked for", none, "payments timeout > 5s", "met", "", "none within 8.0 s"},
		{"a worker was killed", killed, "payments timeout < 1s", "missed", "calls to payments have no timeout of their own that short: the worker was killed after about 10 s; limit 1 s", ""},
		{"killed before the limit", killed, "payments timeout < 30s", "null", "", ""},
		{"a wait too short to tell", untold, "payments timeout < 1s", "null", "the timeout on payments is not known: calls were watched for 0.50 s only", ""},
		{"no fault on it", nothing, "payments timeout < 1s", "null", "the timeout on payments is not known: no fault kept its calls from an answer", ""},
		{"only connecting is limited", connect, "payments timeout < 2s", "null", "only the time to connect to payments was seen to be limited, to 1.0 s", ""},

		{"a retry", told, "payments retries <= 1", "met", "", "1"},
		{"a retry too many", told, "payments retries == 0", "missed", "calls to payments were tried again 1 time; limit 0", ""},
		{"retries of a call that nobody ended", none, "payments retries <= 1", "null", "how often calls to payments are tried again is not known: nothing that ended a call was seen", ""},

		// 0.45 = (W/8 - 0.1)/p with 7.9 workers, which are 8: p is 2. With 0.098 to 0.102 s of its own 0.449 to 0.451 s.
		{"a budget", told, "payments budget > 440ms", "met", "", "0.45 s"},
		{"too short a budget", told, "payments budget > 1s", "missed", "the budget of payments was 0.45 s; limit 1 s", ""},
		{"a limit within it", told, "payments budget > 450ms", "null", "the budget of payments was 0.45 s, which does not decide it", ""},
		{"others may take the workers", but(func(r *reports.Report) { r.Budget[0].Assumes = "nobody but this run takes these workers" }), "payments budget > 440ms", "null",
			"the budget of payments was 0.45 s or less: no less only if nobody but this run takes these workers, which", "0.45 s, or less"},
		{"it would be missed by them as well", but(func(r *reports.Report) { r.Budget[0].Assumes = "nobody" }), "payments budget > 1s", "missed", "", ""},
		{"no timeout holds", but(func(r *reports.Report) { r.Budget[0].MaxTimeoutS = nil }), "payments budget > 1s", "missed", "no timeout on payments holds 8/s; limit 1 s", "none holds 8/s"},
		{"not known whether one does", but(func(r *reports.Report) {
			r.Budget[0].Withdraw("the model does not explain the run")
		}), "payments budget > 1s", "null", "what timeout on payments holds the rate is not known: the model does not explain the run", ""},
		{"not known, but the one that there is held", but(func(r *reports.Report) { r.Budget, r.Timeouts[0].HeldHz = nil, new(8.0) }), "payments budget > 300ms", "met", "", "0.40 s at least"},
		{"nothing known", nothing, "payments budget > 1s", "null", "what timeout on payments holds the rate is not known: the workers were not seen to be all busy", ""},
		{"the gateway bounds it", but(func(r *reports.Report) { r.Budget[0].Bound, r.Budget[0].MaxTimeoutS = "gateway", new(59.9) }), "payments budget > 59850ms", "null", "", ""},

		{"workers are whole", told, "workers >= 8", "met", "", "8"}, // 7.6 to 8.4
		{"too few", told, "workers > 8", "missed", "workers were 8; limit 8", ""},
		{"a count that is not sure", but(func(r *reports.Report) { r.Pool.Workers.High = 8.6 }), "workers <= 8", "null", "workers were 7.9 (8 to 9), which does not decide it; limit 8", ""},
		{"effective ones are no fewer", but(func(r *reports.Report) { r.Pool.Workers.Kind = reports.EffectiveWorkers }), "workers >= 8", "null", "the workers are worth 7.9 (7.6 to 8.4), and there may be more of them, which", ""},
		{"enough of these", but(func(r *reports.Report) { r.Pool.Workers.Kind = reports.EffectiveWorkers }), "workers > 7", "met", "", ""},
		{"too many of these", but(func(r *reports.Report) { r.Pool.Workers.Kind = reports.EffectiveWorkers }), "workers < 7", "missed", "", ""},
		{"there may be more behind a pool of connections", but(func(r *reports.Report) { r.Pool.Assumes = map[string]string{"workers": "no pool bounds its calls"} }), "workers == 8", "null", "workers were 8 or more: no more only if no pool bounds its calls, which", "8, or more"},
		{"no workers known", nothing, "workers >= 8", "null", "how many workers there are is not known: the workers were not seen to be all busy", ""},

		{"slots", told, "queue_slots >= 16", "met", "", "17 (16 to 18)"},
		{"slots within", told, "queue_slots >= 17", "null", "", ""},
		{"slots of a gateway", but(func(r *reports.Report) { r.Pool.Assumes = map[string]string{"queue_slots": "the gateway has no limit"} }), "queue_slots >= 2", "null", "that queue slots are 17 is true only if the gateway has no limit", ""},
		{"fewer slots, if there are more workers", but(func(r *reports.Report) { r.Pool.Assumes = map[string]string{"workers": "no pool"} }), "queue_slots >= 16", "null", "queue slots were 17 (16 to 18) or fewer", ""},
		{"on TCP", but(func(r *reports.Report) { r.Pool.QueueSlots, r.Pool.Network = nil, "tcp" }), "queue_slots >= 16", "null", "how many queue slots there are is not known: on a TCP socket", ""},

		{"capacity", told, "capacity > 30/s", "met", "", "39.0/s (38.0/s to 40.5/s)"},
		{"too little", told, "capacity > 50/s", "missed", "capacity was 39.0/s (38.0/s to 40.5/s); limit 50/s", ""},
		// 80 answers in the 10 s of baseline, of which one request had begun before: (80 - 1 - 2·√80)/10 = 6.1/s.
		{"what was served is served", nothing, "capacity > 6/s", "met", "", "6.1/s at least"},
		{"and says no more", nothing, "capacity > 8/s", "null", "the site served 6.1/s at least, and what it could serve beyond that is not known (it was not asked for more than it could serve), which does not decide it; limit 8/s", ""},

		{"the gateway", told, "gateway_timeout >= 59s", "met", "", "60 s (59.9 s to 60.1 s)"},
		{"the gateway, unknown", nothing, "gateway_timeout >= 59s", "null", "how long the gateway waits is not known: no 504 came", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := judgedWith(t, madeup.Hang().Asking(row.text).Contents(), row.diagnose).Objectives[0]
			if found(o) != row.want || !strings.HasPrefix(o.Why, row.why) || row.seen != "" && o.Seen != row.seen {
				t.Errorf("%s is %s, seen %q, because %q; want %s, %q, %q", row.text, found(o), o.Seen, o.Why, row.want, row.seen, row.why)
			}
		})
	}
}
