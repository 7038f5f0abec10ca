package chaos

import "github.com/tailback/tailback/configs"

// slowDial delays each connect to a host that is reached through the egress.
//
// What a client sees
//   - on a connection opened before the fault: nothing.
//   - when it connects during the fault: the answer to its CONNECT, or to its
//     plain request, comes Delay later.
//   - when it is lifted: connects that still wait go on at once.
//   - when it connects after: nothing of it.
func slowDial(s *configs.SlowDial) effect {
	return effect{connect: &connects{wait: s.Delay}, counts: countConnects, size: s.Delay}
}
