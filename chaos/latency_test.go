package chaos

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/tailback/tailback/configs"
)

func TestDoses(t *testing.T) {
	const s = time.Second
	for _, row := range []struct {
		name   string
		dose   configs.Dose
		within time.Duration
		at     []time.Duration
		size   []time.Duration
	}{
		{"a constant dose has no steps", configs.Dose{From: s, To: s}, time.Hour, nil, nil},
		{"0 s to 3 s by 1 s each 10 s, then it holds", configs.Dose{To: 3 * s, Step: s, Every: 10 * s}, time.Hour,
			[]time.Duration{10 * s, 20 * s, 30 * s}, []time.Duration{s, 2 * s, 3 * s}},
		{"the last step goes no further than To", configs.Dose{To: 3 * s, Step: 2 * s, Every: 10 * s}, time.Hour,
			[]time.Duration{10 * s, 20 * s}, []time.Duration{2 * s, 3 * s}},
		{"no step at or after lifting", configs.Dose{To: 3 * s, Step: s, Every: 10 * s}, 20 * s,
			[]time.Duration{10 * s}, []time.Duration{s}},
		{"downwards", configs.Dose{From: 2 * s, To: s, Step: s, Every: 10 * s}, time.Hour,
			[]time.Duration{10 * s}, []time.Duration{s}},
	} {
		at, size := doses(row.dose, row.within)
		if !slices.Equal(at, row.at) || !slices.Equal(size, row.size) {
			t.Errorf("%s: got %v %v, want %v %v", row.name, at, size, row.at, row.size)
		}
	}
}

// A chunk waits as long as the dose was when its turn came, even if that is
// longer than the time to the next step. 5 s first, 1 s from second 2 on: what
// comes at 0 s leaves at 5 s; what came at 0.5 s has its turn then and leaves at
// once, what comes at 6 s leaves at 7 s.
func TestAStepDoesNotLetGoOfWhatIsDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := make(chan *stream.StreamChunk, room), make(chan *stream.StreamChunk)
		e := latency(&configs.Latency{Delay: configs.Dose{From: 5 * time.Second}})
		go e.down.Pipe(toxics.NewToxicStub(in, out))
		start := time.Now()
		send := func(at time.Duration) {
			time.AfterFunc(at, func() { in <- &stream.StreamChunk{Data: []byte{1}, Timestamp: time.Now()} })
		}
		send(0)
		send(500 * time.Millisecond)
		send(6 * time.Second)
		time.AfterFunc(2*time.Second, func() { e.resize(time.Second) })
		time.AfterFunc(10*time.Second, func() { close(in) })
		for i, want := range []time.Duration{5 * time.Second, 5 * time.Second, 7 * time.Second} {
			<-out
			if got := time.Since(start); got != want {
				t.Errorf("chunk %d: left after %v, want %v", i, got, want)
			}
		}
		if c := <-out; c != nil {
			t.Error("more came out than went in")
		}
	})
}

// An answer comes no earlier than the delay after the request.
func TestLatencyIsAtLeastTheDelay(t *testing.T) {
	const delay = 80 * time.Millisecond
	r := newRig(t, newDependency(t).addr, configs.Fault{Latency: &configs.Latency{Delay: configs.Dose{From: delay, To: delay}}})
	r.apply()
	c := r.dial()
	for range 3 {
		sent := time.Now()
		c.ask("1", 1)
		c.reads()
		if took := time.Since(sent); took < delay {
			t.Errorf("answered after %v, want %v at least", took, delay)
		}
	}
	if met, _ := r.lift(); *met.RequestsHeld != 3 || *met.Connections != 1 || met.SizeS != 0.08 {
		t.Errorf("met %d requests on %d connections with %v s, want 3, 1, 0.08", *met.RequestsHeld, *met.Connections, met.SizeS)
	}
}
