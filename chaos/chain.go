package chaos

import (
	"slices"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

// stage is one toxic of several that a flow runs, each feeding the next.
type stage struct {
	out  chan *stream.StreamChunk
	left chan struct{} // closed when it has returned
}

// chain runs the fault's toxic and those of the clients behind it until the
// mode changes or one of them has ended the stream, and reports whether that
// goes on. What is in their hands then is passed on first, in order.
func (f *flow) chain(m *mode) (on bool) {
	quit := make(chan struct{})
	var in <-chan *stream.StreamChunk = f.queue
	var stages []stage
	add := func(toxic toxics.Toxic, state any) {
		s := stage{make(chan *stream.StreamChunk, room), make(chan struct{})}
		stub := toxics.NewToxicStub(in, s.out)
		stub.Interrupt, stub.State = quit, state
		go func() {
			defer close(s.left)
			toxic.Pipe(stub)
		}()
		stages, in = append(stages, s), s.out
	}
	if m.toxic != pass {
		add(m.toxic, f.stateOf(m.toxic))
	}
	for _, t := range m.clients {
		add(t.run, f.clientState(t))
	}
	on = f.take(in, m.changed)
	close(quit)
	for _, s := range slices.Backward(stages) {
		on = s.drain(f, on)
	}
	return on
}

// take passes on what comes until done is closed, and reports whether more may
// come. What comes after done was closed is left, even if both are seen at once.
func (f *flow) take(in <-chan *stream.StreamChunk, done <-chan struct{}) (on bool) {
	for !isClosed(done) {
		if given := f.given.Load(); in == f.queue && len(f.queue) == 0 {
			f.rested.Store(given)
		}
		select {
		case <-done:
			return true
		case c := <-in:
			if c == nil {
				return false
			}
			f.write(c.Data)
		}
	}
	return true
}

// drain passes on what an interrupted stage still has, unless the stream has
// ended behind it, and reports whether it goes on.
func (s stage) drain(f *flow, on bool) bool {
	pass := func(c *stream.StreamChunk) {
		if c == nil {
			on = false
		} else if on {
			f.write(c.Data)
		}
	}
	for {
		select {
		case c := <-s.out:
			if pass(c); c == nil {
				<-s.left
				return false
			}
		case <-s.left:
			for len(s.out) > 0 {
				pass(<-s.out)
			}
			select {
			case <-s.out: // closed
				return false
			default:
				return on
			}
		}
	}
}

// stateOf returns what a toxic finds in its stub: of its own making, or the flow.
func (f *flow) stateOf(toxic toxics.Toxic) any {
	if s, ok := toxic.(toxics.StatefulToxic); ok {
		return s.NewState()
	}
	return f
}

// clientState is stateOf, and the same for as long as the client's toxic is there.
func (f *flow) clientState(t *clientToxic) any {
	if f.states == nil {
		f.states = map[*clientToxic]any{}
	}
	if f.states[t] == nil {
		f.states[t] = f.stateOf(t.run)
	}
	return f.states[t]
}
