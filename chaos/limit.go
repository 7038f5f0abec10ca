package chaos

import (
	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/tailback/tailback/configs"
)

// limit ends a connection after Bytes bytes of answers, counted from the later
// of its opening and the fault's start.
//
// What a client sees
//   - on a connection opened before or during the fault: Bytes bytes, then the
//     end of the stream (EOF), as close ends it.
//   - when it is lifted: connections that have not reached it go on.
//   - on a connection opened after: nothing.
func limit(l *configs.Limit) effect {
	return effect{down: &toxics.LimitDataToxic{Bytes: int64(l.Bytes)}, counts: countCuts}
}
