package chaos

import "errors"

// refusing makes the dependency look as if its process had died. The port stays
// bound (Linux), so no other program gets it.
//
// What a client sees
//   - on a connection opened before the fault: its end, at once: EOF, or
//     ECONNRESET if bytes were on their way.
//   - when it connects during the fault: "connection refused" (ECONNREFUSED).
//   - when it connects after: nothing of it.
func refusing() effect {
	return effect{
		cut:     (*conn).shut,
		counts:  countCuts,
		unheard: true,
		shut:    func(p *proxy, _ *fault) error { return p.refuse() },
		open: func(p *proxy, _ *fault) error {
			if err := p.restore(); err != nil {
				return err
			}
			p.resume()
			return nil
		},
	}
}

// errRefused is what the egress's client is told.
var errRefused = errors.New("connection refused (down)")

// refusingConnects is down of a host that is reached through the egress.
//
// What a client sees
//   - on a connection opened before the fault: its end, as of down.
//   - when it connects during the fault: its CONNECT gets a 502, which fails a call
//     as a refused connect does (libcurl: error 56). A plain request gets the end of
//     the connection (libcurl: error 52): a 502 would look like the dependency's answer.
//   - when it connects after: nothing of it.
func refusingConnects() effect {
	return effect{cut: (*conn).shut, counts: countCuts, connect: &connects{err: errRefused}}
}
