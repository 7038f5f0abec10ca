package chaos

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// leaseClient is the Injector that plays in a `tailback proxy`: the runner's side of a lease.
type leaseClient struct {
	at     string // host and port
	exp    *configs.Experiment
	cancel func() // ends the request
	answer io.Closer
	tells  chan tell // closed when the proxy has ended the lease, or the connection broke
	why    error     // why the connection broke, if it did; known once tells is closed
	parts  sync.WaitGroup

	zero time.Time     // 0 on the proxy's clock
	off  time.Duration // how wrong zero may be

	mu  sync.Mutex // of the lines that are sent
	out *io.PipeWriter
}

// takeLease takes the lease on the proxies.
func takeLease(ctx context.Context, proxy *api, exp *configs.Experiment) (*leaseClient, error) {
	at := proxy.at
	first, err := json.Marshal(ask{Plan: ptr(planOf(exp))})
	if err != nil {
		return nil, fmt.Errorf("write the plan of the faults: %w", err)
	}
	in, out := io.Pipe()
	held, stop := context.WithCancel(context.WithoutCancel(ctx))
	cancel := func() { stop(); out.Close() }
	l := &leaseClient{at: at, exp: exp, cancel: cancel, tells: make(chan tell, 1024), out: out}
	req, err := http.NewRequestWithContext(held, http.MethodPost, proxy.url+leasePath, io.MultiReader(bytes.NewReader(append(first, '\n')), in))
	if err != nil {
		cancel()
		return nil, err
	}
	proxy.sign(req)
	answer, err := within(ctx, silenceFor, cancel, func() (*http.Response, error) { return direct().RoundTrip(req) })
	if err != nil {
		cancel()
		return nil, fmt.Errorf("reach the proxy at %s: %w; start it with tailback proxy, or correct chaos.toxiproxy", at, bare(err))
	}
	if answer.StatusCode != http.StatusOK {
		defer cancel()
		return nil, fmt.Errorf("play faults at %s: %w", at, proxy.refused(answer))
	}
	l.answer = answer.Body
	l.parts.Go(func() { l.listen(answer.Body) })
	if err := l.compare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("compare clocks with the proxy at %s: %w", at, err), l.Close())
	}
	l.parts.Go(func() { l.beat(held) })
	return l, nil
}

// direct is a way to the proxy past HTTP_PROXY.
func direct() *http.Transport {
	return &http.Transport{DialContext: (&net.Dialer{Timeout: silenceFor}).DialContext, DisableKeepAlives: true}
}

// within runs f and has cancel end it when it takes longer, or ctx ends.
func within[T any](ctx context.Context, most time.Duration, cancel context.CancelFunc, f func() (T, error)) (T, error) {
	ctx, done := context.WithTimeout(ctx, most)
	defer done()
	stop := context.AfterFunc(ctx, cancel)
	v, err := f()
	if !stop() && err != nil {
		err = fmt.Errorf("no answer: %w", context.Cause(ctx))
	}
	return v, err
}

// listen takes the proxy's lines.
func (l *leaseClient) listen(from io.Reader) {
	defer close(l.tells)
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, leaseLine)
	for lines.Scan() {
		var t tell
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			l.why = err
			return
		}
		l.tells <- t
	}
	l.why = lines.Err()
}

// compare finds the time at which the proxy's clock was 0. The quickest of a few
// exchanges tells it best: the proxy wrote its answer at some time within it.
func (l *leaseClient) compare(ctx context.Context) error {
	const exchanges = 8
	for i := range exchanges {
		sent := time.Now()
		if err := l.send(ask{Beat: int64(i) + 1}); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(silenceFor):
			return errSilent
		case t, ok := <-l.tells:
			if !ok {
				return lostBy(l.why)
			}
			round := time.Since(sent)
			if off := round / 2; i == 0 || off < l.off {
				l.zero, l.off = sent.Add(off-time.Duration(t.ClockNS)), off
			}
		}
	}
	return nil
}

var (
	errLost   = errors.New("the connection to the proxy ended")
	errSilent = fmt.Errorf("nothing was heard for %v", silenceFor)
)

// lostBy is errLost with why, on one line; why may be nil.
func lostBy(why error) error {
	if why == nil {
		return errLost
	}
	return fmt.Errorf("%w: %w", errLost, why)
}

// beat keeps the lease until the context ends.
func (l *leaseClient) beat(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for n := int64(100); ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if l.send(ask{Beat: n}) != nil {
				return
			}
		}
	}
}

func (l *leaseClient) send(a ask) error {
	line, err := json.Marshal(a)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err = l.out.Write(append(line, '\n'))
	return err
}

// Play has the proxy play. See Injector.
func (l *leaseClient) Play(ctx context.Context, t0 time.Time, emit func(journal.Event)) error {
	in := inForce{}
	err := l.follow(ctx, t0, func(e journal.Event) {
		in.note(e)
		emit(e)
	})
	for _, e := range in.lost(time.Since(t0)) {
		emit(e)
	}
	return err
}

// follow asks for the Play and emits what the proxy tells until it has ended.
func (l *leaseClient) follow(ctx context.Context, t0 time.Time, emit func(journal.Event)) error {
	if l.off > tolerable {
		emit(journal.Event{AtNS: int64(time.Since(t0)), Kind: journal.Warning,
			Text: fmt.Sprintf("the way to the proxy at %s is long: the times of faults and connections are known to %v only", l.at, l.off.Round(time.Millisecond))})
	}
	at := int64(t0.Sub(l.zero))
	if err := l.send(ask{PlayAt: &at}); err != nil {
		return l.lost(errLost)
	}
	silence := time.NewTimer(silenceFor)
	defer silence.Stop()
	stop := ctx.Done()
	for {
		select {
		case <-stop:
			stop = nil
			l.send(ask{Stop: true})
		case <-silence.C:
			return l.lost(errSilent)
		case t, ok := <-l.tells:
			switch {
			case !ok:
				return l.lost(lostBy(l.why))
			case t.Event != nil:
				emit(*t.Event)
			case t.Ended && ctx.Err() != nil:
				return ctx.Err()
			case t.Ended && t.Error != "":
				return fmt.Errorf("play faults at %s: %s", l.at, t.Error)
			case t.Ended:
				return nil
			}
			silence.Reset(silenceFor)
		}
	}
}

// tolerable is the error of the proxy's clock that needs no warning.
const tolerable = 5 * time.Millisecond

func (l *leaseClient) lost(err error) error {
	return fmt.Errorf("play faults at %s: %w; a proxy that still lives lifts them within %v", l.at, err, leaseFor)
}

// inForce are the faults that were applied and not lifted, by index.
type inForce map[int]*journal.Fault

func (in inForce) note(e journal.Event) {
	switch e.Kind {
	case journal.FaultApplied, journal.FaultStepped:
		in[e.Fault.Index] = e.Fault
	case journal.FaultLifted:
		delete(in, e.Fault.Index)
	}
}

// lost returns events that say of each fault that its lifting was not seen.
func (in inForce) lost(at time.Duration) (events []journal.Event) {
	for _, f := range in {
		f.UndoConfirmed = ptr(false)
		events = append(events, journal.Event{AtNS: int64(at), Kind: journal.FaultLifted, Fault: f})
	}
	return events
}

// Close ends the lease. The proxy then lifts every fault that is still in force.
func (l *leaseClient) Close() error {
	l.out.Close()
	patience := time.AfterFunc(leaseFor+time.Second, l.cancel)
	for range l.tells { // until the proxy has ended it
	}
	patience.Stop()
	l.cancel()
	l.answer.Close()
	l.parts.Wait()
	return nil
}

func ptr[T any](v T) *T { return &v }
