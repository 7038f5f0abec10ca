package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
)

// child is a tailback of its own, so that it can be killed.
type child struct {
	*exec.Cmd
	mu  sync.Mutex
	out bytes.Buffer
}

func (c *child) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Write(p)
}

func (c *child) output() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.String()
}

// startTailback runs this test's binary as tailback, as testscript does.
func startTailback(t *testing.T, args ...string) *child {
	t.Helper()
	return startTailbackIn(t, t.TempDir(), args...)
}

// startTailbackIn is startTailback for a user with that folder.
func startTailbackIn(t *testing.T, home string, args ...string) *child {
	t.Helper()
	c := &child{Cmd: exec.Command(os.Args[0], args...)}
	c.Args[0] = "tailback"
	c.Dir = home
	c.Env = append(os.Environ(), "XDG_STATE_HOME="+home)
	c.Stdout, c.Stderr = c, c
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
		if t.Failed() {
			t.Logf("%s:\n%s", strings.Join(c.Args, " "), c.output())
		}
	})
	return c
}

// says waits until the text is in the child's output.
func (c *child) says(t *testing.T, text string) {
	t.Helper()
	within(t, time.Minute, text, func() bool { return strings.Contains(c.output(), text) })
}

func within(t *testing.T, most time.Duration, what string, met func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !met() {
		if time.Since(began) > most {
			t.Fatalf("%s: not within %v", what, most)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(began)
}

// proxied is a staging site that calls its dependency through a `tailback proxy`.
type proxied struct {
	proxy    *child
	addr     string // of the proxy, for the dependency
	api      string // of the proxy, for runs
	upstream string // the dependency itself
	file     string // the experiment, with a hang of an hour

	program string // Toxiproxy's server
	server  *exec.Cmd
}

func newProxied(t *testing.T) *proxied {
	t.Helper()
	p := &proxied{file: filepath.Join(t.TempDir(), "hang.yaml")}
	p.addr, p.api = ports.Test(t), ports.Test(t)
	site, err := startSite(context.Background(), siteGo, staging.Options{Dependency: p.addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { site.Close() })
	p.upstream = site.DependencyAddr
	text := fmt.Sprintf(`version: 1
name: checkout
target: {url: %q}
requests: [{path: "/external?ms=10"}]
dependencies: [{name: payments, listen: %q, upstream: %q}]
chaos: {toxiproxy: "http://%s"}
phases: [{name: hang, duration: 1h, rate: 20, faults: [{dependency: payments, hang: {}}]}]
`, site.URL, p.addr, site.DependencyAddr, p.api)
	if err := os.WriteFile(p.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.proxy = startTailback(t, "proxy", p.file)
	p.proxy.says(t, "are served at")
	return p
}

// passes makes a call to the dependency and reports whether it was answered.
func (p *proxied) passes() bool { return p.passesWithin(250 * time.Millisecond) }

// passesWithin reports whether a call is answered that soon. A busy machine takes
// longer than passes waits for one that nothing withholds.
func (p *proxied) passesWithin(patience time.Duration) bool {
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + p.addr + "/")
	if err != nil {
		return false
	}
	r.Body.Close()
	return true
}

// Whatever becomes of the runner, its faults are gone within 3 s.
func TestFaultsOfADeadRunAreLifted(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		sign syscall.Signal
	}{{"killed", syscall.SIGKILL}, {"suspended", syscall.SIGSTOP}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p := newProxied(t)
			run := startTailback(t, "run", p.file, "--out", "out")
			p.proxy.says(t, "holds the proxies")
			within(t, time.Minute, "the hang", func() bool { return !p.passesWithin(2 * time.Second) })

			second := startTailback(t, "run", p.file, "--out", "out")
			second.Wait()
			if code := second.ProcessState.ExitCode(); code != exitFailed {
				t.Errorf("a second run exits with %d, want %d", code, exitFailed)
			}
			if want := fmt.Sprintf("pid %d, since ", run.Process.Pid); !strings.Contains(second.output(), "held by run checkout of ") || !strings.Contains(second.output(), want) {
				t.Errorf("a second run says %q", second.output())
			}

			if err := run.Process.Signal(row.sign); err != nil {
				t.Fatal(err)
			}
			after := within(t, 3*time.Second, "lifting the hang", p.passes)
			t.Logf("%s: a call passes after %v", row.name, after.Round(time.Millisecond))
			p.proxy.says(t, "every fault is lifted")
		})
	}
}

// check --preflight counts the calls through a proxy that stays, and leaves it
// to the next run. On a plain Toxiproxy server nothing is counted: it says so, and
// does not take the dependency for one that nothing calls.
func TestPreflightThroughProxies(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	for range 2 {
		if said := finishes(t, exitOK, startTailback(t, "check", "--preflight", p.file)); !strings.Contains(said, "called payments 1x\n") {
			t.Errorf("through tailback proxy: %s", said)
		}
	}
	p.proxy.Process.Kill() // a plain server takes its place
	p.proxy.Wait()
	p.plainServer(t)
	if said := finishes(t, exitOK, startTailback(t, "check", "--preflight", p.file)); !strings.Contains(said, "calls not counted\n") || strings.Contains(said, "no call seen") || !strings.Contains(said, "hang.yaml: ok") {
		t.Errorf("through a plain server: %s", said)
	}
	if !p.passes() {
		t.Error("a call does not pass")
	}
}

// A plain Toxiproxy server keeps the toxics of a run that was killed: the next
// command finds and lifts them.
func TestLiftAfterAKilledRun(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	p.proxy.Process.Kill() // a plain server takes its place
	p.proxy.Wait()
	api := p.plainServer(t)
	home := t.TempDir()
	hang := func() *child {
		t.Helper()
		run := startTailbackIn(t, home, "run", p.file, "--out", filepath.Join(t.TempDir(), "out"))
		within(t, time.Minute, "the hang", func() bool { return !p.passesWithin(2 * time.Second) })
		return run
	}
	run := hang()
	if alive := finishes(t, exitOK, startTailbackIn(t, home, "lift")); !strings.Contains(alive, "left alone, since it is running: run checkout") {
		t.Errorf("lift of a run that lives says %q", alive)
	}
	run.Process.Kill()
	run.Wait()
	if p.passes() {
		t.Fatal("a plain server lifted the hang by itself")
	}
	if said := finishes(t, exitOK, startTailbackIn(t, home, "lift", "--toxiproxy", api)); !strings.Contains(said, "lifted toxic tailback-") {
		t.Errorf("lift says %q", said)
	}
	if !p.passes() {
		t.Error("a call does not pass")
	}
	if said := finishes(t, exitOK, startTailbackIn(t, home, "lift")); !strings.Contains(said, "nothing was left") {
		t.Errorf("a second lift says %q", said)
	}

	run = hang()
	p.server.Process.Kill()
	p.server.Wait()
	said := strings.Join(strings.Fields(finishes(t, exitFailed, run)), " ") // its lines are wrapped
	for _, want := range []string{"the Toxiproxy server has gone", "NOT EVERY FAULT COULD BE SHOWN TO BE LIFTED", "lifting not confirmed", "run tailback lift"} {
		if !strings.Contains(said, want) {
			t.Errorf("a run whose server has gone does not say %q", want)
		}
	}
	if said := finishes(t, exitFailed, startTailbackIn(t, home, "lift")); !strings.Contains(said, "connection refused") {
		t.Errorf("lift without the server says %q", said)
	}
	p.plainServer(t)
	if said := finishes(t, exitOK, startTailbackIn(t, home, "lift")); !strings.Contains(said, "lifted toxic tailback-") || !p.passes() {
		t.Errorf("lift with the server says %q", said)
	}
}

// finishes waits for a command, and returns what it said.
func finishes(t *testing.T, code int, c *child) string {
	t.Helper()
	stuck := time.AfterFunc(time.Minute, func() { c.Process.Kill() })
	defer stuck.Stop()
	c.Wait()
	if got := c.ProcessState.ExitCode(); got != code {
		t.Errorf("%v exits with %d, want %d: %s", c.Args, got, code, c.output())
	}
	return c.output()
}

// plainServer starts Toxiproxy's own server where the experiment expects it,
// with the proxy of its dependency, and returns its URL.
func (p *proxied) plainServer(t *testing.T) string {
	t.Helper()
	if p.program == "" {
		p.program = filepath.Join(t.TempDir(), "toxiproxy-server")
		if text, err := exec.Command("go", "build", "-o", p.program, "github.com/Shopify/toxiproxy/v2/cmd/server").CombinedOutput(); err != nil {
			t.Fatalf("build toxiproxy: %v\n%s", err, text)
		}
	}
	host, port, _ := strings.Cut(p.api, ":")
	p.server = exec.Command(p.program, "-host", host, "-port", port)
	if err := p.server.Start(); err != nil {
		t.Fatal(err)
	}
	server := p.server
	t.Cleanup(func() { server.Process.Kill(); server.Wait() })
	body := fmt.Sprintf(`{"name": "payments", "listen": %q, "upstream": %q}`, p.addr, p.upstream)
	within(t, time.Minute, "the Toxiproxy server", func() bool {
		r, err := http.Post("http://"+p.api+"/proxies", "application/json", strings.NewReader(body))
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusCreated
	})
	return "http://" + p.api
}
