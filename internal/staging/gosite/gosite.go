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
	"sync"

	"github.com/tailback/tailback/internal/staging"
)

// Start starts a site. ctx bounds the start only; Close ends the site.
func Start(ctx context.Context, o staging.Options) (*staging.Site, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start staging site: %w", err)
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

	addr := "127.0.0.1:0"
	if o.Network == "unix" {
		addr = filepath.Join(site.Dir, "pool.sock")
	}
	queue, err := listen(o.Network, addr, o.Backlog)
	if err != nil {
		front.Close()
		return fmt.Errorf("listen for the pool: %w", err)
	}
	p := &pool{
		queue:     queue,
		terminate: o.TerminateTimeout,
		pages:     newPages(site.URL, o.Dependency, o.Dependency2),
	}
	site.StopPool = sync.OnceValue(p.run(o.Workers))
	site.OnClose(site.StopPool)

	g := &gateway{network: o.Network, addr: queue.Addr().String(), timeout: o.GatewayTimeout}
	site.OnClose(staging.Serve(front, g))
	return nil
}
