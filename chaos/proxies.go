// Package chaos slows and cuts the site's dependencies. It listens where the
// site calls them, carries each connection to the real one, and plays the
// experiment's faults on what it carries.
//
// The sockets are ours and the toxics are Toxiproxy's: each connection is two
// flows between our two sockets, and each flow runs the toxics that the fault of
// the moment, and Toxiproxy's clients, ask for. Toxiproxy's own links are not
// used: adding to or removing from them waits for every connection, and for ever
// for one whose reader is stuck (toxiproxy#558). A flow is told by one swap of a
// pointer, so applying and lifting never wait.
package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"github.com/tailback/tailback/configs"
)

// Proxies are the listeners in front of an experiment's dependencies.
type Proxies struct {
	exp     *configs.Experiment
	proxies map[string]*proxy // by dependency
	out     *outgoing         // nil without an egress
	rec     *recorder

	playing sync.Mutex // held by Play, and by Close once Play has left
	done    context.Context
	stop    context.CancelFunc
	closed  bool // under playing
}

var errClosed = errors.New("play faults: the proxies are closed")

// Listen listens on the Listen address of every dependency that has one and an
// Upstream, in this process, and on the egress's, if there is one, for dependencies
// that have a Host. No fault is applied. A port of 0 takes a free one; Addr tells which.
// The error names the dependency and the address; nothing is left open then.
func Listen(exp *configs.Experiment) (*Proxies, error) { return listen(exp) }

// listen is Listen for proxies that are commanded at the api addresses. The
// egress connects to none of them: a client that may call out must not be able
// to break things.
func listen(exp *configs.Experiment, api ...netip.AddrPort) (*Proxies, error) {
	done, stop := context.WithCancel(context.Background())
	ps := &Proxies{exp: exp, proxies: map[string]*proxy{}, rec: newRecorder(), done: done, stop: stop}
	for _, d := range exp.Dependencies {
		if d.Listen == "" || d.Upstream == "" {
			continue
		}
		p, err := openProxy(done, d, ps.rec)
		if err != nil {
			return nil, errors.Join(err, ps.Close())
		}
		ps.proxies[d.Name] = p
	}
	if exp.Chaos.Egress.Listen != "" {
		if err := ps.openEgress(api); err != nil {
			return nil, errors.Join(err, ps.Close())
		}
	}
	if _, err := ps.faults(exp); err != nil {
		return nil, errors.Join(err, ps.Close())
	}
	return ps, nil
}

// Addr returns the address that the dependency is listened for on, or "" if it is not.
func (ps *Proxies) Addr(dependency string) string {
	if p := ps.proxies[dependency]; p != nil {
		return p.addr
	}
	return ""
}

// all returns the proxies in the experiment's order, and then the proxies of
// other hosts that the egress has seen.
func (ps *Proxies) all() []*proxy {
	var all []*proxy
	for _, d := range ps.exp.Dependencies {
		if p := ps.proxies[d.Name]; p != nil {
			all = append(all, p)
		}
	}
	if ps.out != nil {
		all = append(all, ps.out.undeclared()...)
	}
	return all
}

// Close ends a Play that goes on, lifts every fault, closes every listener and
// connection and waits until nothing of them is left. It does not wait for any
// reader or writer at the other end. Closing again does nothing.
func (ps *Proxies) Close() error {
	ps.stop()
	ps.playing.Lock()
	defer ps.playing.Unlock()
	if ps.closed {
		return nil
	}
	ps.closed = true
	var errs []error
	for _, p := range ps.all() {
		if err := p.close(); err != nil {
			errs = append(errs, fmt.Errorf("close the proxy of %s: %w", p.dep.Name, err))
		}
	}
	if ps.out != nil {
		<-ps.out.ended
	}
	return errors.Join(errs...)
}
