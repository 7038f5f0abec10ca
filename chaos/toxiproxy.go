package chaos

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

// Toxiproxy's API is served here with Toxiproxy's own types, errors and status
// codes, on our sockets. Its handlers can't be used: their calls wait for every
// connection (toxiproxy#558).

// toxiproxyRoutes adds Toxiproxy's API. A call changes a proxy by one swap under
// the proxy's lock, and so never by halves.
func (s *server) toxiproxyRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /version", s.version)
	mux.HandleFunc("POST /reset", s.reset)
	mux.HandleFunc("GET /proxies", s.index)
	mux.HandleFunc("POST /proxies", s.create)
	mux.HandleFunc("POST /populate", s.populate)
	mux.HandleFunc("GET /proxies/{proxy}", s.onProxy(s.show))
	for _, change := range []string{"POST", "PATCH"} {
		mux.HandleFunc(change+" /proxies/{proxy}", s.onProxy(s.update))
		mux.HandleFunc(change+" /proxies/{proxy}/toxics/{toxic}", s.onToxic(s.changeToxic))
	}
	mux.HandleFunc("DELETE /proxies/{proxy}", s.onProxy(s.remove))
	mux.HandleFunc("GET /proxies/{proxy}/toxics", s.onProxy(s.listToxics))
	mux.HandleFunc("POST /proxies/{proxy}/toxics", s.onProxy(s.addToxic))
	mux.HandleFunc("GET /proxies/{proxy}/toxics/{toxic}", s.onToxic(s.showToxic))
	mux.HandleFunc("DELETE /proxies/{proxy}/toxics/{toxic}", s.onToxic(s.removeToxic))
}

// toxiproxyVersion is the Toxiproxy whose API we speak.
const toxiproxyVersion = "2.12.0"

func (s *server) version(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, version{toxiproxyVersion, protocol})
}

type version struct {
	Version  string `json:"version"`
	Tailback int    `json:"tailback,omitempty"` // the protocol of a proxy of ours
}

// apiBody bounds the body of a call.
const apiBody = 1 << 20

// onProxy calls h with the proxy that the path names and with the body, and
// answers with the value that h returns; a nil value is no content.
func (s *server) onProxy(h func(p *proxy, body []byte) (any, error)) http.HandlerFunc {
	return s.onToxic(func(p *proxy, _ *clientToxic, body []byte) (any, error) { return h(p, body) })
}

// onToxic is onProxy with the toxic that the path names, or nil if it names
// none. Calls come one after the other.
func (s *server) onToxic(h func(p *proxy, t *clientToxic, body []byte) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, apiBody))
		if err != nil {
			refuse(w, badBody(err))
			return
		}
		s.calls.Lock()
		defer s.calls.Unlock()
		p := s.proxies[r.PathValue("proxy")]
		if p == nil {
			refuse(w, toxiproxy.ErrProxyNotFound)
			return
		}
		var t *clientToxic
		if name := r.PathValue("toxic"); name != "" {
			if t = p.toxicNamed(name); t == nil {
				refuse(w, toxiproxy.ErrToxicNotFound)
				return
			}
		}
		switch v, err := h(p, t, body); {
		case err != nil:
			refuse(w, err)
		case v == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			answer(w, http.StatusOK, v)
		}
	}
}

// answer sends v as JSON.
func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// refuse sends an error in Toxiproxy's form.
func refuse(w http.ResponseWriter, err error) {
	known := new(toxiproxy.ApiError)
	if !errors.As(err, &known) {
		known = &toxiproxy.ApiError{Message: err.Error(), StatusCode: http.StatusInternalServerError}
	}
	answer(w, known.StatusCode, known)
}

func refusal(status int, text string, args ...any) error {
	return &toxiproxy.ApiError{Message: fmt.Sprintf(text, args...), StatusCode: status}
}

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

func wrappers(ts []*clientToxic) []*toxics.ToxicWrapper {
	ws := []*toxics.ToxicWrapper{}
	for _, t := range ts {
		ws = append(ws, t.ToxicWrapper)
	}
	return ws
}

func (p *proxy) toxicNamed(name string) *clientToxic {
	for _, t := range p.toxics() {
		if t.Name == name {
			return t
		}
	}
	return nil
}

func (s *server) show(p *proxy, _ []byte) (any, error) { return p.shown(), nil }

func (s *server) listToxics(p *proxy, _ []byte) (any, error) { return wrappers(p.toxics()), nil }

func (s *server) showToxic(_ *proxy, t *clientToxic, _ []byte) (any, error) {
	return t.ToxicWrapper, nil
}

func (s *server) addToxic(p *proxy, body []byte) (any, error) {
	w, err := newToxic(body)
	if err != nil {
		return nil, err
	}
	if p.toxicNamed(w.Name) != nil {
		return nil, toxiproxy.ErrToxicAlreadyExists
	}
	if len(p.toxics()) >= maxToxics {
		return nil, refusal(http.StatusConflict, "there are %d toxics on %s already", maxToxics, p.dep.Name)
	}
	t := newClientToxic(w, rand.Uint64())
	p.setToxics(w.Direction, append(p.on(w.Direction), t))
	p.rec.warn(p.foreign(t))
	return w, nil
}

func (s *server) changeToxic(p *proxy, t *clientToxic, body []byte) (any, error) {
	w, err := changedToxic(t.ToxicWrapper, body)
	if err != nil {
		return nil, err
	}
	to := p.on(w.Direction)
	to[slices.Index(to, t)] = newClientToxic(w, t.seed)
	p.setToxics(w.Direction, to)
	p.rec.warn(p.foreign(t))
	return w, nil
}

func (s *server) removeToxic(p *proxy, t *clientToxic, _ []byte) (any, error) {
	p.setToxics(t.Direction, slices.DeleteFunc(p.on(t.Direction), func(o *clientToxic) bool { return o == t }))
	return nil, nil
}

// update enables or disables a proxy. Its addresses are the experiment's.
func (s *server) update(p *proxy, body []byte) (any, error) {
	to := p.shown().settings
	if err := json.Unmarshal(body, &to); err != nil {
		return nil, badBody(err)
	}
	switch {
	case !p.listens() && (!to.Enabled || to.Listen != ""):
		return nil, refusal(http.StatusForbidden, "%s is reached through the egress proxy, and has no address to disable or move; use a toxic such as timeout", p.dep.Name)
	case p.listens() && !p.is(to):
		return nil, refusal(http.StatusForbidden, "%s listens on %s for %s: the addresses are those of the experiment file; change them there and restart tailback proxy", p.dep.Name, p.addr, p.dep.Upstream)
	}
	err := s.switchProxy(p, to.Enabled)
	return p.shown(), err
}

// is reports whether the settings are the proxy's, by their addresses.
func (p *proxy) is(other settings) bool {
	at, err := net.ResolveTCPAddr("tcp", other.Listen)
	return err == nil && at.String() == p.addr && other.Upstream == p.dep.Upstream
}

// switchProxy enables or disables a proxy, while no run holds it.
func (s *server) switchProxy(p *proxy, on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case p.off != on:
		return nil
	case s.holder != nil:
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
	for _, p := range s.proxies {
		all[p.dep.Name] = p.shown()
	}
	answer(w, http.StatusOK, all)
}

// reset removes all toxics of clients and enables all proxies. The faults of a
// run are the run's.
func (s *server) reset(w http.ResponseWriter, _ *http.Request) {
	s.calls.Lock()
	defer s.calls.Unlock()
	for _, p := range s.proxies {
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

// create refuses: the experiment says which proxies there are.
func (s *server) create(w http.ResponseWriter, r *http.Request) {
	var to settings
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, apiBody)).Decode(&to); err != nil {
		refuse(w, badBody(err))
		return
	}
	if s.proxies[to.Name] != nil {
		refuse(w, toxiproxy.ErrProxyAlreadyExists)
		return
	}
	refuse(w, notOurs(to.Name))
}

func notOurs(name string) error {
	return refusal(http.StatusForbidden, "%s is no dependency of the experiment file; add it there and restart tailback proxy", plain(name))
}

func (s *server) remove(p *proxy, _ []byte) (any, error) {
	return nil, refusal(http.StatusForbidden, "%s is a dependency of the experiment file; take it out there and restart tailback proxy", p.dep.Name)
}

// populate accepts proxies that are there already. Test suites ask for theirs at their start.
func (s *server) populate(w http.ResponseWriter, r *http.Request) {
	var list []settings
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, apiBody)).Decode(&list); err != nil {
		refuse(w, badBody(err))
		return
	}
	s.calls.Lock()
	defer s.calls.Unlock()
	found := []shown{}
	for _, to := range list {
		p := s.proxies[to.Name]
		if p == nil || !p.is(to) {
			refuse(w, notOurs(to.Name))
			return
		}
		found = append(found, p.shown())
	}
	answer(w, http.StatusCreated, map[string]any{"proxies": found})
}
