package zoo

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gunicorn"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports/journal"
)

var long = flag.Bool("long", false, "hold every contract against real servers; about two minutes")

var keep = flag.String("keep", "", "keep the bundles of the real runs, with their sites, in this folder, for internal/accuracy/drawn -real")

// realRun plays the plan on real servers that are built as the site is.
func realRun(t *testing.T, s *Site, plan Plan) *Record {
	t.Helper()
	proxy := ports.Test(t)
	pool := s.Pools[0]
	options := staging.Options{Workers: pool.Workers, Backlog: pool.Backlog, Network: pool.Network, GatewayTimeout: s.Gateway.Timeout,
		TerminateTimeout: pool.Kill, Dependency: proxy, Dir: t.TempDir()}
	start := phpfpm.Start
	if pool.Server == Gunicorn {
		start = gunicorn.Start
	} else if s.Logs.Status {
		options.Status = staging.StatusApart
	}
	switch {
	case pool.Workers == 0, pool.Server == Puma:
		start = gunicorn.Start
	case pool.Spare > 0:
		options.PM = "dynamic"
	case pool.Start > 0:
		options.PM = "ondemand"
	}
	if s.Dependencies[0].Greets {
		options.Stores, options.Database = true, proxy
	}
	site, err := start(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	site.Dependency.SetDelay(s.Dependencies[0].Delay)
	switch {
	case pool.Workers == 0:
		installThreads(t, site, s, proxy)
	case pool.Server == Puma:
		installPuma(t, site, s, proxy)
	case pool.Server == Prefork:
		installPrefork(t, site, s, proxy)
	case pool.Server == PHPFPM && !s.Dependencies[0].Greets:
		install(t, site, s)
	}
	file, out := filepath.Join(site.Dir, "experiment.yaml"), filepath.Join(t.TempDir(), "out")
	text, err := experimentOn(site, s, plan, proxy).AsRun()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	exp, err := configs.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := harness.Run(context.Background(), exp, out, nil); err != nil {
		t.Fatal(err)
	}
	if *keep != "" {
		keepRun(t, s, plan, out)
	}
	return readBack(t, out)
}

// keepRun copies a bundle, and writes down what was built and played.
func keepRun(t *testing.T, s *Site, plan Plan, bundle string) {
	t.Helper()
	dir := filepath.Join(*keep, strings.ReplaceAll(t.Name(), "/", "-")+fmt.Sprintf("-%d", time.Now().UnixMilli()))
	if err := os.CopyFS(dir, os.DirFS(bundle)); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(Real{Site: s, Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "real.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// install puts the zoo's page in the place of the site's, and the upstream that
// names its pool several times.
func install(t *testing.T, site *staging.Site, s *Site) {
	t.Helper()
	copyPage(t, site, "page.php", "index.php")
	if err := site.StopPool(); err != nil {
		t.Fatal(err)
	}
	if s.Gateway.Servers > 1 {
		nameTwice(t, site)
	}
	if err := site.StartPool(); err != nil {
		t.Fatal(err)
	}
	awaitPage(t, site)
}

// experimentOn is the plan for a real site.
func experimentOn(site *staging.Site, s *Site, plan Plan, proxy string) *configs.Experiment {
	e := plan.experiment(s)
	e.Target.URL = site.URL
	e.Dependencies[0].Listen, e.Dependencies[0].Upstream = proxy, site.DependencyAddr
	if s.Dependencies[0].Greets {
		e.Dependencies[0].Upstream = site.DatabaseAddr
	}
	for i := range e.Requests {
		e.Requests[i].Path = realPath(s, s.pageNamed(e.Requests[i].Name))
	}
	logs := &e.Site
	if s.Logs.GatewayErrors {
		logs.NginxErrorLog.File = site.ErrorLog
	}
	if s.Logs.GatewayAccess {
		logs.NginxAccessLog.File = site.AccessLog
	}
	if s.Logs.PHPAccess {
		logs.PHPAccessLog.File = site.PHPAccessLog
	}
	if s.Logs.Status {
		logs.PHPFPMStatus = configs.Status{URL: site.StatusURL, Every: time.Second}
	}
	return e
}

func (s *Site) pageNamed(name string) *Page {
	for i := range s.Pages {
		if s.Pages[i].Name == name {
			return &s.Pages[i]
		}
	}
	return nil
}

// realPath has the page do on the real site what it does in the zoo.
func realPath(s *Site, p *Page) string {
	if p.Static {
		return "/health"
	}
	ms := func(d time.Duration) int64 { return d.Milliseconds() }
	if s.Dependencies[0].Greets {
		return fmt.Sprintf("/db?ms=%d", ms(p.Work.Mean))
	}
	if s.Pools[0].Server == Gunicorn {
		return fmt.Sprintf("/external?ms=%d&timeout_ms=%d", ms(p.Work.Mean), ms(p.Calls[0].Timeout))
	}
	var calls []map[string]any
	for _, c := range p.Calls {
		calls = append(calls, map[string]any{"share": c.Share, "timeout_ms": ms(c.Timeout), "connect_ms": ms(c.Connect), "tries": max(c.Tries, 1),
			"pause_ms": ms(c.Pause), "fallback_ms": ms(c.Fallback.Mean), "status": c.Status, "kept": s.Dependencies[c.To].Kept})
	}
	page := map[string]any{"ms": ms(p.Work.Mean), "between_ms": ms(p.Between.Mean), "then_ms": ms(p.Then.Mean), "behind_ms": ms(p.Behind.Mean),
		"session": int(p.Session), "at_once": p.AtOnce, "calls": calls}
	if p.Status != 0 {
		page["status"] = p.Status
	}
	if p.Self > 0 {
		page["self"] = realPath(s, &s.Pages[p.Self-1])
	}
	text, err := json.Marshal(page)
	if err != nil {
		panic(err)
	}
	return "/page?page=" + url.QueryEscape(string(text))
}

// nameTwice gives nginx an upstream that names the pool twice, with two tries,
// and its defaults for the rest: max_fails 1, fail_timeout 10 s.
func nameTwice(t *testing.T, site *staging.Site) {
	t.Helper()
	file := filepath.Join(site.Dir, "nginx.conf")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := "unix:" + filepath.Join(site.Dir, "pool.sock")
	changed := string(text)
	for _, one := range [][2]string{
		{"\tserver {\n", fmt.Sprintf("\tupstream twice { server %q; server %q; }\n\tserver {\n", pool, pool)},
		{fmt.Sprintf("fastcgi_pass %q", pool), "fastcgi_pass twice"},
		{"fastcgi_next_upstream off", "fastcgi_next_upstream error timeout"},
	} {
		if !strings.Contains(changed, one[0]) {
			t.Fatalf("nginx.conf has no %q", one[0])
		}
		changed = strings.ReplaceAll(changed, one[0], one[1])
	}
	if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	reload(t, filepath.Join(site.Dir, "nginx.pid"))
}

// readBack is a bundle as a record.
func readBack(t *testing.T, dir string) *Record {
	t.Helper()
	b, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := &Record{Manifest: b.Manifest, Experiment: b.Experiment}
	for batch, err := range b.Hits() {
		if err != nil {
			t.Fatal(err)
		}
		r.Hits = append(r.Hits, batch...)
	}
	if r.Events, err = b.Events(); err != nil {
		t.Fatal(err)
	}
	if r.Observations, err = b.Observations(); err != nil {
		t.Fatal(err)
	}
	return r
}
