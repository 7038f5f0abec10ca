package chaos

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
