package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// said are the lines of a log: one in the second of each hit that is chosen.
func said(s *madeup.Scenario, source journal.Source, line func(h *journal.Hit) (journal.Observation, bool)) []journal.Observation {
	var list []journal.Observation
	for i := range s.Hits {
		if o, ok := line(&s.Hits[i]); ok {
			o.AtNS, o.Source, o.Count = int64(s.Hits[i].Done), source, 1
			list = append(list, o)
		}
	}
	return list
}

func errorLine(kind journal.Kind, code int) func(h *journal.Hit) (journal.Observation, bool) {
	return func(h *journal.Hit) (journal.Observation, bool) {
		return journal.Observation{Kind: kind, Text: `request: "GET /", ` + string(kind)}, int(h.Code) == code
	}
}

func withLogs(s *madeup.Scenario, t *testing.T, observed []journal.Observation) *reports.Report {
	t.Helper()
	in := s.Contents()
	in.Observations = observed
	r, err := Contents(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// amid is a run of 20 s at 8/s, all well in 100 ms but those due in [8, 12), which answer changes.
func amid(answer func(h *journal.Hit)) *madeup.Scenario {
	return madeup.NewScenario(madeup.Phase("all", 20*madeup.Second)).Drive(func(h *journal.Hit) {
		if h.Due >= 8*madeup.Second && h.Due < 12*madeup.Second {
			answer(h)
		}
	})
}

func failing(code int32, took time.Duration, by journal.Answerer) func(h *journal.Hit) {
	return func(h *journal.Hit) {
		madeup.Bad(h, code)
		h.Done, h.Answerer = h.Due+took, by
	}
}

// Each situation of the table "502 or 504?" and its decoys, from outside and
// with the log that names it.
func TestCauses(t *testing.T) {
	gateway, app, edge, nobody := journal.AnswererGateway, journal.AnswererApp, journal.AnswererEdge, journal.AnswererUnknown
	killed := func(h *journal.Hit) { // looked for once a second: after 3 to 4 s
		failing(502, 3*madeup.Second+h.Due%madeup.Second, gateway)(h)
	}
	for _, test := range []struct {
		name     string
		s        *madeup.Scenario
		outside  reports.Cause
		kind     journal.Kind // of a line for each error in nginx's log
		withLogs reports.Cause
	}{
		{"queue full", madeup.Hang(), reports.QueueFull, journal.QueueFull, reports.QueueFull},
		{"queue full, and the gateway gives up on those in it", madeup.HangWith(5 * madeup.Second), reports.QueueFull, journal.QueueFull, reports.QueueFull},
		{"pool down for a while, as in a deploy", amid(failing(502, madeup.Millisecond, gateway)), reports.PoolDown, journal.UpstreamRefused, reports.PoolDown},
		{"pool down from the first to the last", madeup.NewScenario(madeup.Phase("all", 9*madeup.Second)).Drive(failing(502, madeup.Millisecond, gateway)), reports.Unknown, journal.NoSocket, reports.PoolDown},
		{"workers killed", amid(killed), reports.WorkerKilled, journal.UpstreamReset, reports.WorkerKilled},
		{"gateway gave up", amid(func(h *journal.Hit) { // one in eight: the others have workers to go to
			if h.Seq%8 == 0 {
				failing(504, 10*madeup.Second, gateway)(h)
			}
		}), reports.GatewayTimeout, journal.ReadTimeout, reports.GatewayTimeout},
		{"queue full on TCP", amid(failing(504, 10*madeup.Second, gateway)), reports.QueueFull, journal.ConnectTimeout, reports.QueueFull},
		{"workers close", amid(failing(502, 100*madeup.Millisecond, gateway)), reports.WorkerClosed, journal.UpstreamClosed, reports.WorkerClosed},
		{"a 502 of the application", amid(failing(502, 90*madeup.Millisecond, app)), reports.AppError, "", reports.AppError},
		{"a 504 of the application, at once", amid(failing(504, 5*madeup.Millisecond, nobody)), reports.AppError, "", reports.AppError},
		{"a 500", amid(failing(500, 90*madeup.Millisecond, app)), reports.AppError, "", reports.AppError},
		{"an edge's 503", amid(failing(503, 90*madeup.Millisecond, edge)), reports.CDN, "", reports.CDN},
		{"nginx's limit_req", amid(failing(503, madeup.Millisecond, gateway)), reports.Unknown, journal.RequestLimit, reports.GatewayRefused},
		{"nginx's limit_conn, its status changed", amid(failing(500, madeup.Millisecond, gateway)), reports.Unknown, journal.ConnectionLimit, reports.GatewayRefused},
		{"a limit, on a page like the application's", amid(failing(503, madeup.Millisecond, app)), reports.AppError, journal.RequestLimit, reports.GatewayRefused},
		{"the gateway gave up, on a page like the application's", amid(failing(504, 5*madeup.Second, app)), reports.AppError, journal.ReadTimeout, reports.GatewayTimeout},
		{"workers close, on a page like the application's", amid(failing(502, 100*madeup.Millisecond, app)), reports.AppError, journal.UpstreamClosed, reports.WorkerClosed},
		{"nginx's limit_req, as 429", amid(failing(429, madeup.Millisecond, gateway)), reports.GatewayRefused, journal.RequestLimit, reports.GatewayRefused},
		{"the application's own limit", amid(failing(429, 20*madeup.Millisecond, app)), reports.AppError, "", reports.AppError},
		{"an edge's limit", amid(failing(429, 20*madeup.Millisecond, edge)), reports.CDN, "", reports.CDN},
		{"a limit as 429, on a page like the application's", amid(failing(429, madeup.Millisecond, app)), reports.AppError, journal.RequestLimit, reports.GatewayRefused},
		{"a body that is too large", amid(failing(413, madeup.Millisecond, gateway)), reports.GatewayRefused, journal.TooLargeBody, reports.GatewayRefused},
		{"no permission", amid(failing(502, madeup.Millisecond, gateway)), reports.PoolDown, journal.NoPermission, reports.PoolUnreachable},
		{"no name, from the first to the last", madeup.NewScenario(madeup.Phase("all", 9*madeup.Second)).Drive(failing(502, madeup.Millisecond, gateway)), reports.Unknown, journal.NoName, reports.PoolUnreachable},
		{"no port left", amid(failing(502, madeup.Millisecond, gateway)), reports.PoolDown, journal.NoAddress, reports.GatewayLimit},
		{"a header that is too big", amid(failing(502, 100*madeup.Millisecond, gateway)), reports.WorkerClosed, journal.TooBigHeader, reports.BadHeader},
		{"no live upstreams", amid(failing(502, madeup.Millisecond, gateway)), reports.PoolDown, journal.NoLiveUpstreams, reports.GatewayLimit},
	} {
		t.Run(test.name, func(t *testing.T) {
			alone := reportOf(test.s, t).Onset[0]
			if alone.Cause != test.outside {
				t.Errorf("from outside %s (%v), want %s: %q", alone.Cause, show(alone.Confidence), test.outside, alone.Evidence)
			}
			if alone.Confidence != nil && *alone.Confidence > 0.88 {
				t.Errorf("from outside with %v", *alone.Confidence)
			}
			if len(alone.Evidence) == 0 {
				t.Error("no evidence")
			}
			if test.kind == "" {
				return
			}
			backed := withLogs(test.s, t, said(test.s, journal.NginxErrorLog, errorLine(test.kind, alone.Code))).Onset[0]
			if backed.Cause != test.withLogs {
				t.Errorf("with its log %s (%v), want %s: %q", backed.Cause, show(backed.Confidence), test.withLogs, backed.Evidence)
			}
			if test.outside == reports.AppError && (backed.Confidence == nil || *backed.Confidence < 0.8) {
				t.Errorf("with its log %s for a page that only looks like the application's, want at least 0.8", show(backed.Confidence))
			}
			for _, text := range backed.Evidence {
				if strings.Contains(text, `\"`) {
					t.Errorf("a line of the log is quoted as a program writes it: %s", text)
				}
			}
			if test.outside == test.withLogs && test.outside != reports.Unknown && (alone.Confidence == nil || backed.Confidence == nil || *backed.Confidence <= *alone.Confidence) {
				t.Errorf("confidence %s with the log, %s without: want more with it", show(backed.Confidence), show(alone.Confidence))
			}
		})
	}
}

// Two refused connections, and no live upstream for the 30 requests after them: nothing
// listened. Where the two failed in another way, or none did, it is nginx's counting
// that refused the 30.
func TestWhyNoUpstreamIsLive(t *testing.T) {
	s := amid(failing(502, madeup.Millisecond, journal.AnswererGateway))
	for _, row := range []struct {
		first journal.Kind
		want  reports.Cause
	}{
		{journal.UpstreamRefused, reports.PoolDown},
		{journal.NoSocket, reports.PoolDown},
		{journal.NoRoute, reports.PoolUnreachable},
		{journal.NoLiveUpstreams, reports.GatewayLimit},
		{journal.UpstreamClosed, reports.GatewayLimit},
	} {
		n := 0
		lines := said(s, journal.NginxErrorLog, func(h *journal.Hit) (journal.Observation, bool) {
			if h.Code != 502 {
				return journal.Observation{}, false
			}
			kind := journal.NoLiveUpstreams
			if n < 2 {
				kind = row.first
			}
			n++
			return journal.Observation{Kind: kind, Text: string(kind)}, true
		})
		o := withLogs(s, t, lines).Onset[0]
		if said := "nginx: 2 × “" + string(row.first) + "”"; row.want != reports.GatewayLimit && (slices.Index(o.Evidence, said) != slices.IndexFunc(o.Evidence, func(e string) bool { return strings.HasPrefix(e, "nginx: ") })) {
			t.Errorf("first %v: %q, want %s before what follows from it", row.first, o.Evidence, said)
		}
		if o.Cause != row.want {
			t.Errorf("first %v: %s (%s), want %s: %q", row.first, o.Cause, show(o.Confidence), row.want, o.Evidence)
		}
	}
}

// On a busy machine a few refusals of a full queue come late: no sign of another cause.
func TestSlowRefusals(t *testing.T) {
	s, late := madeup.Hang(), 0
	for i := range s.Hits {
		h := &s.Hits[i]
		if h.Code != 502 {
			continue
		}
		if h.Answerer = journal.AnswererGateway; h.Due >= 20*madeup.Second && late < 3 {
			h.Done = h.Due + 150*madeup.Millisecond
			late++
		}
	}
	r := reportOf(s, t)
	if len(r.Onset) != 2 || r.Onset[0].Cause != reports.QueueFull || r.Onset[1].Cause != reports.Unknown {
		t.Errorf("onsets %+v, want a full queue, and three of which it is not known", r.Onset)
	}
}

// A log that says another thing at the same moments makes less sure; one of
// another host changes nothing, and is told of.
func TestLogsThatDoNotAgree(t *testing.T) {
	s := madeup.Hang()
	alone := reportOf(s, t).Onset[0]
	against := withLogs(s, t, said(s, journal.NginxErrorLog, errorLine(journal.UpstreamRefused, 502))).Onset[0]
	if against.Cause == reports.QueueFull && *against.Confidence >= *alone.Confidence {
		t.Errorf("queue_full with %v against the log, %v without it", *against.Confidence, *alone.Confidence)
	}
	if against.Confidence != nil && *against.Confidence >= 0.9 {
		t.Errorf("%s with %v while log and outside differ", against.Cause, *against.Confidence)
	}
	var other []journal.Observation // two lines a second, all the time
	for at := time.Duration(0); at < 38*madeup.Second; at += madeup.Second / 2 {
		other = append(other, journal.Observation{AtNS: int64(at), Source: journal.NginxErrorLog, Kind: journal.ReadTimeout, Count: 1},
			journal.Observation{AtNS: int64(at % (3 * madeup.Second)), Source: journal.NginxAccessLog, Kind: journal.Access, Code: 200, Count: 1})
	}
	r := withLogs(s, t, other)
	if o := r.Onset[0]; o.Cause != alone.Cause || math.Abs(*o.Confidence-*alone.Confidence) > 1e-9 {
		t.Errorf("another host's log makes it %s (%v)", o.Cause, show(o.Confidence))
	}
	for _, source := range []string{"nginx_error_log", "nginx_access_log"} {
		if !slices.ContainsFunc(r.Warnings, func(w string) bool {
			return strings.HasPrefix(w, source) && strings.Contains(w, "is it of this host")
		}) {
			t.Errorf("no warning about %s in %q", source, r.Warnings)
		}
	}
}

// physics.md 8: all requests wait for the site itself until the gateway gives up.
func TestSelfDeadlockNeedsTheLogs(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("before", 5*madeup.Second), madeup.Phase("all", 10*madeup.Second)).Drive(func(h *journal.Hit) {
		if h.Phase == 1 {
			failing(504, 10*madeup.Second, journal.AnswererGateway)(h)
		}
	})
	s.Outcome.EndNS = int64(26 * madeup.Second) // the last answer comes at 25 s
	if o := reportOf(s, t).Onset[0]; o.Cause == reports.SelfDeadlock || o.Confidence != nil && *o.Confidence >= 0.8 {
		t.Errorf("from outside %s (%v)", o.Cause, show(o.Confidence))
	}
	log := said(s, journal.PHPAccessLog, func(h *journal.Hit) (journal.Observation, bool) {
		o := journal.Observation{Kind: journal.Access, Code: 200}
		if h.Phase == 1 {
			o.Times = &journal.Times{N: 1, SumS: 10, CPUN: 1, Idle: 1}
		}
		return o, true
	})
	for i := range log { // each of the second phase once more, asked by the site
		if log[i].Times != nil {
			log = append(log, log[i])
		}
	}
	if o := withLogs(s, t, log).Onset[0]; o.Cause != reports.SelfDeadlock {
		t.Errorf("with php's access log %s (%v): %q", o.Cause, show(o.Confidence), o.Evidence)
	}
}

func TestOurOwnErrorsAreNamed(t *testing.T) {
	s := amid(func(h *journal.Hit) { h.Code, h.Class, h.Done = 0, journal.ClassClientTimeout, h.Due+5*madeup.Second })
	if o := reportOf(s, t).Onset[0]; o.Cause != reports.ClientTimeout || o.Code != 0 || o.Class != "client_timeout" {
		t.Errorf("%+v", o)
	}
	s = amid(func(h *journal.Hit) { h.Code, h.Class = 0, journal.ClassGenerator })
	if o := reportOf(s, t).Onset[0]; o.Cause != reports.Generator || o.Count != 32 { // 4 s at 8/s
		t.Errorf("%+v", o)
	}
}

// A healthy site, Poisson arrivals at up to 70% of what it carries: no cause of anything.
func TestHealthyRunsHaveNoCause(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 3))
		workers := 2 + random.IntN(11)
		service := time.Duration(50+random.IntN(250)) * madeup.Millisecond
		rate := (0.3 + 0.4*random.Float64()) * float64(workers) / service.Seconds()
		s := madeup.NewScenario(madeup.Phase("baseline", 20*madeup.Second), madeup.Phase("load", 20*madeup.Second))
		p := &madeup.Pool{Workers: workers, Slots: 100, Service: service, Hang: 1 << 60, Lift: 1 << 60}
		for due := time.Duration(0); due < 40*madeup.Second; due += time.Duration(random.ExpFloat64() / rate * 1e9) {
			h := journal.Hit{Seq: uint64(len(s.Hits)), Phase: int32(due / (20 * madeup.Second)), Due: due, Sent: due, Code: 200}
			p.Answer(&h)
			s.Hits = append(s.Hits, h)
		}
		if r := reportOf(s, t); len(r.Onset)+len(r.Slowdowns) > 0 {
			t.Errorf("seed %d: %d workers, %v, %.1f/s: onsets %+v, slowdowns %+v", seed, workers, service, rate, r.Onset, r.Slowdowns)
		}
	}
}

func TestEvidenceIsOfTheRun(t *testing.T) {
	line := func(at time.Duration, n int64, text string) journal.Observation {
		return journal.Observation{AtNS: int64(at), Source: journal.NginxErrorLog, Kind: journal.QueueFull, Count: n, Text: text}
	}
	r := withLogs(amid(func(*journal.Hit) {}), t, []journal.Observation{line(9*madeup.Second, 5, "second"), line(8*madeup.Second, 2, "first"), line(-3*madeup.Second, 9, "before"), line(30*madeup.Second, 9, "after")})
	if want := []reports.Evidence{{AtS: 8, Source: "nginx_error_log", Kind: "queue_full", Count: 7, Text: "first"}}; !slices.Equal(r.Evidence, want) {
		t.Errorf("got %+v, want %+v", r.Evidence, want)
	}
}

// Slow phases: calls that a fault held up; more arrivals than the workers serve;
// and service that itself takes longer the more there are at once.
func TestSlowdowns(t *testing.T) {
	fast, load := madeup.Phase("fast", 10*madeup.Second), madeup.Phase("load", 12*madeup.Second)
	load.Hits = 240 // 20/s
	inOrder := func(h *journal.Hit, free *time.Duration, took time.Duration) {
		h.Done = max(h.Due, *free) + took
		*free = h.Done
	}
	// One worker at 100 ms gives 10/s of 20/s; the last of 240 is done at 10+24 s.
	var free time.Duration
	queue := madeup.NewScenario(fast, load).Drive(func(h *journal.Hit) { inOrder(h, &free, 100*madeup.Millisecond) })
	// One after another, each taking 1% longer than the one before: from 20/s to 2/s.
	var busy time.Duration
	took := 50.0
	spiral := madeup.NewScenario(fast, load).Drive(func(h *journal.Hit) {
		if h.Phase == 1 {
			took *= 1.01
		}
		inOrder(h, &busy, time.Duration(took*float64(madeup.Millisecond)))
	})
	slow := madeup.NewScenario(fast, load).Drive(func(h *journal.Hit) {
		if h.Phase == 1 {
			h.Done = h.Due + 600*madeup.Millisecond
		}
	}).Fault("payments", "latency", 10*madeup.Second, 22*madeup.Second)
	for name, test := range map[string]struct {
		s    *madeup.Scenario
		want reports.Cause
	}{"queueing": {queue, reports.Queueing}, "death spiral": {spiral, reports.Contention}, "slow dependency": {slow, reports.SlowDependency}} {
		r := reportOf(test.s, t)
		if len(r.Slowdowns) != 1 || r.Slowdowns[0].Cause != test.want || r.Slowdowns[0].Phase != "load" || r.Slowdowns[0].Confidence == nil {
			t.Errorf("%s: %+v", name, r.Slowdowns)
		}
	}
}
