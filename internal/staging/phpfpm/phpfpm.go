// Package phpfpm is the staging site on real nginx and php-fpm, run as
// children of this process in a folder of their own, as root or not. No system
// service is touched; what is read of the system's is its php.ini.
package phpfpm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/tailback/tailback/internal/staging"
)

// portTries: where ports can't be reserved, another process may take a free one
// before the child does.
const portTries = 5

// Start starts a site. It returns an error that wraps ErrNotInstalled when
// nginx, php-fpm or php-curl is missing, or what Options.Stores or Options.Sessions
// needs. ctx bounds the start only; Close ends the site.
func Start(ctx context.Context, o staging.Options) (*staging.Site, error) {
	bins, err := find(staging.ProgramDirs())
	if err != nil {
		return nil, fmt.Errorf("start nginx and php-fpm: %w", err)
	}
	if o.Stores {
		if err := bins.needStores(); err != nil {
			return nil, fmt.Errorf("start a database and a cache: %w", err)
		}
	}
	if inRedis(o) {
		if err := bins.needSessions(); err != nil {
			return nil, fmt.Errorf("keep sessions in Redis: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, staging.ReadyWithin)
	defer cancel()
	for try := 1; ; try++ {
		site, err := start(ctx, bins, o)
		if err == nil {
			return site, nil
		}
		if try == portTries || !errors.Is(err, staging.ErrPortTaken) {
			return nil, fmt.Errorf("start nginx and php-fpm: %w", err)
		}
	}
}

// inRedis reports whether sessions are kept in Redis.
func inRedis(o staging.Options) bool {
	return o.Sessions == staging.SessionsInRedis || o.Sessions == staging.SessionsLocked
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
	gateway, err := site.Reserve(o.Listen) // also tells early that a given port is taken
	if err != nil {
		return err
	}
	pool, err := site.PoolAddr(o.Network)
	if err != nil {
		return err
	}
	site.URL = "http://" + gateway
	if o.Stores {
		if err := startStores(ctx, site, bins); err != nil {
			return err
		}
		o.Database, o.Cache = cmp.Or(o.Database, site.DatabaseAddr), cmp.Or(o.Cache, site.CacheAddr)
	}
	redis := ""
	if inRedis(o) {
		if redis, err = startStore(ctx, site, "sessions", bins.redis, redisArgs); err != nil {
			return err
		}
	}
	if err := writeConfig(site, o, gateway, pool, redis); err != nil {
		return err
	}

	if err := site.Pool(ctx, func(ctx context.Context) (*staging.Child, error) {
		php, err := staging.StartChild(site, bins.php, site.PHPErrorLog, phpArgs(site.Dir)...)
		if err != nil {
			return nil, err
		}
		return php, php.Await(ctx, func(ctx context.Context) error { return staging.AwaitSocket(ctx, o.Network, pool) })
	}); err != nil {
		return err
	}

	nginx, err := staging.StartChild(site, bins.nginx, site.ErrorLog, "-p", site.Dir, "-c", filepath.Join(site.Dir, "nginx.conf"))
	if err != nil {
		return err
	}
	site.OnClose(nginx.Stop)
	return nginx.Await(ctx, func(ctx context.Context) error { return site.AwaitAnswer(ctx) })
}
