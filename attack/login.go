package attack

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

const (
	// loginsAtOnce is how many requests that log in wait for an answer at most: half of
	// what a small pool has for visitors.
	loginsAtOnce = 4
	// loginRate is how many of them are sent a second at most.
	loginRate = 20
	// loginFailures is how many logins may fail before no more are tried: with a wrong
	// password each of them is one step to a locked account.
	loginFailures = 3
)

// LoginTakes is how long it takes at least to log in all sessions; 0 without any.
func (a *Attack) LoginTakes() time.Duration {
	if a.mix.login == nil {
		return 0
	}
	requests := a.exp.Sessions.Count * len(a.mix.login.steps)
	return time.Duration(requests-1)*a.loginInterval() + a.loginThinks()
}

// loginInterval is between two requests that log in.
func (a *Attack) loginInterval() time.Duration {
	rate := float64(loginRate)
	if a.exp.Limits.Rate > 0 {
		rate = min(rate, a.exp.Limits.Rate)
	}
	return time.Duration(float64(time.Second) / rate)
}

// loginThinks is how long a visitor who logs in thinks on average.
func (a *Attack) loginThinks() (sum time.Duration) {
	for i := range a.mix.login.steps {
		sum += a.mix.login.steps[i].think.MeanTime()
	}
	return sum
}

// loginBound is how long all logins may take: three times as long as they would at
// best, a minute, and, since few are sent at once, a second for each request.
func (a *Attack) loginBound() time.Duration {
	requests := a.exp.Sessions.Count * len(a.mix.login.steps)
	return 3*a.LoginTakes() + time.Minute + time.Duration(requests)*time.Second
}

// LogIn logs in the sessions that the experiment has, for Run to lend to visits. It is
// to be called before Run, with nothing broken, and counts in no figure. Few requests are sent at
// once and in a second, and limits.rate holds. told is called, one call at a time, when
// one more session is logged in. The error says how many could not be, and what the site
// answered; it is ctx's when ctx ended first.
func (a *Attack) LogIn(ctx context.Context, told func(done int)) error {
	if a.mix.login == nil {
		return nil
	}
	defer a.transport.CloseIdleConnections()
	bounded, cancel := context.WithTimeout(ctx, a.loginBound())
	defer cancel()
	l := &logins{Attack: a, ctx: bounded, t0: time.Now(), told: told, sessions: make([]*pass, a.exp.Sessions.Count),
		slots: make(chan struct{}, min(loginsAtOnce, max(1, a.exp.Limits.InFlight)))}
	l.all()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case l.done < len(l.sessions):
		return l.error(bounded.Err() != nil)
	}
	a.lending = newLending(l.sessions)
	a.spoken = &spoken{} // what was said until now is not the run's
	a.addresses.opened.Store(0)
	return nil
}

// logins are those of all sessions, under way.
type logins struct {
	*Attack
	ctx      context.Context
	t0       time.Time
	told     func(done int)
	sessions []*pass       // nil where not logged in
	slots    chan struct{} // taken by the requests that wait for an answer

	mu     sync.Mutex // of what follows
	next   time.Time  // when the next request may be sent
	done   int
	failed []failedLogin
}

// failedLogin is a login that failed.
type failedLogin struct {
	number int // of the session
	why    string
}

// all logs in one session after the other, until too many have failed.
func (l *logins) all() {
	var running sync.WaitGroup
	defer running.Wait()
	for i := range l.sessions {
		if !l.takeTurn() {
			return
		}
		if l.hopeless() {
			<-l.slots
			return
		}
		running.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					l.fail(i, fmt.Sprintf("panic: %v\n%s", v, debug.Stack()))
				}
			}()
			l.one(i)
		})
	}
}

// takeTurn waits until one more request may be sent; the slot is to be given back when
// it is answered. It reports false when no more is to be sent.
func (l *logins) takeTurn() bool {
	select {
	case l.slots <- struct{}{}:
	case <-l.ctx.Done():
		return false
	}
	l.mu.Lock()
	at := l.next
	if now := time.Now(); at.Before(now) {
		at = now
	}
	l.next = at.Add(l.loginInterval())
	l.mu.Unlock()
	if !sleepUntil(l.ctx, at) {
		<-l.slots
		return false
	}
	return true
}

// one logs in session i, whose first request has its turn.
func (l *logins) one(i int) {
	v := l.NewVisitor(l.ctx, l.t0)
	v.number, v.offset = i+1, uint64(len(l.groups))*journal.SeqStride // apart from what visits draw
	first := int(l.mix.login.steps[0].request)
	for j := range l.mix.login.steps {
		if j > 0 && !(sleepUntil(l.ctx, time.Now().Add(v.walk.thinks(j))) && l.takeTurn()) {
			return
		}
		t := l.send(v, first+j)
		if l.ctx.Err() != nil {
			return
		}
		if t.NotIn != "" {
			l.fail(i, fmt.Sprintf("at step %s: %s", l.exp.Sessions.Steps[j].Name, t.NotIn))
			return
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions[i] = v.pass
	l.done++
	l.told(l.done)
}

// send sends one request, and gives its slot back.
func (l *logins) send(v *Visitor, request int) Tried {
	defer func() { <-l.slots }()
	return v.try(request)
}

func (l *logins) fail(i int, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = append(l.failed, failedLogin{i + 1, why})
}

// hopeless reports whether so many logins failed that no more are to be tried.
func (l *logins) hopeless() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.failed) >= loginFailures
}

// error says how many sessions are logged in, and the first failure of each kind.
func (l *logins) error(late bool) error {
	of := len(l.sessions)
	text := fmt.Sprintf("log in: %d of %d sessions were logged in, so the run did not begin", l.done, of)
	if late {
		text += fmt.Sprintf(", in the %s that they may take: see how long the site's login takes when nothing else is asked of it, or lower sessions.count", l.loginBound().Round(time.Second))
	}
	others := map[string]int{}
	for _, f := range l.failed {
		others[f.why]++
	}
	var kinds []string
	for _, f := range l.failed {
		n := others[f.why]
		if n == 0 {
			continue // told
		}
		others[f.why] = 0
		kind := fmt.Sprintf("session %d failed %s", f.number, f.why)
		if n > 1 {
			kind += fmt.Sprintf(" (and %d more likewise)", n-1)
		}
		kinds = append(kinds, kind)
	}
	if len(kinds) > 0 {
		text += ": " + strings.Join(kinds, "; ")
	}
	if len(l.failed)+l.done < of && !late {
		text += "; the others were not tried"
	}
	return errors.New(text)
}
