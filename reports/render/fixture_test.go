package render

import (
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports"
)

// told is f with what a report tells of its kind.
func told(f reports.Fault) reports.Fault {
	kind, ok := configs.KindOf(f.Kind)
	if !ok {
		panic("no kind of fault: " + f.Kind)
	}
	f.Noun, f.State, f.Past = kind.Noun, f.Dependency+" "+kind.State, kind.Past
	f.Does = reports.Effect{Waits: kind.Waits(time.Second), OnListener: kind.OnListener(), Refuses: kind.Refuses, Answers: kind.Answers,
		TripDelay: kind.Wait == configs.WaitDelay && kind.At == configs.AtTrip}
	return f
}

// noun is what a report calls a kind of fault.
func noun(name string) string {
	kind, _ := configs.KindOf(name)
	return kind.Noun
}

func ptr[T any](v T) *T { return &v }

// times makes quantiles: p50, p90, p95, p99, p999, max.
func times(n int64, q ...float64) reports.Quantiles {
	return reports.Quantiles{N: n, P50: &q[0], P90: &q[1], P95: &q[2], P99: &q[3], P999: &q[4], Max: &q[5]}
}

// hang is a run shaped on a pool of 4 workers with 17 queue slots at 8/s, whose
// payments hang from 5 s to 15 s: 21 requests fill the site by 7.6 s
// (21 / 8 = 2.6 s after the fault), 502 from then on, one gateway timeout just
// before lifting, the queue served within 0.8 s of it.
func hang() *reports.Report {
	r := &reports.Report{
		Schema: reports.Schema, ToolVersion: "v0.1.0", Name: "checkout-payments-hang", Target: "http://staging.example.com",
		Seed: 1, Arrivals: "uniform", Started: time.Date(2026, 11, 22, 15, 4, 7, 0, time.UTC), DurationS: 25.01,
		Verdict: reports.Fail, Outcome: "complete", ExitCode: 1,
		Summary: "With payments hanging, 502s began 2.6 s after the fault at 8.0 requests per second, and most requests failed until it was lifted.",
		Fidelity: reports.Fidelity{HitsDue: 200, HitsSent: 200, RateAskedHz: ptr(8.0), RateSentHz: ptr(8.0),
			LagP50S: ptr(0.00011), LagP99S: ptr(0.00042), LagMaxS: ptr(0.0013), OK: true},
		Faults: []reports.Fault{told(reports.Fault{Dependency: "payments", Kind: "hang", Phase: "hang", Share: 1, AppliedS: 5, LiftedS: ptr(15.0),
			Connections: ptr(int64(6)), PeakConnections: ptr(int64(4)), RequestsHeld: ptr(int64(4)), BytesUp: 1240, BytesDown: 0, Exercised: true, UndoConfirmed: ptr(true)})},
		Onset: []reports.Onset{
			{Code: 502, Class: "status", Phase: "hang", FirstS: 7.626, SustainedS: ptr(7.626), AfterFaultS: ptr(2.626), Dependency: "payments",
				Count: 57, InFlight: 21, RateHz: ptr(8.0), Cause: "unknown", Evidence: []string{}},
			{Code: 504, Class: "status", Phase: "hang", FirstS: 14.9, AfterFaultS: ptr(9.9), Dependency: "payments",
				Count: 1, InFlight: 20, RateHz: ptr(8.0), Cause: "unknown", Evidence: []string{}},
		},
		Recovery: []reports.Recovery{{Dependency: "payments", Kind: "hang", Noun: noun("hang"), LiftedS: 15, Ill: ptr(true), RecoveredS: ptr(15.8), AfterLiftS: ptr(0.8)}},
		Objectives: []reports.Objective{
			{Text: "hang: errors < 1%", Phase: "hang", OK: ptr(false), Observed: ptr(0.7125), Limit: new(0.01), Unit: "ratio"},
			{Text: "hang: 504 < 1", Phase: "hang", OK: ptr(false), Observed: ptr(1.0), Limit: new(1.0), Unit: "count"},
			{Text: "baseline: p99 < 300ms", Phase: "baseline", OK: ptr(true), Observed: ptr(0.111), Limit: new(0.3), Unit: "s"},
			{Text: "recovery: recovered < 5s", Phase: "recovery", OK: ptr(true), Observed: ptr(0.8), Limit: new(5.0), Unit: "s"},
		},
		Warnings: []string{"3 hits were sent more than 1 ms late."},
		Timeline: hangTimeline(),
		Experiment: `version: 1
name: checkout-payments-hang
seed: 1
target:
  url: http://staging.example.com
  allow: [staging.example.com]
requests:
  - {name: checkout, path: /checkout.php, weight: 3}
  - {name: basket, path: /basket.php}
dependencies:
  - {name: payments, listen: "127.0.0.1:9901", upstream: "127.0.0.1:9900"}
phases:
  - {name: baseline, duration: 5s, rate: 8}
  - {name: hang, duration: 10s, rate: 8, faults: [{dependency: payments, hang: {}}]}
  - {name: recovery, duration: 10s, rate: 8}
objectives:
  - "hang: errors < 1%"
  - "hang: 504 < 1"
  - "baseline: p99 < 300ms"
  - "recovery: recovered < 5s"
`,
	}
	well := times(40, 0.102, 0.103, 0.104, 0.111, 0.111, 0.111)
	queued := times(23, 8.4, 9.7, 9.8, 9.8, 9.8, 9.8)
	mixed := times(80, 0.001, 8.9, 9.7, 10.0, 10.0, 10.0)
	back := times(79, 0.102, 0.104, 0.105, 0.412, 0.412, 0.412)
	r.Phases = []reports.Phase{
		phase("baseline", 0, 5, 40, 1, 0, map[string]int64{"200": 40}, well, well),
		phase("hang", 5, 15, 80, 0.2875, 0, map[string]int64{"200": 23, "502": 56, "504": 1}, queued, mixed),
		phase("recovery", 15, 25, 80, 0.9875, 0.05, map[string]int64{"200": 79, "502": 1}, back, back),
	}
	return r
}

// phase makes an open phase at 8/s with two requests, three checkouts to a basket.
func phase(name string, from, to float64, hits int64, ok, degraded float64, codes map[string]int64, good, all reports.Quantiles) reports.Phase {
	t := reports.Traffic{Hits: hits, Sent: hits, RateAskedHz: ptr(8.0), RateSentHz: 8, OKRatio: ptr(ok), DegradedRatio: ptr(degraded),
		Codes: codes, Classes: map[string]int64{"ok": codes["200"], "status": hits - codes["200"]},
		ResponseS: good, ResponseAllS: all, ServiceS: good}
	// 3 of 4 hits are checkouts; of a status that came once, the one.
	checkout, basket := t, t
	checkout.Hits, checkout.RateAskedHz, checkout.RateSentHz = hits*3/4, nil, 6
	basket.Hits, basket.RateAskedHz, basket.RateSentHz = hits/4, nil, 2
	checkout.Codes, basket.Codes = map[string]int64{}, map[string]int64{}
	for code, n := range codes {
		checkout.Codes[code] = (n*3 + 2) / 4
		basket.Codes[code] = n - checkout.Codes[code]
	}
	p := reports.Phase{Name: name, Kind: "open", StartS: from, EndS: to, Traffic: t,
		Requests: []reports.RequestTraffic{{Name: "checkout", Traffic: checkout}, {Name: "basket", Traffic: basket}}}
	for i := range p.Requests {
		one := &p.Requests[i].Traffic
		well := one.Codes["200"]
		one.Sent, one.OKRatio = one.Hits, ptr(float64(well)/float64(one.Hits))
		one.Classes = map[string]int64{"ok": well, "status": one.Hits - well}
		one.ResponseS.N, one.ServiceS.N, one.ResponseAllS.N = well, well, one.Hits
	}
	return p
}

// hangTimeline is hang in quarter seconds: two hits are due in each.
func hangTimeline() reports.Timeline {
	t := reports.Timeline{BucketS: 0.25, CodesHz: map[string][]float64{}}
	wobble := []float64{0, 0.001, -0.001, 0.002, 0.0005, -0.0015, 0.001}
	for i := range 100 {
		at := float64(i) * 0.25
		b := bucket{ok: 8, p50: ptr(0.102 + wobble[i%7]), max: ptr(0.106 + 2*wobble[i%5]), inFlight: 1}
		switch {
		case at >= 5 && at < 7.5: // the pool and its queue fill
			b = bucket{p50: ptr(15.3 - at), max: ptr(15.4 - at), inFlight: int64((at-5)*8) + 2}
		case at >= 7.5 && at < 14.75: // full: every other one is refused at once
			b = bucket{c502: 8, p50: ptr(0.001 + wobble[i%3]/5), max: ptr(0.0013 + wobble[i%7]/6), inFlight: 21}
		case at == 14.75:
			b = bucket{c502: 4, c504: 4, p50: ptr(0.001), max: ptr(0.0013), inFlight: 21}
		case at >= 15 && at < 15.5: // 4 workers serve the queue, 40/s
			b = bucket{ok: 40, p50: ptr(0.31), max: ptr(0.412), inFlight: 21 - int64((at-15)*40)}
		case at == 15.5:
			b = bucket{ok: 12, c502: 4, p50: ptr(0.12), max: ptr(0.18), inFlight: 5}
		case at >= 17 && at < 17.5: // nobody was told to come
			b = bucket{}
		case at >= 17.5 && at < 19.5: // the page without its recommendations
			b.ok, b.degraded = 6, 2
		}
		b.appendTo(&t, at)
	}
	return t
}

// bucket is one entry of every slice of a timeline.
type bucket struct {
	ok, degraded, c502, c504, other float64
	p50, max                        *float64
	inFlight                        int64
}

func (b bucket) appendTo(t *reports.Timeline, at float64) {
	t.StartS = append(t.StartS, at)
	t.AskedHz = append(t.AskedHz, 8)
	t.SentHz = append(t.SentHz, 8)
	t.OKHz = append(t.OKHz, b.ok)
	t.Degraded = append(t.Degraded, b.degraded)
	t.CodesHz["502"] = append(t.CodesHz["502"], b.c502)
	t.CodesHz["504"] = append(t.CodesHz["504"], b.c504)
	t.OtherHz = append(t.OtherHz, b.other)
	t.InFlight = append(t.InFlight, b.inFlight)
	t.P50S, t.P95S, t.MaxS = append(t.P50S, b.p50), append(t.P95S, b.max), append(t.MaxS, b.max)
}

// healthy is a run of 40 good answers with one objective met.
func healthy() *reports.Report {
	r := hang()
	r.Name, r.Verdict, r.ExitCode, r.DurationS = "checkout-baseline", reports.Pass, 0, 5
	r.Summary = "All 40 requests were answered well, the slowest within 111 ms."
	r.Fidelity.HitsDue, r.Fidelity.HitsSent = 40, 40
	r.Phases, r.Faults, r.Onset, r.Recovery, r.Warnings = r.Phases[:1], nil, nil, nil, nil
	r.Objectives = r.Objectives[2:3]
	t := &r.Timeline
	for _, s := range []*[]float64{&t.StartS, &t.AskedHz, &t.SentHz, &t.OKHz, &t.Degraded, &t.OtherHz} {
		*s = (*s)[:20]
	}
	t.CodesHz, t.InFlight = map[string][]float64{}, t.InFlight[:20]
	t.P50S, t.P95S, t.MaxS = t.P50S[:20], t.P95S[:20], t.MaxS[:20]
	return r
}

// empty is a run that ended before its first hit.
func empty() *reports.Report {
	return &reports.Report{Schema: reports.Schema, ToolVersion: "v0.1.0", Name: "nothing-sent", Target: "http://127.0.0.1:8081", Seed: 1,
		Arrivals: "poisson", Started: time.Date(2026, 11, 22, 15, 4, 7, 0, time.UTC), Verdict: reports.Inconclusive, Outcome: "failed", ExitCode: 3,
		Summary:  "No request was sent, so nothing can be said of the site.",
		Fidelity: reports.Fidelity{Why: "no request was sent"},
		Phases:   []reports.Phase{{Name: "baseline", Kind: "open", EndS: 5}},
		Objectives: []reports.Objective{{Text: "baseline: p99 < 300ms", Phase: "baseline", Limit: new(0.3), Unit: "s",
			Why: "no good answer in baseline"}}}
}

// unfaithful is hang with a generator that fell behind and a fault that touched nothing.
func unfaithful() *reports.Report {
	r := hang()
	r.Name, r.Verdict, r.ExitCode, r.Outcome = "checkout-overdriven", reports.Inconclusive, 3, "interrupted"
	r.Summary = "The load generator could not keep its schedule, so the objectives cannot be judged."
	r.Fidelity = reports.Fidelity{HitsDue: 200, HitsSent: 151, HitsDropped: 49, RateAskedHz: ptr(8.0), RateSentHz: ptr(6.04),
		LagP50S: ptr(0.21), LagP99S: ptr(1.24), LagMaxS: ptr(1.31), Why: "49 of 200 hits were dropped and the others went out up to 1.3 s late"}
	r.Faults[0].Connections, r.Faults[0].PeakConnections = ptr(int64(0)), ptr(int64(0))
	r.Faults[0].RequestsHeld, r.Faults[0].Exercised = ptr(int64(0)), false
	r.Faults[0].UndoConfirmed, r.Faults[0].BytesUp = ptr(false), 0
	r.Onset, r.Recovery = nil, []reports.Recovery{{Dependency: "payments", Kind: "hang", Noun: noun("hang"), LiftedS: 15, Ill: ptr(true), Why: "the run ended 0.4 s later"}}
	for i := range r.Objectives {
		r.Objectives[i].OK, r.Objectives[i].Observed, r.Objectives[i].Why = nil, nil, "the generator could not keep pace"
	}
	r.Warnings = []string{"payments hang touched no connection: is the site's payments address 127.0.0.1:9901, the proxy's?"}
	return r
}

// hostile is a run in which every name and text tries to leave its place.
func hostile() *reports.Report {
	const text = "</script><img src=x onerror=alert(1)>\x1b[31m\"'&{{.}}]]>\u202e"
	r := hang()
	r.Name, r.Target, r.Summary, r.Experiment, r.Outcome, r.Arrivals = text, text, text, text, text, text
	r.ToolVersion = text
	r.Warnings, r.Phases[1].Name, r.Phases[1].Requests[0].Name = []string{text}, text, text
	r.Phases[1].Codes[text], r.Phases[1].Classes[text] = 7, 7
	r.Faults[0].Dependency, r.Faults[0].Kind, r.Faults[0].Phase = text, text, text
	r.Onset[0].Dependency, r.Onset[0].Class, r.Onset[0].Cause, r.Onset[0].Evidence = text, text, text, []string{text}
	r.Recovery[0].Dependency, r.Recovery[0].Kind, r.Recovery[0].Why, r.Objectives[0].Text = text, text, text, text
	r.Timeline.CodesHz[text] = r.Timeline.CodesHz["502"]
	e := estimate(4, 3, 5, text)
	r.Pool = reports.Pool{Workers: e, QueueSlots: e, ServiceS: e, CapacityHz: e, GatewayTimeoutS: e, Network: text}
	r.Timeouts = []reports.Timeout{{Dependency: text, Fault: text, Verdict: text, Visitor: text, Got: text, Source: text, Why: text},
		{Dependency: text, Fault: text, Verdict: "app", ObservedS: e, Retries: 1, Visitor: "app"}}
	r.Budget = []reports.Budget{{Dependency: text, RateHz: 8, MaxTimeoutS: ptr(0.4), Choices: []reports.Choice{{TimeoutS: 1, WorkersNeeded: 9}}}}
	r.Slowdowns = []reports.Slowdown{{Phase: text, Cause: text, Evidence: []string{text}}}
	r.Dose = []reports.Dose{{Dependency: text, Kind: text, Broke: text, SizeS: ptr(1.0)}}
	r.Dependencies = []reports.Dependency{{Name: text, Open: []int64{1}, Waiting: []int64{1}}}
	r.SelfRequests, r.DependenciesSeen = &reports.SelfRequests{}, []reports.DependencySeen{{Host: text, Dependency: text}}
	r.Advice = []reports.Advice{{Text: text, Because: text}}
	r.NotKnown = []reports.NotKnown{{What: text, Why: text, Needs: text}}
	r.Evidence = []reports.Evidence{{Source: text, Kind: text, Text: text, Count: 1}}
	return r
}
