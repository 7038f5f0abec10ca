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

// chain runs the fault's toxic, and behind it those toxics that Toxiproxy's
// clients have put there, until the mode changes or a toxic ends the stream.
// Before it returns it passes on the chunks that the toxics still hold, in
// order. It reports whether the stream goes on.
func (f *flow) chain(m *mode) (on bool) {
	quit := make(chan struct{})
	var stages []stage
	in := (<-chan *stream.StreamChunk)(f.queue)
	all := m.toxics()
	for i, t := range all {
		space := room // the next stage takes from it, and may hold its chunks
		if i == len(all)-1 {
			space = 0
		}
		s := stage{make(chan *stream.StreamChunk, space), make(chan struct{})}
		stub := toxics.NewToxicStub(in, s.out)
		stub.Interrupt, stub.State = quit, f.stateOf(t)
		go func() {
			defer close(s.left)
			t.Pipe(stub)
		}()
		stages, in = append(stages, s), s.out
	}
	on = f.take(in, m.changed)
	close(quit)
	for _, s := range slices.Backward(stages) {
		on = s.drain(f, on)
	}
	return on
}

// take writes what comes out of a chain until changed is closed, and reports
// whether more may come. Which of the two it sees first does not matter: the
// chunk has been through the toxics.
func (f *flow) take(in <-chan *stream.StreamChunk, changed <-chan struct{}) (on bool) {
	for {
		select {
		case <-changed:
			return true
		case c := <-in:
			if c == nil {
				return false
			}
			f.write(c.Data)
		}
	}
}

// drain passes on the chunks that an interrupted stage still holds, unless the
// stream has ended behind it, and reports whether the stream goes on.
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

// toxics returns what the mode runs, in order.
func (m *mode) toxics() []toxics.Toxic {
	var all []toxics.Toxic
	if m.toxic != pass {
		all = append(all, m.toxic)
	}
	for _, t := range m.clients {
		all = append(all, t)
	}
	return all
}

// stateOf returns the State of a toxic's stub: one that the toxic makes itself,
// or else the flow. The state of a client's toxic stays for as long as the toxic is there.
func (f *flow) stateOf(toxic toxics.Toxic) any {
	t, stays := toxic.(*clientToxic)
	if stays {
		toxic = t.run
	}
	s, ok := toxic.(toxics.StatefulToxic)
	switch {
	case !ok:
		return f
	case !stays:
		return s.NewState()
	case f.states == nil:
		f.states = map[*clientToxic]any{}
	}
	if f.states[t] == nil {
		f.states[t] = s.NewState()
	}
	return f.states[t]
}
