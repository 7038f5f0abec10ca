package chaos

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

// flow is one direction of a connection. One goroutine reads its source, another
// carries the chunks to its sink, through the toxics in force.
type flow struct {
	conn   *conn
	dir    stream.Direction
	mode   atomic.Pointer[mode]
	turn   sync.Mutex               // a mode changes, and plain receives, with it locked
	queue  chan *stream.StreamChunk // closed at the end of the source
	more   chan struct{}            // plain looks again: there is something in queue, or it was closed
	given  atomic.Int64             // chunks that were queued
	rested atomic.Int64             // what given was when carry had last written them all
	eof    atomic.Bool              // the source has ended
	out    atomic.Int64             // bytes that went out since set
	done   chan struct{}            // closed when the sink has been: the last byte is out
	failed bool                     // the sink takes nothing more; belongs to the goroutine that writes
	states map[*clientToxic]any     // belong to carry
}

// room is how many chunks (of up to 32 KB) the kernel need not hold while a
// fault withholds them. Beyond it reading stops, and with it the sender.
const room = 256

// mode is what a flow does until changed is closed.
type mode struct {
	toxic   toxics.Toxic   // of the fault in force
	clients []*clientToxic // of Toxiproxy's clients, behind it
	changed chan struct{}
}

// plain reports whether everything passes.
func (m *mode) plain() bool { return m.toxic == pass && len(m.clients) == 0 }

// set makes the flow run the toxic from now on; nil passes bytes through. It never waits.
func (f *flow) set(toxic toxics.Toxic) {
	if toxic == nil {
		toxic = pass
	}
	f.out.Store(0)
	f.change(toxic, f.mode.Load().clients)
}

// setClients makes the flow run these toxics besides, from now on. It never waits.
func (f *flow) setClients(clients []*clientToxic) { f.change(f.mode.Load().toxic, clients) }

// change puts a mode in the place of the last. proxy.mu is locked, or nobody knows the flow yet.
func (f *flow) change(toxic toxics.Toxic, clients []*clientToxic) {
	f.turn.Lock()
	defer f.turn.Unlock()
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

// read queues what the source sends until it ends. A flow knows one kind of end:
// a FIN, a RST and an error are all the end of the stream. While no toxic is in
// force, read writes to the sink itself, which saves the hop to another goroutine.
func (f *flow) read() {
	p := f.conn.proxy
	defer f.wake()
	defer close(f.queue)
	defer f.conn.sourceEnded(f)
	from := f.conn.socket(f.dir == up)
	if from == nil {
		return
	}
	buf := p.buffers.Get().(*[32 << 10]byte)
	defer p.buffers.Put(buf)
	for {
		n, err := from.Read(buf[:])
		if n > 0 {
			f.conn.received(f, buf[:n])
			if f.direct() {
				f.write(buf[:n])
			} else {
				f.queue <- &stream.StreamChunk{Data: append([]byte(nil), buf[:n]...), Timestamp: time.Now()}
				f.given.Add(1) // after it: carry must not rest with a chunk on its way
				f.wake()
			}
		}
		if errors.Is(err, net.ErrClosed) && !f.conn.cut.Load() { // not by us: the egress's client has turned to another host
			f.conn.shut()
		}
		if err != nil {
			return
		}
	}
}

// direct reports whether read may write: there is no toxic, all that was queued
// is written, and the sink is there.
func (f *flow) direct() bool {
	return f.mode.Load().plain() && f.rested.Load() == f.given.Load() && isClosed(f.conn.dialed)
}

// carry runs one mode after the other until the stream has ended. Then it takes
// the chunks that still come, so that read need not wait.
func (f *flow) carry() {
	for on := true; on; {
		m := f.mode.Load()
		if m.plain() {
			on = f.plain(m.changed)
		} else {
			on = f.chain(m)
		}
	}
	f.conn.sinkClosed(f)
	for range f.queue {
	}
}

// plain writes what is queued until changed is closed, and reports whether more
// may come. It receives only while the mode stands still, so that a chunk that
// comes after a fault has been set is left to it.
func (f *flow) plain(changed <-chan struct{}) (on bool) {
	for {
		given := f.given.Load()
		f.turn.Lock()
		if isClosed(changed) {
			f.turn.Unlock()
			return true
		}
		c, open, none := f.queued()
		f.turn.Unlock()
		switch {
		case !open:
			return false
		case !none:
			f.write(c.Data)
			continue
		}
		f.rested.Store(given)
		select {
		case <-changed:
		case <-f.more:
		}
	}
}

// queued returns the next chunk if there is one; it does not wait.
func (f *flow) queued() (c *stream.StreamChunk, open, none bool) {
	select {
	case c, open = <-f.queue:
		return c, open, false
	default:
		return nil, true, true
	}
}

// wake makes plain look at the queue again. It never waits.
func (f *flow) wake() {
	select {
	case f.more <- struct{}{}:
	default:
	}
}

// write writes to the sink, or swallows p when that has failed before or the
// connection has been cut.
func (f *flow) write(p []byte) {
	if f.failed || f.conn.cut.Load() {
		return
	}
	f.out.Add(int64(len(p)))
	to := f.conn.socket(f.dir == down)
	if f.dir == down {
		f.conn.delivered(p)
	}
	if to == nil {
		f.failed = true
	} else if _, err := to.Write(p); err != nil {
		f.failed = true
		f.conn.sinkFailed(f)
	}
}
