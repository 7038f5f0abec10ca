package chaos

import (
	"errors"
	"fmt"
)

// noAccept makes the dependency look like a host whose accept queue is full.
// Linux only.
//
// What a client sees
//   - on a connection opened before the fault: nothing.
//   - when it connects during the fault: nothing comes back, and it tries again
//     after 1, 3, 7 s, until its own connect timeout. A few may get in while the
//     queue is being filled; they connect, and nothing answers.
//   - when it is lifted: the few are served, and the others connect at their next try.
//   - when it connects after: nothing of it.
func noAccept() (effect, error) {
	if !canStall {
		return effect{}, errors.New("play no_accept: it needs Linux, whose accept queue can be filled; use hang instead")
	}
	return effect{
		unheard: true,
		shut: func(p *proxy, _ *fault) error {
			if err := p.stall(); err != nil {
				return fmt.Errorf("play no_accept on %s: %w", p.dep.Name, err)
			}
			return nil
		},
		open: func(p *proxy, f *fault) error {
			waiting, err := p.unstall()
			f.connections.Add(int64(waiting))
			p.resume()
			return err
		},
	}, nil
}

// unansweredConnects is no_accept of a host that is reached through the egress.
//
// What a client sees
//   - on a connection opened before the fault: nothing.
//   - when it connects during the fault: no answer to its CONNECT, until its own
//     connect timeout; a plain request is not answered either.
//   - when it is lifted: connects that still wait go on at once.
//   - when it connects after: nothing of it.
func unansweredConnects() effect {
	return effect{connect: &connects{wait: untilLifted}, counts: countConnects}
}
