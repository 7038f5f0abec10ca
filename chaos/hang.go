package chaos

import "github.com/Shopify/toxiproxy/v2/toxics"

// hang withholds all bytes, and the ends, of both directions.
//
// What a client sees
//   - on a connection opened before or during the fault: it connects and sends,
//     and nothing comes, neither bytes nor an end, even if the dependency has
//     answered and closed, or cannot be reached at all.
//   - when it is lifted: the withheld bytes flow again, in both directions. If
//     the other side has left meanwhile the connection then ends; no other is closed.
//   - on a connection opened after: nothing.
//
// Toxiproxy's timeout toxic is no hang: it passes the dependency's end on, drops
// the bytes it holds, and closes its connections when it is removed.
func hang() effect { return effect{up: holding{}, down: holding{}} }

// holding takes nothing and sends nothing.
type holding struct{}

// Pipe waits for the interrupt.
func (holding) Pipe(stub *toxics.ToxicStub) { <-stub.Interrupt }
