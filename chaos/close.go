package chaos

import "github.com/tailback/tailback/configs"

// closing ends connections with a FIN, After the later of their opening and the
// fault's start; with After 0 a new one at its first byte, as reset does.
//
// What a client sees
//   - on a connection opened before or during the fault: the end of the stream
//     (EOF), never a RST for unread bytes: the proxy reads and drops what it still
//     sends until it closes too, for at most 2 s.
//   - when it is lifted: connections not cut yet go on.
//   - on a connection opened after: nothing.
func closing(c *configs.Close) effect {
	return effect{cut: (*conn).finish, after: c.After, counts: countCuts}
}
