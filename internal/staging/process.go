package staging

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"text/template"
	"time"

	"github.com/tailback/tailback/internal/ports"
)

// maxSocketPath is what sockaddr_un holds on the smallest system (macOS).
const maxSocketPath = 103

// ReadyWithin is how long the children of a site may take to answer.
const ReadyWithin = 20 * time.Second

// Reserve keeps a port, as ports.Reserve does, until the site is closed, and
// returns its host:port.
func (s *Site) Reserve(addr string) (string, error) {
	port, err := ports.Reserve(addr)
	if err != nil {
		return "", err
	}
	s.OnClose(port.Close)
	return port.Addr, nil
}

// PoolAddr is where the pool of a site on that network listens: a path in the
// site's folder, or a free port.
func (s *Site) PoolAddr(network string) (string, error) {
	if network == "tcp" {
		return s.Reserve("127.0.0.1:0")
	}
	for _, name := range []string{"pool.sock", "status.sock"} {
		if path := filepath.Join(s.Dir, name); len(path) > maxSocketPath {
			return "", fmt.Errorf("listen on %s: path of %d bytes, a unix socket's may have %d: choose a shorter folder", path, len(path), maxSocketPath)
		}
	}
	return filepath.Join(s.Dir, "pool.sock"), nil
}

// Pool starts a child that is the site's pool, by start, which returns when it
// takes connections; and gives the site its StopPool and StartPool.
func (s *Site) Pool(ctx context.Context, start func(context.Context) (*Child, error)) error {
	run := func(ctx context.Context) (func() error, error) {
		pool, err := start(ctx)
		if err == nil {
			return pool.Stop, nil
		}
		if pool != nil {
			pool.Stop()
		}
		return nil, err
	}
	stop, err := run(ctx)
	if err != nil {
		return err
	}
	s.Restartable(stop, func() (func() error, error) {
		ctx, cancel := context.WithTimeout(context.Background(), ReadyWithin)
		defer cancel()
		return run(ctx)
	})
	return nil
}

// Restartable gives the site StopPool and StartPool of a pool that runs, which
// stop ends and start starts again, and has Close end it.
func (s *Site) Restartable(stop func() error, start func() (stop func() error, err error)) {
	var mu sync.Mutex
	s.StopPool = func() error {
		mu.Lock()
		defer mu.Unlock()
		if stop == nil {
			return nil
		}
		end := stop
		stop = nil
		return end()
	}
	s.StartPool = func() (err error) {
		mu.Lock()
		defer mu.Unlock()
		if stop == nil {
			stop, err = start()
		}
		return err
	}
	s.OnClose(s.StopPool)
}

// AwaitSocket polls until something listens there. The connection that tries
// it costs one worker the moment of reading its end.
func AwaitSocket(ctx context.Context, network, addr string) error {
	for {
		conn, err := net.Dial(network, addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w, last: %w", addr, ctx.Err(), err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Fill writes a configuration file: the template text with c in it.
func Fill(path, text string, c any) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	defer f.Close()
	if err := template.Must(template.New(path).Parse(text)).Execute(f, c); err != nil {
		return fmt.Errorf("write configuration %s: %w", path, err)
	}
	return nil
}

// Descriptors are how many a gateway may open, two a request: 16384, when the
// limit allows it.
func Descriptors() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	return min(16384, uint64(limit.Max))
}
