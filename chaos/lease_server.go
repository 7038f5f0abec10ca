package chaos

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// leaseServer is the proxy's side of one lease.
type leaseServer struct {
	*server
	exp    *configs.Experiment
	began  time.Time // 0 on the clock that the runner is told
	out    outbox
	stop   context.CancelFunc // ends the Play, if there is one
	stuck  atomic.Bool        // a fault could not be shown to be lifted
	played sync.WaitGroup
}

// lease serves a run for as long as it holds the proxies.
func (s *server) lease(w http.ResponseWriter, r *http.Request) {
	conn := http.NewResponseController(w)
	conn.EnableFullDuplex()
	w.Header().Set("Connection", "close") // nothing comes after a lease
	lines := bufio.NewScanner(r.Body)
	lines.Buffer(nil, leaseLine)
	conn.SetReadDeadline(time.Now().Add(leaseFor))
	defer context.AfterFunc(s.ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })()
	p, exp, err := s.plan(lines)
	if err != nil {
		refuse(w, refusal(http.StatusBadRequest, "%v", err))
		return
	}
	who := &holder{p.Name, p.Host, p.PID, time.Now()}
	if err := s.take(who); err != nil {
		refuse(w, err)
		return
	}
	defer s.giveBack()
	s.say(who.String() + ": holds the proxies")
	le := &leaseServer{server: s, exp: exp, began: time.Now()}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusOK)
	conn.Flush()
	if err := le.run(lines, w, conn); err != nil {
		s.say(fmt.Sprintf("%v: %v; %s", who, err, le.undone()))
		return
	}
	s.say(fmt.Sprintf("%v: has ended; %s", who, le.undone()))
}

// plan reads the first line of a lease.
func (s *server) plan(lines *bufio.Scanner) (plan, *configs.Experiment, error) {
	var first ask
	if !lines.Scan() {
		return plan{}, nil, fmt.Errorf("read the plan: %w", errors.Join(lines.Err(), errors.New("no line came")))
	}
	if err := decodeLine(lines.Bytes(), &first); err != nil {
		return plan{}, nil, fmt.Errorf("read the plan: %w", err)
	}
	if first.Plan == nil {
		return plan{}, nil, errors.New("read the plan: the first line has none")
	}
	exp, err := first.Plan.experiment(s.Proxies.exp)
	if err == nil {
		_, err = s.faults(exp)
	}
	return *first.Plan, exp, err
}

// run does what the runner asks until the lease ends, lifts every fault in
// force, and returns how the lease ended.
func (le *leaseServer) run(lines *bufio.Scanner, w http.ResponseWriter, conn *http.ResponseController) error {
	playing, cancel := context.WithCancelCause(context.WithoutCancel(le.ctx)) // not the request's context: that ends first, and gives no cause
	le.out.more = make(chan struct{}, 1)
	var writing sync.WaitGroup
	writing.Go(func() { le.write(w, conn) })
	var err error
	for err == nil && le.ctx.Err() == nil && lines.Scan() {
		conn.SetReadDeadline(time.Now().Add(leaseFor))
		var a ask
		if err = decodeLine(lines.Bytes(), &a); err == nil {
			le.do(playing, a)
		}
	}
	switch {
	case le.ctx.Err() != nil:
		err = errors.New("the proxy was ended")
	case errors.Is(lines.Err(), os.ErrDeadlineExceeded):
		err = fmt.Errorf("the run was not heard for %v", leaseFor)
	case lines.Err() != nil:
		err = fmt.Errorf("the run was lost: %w", bare(lines.Err()))
	}
	cancel(err)
	le.played.Wait()
	le.out.close()
	writing.Wait()
	return err
}

func (le *leaseServer) do(ctx context.Context, a ask) {
	switch {
	case a.Beat != 0:
		le.out.put(tell{Beat: a.Beat, ClockNS: int64(time.Since(le.began))})
	case a.Stop && le.stop != nil:
		le.stop()
	case a.PlayAt != nil && le.stop != nil:
		le.out.put(tell{Ended: true, Error: "a lease plays once"})
	case a.PlayAt != nil:
		ctx, le.stop = context.WithCancel(ctx)
		t0 := le.began.Add(time.Duration(*a.PlayAt))
		le.warn(t0)
		le.played.Go(func() {
			end := tell{Ended: true}
			err := le.play(ctx, le.exp, t0, le.tell)
			if errors.Is(err, context.Canceled) {
				err = context.Cause(ctx)
			}
			if err != nil {
				end.Error = err.Error()
			}
			le.out.put(end)
		})
	}
}

// tell sends an event of the Play. It notes that a fault could not be shown to
// be lifted: the proxy says so itself, should the runner not be there any more.
func (le *leaseServer) tell(e journal.Event) {
	if e.Kind == journal.FaultLifted && !*e.Fault.UndoConfirmed {
		le.stuck.Store(true)
	}
	le.out.put(tell{Event: &e})
}

func (le *leaseServer) undone() string {
	if le.stuck.Load() {
		return "NOT EVERY FAULT COULD BE SHOWN TO BE LIFTED: look before you trust the dependencies again"
	}
	return "every fault is lifted"
}

// warn tells the runner of toxics that no run has put on the proxies, and of
// proxies that clients have made.
func (le *leaseServer) warn(t0 time.Time) {
	le.calls.Lock()
	defer le.calls.Unlock()
	var texts []string
	for _, p := range le.own {
		texts = append(texts, foreignProxy(p))
	}
	slices.Sort(texts)
	for _, p := range le.all() {
		for _, t := range p.toxics() {
			texts = append(texts, p.foreign(t))
		}
	}
	for _, text := range texts {
		le.out.put(tell{Event: &journal.Event{AtNS: int64(time.Since(t0)), Kind: journal.Warning, Text: text}})
	}
}

// write sends the lines of the outbox until that is closed and empty. A runner
// that takes nothing for as long as a lease lasts is lost.
func (le *leaseServer) write(w http.ResponseWriter, conn *http.ResponseController) {
	to := json.NewEncoder(w)
	lost := false
	for {
		lines, more := le.out.take()
		for i := 0; i < len(lines) && !lost; i++ {
			conn.SetWriteDeadline(time.Now().Add(leaseFor))
			lost = to.Encode(lines[i]) != nil
		}
		if lost = lost || conn.Flush() != nil; lost {
			conn.SetReadDeadline(time.Unix(1, 0))
		}
		if !more {
			return
		}
	}
}

// outbox keeps lines until they are written, so that no Play waits for a runner.
type outbox struct {
	mu     sync.Mutex
	lines  []tell
	closed bool
	more   chan struct{} // has a value when there may be lines
}

func (o *outbox) put(t tell) { o.change(func() { o.lines = append(o.lines, t) }) }

func (o *outbox) close() { o.change(func() { o.closed = true }) }

func (o *outbox) change(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
	select {
	case o.more <- struct{}{}:
	default:
	}
}

// take waits for lines; more is false after the last.
func (o *outbox) take() (lines []tell, more bool) {
	<-o.more
	o.mu.Lock()
	defer o.mu.Unlock()
	lines, o.lines = o.lines, nil
	return lines, !o.closed
}
