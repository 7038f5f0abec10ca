package chaos

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// Two connections with an answered call each, and then one call that waits on
// each of them and on a third, through the turn of the second: 5 calls on 3
// connections, at most 3 at once. One is answered in the second part, one is
// given up, one goes on. Before and after there is nothing, nor of a dependency that
// is not used. There is no fault.
func TestUsageIsToldEachSecond(t *testing.T) {
	t.Parallel()
	d := newDependency(t)
	exp := &configs.Experiment{Seed: 1, Phases: []configs.Phase{{Name: "calm", Duration: time.Hour}},
		Dependencies: []configs.Dependency{
			{Name: "idle", Listen: "127.0.0.1:0", Upstream: d.addr},
			{Name: "payments", Listen: "127.0.0.1:0", Upstream: d.addr}}}
	ps, err := Listen(exp)
	if err != nil {
		t.Fatal(err)
	}
	defer ps.Close()
	r := &rig{Proxies: ps, t: t, exp: exp}
	r.asked().Close() // before the Play: not of it
	waitFor(t, func() bool { return r.one().ID == 0 })
	d.hears(t, 1)
	usage := make(chan journal.Event, 10)
	played := make(chan error, 1)
	t0 := time.Now().Add(50 * time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { played <- r.Play(ctx, t0, func(e journal.Event) { usage <- e }) }()
	use := &r.proxies["payments"].usage
	var began time.Time // the first second, a moment after t0
	waitFor(t, func() bool {
		use.mu.Lock()
		defer use.mu.Unlock()
		began = use.since
		return !began.Before(t0)
	})

	clients := []*client{r.asked(), r.asked(), r.dial()}
	d.hears(t, 2)
	for _, c := range clients {
		c.ask("wait", 1)
	}
	d.hears(t, 3)
	begun := time.Now()
	first := next(t, usage) // the whole second, told when it ends
	over := time.Now()
	clients[2].Close()
	d.go_ <- struct{}{} // one of the first two, or the third, whose answer is too late
	d.go_ <- struct{}{}
	waitFor(t, func() bool {
		use.mu.Lock()
		defer use.mu.Unlock()
		return use.so.Ended >= 2
	})
	ended := time.Now()
	cancel()
	if err := <-played; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	second := next(t, usage) // the rest
	if len(usage) > 0 {
		t.Errorf("another event: %+v", <-usage)
	}

	a, b := *first.Usage, *second.Usage
	if got := [...]int64{a.Opened, a.Open, a.Calls, a.Waiting, a.Ended}; got != [...]int64{3, 3, 5, 3, 2} || a.Dependency != "payments" {
		t.Errorf("the first second has opened, open, calls, waiting, ended = %v of %s, want 3 3 5 3 2 of payments", got, a.Dependency)
	}
	if got := [...]int64{b.Opened, b.Open, b.Calls, b.Waiting}; got != [...]int64{0, 3, 0, 3} || b.Ended < 2 {
		t.Errorf("the second one has opened, open, calls, waiting = %v, ended %d; want 0 3 0 3 and 2 or more", got, b.Ended)
	}
	// Each call that ended then had waited through the turn of the second.
	if least, most := over.Sub(begun), time.Since(t0); b.HeldNS < b.Ended*int64(least) || b.HeldNS > b.Ended*int64(most) {
		t.Errorf("%d calls had waited for %v together, want %v to %v each", b.Ended, time.Duration(b.HeldNS), least, most)
	}
	// The two cover all until it was called off at least, and until the last was stamped at most.
	over = began.Add(time.Duration(math.Round((a.Seconds + b.Seconds) * 1e9)))
	if over.Before(ended) || over.After(t0.Add(time.Duration(second.AtNS))) || first.AtNS < 1e9 {
		t.Errorf("%.3f s that end at %v, and %.3f s that end at %v, from %v on; it was called off at %v",
			a.Seconds, time.Duration(first.AtNS), b.Seconds, time.Duration(second.AtNS), began.Sub(t0), ended.Sub(t0))
	}
}

func next(t *testing.T, events <-chan journal.Event) journal.Event {
	t.Helper()
	select {
	case e := <-events:
		if e.Kind != journal.Used {
			t.Fatalf("got %+v, want usage", e)
		}
		return e
	case <-time.After(soon):
		t.Fatal("no usage is told")
	}
	panic("unreachable")
}
