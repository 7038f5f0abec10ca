package zoo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
)

// program is the path of a program, or skips the test: as elsewhere, CI must have it.
func program(t *testing.T, name, pkg string) string {
	t.Helper()
	if path := staging.Program(staging.ProgramDirs(), name); path != "" {
		return path
	}
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed: apt-get install %s", name, pkg)
	}
	t.Skipf("%s is not installed: apt-get install %s", name, pkg)
	return ""
}

// upstreamOf is where a site's nginx expects its pool.
func upstreamOf(t *testing.T, site *staging.Site) string {
	t.Helper()
	conf, err := os.ReadFile(filepath.Join(site.Dir, "nginx.conf"))
	if err != nil {
		t.Fatal(err)
	}
	return string(regexp.MustCompile(`upstream pool { server "([^"]+)"`).FindSubmatch(conf)[1])
}

// replacePool stops the site's pool and starts another server in its place, in
// the site's folder, with a page of testdata.
func replacePool(t *testing.T, site *staging.Site, page, as, path string, args ...string) {
	t.Helper()
	copyPage(t, site, page, as)
	if err := site.StopPool(); err != nil {
		t.Fatal(err)
	}
	child, err := staging.StartChild(site, path, filepath.Join(site.Dir, "pool.log"), args...)
	if err != nil {
		t.Fatal(err)
	}
	site.OnClose(child.Stop)
	awaitPage(t, site)
}

func copyPage(t *testing.T, site *staging.Site, page, as string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", page))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(site.Dir, as), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func awaitPage(t *testing.T, site *staging.Site) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), staging.ReadyWithin)
	defer cancel()
	for {
		err := answersPage(ctx, site)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(site.Dir, "pool.log"))
			t.Fatalf("wait for %s: %v\n%s", site.URL, err, log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// answersPage asks the site, which is told by its gateway's token or, where that is
// not asked, by its address, for the page of the pool that was put there.
func answersPage(ctx context.Context, site *staging.Site) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, site.URL+"/page", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}

// installThreads puts gunicorn's threads in the place of the pool, with the
// site's pool of connections.
func installThreads(t *testing.T, site *staging.Site, s *Site, dependency string) {
	t.Helper()
	replacePool(t, site, "page.py", "zoo.py", program(t, "gunicorn", "gunicorn"), "--worker-class", "gthread", "--workers", "1", "--threads", "200",
		"--backlog", fmt.Sprint(s.Pools[0].Backlog), "--bind", upstreamOf(t, site), "--timeout", "0", "--graceful-timeout", "0", "--chdir", site.Dir,
		"--env", "DEPENDENCY="+dependency, "--env", fmt.Sprintf("PLACES=%d", s.Dependencies[0].Places), "--env", "PYTHONDONTWRITEBYTECODE=1", "zoo:page")
}

// installPuma puts Puma in the place of the pool: W threads of one process.
func installPuma(t *testing.T, site *staging.Site, s *Site, dependency string) {
	t.Helper()
	bind := "tcp://" + upstreamOf(t, site)
	if s.Pools[0].Network == Unix {
		bind = "unix://" + upstreamOf(t, site)[len("unix:"):]
	}
	replacePool(t, site, "page.ru", "page.ru", program(t, "env", "coreutils"), "DEPENDENCY="+dependency, "RACK_ENV=production",
		program(t, "puma", "puma"), "--dir", site.Dir, "--threads", fmt.Sprintf("%d:%d", s.Pools[0].Workers, s.Pools[0].Workers),
		"--bind", fmt.Sprintf("%s?backlog=%d", bind, s.Pools[0].Backlog), filepath.Join(site.Dir, "page.ru"))
}

// installPrefork starts Apache beside the site, which is asked instead of its gateway.
func installPrefork(t *testing.T, site *staging.Site, s *Site, dependency string) {
	t.Helper()
	apache := program(t, "apache2", "apache2-bin libapache2-mod-php")
	const modules = "/usr/lib/apache2/modules"
	php, _ := filepath.Glob(modules + "/libphp*.so")
	if len(php) == 0 {
		t.Fatal("Apache has no PHP: apt-get install libapache2-mod-php")
	}
	listen := ports.Test(t)
	copyPage(t, site, "page.php", "index.php")
	template, err := os.ReadFile(filepath.Join("testdata", "apache.conf"))
	if err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(site.Dir, "apache.conf")
	if err := staging.Fill(conf, string(template), map[string]any{"Dir": site.Dir, "Modules": modules, "PHP": php[0], "Listen": listen,
		"Backlog": s.Pools[0].Backlog, "Workers": s.Pools[0].Workers, "Root": os.Geteuid() == 0, "Dependency": dependency}); err != nil {
		t.Fatal(err)
	}
	for dir := site.Dir; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		os.Chmod(dir, 0o755) // Apache's workers are another user's
	}
	child, err := staging.StartChild(site, apache, filepath.Join(site.Dir, "pool.log"), "-f", conf, "-DFOREGROUND")
	if err != nil {
		t.Fatal(err)
	}
	site.OnClose(child.Stop)
	site.URL = "http://" + listen
	awaitPage(t, site)
}
