package chaos

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/tailback/tailback/configs"
)

// A reader that takes nothing for a minute after lifting still gets every byte.
// Toxiproxy's own toxic gives its last chunk up after 5 s.
func TestBandwidthLosesNothingWhenItIsLifted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := bandwidth(&configs.Bandwidth{Rate: 1000})
		if err != nil {
			t.Fatal(err)
		}
		in, out := make(chan *stream.StreamChunk, room), make(chan *stream.StreamChunk)
		const chunks, size = 20, 250 // 0.25 s each at 1 KB/s
		for range chunks {
			in <- &stream.StreamChunk{Data: make([]byte, size), Timestamp: time.Now()}
		}
		close(in)
		stub := toxics.NewToxicStub(in, out)
		go func() {
			e.down.Pipe(stub)
			if !stub.Closed() { // as the flow goes on when a fault is lifted
				stub.Interrupt = make(chan struct{})
				pass.Pipe(stub)
			}
		}()
		time.Sleep(time.Second)
		close(stub.Interrupt)
		time.Sleep(time.Minute)
		var got int
		for c := range out {
			got += len(c.Data)
		}
		if got != chunks*size {
			t.Errorf("got %d bytes, want %d", got, chunks*size)
		}
	})
}

// 100 bytes of credit at most are early, so 1000 bytes at 1 KB/s take 0.9 s at least.
func TestBandwidthIsInKilobytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := bandwidth(&configs.Bandwidth{Rate: 1000})
		in, out := make(chan *stream.StreamChunk, room), make(chan *stream.StreamChunk)
		in <- &stream.StreamChunk{Data: make([]byte, 1000), Timestamp: time.Now()}
		close(in)
		start := time.Now()
		go e.down.Pipe(toxics.NewToxicStub(in, out))
		for range out {
		}
		if took := time.Since(start); took < 900*time.Millisecond || took > 1100*time.Millisecond {
			t.Errorf("1000 bytes took %v, want about 1 s", took)
		}
	})
}
