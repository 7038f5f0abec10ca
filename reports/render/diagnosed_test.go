package render

import "github.com/tailback/tailback/reports"

func estimate(value, low, high float64, from string) *reports.Estimate {
	return &reports.Estimate{Value: value, Low: low, High: high, From: from}
}

// diagnosed is hang with its diagnosis, the figures of physics.md for 4 workers,
// 17 queue slots and 0.1 s of own work at 8/s: T* = 4/8 - 0.1 = 0.40 s, with
// workers 80% busy 0.30 s; with 1 s it takes 8 x 1.1 = 8.8, so 9 workers. nginx
// refused 57 requests; what waited longest took 10 s, just as nginx does.
func diagnosed() *reports.Report {
	r := hang()
	r.Summary = "With payments hanging, 502s began 2.6 s after the fault at 8 requests/s: all 4 workers were waiting for payments and the 17 queue slots behind them filled. " +
		"No timeout was seen within 10 s. A timeout of at most 0.40 s would hold this rate (0.30 s with headroom); with a 1 s timeout it takes 9 workers."
	o := &r.Onset[0]
	o.Cause, o.Confidence = reports.QueueFull, ptr(0.97)
	o.Evidence = []string{"answered within 1 ms, with 21 requests in flight", `nginx: 57 x "connect() to unix:/run/app.sock failed (11: Resource temporarily unavailable)"`}
	o = &r.Onset[1]
	o.Cause, o.Confidence, o.Evidence = reports.GatewayTimeout, ptr(0.9), []string{"answered after 9.9 s"}
	r.Pool = reports.Pool{
		Workers: estimate(4, 4, 4, "the connections to payments that were held at once, for 7 s"), QueueSlots: estimate(17, 16, 18, "21 in flight at the first instant 502, less the workers"),
		ServiceS: estimate(0.101, 0.1, 0.102, "mean time of good answers before the fault"), CapacityHz: estimate(39.6, 38.9, 40.4, "workers / service time"),
		GatewayTimeoutS: estimate(10, 9.9, 10.1, "the 504"), Network: "unix", FitR2: ptr(0.98),
	}
	r.Pool.Workers.Kind = "workers"
	r.Timeouts = []reports.Timeout{{Dependency: "payments", Fault: "hang", Source: "connection", Verdict: "none", Visitor: "gateway", Got: "error 502", HorizonS: 10}}
	r.Budget = []reports.Budget{{Dependency: "payments", RateHz: 8, Calls: 1, MaxTimeoutS: ptr(0.399), WithHeadroomS: ptr(0.299),
		Choices: []reports.Choice{{TimeoutS: 0.2, WorkersNeeded: 3, Holds: true}, {TimeoutS: 0.35, WorkersNeeded: 4, Holds: true}, {TimeoutS: 0.5, WorkersNeeded: 5},
			{TimeoutS: 1, WorkersNeeded: 9}, {TimeoutS: 3, WorkersNeeded: 25}, {TimeoutS: 5, WorkersNeeded: 41}}}}
	r.Dependencies = []reports.Dependency{{Name: "payments", Calls: 121, CallsPerHit: ptr(1.0), HeldMeanS: ptr(0.0021), PeakOpen: 4, PeakWaiting: 4}}
	r.Evidence = []reports.Evidence{
		{AtS: 7.626, Source: "nginx_error_log", Kind: "queue_full", Count: 57, Text: `connect() to unix:/run/app.sock failed (11: Resource temporarily unavailable) while connecting to upstream`},
		{AtS: 15.1, Source: "php_access_log", Kind: "access", Count: 143, Text: "GET 200 9603 ms 1.4% /checkout.php"},
	}
	r.Advice = []reports.Advice{
		{Text: "Give calls to payments a timeout of at most 0.40 s, better 0.30 s", Because: "4 workers / 8 per second - 100 ms of own work = 0.40 s; none was seen within 10 s"},
		{Text: "Or run 9 workers, which hold 8/s with a timeout of 1 s", Because: "8/s x (100 ms + 1.0 s) = 8.8 workers busy, and there are 4"},
	}
	r.NotKnown = []reports.NotKnown{{What: "whether calls to payments have a timeout longer than 10 s", Why: "no call was watched for longer", Needs: "a hang on payments of more than 10 s, or `tailback audit`"}}
	r.Prediction = predicted(r.Timeline)
	for i, at := range r.Timeline.StartS {
		d := &r.Dependencies[0]
		busy := int64(1)
		if at >= 5 && at < 15 {
			busy = min(int64((at-5)*8)+2, 4)
		}
		d.Open, d.Waiting = append(d.Open, busy), append(d.Waiting, busy-int64(i%2))
	}
	return r
}

// predicted is what the model says of hang: 8/s until 5 s, nothing until 15 s
// while 21 places fill, then 40/s until the queue is served.
func predicted(t reports.Timeline) reports.Prediction {
	p := reports.Prediction{OnsetS: ptr(7.63), CapacityHz: ptr(0.0)}
	for _, at := range t.StartS {
		m := reports.Moment{AtS: at, OKHz: 8, InFlight: 1, Busy: 1}
		if at >= 5 && at < 15 {
			in := min((at-5)*8+2, 21)
			m = reports.Moment{AtS: at, InFlight: in, Busy: min(in, 4), Queued: max(in-4, 0)}
			if at >= 7.5 {
				m.BadHz = 8
			}
		} else if at >= 15 && at < 15.75 {
			in := 21 - (at-15)*32
			m = reports.Moment{AtS: at, OKHz: 40, InFlight: in, Busy: min(in, 4), Queued: max(in-4, 0)}
		}
		p.Series = append(p.Series, m)
	}
	return p
}

// several is a run of two dependencies, a stepped delay and a site whose workers
// compete: all that diagnosed has not.
func several() *reports.Report {
	r := diagnosed()
	r.Name = "two-dependencies"
	r.Details = []string{"With stock accepting no connections for 5 s every request was answered well, 80% of them degraded, the slowest in 651 ms.", "No timeout on bank was seen within 12 s."}
	r.Pool.Workers = &reports.Estimate{Value: 2.5, Low: 2.4, High: 2.6, Kind: "effective", From: "capacity x service time"}
	r.Pool.QueueSlots, r.Pool.GatewayTimeoutS, r.Pool.Network = nil, nil, "tcp"
	r.Timeouts = append(r.Timeouts,
		reports.Timeout{Dependency: "bank", Fault: "hang", ObservedS: estimate(12, 11.9, 12.1, "36 connections"), N: 36, Retries: 2, Source: "connection", Verdict: "app", Visitor: "gateway", Got: "error 504", HorizonS: 30},
		reports.Timeout{Dependency: "stock", Fault: "no_accept", Connect: true, ObservedS: estimate(0.35, 0.349, 0.352, "20 answers"), N: 20, Source: "response", Verdict: "app", Visitor: "ok", Got: "degraded page", HorizonS: 10},
		reports.Timeout{Dependency: "search", Fault: "latency", HorizonS: 2, Why: "the answers came before any timeout could"})
	r.Budget = append(r.Budget, reports.Budget{Dependency: "bank", RateHz: 8, Calls: 0.25, WorkersNeeded: ptr(73), TimeoutS: ptr(36.0)})
	r.Dose = []reports.Dose{{Dependency: "bank", Kind: "latency", SizeS: ptr(1.5), MaxS: 2, Broke: "502", Text: "The site first broke (502) with bank delayed by 1.5 s", Steps: []reports.DoseStep{
		{SizeS: 0.5, FromS: 5, ToS: 7, Sent: 16, OKRatio: ptr(1.0), P95S: ptr(0.61)}, {SizeS: 1, FromS: 7, ToS: 9, Sent: 16, OKRatio: ptr(1.0), P95S: ptr(1.9)},
		{SizeS: 1.5, FromS: 9, ToS: 11, Sent: 16, OKRatio: ptr(0.5), P95S: ptr(4.2)}, {SizeS: 2, FromS: 11, ToS: 13}}}}
	r.Slowdowns = []reports.Slowdown{{Phase: "hang", FromS: 7, ToS: 9, Cause: reports.Queueing, Confidence: ptr(0.9), Evidence: []string{"in flight grew by 4 each second"}},
		{Phase: "recovery", FromS: 16, ToS: 17, Cause: reports.Unknown}}
	bank := r.Dependencies[0]
	bank.Name, bank.CallsPerHit, bank.HeldMeanS = "bank", ptr(0.25), nil
	r.Dependencies = append(r.Dependencies, bank)
	r.SelfRequests = &reports.SelfRequests{Calls: 30, Share: ptr(0.3)}
	r.DependenciesSeen = []reports.DependencySeen{
		{Host: "www.example.com:443", Calls: 30, Self: true, HeldS: reports.Held{P50: ptr(0.11), P99: ptr(9.8), Max: ptr(10.0)}},
		{Host: "api.bank.example:443", Dependency: "bank", Calls: 60, HeldS: reports.Held{P50: ptr(0.02), P99: ptr(1.0), Max: ptr(1.5)}},
		{Host: "metrics.example.org:80", Calls: 10}}
	r.NotKnown = append(r.NotKnown, reports.NotKnown{What: "how many queue slots there are", Why: "on a TCP socket a full queue makes visitors wait and refuses none", Needs: "site.php_fpm_status, or the pool's listen.backlog"})
	for _, kind := range []string{"upstream_reset", "read_timeout", "waiting", "lost", "other_error"} {
		r.Evidence = append(r.Evidence, reports.Evidence{AtS: 9, Source: "nginx_error_log", Kind: kind, Count: 2, Text: "a line of " + kind})
	}
	return r
}
