package chaos

import "github.com/tailback/tailback/configs"

// reset ends connections with a RST, After the later of their opening and the
// fault's start. With After 0 a new connection is cut at its first byte, or after
// 100 ms without one, so that a request that is cut can be counted.
//
// What a client sees
//   - on a connection opened before or during the fault: "connection reset by
//     peer" (ECONNRESET) on reading or writing. The dependency sees the same.
//   - when it is lifted: connections not cut yet go on.
//   - on a connection opened after: nothing.
//
// Toxiproxy's reset_peer sends an EOF on connections opened before it.
func reset(r *configs.Reset) effect {
	return effect{cut: (*conn).reset, after: r.After, counts: countCuts}
}
