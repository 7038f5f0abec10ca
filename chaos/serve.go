package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/tailback/tailback/configs"
)

// server holds an experiment's proxies while runs come and go.
type server struct {
	*Proxies
	ctx     context.Context // the proxy's own
	say     func(string)
	address netip.Addr // that the API is served at

	calls sync.Mutex        // held by a call of a Toxiproxy client
	own   map[string]*proxy // that clients have made, by name; under calls

	mu     sync.Mutex // after calls
	holder *holder    // nil when nobody holds the proxies
}

// Serve listens for the experiment's dependencies, as Listen does, and lets runs
// and Toxiproxy's clients break them through HTTP at the address. It returns nil
// once ctx has ended, with every fault lifted, or why it could not serve. ready
// is told the address; say, of each run that comes and goes.
func Serve(ctx context.Context, exp *configs.Experiment, address string, ready, say func(string)) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("serve chaos.toxiproxy at %s: %w (free the port, or choose another)", address, bare(err))
	}
	at := l.Addr().(*net.TCPAddr).AddrPort()
	gate, err := newGate(exp, address, at.Addr())
	if err != nil {
		return errors.Join(err, l.Close())
	}
	ps, err := listen(exp, at)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	s := &server{Proxies: ps, ctx: ctx, say: say, address: at.Addr(), own: map[string]*proxy{}}
	web := &http.Server{Handler: gate.guard(s.routes()), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 1 << 16}
	stopped := make(chan error, 1)
	defer context.AfterFunc(ctx, func() {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		stopped <- errors.Join(web.Shutdown(bounded), web.Close())
	})()
	ready(l.Addr().String())
	if err = web.Serve(l); errors.Is(err, http.ErrServerClosed) {
		err = nil
		<-stopped // a handler that is stuck has lost its connection; its faults are lifted below
	}
	return errors.Join(err, s.dropAll(), ps.Close())
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+leasePath, s.lease)
	s.toxiproxyRoutes(mux)
	return mux
}

// take gives the proxies to the run, or says why not.
func (s *server) take(h *holder) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holder != nil {
		return refusal(http.StatusConflict, "the proxies are held by %v; wait for its end", s.holder)
	}
	for _, p := range s.all() {
		if p.off {
			return refusal(http.StatusConflict, "the proxy of %s is disabled; enable it first (toxiproxy-cli toggle, or POST /reset)", p.dep.Name)
		}
	}
	s.holder = h
	return nil
}

func (s *server) giveBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holder = nil
}
