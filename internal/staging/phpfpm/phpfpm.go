// Package phpfpm is the staging site on real nginx and php-fpm, run as
// children of this process in a folder of their own, as root or not. No system
// service is touched; what is read of the system's is its php.ini.
package phpfpm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/tailback/tailback/internal/staging"
)

const (
	readyWithin = 20 * time.Second // for both children to answer
	portTries   = 5                // another process may take a free port before the child does
)

// Start starts a site. It returns an error that wraps ErrNotInstalled when
// nginx, php-fpm or php-curl is missing. ctx bounds the start only; Close ends
// the site.
func Start(ctx context.Context, o staging.Options) (*staging.Site, error) {
	bins, err := find(programDirs())
	if err != nil {
		return nil, fmt.Errorf("start nginx and php-fpm: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for try := 1; ; try++ {
		site, err := start(ctx, bins, o)
		if err == nil {
			return site, nil
		}
		if try == portTries || !errors.Is(err, errPortTaken) {
			return nil, fmt.Errorf("start nginx and php-fpm: %w", err)
		}
	}
}

func start(ctx context.Context, bins binaries, o staging.Options) (*staging.Site, error) {
	site, o, err := staging.New(o)
	if err != nil {
		return nil, err
	}
	if err := startBoth(ctx, site, bins, o); err != nil {
		return nil, errors.Join(err, site.Close())
	}
	return site, nil
}

func startBoth(ctx context.Context, site *staging.Site, bins binaries, o staging.Options) error {
	gateway, err := freeAddr(o.Listen) // also tells early that a given port is taken
	if err != nil {
		return err
	}
	pool := filepath.Join(site.Dir, "pool.sock")
	if o.Network == "tcp" {
		if pool, err = freeAddr("127.0.0.1:0"); err != nil {
			return err
		}
	} else if len(pool) > maxSocketPath {
		return fmt.Errorf("listen on %s: path of %d bytes, a unix socket's may have %d: choose a shorter folder", pool, len(pool), maxSocketPath)
	}
	site.URL = "http://" + gateway
	if err := writeConfig(site, o, gateway, pool); err != nil {
		return err
	}

	stop := func() error { return nil }
	site.OnClose(func() error { return stop() })
	site.StopPool = func() error { return stop() }
	site.StartPool = func() error {
		php, err := startChild(site, bins.php, site.PHPErrorLog, phpArgs(site.Dir)...)
		if err != nil {
			return err
		}
		stop = sync.OnceValue(php.stop)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWithin)
		defer cancel()
		return php.await(ctx, func(ctx context.Context) error { return awaitPool(ctx, o.Network, pool) })
	}
	if err := site.StartPool(); err != nil {
		return err
	}

	nginx, err := startChild(site, bins.nginx, site.ErrorLog, "-p", site.Dir, "-c", filepath.Join(site.Dir, "nginx.conf"))
	if err != nil {
		return err
	}
	site.OnClose(nginx.stop)
	return nginx.await(ctx, func(ctx context.Context) error { return site.AwaitAnswer(ctx, "/work?ms=0") })
}

// freeAddr is addr with a free port in place of port 0.
func freeAddr(addr string) (string, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

// awaitPool polls until the pool's socket is there. The connection that tries
// it costs one worker the moment of reading its end.
func awaitPool(ctx context.Context, network, addr string) error {
	for {
		conn, err := net.Dial(network, addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for php-fpm: %w, last: %w", ctx.Err(), err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
