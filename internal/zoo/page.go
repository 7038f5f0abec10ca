package zoo

import (
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// thread runs a page on a worker.
type thread struct {
	*world
	process  *process
	worker   *worker
	page     *Page
	computed time.Duration
	fellBack bool
	failed   int // status, when a call failed and the page gave up
}

// run takes the page's time and answers on the way.
func (t *thread) run(reply func(answer)) {
	t.process.sleep(t.noise.about(t.start()))
	unlock := t.lock()
	defer unlock()
	t.work(t.page.Work)
	if t.page.Session == UntilCall {
		unlock()
	}
	if t.page.Self > 0 {
		t.fetchItself()
	}
	t.calls()
	t.work(t.page.Then)
	t.process.sleep(t.noise.about(150 * time.Microsecond))
	if t.page.Dies {
		return
	}
	reply(t.answer())
	unlock()
	t.work(t.page.Behind)
}

// start is what a worker takes before the page: reading the request, compiling.
func (t *thread) start() time.Duration {
	if t.worker.cfg.Server != PHPFPM {
		return 700 * time.Microsecond
	}
	return 400 * time.Microsecond
}

// work takes a piece of work's time.
func (t *thread) work(w Work) {
	if w.Mean == 0 {
		return
	}
	took := t.spread(w.Mean, w.Spread)
	if w.Grow > 0 {
		t.contending[t.page]++
		defer func() { t.contending[t.page]-- }()
		took = time.Duration(float64(took) * (1 + w.Grow*float64(t.contending[t.page]-1)))
	}
	if w.CPU {
		t.computed += took
		t.cores.compute(t.process, took)
		return
	}
	t.process.sleep(took + t.noise.oversleep())
}

// lock takes the session's lock, if the page wants it. What it returns gives it
// back, once.
func (t *thread) lock() (unlock func()) {
	if t.page.Session == NoSession {
		return func() {}
	}
	t.wait(forLock)
	lock := t.worker.at.request.lock
	lock.take(t.process, forever)
	t.wait(forNothing)
	held := true
	return func() {
		if held {
			held = false
			lock.give()
		}
	}
}

// fetchItself calls a page of the site through its gateway, without a timeout.
func (t *thread) fetchItself() {
	come := &signal{}
	page := &t.site.Pages[t.page.Self-1]
	t.wait(forItself)
	end := t.selfCalled()
	var r *request
	got := false
	defer func() {
		if !got && r != nil { // killed meanwhile
			t.gateway.left(r)
		}
	}()
	t.process.sleep(t.noise.about(200 * time.Microsecond))
	r = t.gateway.take(page, &t.session, func(answer) { t.after(t.noise.about(100*time.Microsecond), come.fire) })
	t.process.await(come, forever)
	got = true
	end()
	t.wait(forNothing)
}

// calls makes the page's calls.
func (t *thread) calls() {
	if !t.page.AtOnce {
		for i := range t.page.Calls {
			if i > 0 {
				t.work(t.page.Between)
			}
			t.call(t.process, &t.page.Calls[i])
		}
		return
	}
	left, all := len(t.page.Calls), &signal{}
	var parts []*process
	defer func() {
		for _, p := range parts {
			if !p.over {
				p.kill()
			}
		}
	}()
	for i := range t.page.Calls {
		parts = append(parts, t.begin(func(p *process) {
			t.call(p, &t.page.Calls[i])
			if left--; left == 0 {
				all.fire()
			}
		}))
	}
	t.worker.waits = forCall + t.page.Calls[0].To
	t.process.await(all, forever)
	t.worker.waits = forNothing
}

// wait notes what the worker waits for. Of calls made at once calls does so.
func (t *thread) wait(what int) {
	if !t.page.AtOnce {
		t.worker.waits = what
	}
}

func (t *thread) answer() answer {
	a := answer{code: t.status(), by: journal.AnswererUnknown, bytes: 15, degraded: t.fellBack}
	if a.code >= 500 {
		a.by, a.cause, a.bytes, a.degraded = journal.AnswererApp, AppError, 33, false
	}
	return a
}

func (t *thread) status() int {
	switch {
	case t.failed != 0:
		return t.failed
	case t.page.Status != 0:
		return t.page.Status
	}
	return 200
}
