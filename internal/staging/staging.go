// Package staging describes the disposable site that the demo, the tests and
// `tailback staging` load: a gateway in front of a fixed pool of workers, with
// a dependency beside it. Package gosite builds it in pure Go, package phpfpm
// from real nginx and php-fpm, package gunicorn from real nginx and gunicorn.
// All serve the same pages:
//
//	/work?ms=500                      holds a worker for ms milliseconds (a sleep, not CPU), answers "ok"
//	/external?ms=100&timeout_ms=350   works for ms, then calls the dependency; answers "ok ..." when the
//	                                  dependency answered, "fallback ..." when it failed or took longer
//	                                  than timeout_ms (0 or absent: no timeout)
//	/self?ms=100                      calls the site's own /work?ms=100 through the gateway, no timeout
//	/close                            the worker closes the connection without an answer
//	/app?status=502&ms=20             the application itself answers with that status, and a body of its own;
//	                                  with like=nginx one that looks like the gateway's
//	/health                           answered by the gateway itself, takes no worker
//
// and, as a shop has them, pages of a session (but for gunicorn), which hold its lock until
// their answer's end, or release it before their work with close=1 or Options.CloseSessions:
//
//	/login                            a form with a hidden _token; any user with the password "staging" is led to /cart
//	/cart?ms=100                      works for ms, shows a hidden _token; without a login it leads to /login
//	/checkout?ms=100                  takes a POST with the _token, calls the dependency as /external does, answers
//	                                  "Thank you", or "fallback ..."
//	/logout                           ends the session
//
// On /external and /checkout, tries=3 makes up to three calls one after another, each with
// the timeout, share=0.5 has that share of the requests call at all, dep=2
// calls the second dependency, and fail=504 answers as /app does, with that
// status, instead of "fallback ...". Only phpfpm and gunicorn have also
//
//	/site                             answers the site's Token, in the body by the pool, in X-Staging-Site by the gateway
//	/cpu?ms=68                        computes for ms of CPU time
//	/cpu_external?ms=40               computes, then calls as /external does
//	/contend?ms=50&grow=0.2           holds a worker for ms*(1+grow*(n-1)), n such requests being under way
//	/limited                          answered by the gateway: 503 beyond 5 a second
//	/status                           php-fpm's status page, with Options.Status; phpfpm only
//	/fetch?n=0&post=1000              calls the nth of Options.Fetch, with a body of so many bytes; phpfpm only
//	/db?queries=1&timeout_s=2         connects to a real MariaDB and asks it so often, with Options.Stores; answers
//	                                  "ok", or "fallback ..." when that fails or a wait takes longer than timeout_s;
//	                                  phpfpm only
//	/cache?timeout_ms=200             connects to a real Redis, writes and reads; likewise
//
// and on /external connect_ms=200, which limits connecting alone, and kept=1, which
// calls over a connection that each worker keeps (timeout_ms is then of each wait).
package staging

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Options say how large the site is. The zero value is a good site.
type Options struct {
	// Workers is the pool size W, pm.max_children in php-fpm. If zero, 4.
	Workers int
	// Backlog is the listen(2) backlog B of the pool's socket. The kernel
	// queues B+1 connections, and caps B at its own limit
	// (net.core.somaxconn, 4096 on Linux). If zero, 16.
	Backlog int
	// Network is the pool's socket: "unix" or "tcp". If empty, "unix".
	Network string
	// GatewayTimeout is R, the longest that the gateway waits for a worker to
	// be reached, and again for its answer. If zero, 10 s.
	GatewayTimeout time.Duration
	// TerminateTimeout is php-fpm's request_terminate_timeout: a request that
	// held a worker this long is killed. Php-fpm knows whole seconds only and
	// looks once a second; fractions are rounded up there. If zero, none.
	TerminateTimeout time.Duration
	// Dependency is the host:port that /external calls, such as a proxy's.
	// If empty, the built-in dependency.
	Dependency string
	// Dependency2 is what /external?dep=2 calls. If empty, a second built-in dependency.
	Dependency2 string
	// DependencyListen is the built-in dependency's address. If empty,
	// 127.0.0.1:0 (a free port).
	DependencyListen string
	// Listen is the gateway's address. If empty, 127.0.0.1:0 (a free port).
	Listen string
	// Dir is an existing folder for sockets, configuration and logs, kept by
	// Close. If empty, a temporary one is made, and removed by Close.
	Dir string

	// PM is php-fpm's process manager: "static", "dynamic" or "ondemand". If
	// empty, static: Workers from the start.
	PM string
	// Status serves php-fpm's status page at /status. If empty, there is none.
	Status Status
	// SlowLog is php-fpm's request_slowlog_timeout, whole seconds. If zero, none.
	// Php-fpm needs to be allowed to trace its workers to write one.
	SlowLog time.Duration
	// AccessFormat is php-fpm's access.format. If empty, one with times and CPU.
	AccessFormat string
	// Proxy is the URL of a forward proxy, such as Tailback's egress, that php-fpm's
	// workers are pointed at by http_proxy and https_proxy. If empty, none.
	Proxy string
	// Fetch are the URLs that /fetch calls, with a space between, and CAFile a PEM
	// bundle that it trusts.
	Fetch, CAFile string
	// Stores starts a real MariaDB and a real Redis beside the site, with nothing
	// in them. They are gone when it ends.
	Stores bool
	// Database and Cache are the host:port that /db and /cache call, such as
	// proxies'. If empty, the real ones.
	Database, Cache string
	// Sessions says where the sessions are kept. If empty, in files.
	Sessions Sessions
	// CloseSessions has pages release their session before their work (session_write_close).
	CloseSessions bool
	// JSONLog has nginx write its access log as JSON.
	JSONLog bool
}

// Sessions says where PHP keeps sessions, and with that whether requests of one wait for each other.
type Sessions string

// The places of sessions.
const (
	SessionsInFiles Sessions = "files"        // PHP's own way, locked while a request uses one
	SessionsInRedis Sessions = "redis"        // php-redis as it is installed, without locks
	SessionsLocked  Sessions = "redis-locked" // with redis.session.locking_enabled
)

// Status says which socket the status page is asked for on.
type Status string

// The places of the status page.
const (
	StatusInPool Status = "pool"  // the pool's own: it answers when a worker is free
	StatusApart  Status = "apart" // one of its own: pm.status_listen
)

// Site is a running staging site. Close ends it.
type Site struct {
	// URL is the gateway's, such as http://127.0.0.1:40123, without a slash.
	URL string
	// Token is of this site alone; /site answers with it.
	Token string
	// DependencyAddr is the host:port of the built-in dependency, which a
	// proxy put in between has as its upstream.
	DependencyAddr string
	// Dependency is the built-in dependency, to slow or hang it directly.
	Dependency *Dependency
	// DependencyAddr2 is the host:port of the second one.
	DependencyAddr2 string
	// Dependency2 is the second one.
	Dependency2 *Dependency
	// DatabaseAddr and CacheAddr are the host:port of MariaDB and Redis; empty
	// without Options.Stores.
	DatabaseAddr, CacheAddr string
	// Dir holds the site's files.
	Dir string
	// ErrorLog and AccessLog are nginx's files, PHPAccessLog and PHPErrorLog
	// php-fpm's. Empty where there is no such file.
	ErrorLog, AccessLog, PHPAccessLog, PHPErrorLog, SlowLog string
	// PythonAccessLog is gunicorn's: when a request ended, as nginx writes it,
	// the microseconds that it held its worker, and its page; GunicornErrorLog what
	// it says of its workers. Else empty.
	PythonAccessLog, GunicornErrorLog string
	// EdgeURL is that of the edge that StartEdge puts in front; empty without.
	EdgeURL string
	// StatusURL is that of php-fpm's status page; empty where there is none.
	StatusURL string
	// Children are the ids of the processes started, each the leader of its
	// own process group.
	Children []int
	// StopPool ends the worker pool and leaves the gateway without one, as a
	// deploy does; StartPool starts it again at the same socket. Neither does
	// anything a second time.
	StopPool  func() error
	StartPool func() error

	undo []func() error
}

// New fills in the defaults of o, makes the folder and starts the built-in
// dependency: the part that both sites share.
func New(o Options) (*Site, Options, error) {
	o, err := o.filled()
	if err != nil {
		return nil, o, err
	}
	s := &Site{Token: rand.Text()}
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "tailback-site-"); err != nil {
			return nil, o, fmt.Errorf("make site folder: %w", err)
		}
		s.OnClose(func() error { return os.RemoveAll(o.Dir) })
	} else if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, o, fmt.Errorf("find site folder: %w", err)
	}
	s.Dir = o.Dir
	if s.Dependency, err = StartDependency(o.DependencyListen); err != nil {
		return nil, o, errors.Join(err, s.Close())
	}
	s.OnClose(s.Dependency.Close)
	s.DependencyAddr = s.Dependency.Addr
	if s.Dependency2, err = StartDependency("127.0.0.1:0"); err != nil {
		return nil, o, errors.Join(err, s.Close())
	}
	s.OnClose(s.Dependency2.Close)
	s.DependencyAddr2 = s.Dependency2.Addr
	set(&o.Dependency, s.DependencyAddr)
	set(&o.Dependency2, s.DependencyAddr2)
	return s, o, nil
}

func (o Options) filled() (Options, error) {
	set(&o.Workers, 4)
	set(&o.Backlog, 16)
	set(&o.Network, "unix")
	set(&o.GatewayTimeout, 10*time.Second)
	set(&o.Listen, "127.0.0.1:0")
	set(&o.DependencyListen, "127.0.0.1:0")
	switch {
	case o.Workers < 0:
		return o, fmt.Errorf("start staging site: %d workers: must be 1 or more", o.Workers)
	case o.Backlog < 0:
		return o, fmt.Errorf("start staging site: backlog %d: must be 1 or more", o.Backlog)
	case o.Network != "unix" && o.Network != "tcp":
		return o, fmt.Errorf("start staging site: network %q: must be unix or tcp", o.Network)
	case !slices.Contains([]string{"", "static", "dynamic", "ondemand"}, o.PM):
		return o, fmt.Errorf("start staging site: pm %q: must be static, dynamic or ondemand", o.PM)
	case !slices.Contains([]Status{"", StatusInPool, StatusApart}, o.Status):
		return o, fmt.Errorf("start staging site: status %q: must be pool or apart", o.Status)
	case !slices.Contains([]Sessions{"", SessionsInFiles, SessionsInRedis, SessionsLocked}, o.Sessions):
		return o, fmt.Errorf("start staging site: sessions %q: must be files, redis or redis-locked", o.Sessions)
	case o.SlowLog < 0:
		return o, fmt.Errorf("start staging site: slow log at %v: must not be negative", o.SlowLog)
	case o.GatewayTimeout < time.Millisecond:
		return o, fmt.Errorf("start staging site: gateway timeout %v: must be 1ms or more", o.GatewayTimeout)
	case o.TerminateTimeout < 0:
		return o, fmt.Errorf("start staging site: terminate timeout %v: must not be negative", o.TerminateTimeout)
	}
	return o, nil
}

// PHPOnly names the first of o's options that only php-fpm has, or is empty.
func (o Options) PHPOnly() string {
	switch {
	case o.PM != "" && o.PM != "static":
		return "pm " + o.PM
	case o.Status != "":
		return "a status page"
	case o.SlowLog != 0:
		return "a slow log"
	case o.AccessFormat != "":
		return "an access format"
	case o.Proxy != "":
		return "a forward proxy"
	case o.Fetch != "":
		return "pages that fetch"
	case o.Stores:
		return "a database and a cache"
	case o.Sessions != "" && o.Sessions != SessionsInFiles:
		return "sessions in Redis"
	}
	return ""
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// OnClose has Close call f, before everything that was registered earlier.
func (s *Site) OnClose(f func() error) { s.undo = append(s.undo, f) }

// Close ends the site and waits for its processes and goroutines; requests
// under way are cut. A second Close does nothing. It is not safe to call it
// twice at the same time.
func (s *Site) Close() error {
	var errs []error
	for _, f := range slices.Backward(s.undo) {
		errs = append(errs, f())
	}
	s.undo = nil
	return errors.Join(errs...)
}

// AwaitAnswer polls /site until it answers with the site's token, both by its
// gateway and its pool, or returns the last failure when ctx ends. What another
// site answers, which may have the port, is a failure.
func (s *Site) AwaitAnswer(ctx context.Context) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * time.Second}
	for {
		err := s.answers(client)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w, last: %w", s.URL, context.Cause(ctx), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Site) answers(client *http.Client) error {
	resp, err := client.Get(s.URL + "/site")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1000))
	switch {
	case err != nil:
		return err
	case resp.StatusCode != http.StatusOK:
		return errors.New(strings.ToLower(resp.Status))
	case resp.Header.Get("X-Staging-Site") != s.Token:
		return errors.New("another gateway answered")
	case string(body) != s.Token:
		return errors.New("another site's pool answered")
	}
	return nil
}
