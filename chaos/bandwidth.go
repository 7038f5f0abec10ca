package chaos

import (
	"fmt"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/tailback/tailback/configs"
)

// bandwidth lets the answers through at Rate bytes per second on each
// connection, in whole kilobytes (1000 bytes) per second, as Toxiproxy counts.
//
// What a client sees
//   - on a connection opened before or during the fault: answers come at that
//     rate, in pieces a tenth of a second apart when they are longer than that.
//   - when it is lifted: the rest comes at once; nothing is closed.
//   - on a connection opened after: nothing.
func bandwidth(b *configs.Bandwidth) (effect, error) {
	if b.Rate < 1000 {
		return effect{}, fmt.Errorf("play bandwidth: rate is %d bytes a second, at least 1KB/s is needed", b.Rate)
	}
	return effect{down: &throttling{int64(b.Rate) / 1000}}, nil
}

// throttling passes bytes on at a rate. Toxiproxy's own toxic writes to
// the log of the whole process, and when it is interrupted it drops what nobody
// takes within 5 s: a client that reads slowly would get a stream with a hole.
type throttling struct{ rate int64 } // 1000 bytes per second

// Pipe passes chunks on until the stub ends or is interrupted. Then the rest of
// the chunk in its hands comes at once, however long nobody takes it.
func (t *throttling) Pipe(stub *toxics.ToxicStub) {
	var owed time.Duration // how long the next piece has to wait; below 0 by how late the last one came
	for {
		select {
		case <-stub.Interrupt:
			return
		case c := <-stub.Input:
			if c == nil {
				stub.Close()
				return
			}
			for data := c.Data; len(data) > 0; {
				size := min(int64(len(data)), t.rate*100) // what goes out in a tenth of a second
				owed += time.Duration(size) * time.Millisecond / time.Duration(t.rate)
				began := time.Now()
				if !waited(owed, stub.Interrupt) {
					stub.Output <- &stream.StreamChunk{Data: data, Timestamp: c.Timestamp}
					return
				}
				owed -= time.Since(began)
				stub.Output <- &stream.StreamChunk{Data: data[:size], Timestamp: c.Timestamp}
				data = data[size:]
			}
		}
	}
}

// waited waits that long, and reports whether nobody interrupted it.
func waited(d time.Duration, interrupt <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-interrupt:
		return false
	}
}
