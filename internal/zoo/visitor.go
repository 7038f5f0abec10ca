package zoo

import (
	"fmt"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// fate is how a hit ended, and why.
type fate struct {
	hit   *journal.Hit
	over  bool
	cause Cause
	state State // of the site just before, of those that ended badly
}

// attack sends the plan's hits, and says what the phases are.
func (w *world) attack() []journal.PhaseSpan {
	all, spans, firsts := w.plan.arrivals(w.weights)
	for _, a := range all {
		if w.even {
			a.request = w.inTurn(w.weights)
		}
		sent := a.due + w.noise.lag()
		if w.plan.Ending != Complete && sent >= w.plan.EndsAt {
			break
		}
		w.under++
		w.at(sent, func() { w.arrive(a, 0) })
	}
	var start time.Duration
	for i, phase := range w.plan.Phases {
		for range phase.Concurrency {
			end := start + phase.Duration
			var next func()
			next = func() {
				if w.now < min(end, w.plays()) {
					w.under++
					w.arrive(arrival{w.now, firsts[i], i, pick(w.plan.Seed, firsts[i], w.weights)}, end, next)
					firsts[i]++
				}
			}
			w.at(start+w.noise.upTo(time.Millisecond), next)
		}
		start += phase.Duration
	}
	return spans
}

// arrive sends a request, or begins a visit. closes is when its closed phase ends, 0 of
// one in another; then is what its visitor does next.
func (w *world) arrive(a arrival, closes time.Duration, then ...func()) {
	if w.plan.Visits != nil {
		w.walkFrom(a, closes, then...)
		return
	}
	w.send(&journal.Hit{Seq: a.seq, Phase: int32(a.phase), Request: int32(a.request), Due: a.due, Session: w.site.cookie()}, &w.session, then...)
}

// inTurn takes the requests of the mix in turn, as often as their weights say
// (smooth weighted round robin, as nginx balances).
func (w *world) inTurn(weights []int) (best int) {
	all := 0.0
	for i, weight := range weights {
		w.chances[i] += float64(weight)
		all += float64(weight)
		if w.chances[i] > w.chances[best] {
			best = i
		}
	}
	w.chances[best] -= all
	return best
}

// send sends a hit now, of the session with that lock, and records what came of it.
// then is what its visitor does next.
func (w *world) send(hit *journal.Hit, lock *places, then ...func()) {
	hit.Sent = w.now
	var r *request
	one := &fate{hit: hit}
	w.fates = append(w.fates, one)
	end := func(at time.Duration, cause Cause) {
		hit.Done, one.over, one.cause = at, true, cause
		if cause != NoCause && len(w.state) > 0 {
			one.state = w.state[len(w.state)-1]
		}
		w.under--
		for _, next := range then {
			next()
		}
	}
	patience := w.after(w.plan.Patience+w.noise.about(200*time.Microsecond), func() {
		hit.Class = journal.ClassClientTimeout
		if r != nil {
			w.gateway.left(r)
			if w.site.Gateway.Absent && !r.inPool {
				hit.Class = journal.ClassConnectTimeout
			}
		}
		end(w.now, ClientTimeout)
	})
	reply := func(got answer) {
		w.after(w.noise.about(60*time.Microsecond), func() {
			if one.over {
				return
			}
			patience.cancel()
			if got.broken {
				hit.Class = journal.ClassClosed
				end(w.now, got.cause)
				return
			}
			hit.Code, hit.Answerer, hit.BytesIn, hit.Degraded = int32(got.code), got.by, got.bytes, got.degraded
			hit.FirstByte = w.now
			if got.code >= 400 {
				hit.Class = journal.ClassStatus
			}
			w.tellAnswer(hit)
			end(w.now+w.noise.about(18*time.Microsecond), got.cause)
		})
	}
	w.after(w.noise.about(70*time.Microsecond), func() {
		if !one.over {
			r = w.gateway.take(w.pages[hit.Request], lock, reply)
		}
	})
}

// tellAnswer tells of the first answer of its kind with a status of 500 or above.
func (w *world) tellAnswer(h *journal.Hit) {
	if h.Code < 500 {
		return
	}
	key := fmt.Sprint(h.Code, h.Answerer)
	if w.told[key] {
		return
	}
	w.told[key] = true
	who := map[journal.Answerer]string{
		journal.AnswererApp:     `the application: Server "nginx/1.22.1", X-Powered-By "PHP/8.2.32", body "the application could not do this"`,
		journal.AnswererGateway: `the gateway: Server "nginx/1.22.1", title "502 Bad Gateway"`,
		journal.AnswererEdge:    `an edge: Server "Varnish", title "503 Backend fetch failed"`,
	}[h.Answerer]
	if w.site.Gateway.JSONPage && h.Answerer == journal.AnswererApp {
		who = `the application: Server "nginx/1.22.1", body "{\"error\":\"unavailable\"}"`
	}
	if h.Code == 504 && h.Answerer == journal.AnswererGateway {
		who = `the gateway: Server "nginx/1.22.1", title "504 Gateway Time-out"`
	}
	// The attack tells of it, also after the faults have been played.
	w.record.Events = append(w.record.Events, journal.Event{AtNS: int64(w.now), Kind: journal.Answer, Text: fmt.Sprintf("%d by %s", h.Code, who)})
}

// lastAnswer runs until the last hit has ended, and says when that was.
func (w *world) lastAnswer() time.Duration {
	if w.plan.Ending != Complete {
		return w.plan.EndsAt
	}
	for w.under > 0 {
		w.clock.run(w.events[0].at)
	}
	return w.now
}
