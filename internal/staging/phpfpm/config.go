package phpfpm

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"text/template"
	"time"

	"github.com/tailback/tailback/internal/staging"
)

// maxSocketPath is what sockaddr_un holds on the smallest system (macOS).
const maxSocketPath = 103

// descriptors are what nginx may open, when the limit allows it: two a request.
const descriptors = 16384

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
	Descriptors      uint64
}

// writeConfig writes both configurations and the pages, and names the logs.
func writeConfig(site *staging.Site, o staging.Options, gateway, pool string) error {
	c := config{
		Root: os.Geteuid() == 0, Dir: site.Dir,
		Gateway: gateway, Upstream: pool, Pool: pool,
		Workers: o.Workers, Backlog: o.Backlog,
		TimeoutMillis:    o.GatewayTimeout.Milliseconds(),
		TerminateSeconds: int64((o.TerminateTimeout + time.Second - 1) / time.Second),
		Dependency:       o.Dependency, URL: site.URL,
		Descriptors: allowedDescriptors(),
	}
	if o.Network == "unix" {
		c.Upstream = "unix:" + pool
	}
	if err := fill(filepath.Join(site.Dir, "nginx.conf"), nginxConf, c); err != nil {
		return err
	}
	if err := fill(filepath.Join(site.Dir, "php-fpm.conf"), phpFPMConf, c); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(site.Dir, "index.php"), indexPHP, 0o644); err != nil {
		return fmt.Errorf("write pages: %w", err)
	}
	site.ErrorLog = filepath.Join(site.Dir, "nginx.error.log")
	site.AccessLog = filepath.Join(site.Dir, "nginx.access.log")
	site.PHPAccessLog = filepath.Join(site.Dir, "php.access.log")
	site.PHPErrorLog = filepath.Join(site.Dir, "php.error.log")
	return nil
}

func fill(path, text string, c config) error {
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

// phpArgs keep php-fpm in the foreground. As root the pool runs as root too
// (-R), since only root can read the folder; it serves nothing but index.php.
func phpArgs(dir string) []string {
	args := []string{"--nodaemonize", "--fpm-config", filepath.Join(dir, "php-fpm.conf")}
	if os.Geteuid() == 0 {
		args = append(args, "--allow-to-run-as-root")
	}
	return args
}

func allowedDescriptors() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	return min(descriptors, uint64(limit.Max))
}
