package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gosite"
	"github.com/tailback/tailback/internal/staging/gunicorn"
	"github.com/tailback/tailback/internal/staging/phpfpm"
)

// siteKinds are the values of --site.
const (
	siteGo       = "go"
	sitePHPFPM   = "php-fpm"
	siteGunicorn = "gunicorn"
)

func newStaging() *cobra.Command {
	var kind string
	o := staging.Options{}
	cmd := &cobra.Command{
		Use:   "staging",
		Short: "Start the disposable staging site, until Ctrl-C",
		Long: `Staging starts a gateway in front of a fixed pool of workers, and a dependency
beside it, all on loopback. With its default addresses the shipped experiment
demo.yaml runs against it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			site, err := startSite(cmd.Context(), kind, o)
			if err != nil {
				return err
			}
			defer site.Close()
			describeSite(cmd.OutOrStdout(), site, kind, o)
			<-cmd.Context().Done() // Ctrl-C is the usual end, and no failure
			if err := site.Close(); err != nil {
				return &exitError{code: exitFailed, err: err}
			}
			return nil
		},
	}
	addSite(cmd, &kind)
	f := cmd.Flags()
	f.IntVar(&o.Workers, "workers", 4, "size of the worker pool")
	f.IntVar(&o.Backlog, "backlog", 16, "listen(2) backlog of the pool's socket; it queues one more")
	f.StringVar(&o.Network, "network", "unix", "of the pool's socket: unix or tcp")
	f.DurationVar(&o.GatewayTimeout, "gateway-timeout", 10*time.Second, "how long the gateway waits for a worker's answer")
	f.DurationVar(&o.TerminateTimeout, "terminate-timeout", 0, "kill a request that holds a worker this long; 0 is never")
	f.StringVar(&o.PM, "pm", "", "php-fpm's process manager: static, dynamic or ondemand")
	f.StringVar((*string)(&o.Status), "status", "", "serve php-fpm's status page at /status: by the pool, or apart, on a socket of its own")
	f.DurationVar(&o.SlowLog, "slow-log", 0, "have php-fpm log the stack of a request that holds a worker this long; 0 is never")
	f.StringVar(&o.AccessFormat, "access-format", "", "php-fpm's access.format")
	f.StringVar(&o.Proxy, "http-proxy", "", "point php-fpm's workers at a forward proxy, such as http://127.0.0.1:8888")
	f.StringVar(&o.Fetch, "fetch", "", "the URL that php-fpm's page /fetch calls, such as https://api.example.com/; several with a space between, as ?n=0, ?n=1")
	f.StringVar(&o.CAFile, "ca-file", "", "what /fetch trusts over TLS, PEM")
	f.StringVar((*string)(&o.Sessions), "sessions", "files", "where php-fpm keeps sessions: files, which are locked while a request uses them; redis, without locks; or redis-locked")
	f.BoolVar(&o.CloseSessions, "close-sessions", false, "have pages release their session before their work (session_write_close)")
	f.BoolVar(&o.JSONLog, "json-log", false, "have nginx write its access log as JSON")
	f.StringVar(&o.Dependency2, "second-dependency", "", "where /external?dep=2 calls; empty is the second dependency itself")
	f.StringVar(&o.Listen, "listen", "127.0.0.1:8081", "address of the site")
	f.StringVar(&o.Dependency, "dependency", "127.0.0.1:9901", "where the pages call their dependency: the proxy of an experiment")
	f.StringVar(&o.DependencyListen, "dependency-listen", "127.0.0.1:9900", "address of the dependency itself")
	return cmd
}

func addSite(cmd *cobra.Command, kind *string) {
	cmd.Flags().StringVar(kind, "site", siteGo, "the staging site: go (needs nothing else), php-fpm or gunicorn (the real ones, behind real nginx)")
}

func startSite(ctx context.Context, kind string, o staging.Options) (*staging.Site, error) {
	start := gosite.Start
	switch kind {
	case siteGo:
	case sitePHPFPM:
		start = phpfpm.Start
	case siteGunicorn:
		start = gunicorn.Start
	default:
		return nil, usage(fmt.Errorf("read --site %q: it is go, php-fpm or gunicorn", kind))
	}
	site, err := start(ctx, o)
	if err != nil {
		return nil, failed(ctx, err)
	}
	return site, nil
}

func describeSite(w io.Writer, s *staging.Site, kind string, o staging.Options) {
	fmt.Fprintf(w, `site        %s   %d workers, backlog %d, gateway timeout %v
dependency  %s, which the pages call at %s
pages       /work?ms=500                     a page that takes 0.5 s
            /external?ms=100&timeout_ms=0    calls the dependency; 0 is without a timeout
            /self?ms=100                     calls the site itself
            /close                           a worker that closes without an answer
            /app?status=503                  an error that the application itself answers with
            /external?dep=2                  calls a second dependency, %s
`, s.URL, o.Workers, o.Backlog, o.GatewayTimeout, s.DependencyAddr, o.Dependency, s.DependencyAddr2)
	if o.Fetch != "" {
		fmt.Fprintf(w, "            /fetch?n=0&timeout_ms=0          calls %s\n", o.Fetch)
	}
	describeShop(w, s, kind, o)
	describeLogs(w, siteLogs(s))
	fmt.Fprintln(w, "Ctrl-C ends it.")
}

// describeShop says how to log in.
func describeShop(w io.Writer, s *staging.Site, kind string, o staging.Options) {
	if kind == siteGunicorn {
		return // it has none
	}
	fmt.Fprintf(w, `shop        %s/login: log in as any user, with the password staging
            /cart?ms=100                     shows a form with the session's token
            /checkout?ms=100                 takes that form, and calls the dependency as /external does
            /logout                          ends the session
`, s.URL)
	if kind == sitePHPFPM {
		fmt.Fprintf(w, "sessions    %s\n", lockOf(o))
	}
}

// lockOf says whether requests of one session wait for each other on real php-fpm.
func lockOf(o staging.Options) string {
	switch {
	case o.Sessions == staging.SessionsInRedis:
		return "in Redis, without locks"
	case o.CloseSessions:
		return "locked while a request uses one, which it does for a moment (--close-sessions)"
	default:
		return "locked while a request uses one: those of one session wait for each other (see tailback help php)"
	}
}

// siteLogs is the site: of an experiment on s.
func siteLogs(s *staging.Site) configs.Site {
	return configs.Site{
		NginxErrorLog:    configs.Source{File: s.ErrorLog},
		NginxAccessLog:   configs.Source{File: s.AccessLog},
		PHPAccessLog:     configs.Access{Source: configs.Source{File: s.PHPAccessLog}},
		PHPSlowLog:       configs.Source{File: s.SlowLog},
		PHPErrorLog:      configs.Source{File: s.PHPErrorLog},
		GunicornErrorLog: configs.Source{File: s.GunicornErrorLog},
		PHPFPMStatus:     configs.Status{URL: s.StatusURL},
	}
}

// describeLogs prints what to add to an experiment, so that its report has the site's own word too.
func describeLogs(w io.Writer, site configs.Site) {
	if site == (configs.Site{}) {
		return
	}
	fmt.Fprint(w, "logs        add to the experiment:\nsite:\n")
	for _, source := range [][3]string{
		{"nginx_error_log", "file", site.NginxErrorLog.File}, {"nginx_access_log", "file", site.NginxAccessLog.File},
		{"php_access_log", "file", site.PHPAccessLog.File}, {"php_slow_log", "file", site.PHPSlowLog.File},
		{"php_error_log", "file", site.PHPErrorLog.File}, {"gunicorn_error_log", "file", site.GunicornErrorLog.File},
		{"php_fpm_status", "url", site.PHPFPMStatus.URL},
	} {
		if source[2] != "" {
			fmt.Fprintf(w, "  %s: {%s: %q}\n", source[0], source[1], source[2])
		}
	}
}
