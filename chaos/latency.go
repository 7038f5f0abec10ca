package chaos

import (
	"sync/atomic"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/tailback/tailback/configs"
)

// latency delays the bytes of one direction, the answers unless asked
// otherwise, by a constant or stepped delay with uniform jitter. Resolution: 1 ms.
//
// What a client sees
//   - on a connection opened before or during the fault: the same; each answer
//     comes the delay later than it would, whole and in order, as does its end
//     behind it. A stepped delay is the one in force when a byte's turn came.
//   - when it is lifted: delayed bytes come at once; nothing is closed.
//   - on a connection opened after: nothing.
func latency(l *configs.Latency) effect {
	toxic := &delaying{}
	resize := func(delay time.Duration) {
		toxic.now.Store(&toxics.LatencyToxic{Latency: delay.Milliseconds(), Jitter: min(l.Jitter, delay).Milliseconds()})
	}
	resize(l.Delay.From)
	e := effect{size: l.Delay.From, resize: resize}
	if l.Direction == configs.Upstream {
		e.up = toxic
	} else {
		e.down = toxic
	}
	return e
}

// delaying runs Toxiproxy's latency on one chunk after the other, so that a new
// dose counts from the next chunk on. Interrupting it at a step would let go of
// the bytes that it delays, and no delay could be longer than a step.
type delaying struct {
	now atomic.Pointer[toxics.LatencyToxic]
}

// Pipe delays each chunk until the stub ends or is interrupted.
func (d *delaying) Pipe(stub *toxics.ToxicStub) {
	for {
		select {
		case <-stub.Interrupt:
			return
		case c := <-stub.Input:
			if c == nil {
				stub.Close()
				return
			}
			d.delay(c, stub.Interrupt)
			stub.Output <- c
		}
	}
}

// delay waits as long as the toxic holds a chunk that is the only one it gets.
func (d *delaying) delay(c *stream.StreamChunk, interrupt chan struct{}) {
	in := make(chan *stream.StreamChunk, 1)
	in <- c
	close(in)
	one := toxics.NewToxicStub(in, make(chan *stream.StreamChunk, 1))
	one.Interrupt = interrupt
	d.now.Load().Pipe(one)
}

// doses returns when a dose changes, since the fault was applied, and to what.
// It starts at From and goes by Step, towards To, each Every; To holds.
func doses(d configs.Dose, within time.Duration) (at []time.Duration, size []time.Duration) {
	if d.Step <= 0 || d.Every <= 0 {
		return nil, nil
	}
	now := d.From
	for t := d.Every; t < within && now != d.To; t += d.Every {
		if now < d.To {
			now = min(now+d.Step, d.To)
		} else {
			now = max(now-d.Step, d.To)
		}
		at, size = append(at, t), append(size, now)
	}
	return at, size
}
