// Package gosite is the staging site in pure Go: a gateway and a worker pool
// as separate servers over a real socket. The pool's queue is the listen(2)
// backlog of that socket, so that it is the kernel that queues and refuses,
// as it does between nginx and php-fpm.
package gosite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"github.com/tailback/tailback/internal/staging"
)

// Start starts a site. ctx bounds the start only; Close ends the site.
func Start(ctx context.Context, o staging.Options) (*staging.Site, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start staging site: %w", err)
	}
	switch what := o.PHPOnly(); {
	case what != "":
		return nil, fmt.Errorf("start staging site: %s needs php-fpm", what)
	case o.JSONLog:
		return nil, errors.New("start staging site: a JSON access log needs nginx")
	}
	site, o, err := staging.New(o)
	if err != nil {
		return nil, err
	}
	if err := start(site, o); err != nil {
		return nil, errors.Join(fmt.Errorf("start staging site: %w", err), site.Close())
	}
	return site, nil
}

func start(site *staging.Site, o staging.Options) error {
	front, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("listen for the gateway: %w", err)
	}
	site.URL = "http://" + front.Addr().String()

	addr := filepath.Join(site.Dir, "pool.sock")
	if o.Network == "tcp" { // which stays the pool's while it is stopped
		if addr, err = site.Reserve("127.0.0.1:0"); err != nil {
			front.Close()
			return err
		}
	}
	queue, err := listen(o.Network, addr, o.Backlog)
	if err != nil {
		front.Close()
		return fmt.Errorf("listen for the pool: %w", err)
	}
	pages := newPages(site.URL, o.Dependency, o.Dependency2, o.CloseSessions)
	run := func(queue net.Listener) (stop func() error) {
		return (&pool{queue: queue, terminate: o.TerminateTimeout, pages: pages}).run(o.Workers)
	}
	site.Restartable(run(queue), func() (stop func() error, err error) {
		queue, err := listen(o.Network, addr, o.Backlog)
		if err != nil {
			return nil, fmt.Errorf("listen for the pool: %w", err)
		}
		return run(queue), nil
	})

	g := &gateway{network: o.Network, addr: addr, timeout: o.GatewayTimeout}
	site.OnClose(staging.Serve(front, g))
	return nil
}
