package chaos

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

// flow is one direction of a connection: what its resident toxic runs on it.
type flow struct {
	conn   *conn
	dir    stream.Direction
	mode   atomic.Pointer[mode]
	eof    atomic.Bool          // the source has ended
	out    atomic.Int64         // bytes that went out since set
	done   chan struct{}        // closed when the sink has been closed: the last byte is out
	states map[*clientToxic]any // belong to the resident
}

// mode is what a flow does until changed is closed.
type mode struct {
	toxic   toxics.Toxic   // of the fault in force
	clients []*clientToxic // of Toxiproxy's clients, behind it
	changed chan struct{}
}

// set makes the flow run the toxic from now on; nil passes bytes through. It never waits.
func (f *flow) set(toxic toxics.Toxic) {
	if toxic == nil {
		toxic = pass
	}
	f.out.Store(0)
	f.change(toxic, f.mode.Load().clients)
}

// setClients makes the flow run these besides, from now on. It never waits.
func (f *flow) setClients(clients []*clientToxic) { f.change(f.mode.Load().toxic, clients) }

// change puts a mode in the place of the last. proxy.mu is locked, or nobody knows the flow yet.
func (f *flow) change(toxic toxics.Toxic, clients []*clientToxic) {
	old := f.mode.Swap(&mode{toxic, clients, make(chan struct{})})
	if old != nil {
		close(old.changed)
	}
}

// limited reports whether the mode is a limit that has been reached.
func (f *flow) limited() bool {
	limit, ok := f.mode.Load().toxic.(*toxics.LimitDataToxic)
	return ok && f.out.Load() >= limit.Bytes
}

// passes reports whether no fault is on the flow.
func (f *flow) passes() bool { return f.mode.Load().toxic == pass }

// pass is Toxiproxy's own way of doing nothing.
var pass toxics.Toxic = new(toxics.NoopToxic)

// resident is the one toxic of a link. It runs another one, the flow's mode, on
// the resident's own stub, until the mode changes.
type resident struct{ next *flow }

// room is how many chunks (of up to 32 KB) the kernel need not hold while a
// fault withholds them. Beyond it reading stops, and with it the sender.
const room = 256

// settle puts a resident into the chain of a direction, before any link is started.
func settle(links *toxiproxy.ToxicCollection, dir stream.Direction) (*resident, error) {
	w, err := links.AddToxicJson(strings.NewReader(fmt.Sprintf(`{"type": "noop", "stream": %q}`, dir)))
	if err != nil {
		return nil, err
	}
	r := &resident{}
	w.Toxic, w.Type, w.BufferSize = r, "resident", room
	return r, nil
}

// NewState hands a new link its flow. Toxiproxy calls it while the link is
// being started, under proxy.linking.
func (r *resident) NewState() any { return r.next }

// Pipe runs the modes of the flow until one has closed the stub, and then takes
// what still comes, so that nobody waits to hand it over.
func (r *resident) Pipe(stub *toxics.ToxicStub) {
	f := stub.State.(*flow)
	defer f.conn.proxy.running.Done()
	for !stub.Closed() {
		m := f.mode.Load()
		inner := *stub // shares what Close closes
		inner.Interrupt = m.changed
		if len(m.clients) > 0 {
			f.chain(m, &inner)
			continue
		}
		if s, ok := m.toxic.(toxics.StatefulToxic); ok {
			inner.State = s.NewState()
		}
		m.toxic.Pipe(&inner)
	}
	for range stub.Input {
	}
}
