package chaos

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"

	"github.com/Shopify/toxiproxy/v2"
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
		p := s.proxyNamed(r.PathValue("proxy"))
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
	s.rec.warn(p.foreign(t))
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
	s.rec.warn(p.foreign(t))
	return w, nil
}

func (s *server) removeToxic(p *proxy, t *clientToxic, _ []byte) (any, error) {
	p.setToxics(t.Direction, slices.DeleteFunc(p.on(t.Direction), func(o *clientToxic) bool { return o == t }))
	return nil, nil
}
