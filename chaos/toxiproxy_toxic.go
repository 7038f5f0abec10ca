package chaos

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

// clientToxic is a toxic that a client of Toxiproxy's has put on a proxy. It is
// no part of a run: runs leave it alone and warn of it.
//
// The flows run it. In Toxiproxy's own chain adding or removing one would
// wait for every connection, and for ever for one whose client does not read
// (toxiproxy#558).
type clientToxic struct {
	*toxics.ToxicWrapper              // what clients see
	run                  toxics.Toxic // what a flow runs
	seed                 uint64       // of which connections it is on
}

func newClientToxic(w *toxics.ToxicWrapper, seed uint64) *clientToxic {
	t := &clientToxic{ToxicWrapper: w, run: w.Toxic, seed: seed}
	switch toxic := w.Toxic.(type) {
	case *toxics.BandwidthToxic:
		t.run = &throttling{toxic.Rate}
	case *toxics.ResetToxic:
		t.run = &tearing{time.Duration(toxic.Timeout) * time.Millisecond}
	}
	return t
}

// Pipe runs the toxic.
func (t *clientToxic) Pipe(stub *toxics.ToxicStub) { t.run.Pipe(stub) }

// draws reports whether the toxic is on a connection. Toxiproxy draws anew at
// every change of any toxic; this one is drawn once.
func (t *clientToxic) draws(id int64) bool { return draw(t.seed, 0, id) < float64(t.Toxicity) }

// draw is a number from 0 to 1 that is a function of all three.
func draw(seed uint64, index int, id int64) float64 {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[0:], seed)
	binary.LittleEndian.PutUint64(key[8:], uint64(index))
	binary.LittleEndian.PutUint64(key[16:], uint64(id))
	return rand.New(rand.NewChaCha8(key)).Float64()
}

// tearing is Toxiproxy's reset_peer for connections of ours: it also sends its
// RST on connections that were open before it, and its wait can be interrupted.
type tearing struct{ after time.Duration }

// Pipe ends the connection so long after its first bytes.
func (t *tearing) Pipe(stub *toxics.ToxicStub) {
	select {
	case <-stub.Interrupt:
		return
	case <-stub.Input:
	}
	select {
	case <-stub.Interrupt:
	case <-time.After(t.after):
		stub.State.(*flow).conn.torn.Store(true)
		stub.Close()
	}
}

// drawn returns the toxics that are on a connection. p.mu is locked.
func (p *proxy) drawn(dir stream.Direction, id int64) []*clientToxic {
	var on []*clientToxic
	for _, t := range p.clients[dir] {
		if t.draws(id) {
			on = append(on, t)
		}
	}
	return on
}

// toxics returns what Toxiproxy's clients have put on the proxy.
func (p *proxy) toxics() []*clientToxic {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Concat(p.clients[up], p.clients[down])
}

// on returns the clients' toxics of one direction.
func (p *proxy) on(dir stream.Direction) []*clientToxic {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.clients[dir])
}

// setToxics replaces the clients' toxics of one direction. It never waits for a
// connection. A timeout that it removes ends the connections that it has held,
// as in Toxiproxy.
func (p *proxy) setToxics(dir stream.Direction, to []*clientToxic) {
	for _, c := range p.swapToxics(dir, to) {
		c.end(byFault)
		c.finish()
	}
}

// swapToxics replaces them, and returns the connections that are to be ended.
func (p *proxy) swapToxics(dir stream.Direction, to []*clientToxic) (held []*conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ending []*clientToxic
	for _, t := range p.clients[dir] {
		if _, ends := t.Toxic.(toxics.CleanupToxic); ends && !slices.Contains(to, t) {
			ending = append(ending, t)
		}
	}
	p.clients[dir] = to
	for c := range p.conns {
		c.flows[dir].setClients(p.drawn(dir, c.id))
		if slices.ContainsFunc(ending, func(t *clientToxic) bool { return t.draws(c.id) }) {
			held = append(held, c)
		}
	}
	return held
}

// foreign says for a report that a toxic is there.
func (p *proxy) foreign(t *clientToxic) string { return foreign(t.Name, t.Type, t.Stream, p.dep.Name) }

func foreign(name, kind, stream, dependency string) string {
	return fmt.Sprintf("the toxic %s (%s, %s) on %s is not of this run and was left alone: the figures are under both", plain(name), plain(kind), plain(stream), dependency)
}
