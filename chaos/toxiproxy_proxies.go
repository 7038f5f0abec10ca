package chaos

import (
	"encoding/json"
	"net/http"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

// settings are what a client can say of a proxy.
type settings struct {
	Name     string `json:"name"`
	Listen   string `json:"listen"`
	Upstream string `json:"upstream"`
	Enabled  bool   `json:"enabled"`
}

// shown is a proxy as Toxiproxy shows it.
type shown struct {
	settings
	Toxics []*toxics.ToxicWrapper `json:"toxics"`
}

func (p *proxy) shown() shown {
	p.mu.Lock()
	off := p.off
	p.mu.Unlock()
	return shown{settings{p.dep.Name, p.addr, p.dep.Upstream, !off}, wrappers(p.toxics())}
}

func (s *server) show(p *proxy, _ []byte) (any, error) { return p.shown(), nil }

// update enables or disables a proxy. A client's own can be given other
// addresses; those of a dependency are the experiment's.
func (s *server) update(p *proxy, body []byte) (any, error) {
	to := p.shown().settings
	if err := json.Unmarshal(body, &to); err != nil {
		return nil, badBody(err)
	}
	switch {
	case !p.listens() && (!to.Enabled || to.Listen != ""):
		return nil, refusal(http.StatusForbidden, "%s is reached through the egress proxy, and has no address to disable or move; use a toxic such as timeout", p.dep.Name)
	case p.is(to):
	case s.isOwn(p):
		to.Name = p.dep.Name
		moved, err := s.move(p, to)
		return moved.shown(), err
	case p.listens():
		return nil, p.fixed()
	}
	err := s.switchProxy(p, to.Enabled)
	return p.shown(), err
}

// fixed refuses to give a dependency other addresses.
func (p *proxy) fixed() error {
	if !p.listens() {
		return refusal(http.StatusForbidden, "%s is a dependency that is reached through the egress proxy: it has no address to listen on", p.dep.Name)
	}
	return refusal(http.StatusForbidden, "%s listens on %s for %s: the addresses are those of the experiment file; change them there and restart tailback proxy", p.dep.Name, p.addr, p.dep.Upstream)
}

// is reports whether the settings are the proxy's, by their addresses. Where any
// port was asked for, the one that it has will do.
func (p *proxy) is(other settings) bool {
	there := sameAddress(other.Listen, p.addr) || sameAddress(other.Listen, p.dep.Listen)
	return there && sameAddress(other.Upstream, p.dep.Upstream)
}

// switchProxy enables or disables a proxy, while no run holds it.
func (s *server) switchProxy(p *proxy, on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case p.off != on:
		return nil
	case s.holder != nil && !s.isOwn(p):
		return refusal(http.StatusConflict, "the proxies are held by %v, which alone enables and disables them", s.holder)
	case on:
		return p.enable()
	}
	return p.disable()
}

// disable refuses connects and ends open connections, as Toxiproxy does.
func (p *proxy) disable() error {
	if err := p.refuse(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off = true
	for c := range p.conns {
		c.shut()
	}
	return nil
}

func (p *proxy) enable() error {
	if err := p.restore(); err != nil {
		return err
	}
	p.resume()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off = false
	return nil
}

// index shows all proxies.
func (s *server) index(w http.ResponseWriter, _ *http.Request) {
	s.calls.Lock()
	defer s.calls.Unlock()
	all := map[string]shown{}
	for _, p := range s.everyProxy() {
		all[p.dep.Name] = p.shown()
	}
	answer(w, http.StatusOK, all)
}

// reset removes all toxics of clients and enables all proxies. The faults of a
// run are the run's.
func (s *server) reset(w http.ResponseWriter, _ *http.Request) {
	s.calls.Lock()
	defer s.calls.Unlock()
	for _, p := range s.everyProxy() {
		for dir := range p.clients {
			p.setToxics(stream.Direction(dir), nil)
		}
		if err := s.switchProxy(p, true); err != nil {
			refuse(w, err)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// remove deletes a client's own proxy.
func (s *server) remove(p *proxy, _ []byte) (any, error) {
	if s.isOwn(p) {
		return nil, s.drop(p)
	}
	return nil, refusal(http.StatusForbidden, "%s is a dependency of the experiment file; take it out there and restart tailback proxy", p.dep.Name)
}
