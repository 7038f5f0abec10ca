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
// mode changes or one of them has ended the stream. What is in their hands then
// is passed on first, in order.
func (f *flow) chain(m *mode, stub *toxics.ToxicStub) {
	quit := make(chan struct{})
	in := stub.Input
	var stages []stage
	add := func(toxic toxics.Toxic, state any) {
		s := stage{make(chan *stream.StreamChunk, room), make(chan struct{})}
		inner := toxics.NewToxicStub(in, s.out)
		inner.Interrupt, inner.State = quit, state
		go func() {
			defer close(s.left)
			toxic.Pipe(inner)
		}()
		stages, in = append(stages, s), s.out
	}
	if m.toxic != pass {
		add(m.toxic, f.stateOf(m.toxic))
	}
	for _, t := range m.clients {
		add(t.run, f.clientState(t))
	}
	for on := true; on; {
		select {
		case <-m.changed:
			on = false
		case c := <-in:
			on = forward(c, stub)
		}
	}
	close(quit)
	for _, s := range slices.Backward(stages) {
		s.drain(stub)
	}
}

// forward passes a chunk on, or the end of the stream, and reports whether more may follow.
func forward(c *stream.StreamChunk, stub *toxics.ToxicStub) bool {
	if c == nil {
		stub.Close()
	} else if !stub.Closed() {
		stub.Output <- c
	}
	return c != nil
}

// drain passes on what an interrupted stage still has.
func (s stage) drain(stub *toxics.ToxicStub) {
	for {
		select {
		case c := <-s.out:
			if forward(c, stub) {
				continue
			}
			<-s.left
			return
		case <-s.left:
			for len(s.out) > 0 {
				forward(<-s.out, stub)
			}
			select {
			case c := <-s.out: // closed
				forward(c, stub)
			default:
			}
			return
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
