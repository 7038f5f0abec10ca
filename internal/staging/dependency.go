package staging

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Dependency is a small HTTP server that answers every request with "ok": the
// external service that the pages call. It can be told to be slow or to hang,
// for tests of the site alone; an experiment puts a proxy in front instead.
type Dependency struct {
	// Addr is its host:port.
	Addr string

	calls atomic.Int64
	stop  func() error

	mu     sync.Mutex
	delay  time.Duration
	lifted chan struct{} // closed while it answers
}

// StartDependency starts one on the address; port 0 is a free one.
func StartDependency(addr string) (*Dependency, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("start dependency: %w", err)
	}
	d := &Dependency{Addr: ln.Addr().String(), lifted: make(chan struct{})}
	close(d.lifted)
	d.stop = Serve(ln, d)
	return d, nil
}

// Hang makes it accept and withhold its answers, or, with false, give those
// withheld and all later ones.
func (d *Dependency) Hang(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.lifted:
		if on {
			d.lifted = make(chan struct{})
		}
	default:
		if !on {
			close(d.lifted)
		}
	}
}

// SetDelay has the calls that begin from now on wait d before their answer.
func (d *Dependency) SetDelay(delay time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.delay = delay
}

// Calls counts the calls that have arrived.
func (d *Dependency) Calls() int64 { return d.calls.Load() }

// ServeHTTP answers one call.
func (d *Dependency) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.calls.Add(1)
	d.mu.Lock()
	delay, lifted := d.delay, d.lifted
	d.mu.Unlock()
	select {
	case <-lifted:
	case <-r.Context().Done():
		return
	}
	select {
	case <-time.After(delay):
		io.WriteString(w, "ok")
	case <-r.Context().Done():
	}
}

// Close ends it, calls under way included.
func (d *Dependency) Close() error { return d.stop() }
