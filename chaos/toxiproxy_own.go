package chaos

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/stream"

	"github.com/tailback/tailback/configs"
)

// Clients of Toxiproxy's may make proxies of their own, as their test suites do
// at their start. Such a proxy is no part of any run: no run plays a fault on it,
// lifts one or counts anything there, and the report of a run names it.

// mostOwn bounds the proxies that clients have made.
const mostOwn = 100

// isOwn reports whether a client has made the proxy.
func (s *server) isOwn(p *proxy) bool { return s.own[p.dep.Name] == p }

// proxyNamed returns the proxy of that name, or nil. s.calls is held.
func (s *server) proxyNamed(name string) *proxy {
	if p := s.proxies[name]; p != nil {
		return p
	}
	return s.own[name]
}

// everyProxy returns the proxies that clients see. s.calls is held.
func (s *server) everyProxy() []*proxy {
	return slices.AppendSeq(slices.Collect(maps.Values(s.proxies)), maps.Values(s.own))
}

// foreignProxy says for a report that a client's own proxy is there.
func foreignProxy(p *proxy) string {
	return fmt.Sprintf("the proxy %s (%s, passed on to %s) was made by a client of Toxiproxy's: it is not of this run and was left alone; what goes through it is in no figure",
		plain(p.dep.Name), p.addr, plain(p.dep.Upstream))
}

// create makes a proxy of the client's own.
func (s *server) create(w http.ResponseWriter, r *http.Request) {
	to := settings{Enabled: true}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, apiBody)).Decode(&to); err != nil {
		refuse(w, badBody(err))
		return
	}
	s.calls.Lock()
	defer s.calls.Unlock()
	err := errors.Join(s.mayMake(to), s.room(to))
	if err == nil && s.proxyNamed(to.Name) != nil {
		err = toxiproxy.ErrProxyAlreadyExists
	}
	var p *proxy
	if err == nil {
		p, err = s.make(to)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusCreated, p.shown())
}

// populate makes the proxies of a list: those that are there as the list says
// stay as they are, a client's own that differ are made anew. Nothing is made
// when the list has one that may not be.
func (s *server) populate(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, apiBody))
	var list []settings
	if err == nil {
		list, err = readList(body)
	}
	if err != nil {
		refuse(w, badBody(err))
		return
	}
	s.calls.Lock()
	defer s.calls.Unlock()
	found := []shown{}
	err = s.room(list...)
	for i := 0; i < len(list) && err == nil; i++ {
		err = s.mayMake(list[i])
	}
	for i := 0; i < len(list) && err == nil; i++ {
		var p *proxy
		if p, err = s.sameOrNew(list[i]); err == nil {
			found = append(found, p.shown())
		}
	}
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusCreated, map[string]any{"proxies": found})
}

// readList reads the proxies of a list; one that does not say so is enabled.
func readList(body []byte) ([]settings, error) {
	var texts []json.RawMessage
	if err := json.Unmarshal(body, &texts); err != nil {
		return nil, err
	}
	var list []settings
	for _, text := range texts {
		to := settings{Enabled: true}
		if err := json.Unmarshal(text, &to); err != nil {
			return nil, err
		}
		list = append(list, to)
	}
	return list, nil
}

// mayMake returns why a client may have no proxy like that, whoever has its name now.
func (s *server) mayMake(to settings) error {
	switch declared := s.proxies[to.Name]; {
	case to.Name == "" || to.Upstream == "":
		return badBody(fmt.Errorf("a proxy needs a name and an upstream"))
	case len(to.Name) > maxToxicName:
		return badBody(fmt.Errorf("name needs to be at most %d bytes", maxToxicName))
	case declared != nil && !declared.is(to):
		return declared.fixed()
	case declared == nil:
		_, err := s.placeFor(to)
		return err
	}
	return nil
}

// room refuses a list that would make too many proxies.
func (s *server) room(list ...settings) error {
	names := map[string]bool{}
	for name := range s.own {
		names[name] = true
	}
	for _, to := range list {
		if s.proxies[to.Name] == nil {
			names[to.Name] = true
		}
	}
	if len(names) > mostOwn {
		return refusal(http.StatusConflict, "with these, clients would have made more than %d proxies; delete some", mostOwn)
	}
	return nil
}

// placeFor returns where a proxy of a client's is to listen. Beyond loopback the
// experiment's file says who is reached, unless the API itself is served there.
func (s *server) placeFor(to settings) (string, error) {
	host, port, err := net.SplitHostPort(to.Upstream)
	if number, bad := strconv.ParseUint(port, 10, 16); err != nil || host == "" || bad != nil || number == 0 {
		return "", badBody(fmt.Errorf("upstream needs host:port, such as 127.0.0.1:3306"))
	}
	listen := to.Listen
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	at, err := net.ResolveTCPAddr("tcp", listen)
	switch {
	case err != nil:
		return "", badBody(fmt.Errorf("listen needs an address of this machine, such as 127.0.0.1:0: %w", err))
	case !at.IP.IsLoopback() && s.address.Unmap().IsLoopback():
		return "", refusal(http.StatusForbidden, "%s would listen on %s, beyond this machine: make it a dependency of the experiment file and restart tailback proxy, or listen on 127.0.0.1", plain(to.Name), plain(listen))
	}
	return at.String(), nil
}

// make opens a client's proxy.
func (s *server) make(to settings) (*proxy, error) {
	at, err := s.placeFor(to)
	if err != nil {
		return nil, err
	}
	if s.ctx.Err() != nil {
		return nil, refusal(http.StatusServiceUnavailable, "the proxy is ending")
	}
	p, err := openProxy(s.done, configs.Dependency{Name: to.Name, Listen: at, Upstream: to.Upstream}, newRecorder())
	if err != nil {
		return nil, refusal(http.StatusInternalServerError, "listen on %s: %v", at, bare(err))
	}
	if !to.Enabled {
		if err := p.disable(); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	s.own[to.Name] = p
	s.rec.warn(foreignProxy(p))
	s.say(fmt.Sprintf("a client of Toxiproxy's has made the proxy %s: %s, passed on to %s", plain(p.dep.Name), p.addr, plain(p.dep.Upstream)))
	return p, nil
}

// sameOrNew returns the proxy that is there, or else makes it.
func (s *server) sameOrNew(to settings) (*proxy, error) {
	p := s.proxyNamed(to.Name)
	if p != nil && p.is(to) {
		return p, nil
	}
	if p != nil {
		if err := s.drop(p); err != nil {
			return nil, err
		}
	}
	return s.make(to)
}

// move gives a client's proxy other addresses; its toxics stay.
func (s *server) move(p *proxy, to settings) (*proxy, error) {
	if err := s.mayMake(to); err != nil {
		return p, err
	}
	kept := [stream.NumDirections][]*clientToxic{up: p.on(up), down: p.on(down)}
	was := p.shown().settings
	if err := s.drop(p); err != nil {
		return p, err
	}
	moved, err := s.make(to)
	if moved == nil { // such as a port that is taken: back to where it was
		if moved, _ = s.make(was); moved == nil {
			return p, err
		}
	}
	for dir, ts := range kept {
		moved.setToxics(stream.Direction(dir), ts)
	}
	return moved, err
}

// drop closes a client's proxy and its connections.
func (s *server) drop(p *proxy) error {
	delete(s.own, p.dep.Name)
	return p.close()
}

// dropAll closes all that clients have made.
func (s *server) dropAll() (err error) {
	s.calls.Lock()
	defer s.calls.Unlock()
	for _, p := range s.own {
		if closed := s.drop(p); closed != nil {
			err = fmt.Errorf("close the proxy of %s: %w", plain(p.dep.Name), closed)
		}
	}
	return err
}
