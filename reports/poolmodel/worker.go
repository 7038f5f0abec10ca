package poolmodel

// step is what ends a worker's present step.
type step uint8

const (
	finish step = iota
	callSelf
	killed
)

// begin has a free worker take a request.
func (s *simulation) begin(i int32) {
	s.idle--
	s.busy++
	second := &s.res.Seconds[len(s.res.Seconds)-1]
	second.Busy = max(second.Busy, s.busy)
	r := &s.requests[i]
	if !r.waits {
		s.res.Abandoned++
	}
	r.place, r.killAt = working, s.killAt(s.now)
	if r.parent != noParent {
		s.until(i, s.now+s.selfService, finish)
		return
	}
	k := s.kinds.draw()
	if s.pages.draw() > 0 {
		r.calls = k.calls.draw()
		s.until(i, s.now+k.service, callSelf)
		return
	}
	s.until(i, s.calls.end(s.now+k.service, k.calls.draw()), finish)
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
	case killed:
		s.answer(e.req, badGateway)
	case finish:
		s.answer(e.req, ok)
	}
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
