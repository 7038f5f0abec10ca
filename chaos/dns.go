package chaos

import (
	"errors"

	"github.com/tailback/tailback/configs"
)

var errNoSuchHost = errors.New("no such host (dns)")

// dns has the lookup of a host that is reached through the egress fail, after
// Delay. The egress looks names up for the site, so it is the egress that finds none.
//
// What a client sees
//   - on a connection opened before the fault: nothing.
//   - when it connects during the fault: after Delay, 502 for its CONNECT; of a
//     plain request the end of the connection.
//   - when it is lifted: connects that still wait go on at once.
//   - when it connects after: nothing of it.
func dns(d *configs.DNS) effect {
	return effect{connect: &connects{wait: d.Delay, err: errNoSuchHost}, counts: countConnects, size: d.Delay}
}
