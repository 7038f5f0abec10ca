package attack

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/redact"
	"github.com/tailback/tailback/reports/journal"
)

const (
	// leastHidden is how long a captured value or a cookie must be to be looked for in
	// what is told, in bytes: a shorter one is in many a word.
	leastHidden = 4
	hidden      = "[hidden]"
)

// walk is one visit under way.
type walk struct {
	*shooter
	course *course
	k      uint64 // number of the visit in its group, from 0
	*pass
	taken []string // what was captured, by the session and by the visit
	keys  []string // of a login: what it is sent with, a password among it
	by    by
}

// arrive begins the visit that is due with the hit. That of a closed phase is over when
// it returns, since the visitor's next one waits for it; any other goes on by itself.
func (s *shooter) arrive(k uint64, first *journal.Hit) {
	w := s.newWalk(k, &s.mix.courses[s.mix.pick(first.Seq)], s.lending.lend())
	at, phase := first.Due, first.Phase
	if s.due == nil {
		defer s.lending.giveBack(w.pass)
		w.run(0, at, phase)
		return
	}
	w.apart(func() bool { return w.run(0, at, phase) })
}

// apart goes on with the visit by itself; f reports whether it is over then. A panic in
// it ends the attack, as in RoundTrip.
func (w *walk) apart(f func() (over bool)) {
	w.walks.Go(func() {
		defer func() {
			if v := recover(); v != nil {
				w.abort(fmt.Errorf("panic in a visit: %v\n%s", v, debug.Stack()))
			}
		}()
		if f() {
			w.lending.giveBack(w.pass)
		}
	})
}

// newWalk is visit k of the group, which has not begun. What it captures is its own,
// not the session's.
func (s *shooter) newWalk(k uint64, c *course, of *pass) *walk {
	if of.number == 0 || c == s.mix.login { // else others may have it, too
		of.jar.told = s.recent.add
	}
	w := &walk{shooter: s, k: k, course: c, pass: of, taken: slices.Clip(of.captured)}
	w.by = by{newSender(s.exp.Target, s.hop, w.jar), w.hide}
	return w
}

// run takes one step after the other, from step i, until one fails or the run is over.
// It reports whether the visit is over: it may go on elsewhere.
func (w *walk) run(i int, due time.Duration, phase int32) (over bool) {
	for {
		hit := w.hit(i)
		hit.Due, hit.Phase, hit.Sent = due, phase, time.Since(w.t0)
		w.take(&hit, i)
		w.emit(hit)
		if i++; hit.Class != journal.ClassOK || i == len(w.course.steps) {
			return true
		}
		think := w.thinks(i)
		due = hit.Done + think
		if think > 0 && w.due != nil { // on a small stack: many visits may think, and an answer takes a large one
			next, at := i, due
			w.apart(func() bool {
				phase, ok := w.waits(at)
				return !ok || w.run(next, at, phase)
			})
			return false
		}
		ok := false
		if phase, ok = w.waits(due); !ok {
			return true
		}
	}
}

// waits waits until a step is due, and says in which phase that is. It reports whether
// steps are taken then.
func (w *walk) waits(due time.Duration) (phase int32, ok bool) {
	end := w.until()
	ok = sleepUntil(w.stepping, w.t0.Add(min(due, end))) && due < end && w.pacing.Err() == nil
	return w.phaseAt(due), ok
}

// hit is that of the visit's step i.
func (w *walk) hit(i int) journal.Hit {
	return journal.Hit{Seq: w.seq(i), Request: w.course.steps[i].request, Visit: w.offset/configs.MaxSteps + w.k + 1, Step: int32(i), Session: w.number}
}

// seq numbers the steps of all visits.
func (w *walk) seq(i int) uint64 { return w.offset + w.k*configs.MaxSteps + uint64(i) }

// until is when no more steps are taken: at the end of the run, or of a closed phase,
// whose visitors then leave.
func (w *walk) until() time.Duration {
	if w.due == nil {
		return w.end
	}
	return w.exp.Duration()
}

// thinks draws how long the visitor thinks before step i.
func (w *walk) thinks(i int) time.Duration {
	drawn := splitmix64(w.mix.seed ^ splitmix64(w.seq(i)^splitmix64('t')))
	return w.course.steps[i].think.At(float64(drawn>>11) / (1 << 53))
}

// take sends the request of step i, unless the load is at its ceiling or it comes too
// late, and captures what is to be captured.
func (w *walk) take(hit *journal.Hit, i int) {
	if hit.Sent-hit.Due > w.late || !w.gate.enter(hit.Sent) {
		hit.Class, hit.Done = journal.ClassDropped, hit.Sent
		if w.due == nil {
			sleepUntil(w.base, time.Now().Add(dropPause))
		}
		return
	}
	defer w.gate.leave()
	w.send(hit, i, 0)
}

// send sends the request of step i and captures what is to be captured. It returns the
// answer as exchange does.
func (w *walk) send(hit *journal.Hit, i, keep int) (resp *http.Response, page []byte, err error) {
	step := &w.course.steps[i]
	v := w.values(i)
	shot, err := w.mix.shots[step.request].at(v)
	if err != nil {
		w.fail(hit, err)
		return nil, nil, err
	}
	if shot.session != nil {
		hit.Session = shot.session.of(v)
	}
	own := *shot
	own.header = shot.header.Clone() // the cookies go into it
	if slices.ContainsFunc(step.captures, func(c capture) bool { return c.needsBody() }) {
		keep = maxJudged
	}
	resp, page, err = w.exchange(hit, &own, w.by, keep)
	if err == nil && hit.Class == journal.ClassOK {
		w.capture(hit, step, resp, page)
	}
	return resp, page, err
}

// values are what the placeholders of step i stand for.
func (w *walk) values(i int) *values {
	v := w.mix.values(w.seq(i))
	v.visit, v.number, v.taken = w.seq(0), number(w.mix.groups, w.offset+w.k), w.taken
	v.session = w.number
	return v
}

// capture takes what the steps after this one send. What is not found fails the step.
func (w *walk) capture(hit *journal.Hit, s *step, resp *http.Response, page []byte) {
	for i := range s.captures {
		value, found, why := s.captures[i].from(resp, page, w.jar)
		if !found {
			hit.Class = journal.ClassCapture
			w.missed.first(hit, s, &s.captures[i], w.hide(outline(resp.Header, page)), why)
			return
		}
		w.taken = append(w.taken, value)
		w.recent.add(value)
	}
}

// hide hides what the visit has captured, its cookies, and what it logs in with.
func (w *walk) hide(text string) string {
	secrets := slices.Concat(w.taken, w.keys)
	for _, cookie := range w.jar.all() {
		secrets = append(secrets, cookie.value, cookie.before)
	}
	secrets = slices.DeleteFunc(secrets, func(s string) bool { return len(s) < leastHidden })
	return redact.New(secrets, leastHidden).Hide(w.recent.hide(text), hidden)
}
