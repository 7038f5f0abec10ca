package poolmodel

// step is what ends a worker's present step.
type step uint8

const (
	finish step = iota
	callSelf
	callPlace // its calls come next, for which it needs a place inside
	done      // with the work after its answer
	killed
)

// begin has a free worker take a request.
func (s *simulation) begin(i int32) {
	s.idle--
	s.busy++
	second := &s.res.Seconds[len(s.res.Seconds)-1]
	second.Busy = max(second.Busy, s.busy)
	r := &s.requests[i]
	if !r.waits && r.parent != another {
		s.res.Abandoned++
	}
	r.place, r.killAt = working, s.killAt(s.now)
	switch r.parent {
	case noParent:
		s.beginPage(i)
	case another:
		s.until(i, s.now+s.others.service, finish)
	default:
		s.until(i, s.now+s.selfService, finish)
	}
}

// beginPage begins a visitor's page.
func (s *simulation) beginPage(i int32) {
	r := &s.requests[i]
	if !s.kinds.early {
		r.kind = s.kinds.draw()
	}
	k := &s.kinds.each[r.kind]
	r.calls = k.calls.draw()
	switch {
	case s.pages.draw() > 0:
		s.until(i, s.now+s.ownWork(k), callSelf)
	case s.within.limited && s.within.whole:
		s.take(i)
	case s.within.limited && r.calls > 0:
		s.until(i, s.now+s.ownWork(k), callPlace)
	default:
		s.until(i, s.calls.end(s.now+s.ownWork(k), r.calls, k), finish)
	}
}

// ownWork is how long a page's work before its calls takes, with so many busy.
func (s *simulation) ownWork(k *kind) int64 {
	if s.contention == 0 {
		return k.service
	}
	return int64(min(float64(k.service)*(1+s.contention*float64(s.busy-1)), float64(never)))
}

// until has the worker go on with its present step until then, or until it is killed.
func (s *simulation) until(i int32, at int64, next step) {
	r := &s.requests[i]
	if at > r.killAt {
		at, next = r.killAt, killed
	}
	r.next = next
	r.turn++
	if at == never {
		return
	}
	if len(s.workers) > 64+2*s.busy { // kills that were made void by a step after them
		s.workers.keep(func(e *event) bool { return s.requests[e.req].turn == e.turn })
	}
	s.order++
	s.workers.push(event{at: at, order: s.order, req: i, turn: r.turn})
}

// work ends a worker's step.
func (s *simulation) work(e event) {
	r := &s.requests[e.req]
	if r.turn != e.turn {
		return
	}
	switch r.next {
	case callSelf:
		s.callSelf(e.req)
		return
	case callPlace:
		s.take(e.req)
		return
	case killed:
		s.answer(e.req, badGateway)
	case finish:
		s.answer(e.req, ok)
		if behind := s.kinds.each[r.kind].behind; behind > 0 && r.parent == noParent {
			s.until(e.req, s.now+behind, done)
			return
		}
	case done:
	}
	s.giveBack(e.req)
	s.leave(e.req)
	s.idle++
	s.busy--
	if s.queue.n > 0 {
		s.begin(s.queue.pop())
	}
}

// callSelf sends the site's request to itself and leaves the worker waiting.
func (s *simulation) callSelf(i int32) {
	s.requests[i].place = calling
	s.until(i, never, finish)
	page := s.enter(i)
	s.res.Self.Arrived++
	s.selfWaiting++
	s.set(selfTimer, page, s.self)
	s.knock(page)
}
