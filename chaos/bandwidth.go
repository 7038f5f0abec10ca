package chaos

import (
	"fmt"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"

	"github.com/tailback/tailback/configs"
)

// bandwidth lets the answers through at Rate bytes per second on each
// connection, in whole kilobytes (1000 bytes) per second.
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
	zerolog.SetGlobalLevel(zerolog.Disabled) // the toxic writes to the process's log, which nobody else here uses
	return effect{down: &throttling{toxics.BandwidthToxic{Rate: int64(b.Rate) / 1000}}}, nil
}

// throttling runs Toxiproxy's bandwidth with somebody who always takes its last
// chunk: when interrupted it drops what nobody takes within 5 s, and a client
// that reads slowly would get a stream with a hole.
type throttling struct{ toxics.BandwidthToxic }

// Pipe passes chunks on at the toxic's rate until the stub ends or is interrupted.
func (t *throttling) Pipe(stub *toxics.ToxicStub) {
	relay := make(chan *stream.StreamChunk)
	left := make(chan struct{})
	inner := *stub
	inner.Output = relay
	go func() {
		defer close(left)
		t.BandwidthToxic.Pipe(&inner)
		if !inner.Closed() {
			close(relay)
		}
	}()
	for c := range relay {
		select {
		case stub.Output <- c:
		case <-stub.Interrupt: // what the toxic still has in its hands comes first
			rest := []*stream.StreamChunk{c}
			for c := range relay {
				rest = append(rest, c)
			}
			for _, c := range rest {
				stub.Output <- c
			}
		}
	}
	<-left
	if stub.Closed() { // by inner, which closed the relay and not the output
		close(stub.Output)
	}
}
