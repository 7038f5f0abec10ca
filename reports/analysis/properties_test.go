package analysis

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// anyRun is a run whose hits, phases and faults are taken from bytes.
func anyRun(data []byte) *madeup.Scenario {
	kinds := []string{"open", "closed", "burst"}
	s := madeup.NewScenario(madeup.Warmup(2*madeup.Second), madeup.Phase("baseline", 5*madeup.Second), madeup.Phase("hang", 8*madeup.Second), madeup.Phase("recovery", 5*madeup.Second))
	s.Requests = []string{"home", "checkout"}
	s.Asking("errors < 1%", "hang: p99 < 1s", "recovery: recovered < 2s", "onset > 1s", "rate > 1", "502 == 0",
		"home p95 < 1s", "errors < 50% over 2s", "hang: checkout p99 < 1s over 1s", "rate > 1 over 3s",
		"payments timeout < 1s", "payments retries <= 1", "payments budget > 1s", "capacity > 1", "workers >= 4", "queue_slots > 1", "gateway_timeout > 5s", "p95 < 2x baseline")
	next := func() byte {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]
		return b
	}
	if flags := next(); flags&1 != 0 {
		s.Outcome = nil
	} else if flags&2 != 0 {
		s.Outcome.EndNS = int64(flags) * int64(100*madeup.Millisecond)
	}
	s.Phases[1+next()%3].Kind = kinds[next()%3]
	for range next() % 4 {
		applied := time.Duration(next()) * 100 * madeup.Millisecond
		s.Fault("payments", "hang", applied, applied+time.Duration(next())*50*madeup.Millisecond)
	}
	for len(data) >= 8 {
		word := binary.LittleEndian.Uint64(data)
		data = data[8:]
		h := journal.Hit{Seq: uint64(len(s.Hits)), Phase: int32(word % 4), Request: int32(word >> 2 % 2), Class: journal.Class(word >> 4 % 17), Degraded: word>>9%2 == 0}
		h.Code = int32(495 + word>>10%16)
		if word>>14%8 == 0 {
			h.Code = int32(word >> 17) // anything
		}
		h.Due = time.Duration(word >> 20 % (20 << 30))
		h.Sent = h.Due + time.Duration(word>>56%4)*100*madeup.Millisecond
		h.Done = h.Sent + time.Duration(word>>50%64)*100*madeup.Millisecond
		if word>>40%32 == 0 {
			h.Done = time.Duration(word << 13) // before it was due, or years later
		}
		s.Hits = append(s.Hits, h)
	}
	return s
}

func marshal(t *testing.T, s *madeup.Scenario) []byte {
	t.Helper()
	text, err := json.Marshal(reportOf(s, t)) // fails on NaN and infinity
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func randomBytes(random *rand.Rand, n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	return data
}

// The order of the hits in the log makes no difference, and neither does analysing twice.
func TestOrderOfTheLogDoesNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	runs := []*madeup.Scenario{madeup.Hang()}
	for range 10 {
		runs = append(runs, anyRun(randomBytes(random, 40+random.IntN(4000))))
	}
	for i, s := range runs {
		if s.Outcome == nil { // what a killed run has lost shows as gaps in the log's order
			s.Outcome = madeup.Hang().Outcome
		}
		want := marshal(t, s)
		for range 2 {
			random.Shuffle(len(s.Hits), func(x, y int) { s.Hits[x], s.Hits[y] = s.Hits[y], s.Hits[x] })
			if got := marshal(t, s); !bytes.Equal(got, want) {
				t.Fatalf("run %d: shuffled:\n%s\nin order:\n%s", i, got, want)
			}
		}
	}
}

// checkReport holds what is true of every report.
func checkReport(t *testing.T, s *madeup.Scenario, r *reports.Report) {
	t.Helper()
	var hits, sent int64
	for _, p := range r.Phases {
		checkTraffic(t, p.Name, p.Traffic)
		var ofRequests int64
		for _, one := range p.Requests {
			checkTraffic(t, p.Name+" "+one.Name, one.Traffic)
			ofRequests += one.Sent
		}
		if ofRequests != p.Sent {
			t.Errorf("%s: its requests were sent %d times, the phase %d", p.Name, ofRequests, p.Sent)
		}
		hits, sent = hits+p.Hits, sent+p.Sent
	}
	if hits < int64(len(s.Hits)) || sent > hits || r.Fidelity.HitsDue != hits {
		t.Errorf("%d hits recorded; phases have %d due and %d sent; fidelity %d due", len(s.Hits), hits, sent, r.Fidelity.HitsDue)
	}
	l := r.Timeline
	n := len(l.StartS)
	if n > 1800 {
		t.Errorf("%d buckets, want at most 1,800", n)
	}
	for _, length := range []int{len(l.AskedHz), len(l.SentHz), len(l.OKHz), len(l.Degraded), len(l.OtherHz), len(l.InFlight), len(l.P50S), len(l.P95S), len(l.MaxS)} {
		if length != n {
			t.Errorf("a slice of the timeline has %d entries, StartS %d", length, n)
		}
	}
	for _, o := range r.Objectives {
		if met := o.OK != nil && *o.OK; met == (o.Why != "") {
			t.Errorf("%q: ok %v and why %q", o.Text, o.OK, o.Why)
		}
	}
	if (r.Verdict == reports.Pass || r.Verdict == reports.None) != (r.ExitCode == 0) || r.Summary == "" {
		t.Errorf("verdict %s, exit %d, summary %q", r.Verdict, r.ExitCode, r.Summary)
	}
	if (r.Verdict == reports.Inconclusive) != (r.VerdictWhy != "") || r.Details == nil {
		t.Errorf("verdict %s, because %q; details %q", r.Verdict, r.VerdictWhy, r.Details)
	}
	if n := len(sentenceEnd.FindAllString(r.Summary, -1)); n > 3 {
		t.Errorf("a headline of %d sentences: %s", n, r.Summary)
	}
}

// sentenceEnd is where one sentence of a summary ends.
var sentenceEnd = regexp.MustCompile(`[.?!]( [A-Z0-9]|$)`)

func checkTraffic(t *testing.T, name string, f reports.Traffic) {
	t.Helper()
	sum := func(m map[string]int64) (n int64) {
		for _, v := range m {
			n += v
		}
		return n
	}
	if sum(f.Codes) != f.Sent {
		t.Errorf("%s: codes %v do not add up to the %d sent", name, f.Codes, f.Sent)
	}
	ours := f.Classes["dropped"] + f.Classes["canceled"] + f.Classes["generator"]
	if sum(f.Classes) != f.Sent+ours || f.Classes["ok"] != f.ResponseS.N || f.ResponseAllS.N != f.Sent {
		t.Errorf("%s: classes %v, %d good, %d in all, %d sent", name, f.Classes, f.ResponseS.N, f.ResponseAllS.N, f.Sent)
	}
	for _, q := range []reports.Quantiles{f.ResponseS, f.ResponseAllS, f.ServiceS} {
		list := []*float64{q.P50, q.P90, q.P95, q.P99, q.P999, q.Max}
		if q.N == 0 {
			if slices.ContainsFunc(list, func(v *float64) bool { return v != nil }) {
				t.Errorf("%s: quantiles of nothing: %+v", name, q)
			}
			continue
		}
		if !slices.IsSortedFunc(list, func(x, y *float64) int { return int(1e9*(*x)) - int(1e9*(*y)) }) {
			t.Errorf("%s: quantiles fall: %v %v %v %v %v %v", name, *q.P50, *q.P90, *q.P95, *q.P99, *q.P999, *q.Max)
		}
	}
	for _, v := range []*float64{f.OKRatio, f.DegradedRatio} {
		if v != nil && (*v < 0 || *v > 1) || (v == nil) != (f.Sent == 0) {
			t.Errorf("%s: ratio %v of %d sent", name, show(v), f.Sent)
		}
	}
}

// Whatever the hits say: no panic, no NaN, and a report that adds up.
func FuzzAnalyze(f *testing.F) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 3, 30, 300, 3000} {
		f.Add(randomBytes(random, n))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := anyRun(data)
		marshal(t, s)
		checkReport(t, s, reportOf(s, t))
	})
}

func TestDamagedBundle(t *testing.T) {
	for _, h := range []journal.Hit{{Phase: 1}, {Phase: -1}, {Request: 1}, {Request: -1}} {
		s := madeup.NewScenario(madeup.Phase("load", madeup.Second))
		s.Hits = []journal.Hit{h}
		if _, err := Contents(s.Contents()); err == nil {
			t.Errorf("phase %d and request %d were accepted, want an error: there is one of each", h.Phase, h.Request)
		}
	}
}

// Ten times the hits in the same time need the same memory: what is allocated
// depends on the length of the run and on how far the times spread.
func TestMemoryDoesNotGrowWithTheHits(t *testing.T) {
	few, many := allocated(t, 20_000), allocated(t, 200_000)
	if many > few*12/10 {
		t.Errorf("200,000 hits took %d bytes, 20,000 took %d", many, few)
	}
}

// allocated returns the bytes that analysing a minute with that many hits takes in all.
func allocated(t *testing.T, hits uint64) uint64 {
	t.Helper()
	load := madeup.Phase("load", 60*madeup.Second)
	load.Hits = hits
	s := madeup.NewScenario(load).Drive(func(h *journal.Hit) { h.Done = h.Due + time.Duration(1+h.Seq%100)*madeup.Millisecond })
	in := s.Contents()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Contents(in); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
