// Package gunicorn is a staging site without PHP: nginx in front of gunicorn's
// sync workers, run as children of this process in a folder of their own. Of
// the options it ignores none: what only php-fpm has is refused.
package gunicorn

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/tailback/tailback/internal/staging"
)

// Packages are what a Debian or Ubuntu machine must have installed.
const Packages = "nginx gunicorn"

// ErrNotInstalled says that a program is missing, and which packages have it.
var ErrNotInstalled = errors.New("not installed: apt-get install " + Packages)

// portTries: where ports can't be reserved, another process may take a free one
// before the child does.
const portTries = 5

//go:embed nginx.conf.tmpl
var nginxConf string

//go:embed pages.py
var pages []byte

// config is what nginx's template sees.
type config struct {
	Root          bool
	Dir           string
	Gateway       string // host:port
	Upstream      string // unix:PATH or host:port
	TimeoutMillis int64
	Descriptors   uint64
	JSONLog       bool
	Token         string // that the gateway answers /site with
}

// Start starts a site. It returns an error that wraps ErrNotInstalled when
// nginx or gunicorn is missing. ctx bounds the start only; Close ends the site.
func Start(ctx context.Context, o staging.Options) (*staging.Site, error) {
	if what := o.PHPOnly(); what != "" {
		return nil, fmt.Errorf("start nginx and gunicorn: %s needs php-fpm", what)
	}
	if o.CloseSessions {
		return nil, errors.New("start nginx and gunicorn: pages with sessions need php-fpm or go")
	}
	dirs := staging.ProgramDirs()
	nginx, gunicorn := staging.Program(dirs, "nginx"), staging.Program(dirs, "gunicorn")
	if nginx == "" || gunicorn == "" {
		return nil, fmt.Errorf("start nginx and gunicorn: %w", ErrNotInstalled)
	}
	ctx, cancel := context.WithTimeout(ctx, staging.ReadyWithin)
	defer cancel()
	for try := 1; ; try++ {
		site, o, err := staging.New(o)
		if err != nil {
			return nil, err
		}
		if err = startBoth(ctx, site, nginx, gunicorn, o); err == nil {
			return site, nil
		}
		err = errors.Join(err, site.Close())
		if try == portTries || !errors.Is(err, staging.ErrPortTaken) {
			return nil, fmt.Errorf("start nginx and gunicorn: %w", err)
		}
	}
}

func startBoth(ctx context.Context, site *staging.Site, nginx, gunicorn string, o staging.Options) error {
	gateway, err := site.Reserve(o.Listen)
	if err != nil {
		return err
	}
	pool, err := site.PoolAddr(o.Network)
	if err != nil {
		return err
	}
	site.URL = "http://" + gateway
	if err := writeFiles(site, o, gateway, pool); err != nil {
		return err
	}
	args := poolArgs(site, o, pool)
	if err := site.Pool(ctx, func(ctx context.Context) (*staging.Child, error) {
		child, err := staging.StartChild(site, gunicorn, site.GunicornErrorLog, args...)
		if err != nil {
			return nil, err
		}
		return child, child.Await(ctx, func(ctx context.Context) error { return staging.AwaitSocket(ctx, o.Network, pool) })
	}); err != nil {
		return err
	}
	child, err := staging.StartChild(site, nginx, site.ErrorLog, "-p", site.Dir, "-c", filepath.Join(site.Dir, "nginx.conf"))
	if err != nil {
		return err
	}
	site.OnClose(child.Stop)
	return child.Await(ctx, func(ctx context.Context) error { return site.AwaitAnswer(ctx) })
}

// poolArgs are gunicorn's. It stops at once, whoever is being served, as
// php-fpm does; its timeout is of whole seconds, and 0 is none.
func poolArgs(site *staging.Site, o staging.Options, pool string) []string {
	bind := pool
	if o.Network == "unix" {
		bind = "unix:" + pool
	}
	return []string{
		"--worker-class", "sync", "--workers", strconv.Itoa(o.Workers), "--backlog", strconv.Itoa(o.Backlog), "--bind", bind,
		"--timeout", strconv.FormatInt(int64((o.TerminateTimeout+time.Second-1)/time.Second), 10), "--graceful-timeout", "0",
		"--chdir", site.Dir, "--worker-tmp-dir", site.Dir, "--error-logfile", site.GunicornErrorLog,
		"--access-logfile", site.PythonAccessLog, "--access-logformat", "%(t)s %(D)s %(U)s",
		"--env", "SITE_URL=" + site.URL, "--env", "SITE_TOKEN=" + site.Token, "--env", "DEPENDENCY=" + o.Dependency, "--env", "DEPENDENCY2=" + o.Dependency2,
		"--env", "WORKERS=" + strconv.Itoa(o.Workers), "--env", "PYTHONDONTWRITEBYTECODE=1",
		"pages:page",
	}
}

func writeFiles(site *staging.Site, o staging.Options, gateway, pool string) error {
	c := config{
		Root: os.Geteuid() == 0, Dir: site.Dir, Gateway: gateway, Upstream: pool,
		TimeoutMillis: o.GatewayTimeout.Milliseconds(), Descriptors: staging.Descriptors(), JSONLog: o.JSONLog, Token: site.Token,
	}
	if o.Network == "unix" {
		c.Upstream = "unix:" + pool
	}
	site.ErrorLog = filepath.Join(site.Dir, "nginx.error.log")
	site.AccessLog = filepath.Join(site.Dir, "nginx.access.log")
	site.GunicornErrorLog = filepath.Join(site.Dir, "gunicorn.error.log")
	site.PythonAccessLog = filepath.Join(site.Dir, "gunicorn.access.log")
	if err := os.WriteFile(filepath.Join(site.Dir, "pages.py"), pages, 0o644); err != nil {
		return fmt.Errorf("write pages: %w", err)
	}
	return staging.Fill(filepath.Join(site.Dir, "nginx.conf"), nginxConf, c)
}
