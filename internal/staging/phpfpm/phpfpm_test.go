package phpfpm

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tailback/tailback/internal/staging"
)

// asSite makes the test binary a program that starts a site in the folder
// named, prints it and waits to be killed.
const asSite = "STAGING_TEST_SITE_DIR"

func TestMain(m *testing.M) {
	dir := os.Getenv(asSite)
	if dir == "" {
		goleak.VerifyTestMain(m)
		return
	}
	site, err := Start(context.Background(), staging.Options{Dir: dir})
	if err != nil {
		panic(err)
	}
	json.NewEncoder(os.Stdout).Encode(site.URL)
	time.Sleep(time.Minute)
}

func TestMissingProgramsNameTheirPackages(t *testing.T) {
	empty, onlyNginx := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(onlyNginx, "nginx"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct{ dir, want string }{
		"nothing is there":  {empty, "find nginx"},
		"php-fpm is absent": {onlyNginx, "find php-fpm"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := find([]string{row.dir})
			if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), Packages) {
				t.Errorf("got %v, want %s, not installed, and the packages", err, row.want)
			}
		})
	}
}

func TestProgramTakesTheNewestVersion(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"php-fpm8.2": 0o755, "php-fpm8.3": 0o755, "php-fpm8.4": 0o644, "php-fpm-old": 0o755} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := staging.Program([]string{dir}, "php-fpm"), filepath.Join(dir, "php-fpm8.3"); got != want {
		t.Errorf("got %s, want %s: the last that may be run", got, want)
	}
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	needBoth(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	long := filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	if err := os.Mkdir(long, 0o755); err != nil {
		t.Fatal(err)
	}
	quoted := filepath.Join(t.TempDir(), `a"b`)
	if err := os.Mkdir(quoted, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		options staging.Options
		want    string
	}{
		"the gateway's port is taken":           {staging.Options{Listen: taken.Addr().String()}, "address already in use"},
		"the folder is too long for a socket":   {staging.Options{Dir: long}, "choose a shorter folder"},
		"the folder is not there":               {staging.Options{Dir: "/nonexistent"}, "no such file"},
		"php-fpm refuses its configuration":     {staging.Options{Dir: quoted}, "it ended (exit status 78)"},
		"a network that is neither unix or tcp": {staging.Options{Network: "udp"}, "must be unix or tcp"},
	} {
		t.Run(name, func(t *testing.T) {
			site, err := Start(t.Context(), row.options)
			if err == nil {
				site.Close()
				t.Fatal("got a site, want an error")
			}
			if !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want it to contain %q", err, row.want)
			}
		})
	}
}

// A child that loses the race for its port is told from one that is broken, so
// that Start tries another port.
func TestPortTakenInBetweenIsToldApart(t *testing.T) {
	bins := needBoth(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	site, o, err := staging.New(staging.Options{Network: "tcp"})
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	if err := writeConfig(site, o, "127.0.0.1:1", taken.Addr().String(), ""); err != nil {
		t.Fatal(err)
	}
	php, err := staging.StartChild(site, bins.php, site.PHPErrorLog, phpArgs(site.Dir)...)
	if err != nil {
		t.Fatal(err)
	}
	defer php.Stop()
	forever := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	if err := php.Await(t.Context(), forever); !errors.Is(err, staging.ErrPortTaken) {
		t.Errorf("got %v, want port taken", err)
	}
}

// When this process is killed, without a chance to close anything, the kernel
// ends the children: neither gateway nor pool listens any more.
func TestChildrenDieWithTheirParent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("not run: only Linux has a parent-death signal")
	}
	needBoth(t)
	dir := t.TempDir()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), asSite+"="+dir)
	parent.Stderr = os.Stderr
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var url string
	err = json.NewDecoder(out).Decode(&url)
	parent.Process.Kill()
	parent.Wait()
	if err != nil {
		t.Fatalf("read the site's address: %v", err)
	}
	gone := func() bool {
		pool, err := net.Dial("unix", filepath.Join(dir, "pool.sock"))
		if err == nil {
			pool.Close()
			return false
		}
		gateway, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err == nil {
			gateway.Close()
			return false
		}
		return true
	}
	for end := time.Now().Add(10 * time.Second); !gone(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("10 s after their parent was killed, nginx or php-fpm still listens")
		}
	}
}

func TestFolderMayHaveASpace(t *testing.T) {
	needBoth(t)
	dir := filepath.Join(t.TempDir(), "a site; and more")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	site, err := Start(t.Context(), staging.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(site.AccessLog); err != nil {
		t.Errorf("a folder that was given: got %v, want it kept, logs and all", err)
	}
}

// The php access log carries the share of CPU (%C), by which a worker that
// only waited is known.
func TestPHPAccessLogHasCPUShare(t *testing.T) {
	needBoth(t)
	site, err := Start(t.Context(), staging.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(site.URL + "/work?ms=50")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	// Php-fpm logs after it has answered.
	var text []byte
	for end := time.Now().Add(10 * time.Second); !strings.Contains(string(text), "ms=50") && time.Now().Before(end); {
		text, _ = os.ReadFile(site.PHPAccessLog)
	}
	line := ""
	for l := range strings.Lines(string(text)) {
		if strings.Contains(l, "ms=50") {
			line = strings.TrimSpace(l)
		}
	}
	if !strings.Contains(line, `"GET /work?ms=50" 200`) || !strings.HasSuffix(line, "%") {
		t.Errorf("got %q, want the request, its status, and a CPU share at the end", line)
	}
}

// needBoth finds nginx and php-fpm, or says that the test was not run.
func needBoth(t *testing.T) binaries {
	t.Helper()
	bins, err := find(staging.ProgramDirs())
	if errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skipf("not run: install %s (%v)", Packages, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return bins
}
