package chaos

import (
	"bytes"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
	"github.com/rs/zerolog/log"

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

// At 1 KB/s a tenth of a second carries 100 bytes. So of 250 bytes the pieces are
// out after 0.1, 0.2 and 0.25 s, and 250 more that come after 10 s of silence take
// as long: an idle connection saves nothing up.
func TestBandwidthIsInKilobytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := bandwidth(&configs.Bandwidth{Rate: 1000})
		if err != nil {
			t.Fatal(err)
		}
		in, out := make(chan *stream.StreamChunk), make(chan *stream.StreamChunk)
		go e.down.Pipe(toxics.NewToxicStub(in, out))
		for range 2 {
			start := time.Now()
			in <- &stream.StreamChunk{Data: make([]byte, 250), Timestamp: start}
			for _, want := range []struct {
				at    time.Duration
				bytes int
			}{{100 * time.Millisecond, 100}, {200 * time.Millisecond, 100}, {250 * time.Millisecond, 50}} {
				c := <-out
				if at := time.Since(start); at != want.at || len(c.Data) != want.bytes {
					t.Errorf("got %d bytes after %v, want %d after %v", len(c.Data), at, want.bytes, want.at)
				}
			}
			time.Sleep(10 * time.Second)
		}
		close(in)
		if c := <-out; c != nil {
			t.Errorf("got %d bytes more", len(c.Data))
		}
	})
}

// The process's log belongs to the program that embeds us. Toxiproxy's own toxic
// writes to it when it is interrupted while it throttles, as both are here.
func TestBandwidthLeavesTheProcessLogAlone(t *testing.T) {
	defer func(before zerolog.Logger) { log.Logger = before }(log.Logger)
	var written bytes.Buffer
	log.Logger = zerolog.New(&written).Level(zerolog.TraceLevel)
	logger, level := log.Logger, zerolog.GlobalLevel()

	fault, err := bandwidth(&configs.Bandwidth{Rate: 1000})
	if err != nil {
		t.Fatal(err)
	}
	client := newClientToxic(&toxics.ToxicWrapper{Toxicity: 1, Toxic: &toxics.BandwidthToxic{Rate: 1}}, 1)
	for _, toxic := range []toxics.Toxic{fault.down, client} {
		synctest.Test(t, func(t *testing.T) {
			in, out := make(chan *stream.StreamChunk, 1), make(chan *stream.StreamChunk, 1)
			stub := toxics.NewToxicStub(in, out)
			in <- &stream.StreamChunk{Data: make([]byte, 1000), Timestamp: time.Now()}
			go toxic.Pipe(stub)
			time.Sleep(50 * time.Millisecond)
			close(stub.Interrupt)
			if c := <-out; len(c.Data) != 1000 {
				t.Errorf("got %d bytes when interrupted, want all 1000", len(c.Data))
			}
		})
	}
	if got := zerolog.GlobalLevel(); got != level {
		t.Errorf("the global level is %v, was %v", got, level)
	}
	if !reflect.DeepEqual(log.Logger, logger) {
		t.Error("the global logger is another")
	}
	if written.Len() > 0 {
		t.Errorf("the log says %q, want nothing", written.String())
	}
}
