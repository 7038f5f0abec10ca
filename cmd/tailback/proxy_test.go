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
	c := &child{Cmd: exec.Command(os.Args[0], args...)}
	c.Args[0] = "tailback"
	c.Dir = t.TempDir()
	c.Env = append(os.Environ(), "XDG_STATE_HOME="+c.Dir)
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
	proxy *child
	addr  string // of the proxy, for the dependency
	file  string // the experiment, with a hang of an hour
}

func newProxied(t *testing.T) *proxied {
	t.Helper()
	p := &proxied{file: filepath.Join(t.TempDir(), "hang.yaml")}
	var api string
	var err error
	for _, a := range []*string{&p.addr, &api} {
		if *a, err = freeAddr(); err != nil {
			t.Fatal(err)
		}
	}
	site, err := startSite(context.Background(), siteGo, staging.Options{Dependency: p.addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { site.Close() })
	text := fmt.Sprintf(`version: 1
name: checkout
target: {url: %q}
requests: [{path: "/external?ms=10"}]
dependencies: [{name: payments, listen: %q, upstream: %q}]
chaos: {toxiproxy: "http://%s"}
phases: [{name: hang, duration: 1h, rate: 20, faults: [{dependency: payments, hang: {}}]}]
`, site.URL, p.addr, site.DependencyAddr, api)
	if err := os.WriteFile(p.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.proxy = startTailback(t, "proxy", p.file)
	p.proxy.says(t, "are served at")
	return p
}

// passes makes a call to the dependency and reports whether it was answered.
func (p *proxied) passes() bool {
	client := &http.Client{Timeout: 250 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + p.addr + "/")
	if err != nil {
		return false
	}
	r.Body.Close()
	return true
}

// Whatever becomes of the runner, its faults are gone within 3 s.
func TestFaultsOfADeadRunAreLifted(t *testing.T) {
	for _, row := range []struct {
		name string
		sign syscall.Signal
	}{{"killed", syscall.SIGKILL}, {"suspended", syscall.SIGSTOP}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p := newProxied(t)
			run := startTailback(t, "run", p.file, "--out", "out")
			p.proxy.says(t, "holds the proxies")
			within(t, time.Minute, "the hang", func() bool { return !p.passes() })

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
