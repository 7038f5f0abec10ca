package chaos

import (
	"errors"

	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/tailback/tailback/configs"
)

// slice cuts the answers into pieces of at most Size bytes (halving until they
// fit, so at least half of it) and waits Delay after each.
//
// What a client sees
//   - on a connection opened before or during the fault: answers come in small
//     pieces, Delay apart, whole and in order.
//   - when it is lifted: the rest comes at once; nothing is closed.
//   - on a connection opened after: nothing.
func slice(s *configs.Slice) (effect, error) {
	if s.Size < 1 {
		return effect{}, errors.New("play slice: size must be at least 1 byte")
	}
	toxic := &toxics.SlicerToxic{AverageSize: int(s.Size), Delay: int(s.Delay.Microseconds())} // no size variation: 0 bytes left would never end
	return effect{down: toxic, size: s.Delay}, nil
}
