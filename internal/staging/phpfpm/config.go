package phpfpm

import (
	"cmp"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tailback/tailback/internal/staging"
)

//go:embed nginx.conf.tmpl
var nginxConf string

//go:embed php-fpm.conf.tmpl
var phpFPMConf string

//go:embed index.php
var indexPHP []byte

// config is what the two templates see.
type config struct {
	Root             bool
	Dir              string
	Gateway          string // host:port
	Upstream         string // of nginx: unix:PATH or host:port
	Pool             string // of php-fpm: PATH or host:port
	Workers, Backlog int
	TimeoutMillis    int64
	TerminateSeconds int64
	Dependency, URL  string
	Dependency2      string
	Database, Cache  string
	Descriptors      uint64
	PM               string
	StatusPool       string // of nginx: where the status page is asked for; "" is nowhere
	StatusListen     string // of php-fpm: a socket for the status page alone
	SlowSeconds      int64
	AccessFormat     string
	JSONLog          bool
	Proxy            string
	Fetch, CAFile    string
	SessionPath      string // of php-fpm: a folder, or Redis
	SessionsIn       string // files or redis
	SessionsLocked   bool   // in Redis: in files they always are
	CloseSessions    bool
	Token            string // that the gateway and the pool answer /site with
}

// accessFormat is that of php-fpm's access log unless the options have one.
const accessFormat = `%R - %u %t \"%m %r%Q%q\" %s %f %{milliseconds}d %{kilobytes}M %C%%`

// writeConfig writes both configurations and the pages, and names the logs. redis is
// the host:port of what keeps the sessions; empty for files.
func writeConfig(site *staging.Site, o staging.Options, gateway, pool, redis string) error {
	c := config{
		Root: os.Geteuid() == 0, Dir: site.Dir,
		Gateway: gateway, Upstream: pool, Pool: pool,
		Workers: o.Workers, Backlog: o.Backlog,
		TimeoutMillis:    o.GatewayTimeout.Milliseconds(),
		TerminateSeconds: seconds(o.TerminateTimeout),
		Dependency:       o.Dependency, Dependency2: o.Dependency2, URL: site.URL,
		Database: o.Database, Cache: o.Cache,
		Descriptors: staging.Descriptors(),
		PM:          cmp.Or(o.PM, "static"), SlowSeconds: seconds(o.SlowLog), JSONLog: o.JSONLog,
		AccessFormat: accessFormat, Proxy: o.Proxy, Fetch: o.Fetch, CAFile: o.CAFile, Token: site.Token,
	}
	c.SessionsIn, c.SessionPath, c.CloseSessions = "files", filepath.Join(site.Dir, "sessions"), o.CloseSessions
	if redis != "" {
		c.SessionsIn, c.SessionPath, c.SessionsLocked = "redis", "tcp://"+redis, o.Sessions == staging.SessionsLocked
	} else if err := os.Mkdir(c.SessionPath, 0o700); err != nil && !os.IsExist(err) {
		return fmt.Errorf("make folder of sessions: %w", err)
	}
	if o.AccessFormat != "" {
		c.AccessFormat = strings.ReplaceAll(o.AccessFormat, `"`, `\"`)
	}
	if o.Network == "unix" {
		c.Upstream = "unix:" + pool
	}
	switch o.Status {
	case staging.StatusInPool:
		c.StatusPool = c.Upstream
	case staging.StatusApart:
		c.StatusListen = filepath.Join(site.Dir, "status.sock")
		c.StatusPool = "unix:" + c.StatusListen
	}
	if err := staging.Fill(filepath.Join(site.Dir, "nginx.conf"), nginxConf, c); err != nil {
		return err
	}
	if err := staging.Fill(filepath.Join(site.Dir, "php-fpm.conf"), phpFPMConf, c); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(site.Dir, "index.php"), indexPHP, 0o644); err != nil {
		return fmt.Errorf("write pages: %w", err)
	}
	site.ErrorLog = filepath.Join(site.Dir, "nginx.error.log")
	site.AccessLog = filepath.Join(site.Dir, "nginx.access.log")
	site.PHPAccessLog = filepath.Join(site.Dir, "php.access.log")
	site.PHPErrorLog = filepath.Join(site.Dir, "php.error.log")
	if o.SlowLog > 0 {
		site.SlowLog = filepath.Join(site.Dir, "php.slow.log")
	}
	if o.Status != "" {
		site.StatusURL = site.URL + "/status"
	}
	return nil
}

// seconds rounds up to the whole seconds that php-fpm knows.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// phpArgs keep php-fpm in the foreground. As root the pool runs as root too
// (-R), since only root can read the folder; it serves nothing but index.php.
func phpArgs(dir string) []string {
	args := []string{"--nodaemonize", "--fpm-config", filepath.Join(dir, "php-fpm.conf")}
	if os.Geteuid() == 0 {
		args = append(args, "--allow-to-run-as-root")
	}
	return args
}
