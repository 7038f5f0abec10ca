package chaos

import (
	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/tailback/tailback/configs"
)

// slowClose delays the end of connections that the dependency closes. A
// request is held if the dependency ended its connection: no other waits for an end.
//
// What a client sees
//   - on a connection opened before or during the fault: answers come as ever;
//     the end of the stream comes Delay after the dependency's.
//   - when it is lifted: delayed ends come at once.
//   - on a connection opened after: nothing.
func slowClose(s *configs.SlowClose) effect {
	return effect{down: &toxics.SlowCloseToxic{Delay: s.Delay.Milliseconds()}, size: s.Delay, counts: countEnds}
}
