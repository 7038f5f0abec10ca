package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// verdict is what a package's tests made of a change.
type verdict string

const (
	caught   verdict = "caught"    // a test failed
	timedOut verdict = "timed out" // the tests did not end in time
	survived verdict = "survived"  // all tests passed
	unbuilt  verdict = "unbuilt"   // the tests did not compile with it
)

// try runs the package's tests with the change, for so long at most. The
// tree is not touched: the changed file is laid over its own.
func try(ctx context.Context, p *goPackage, c change, within time.Duration) (verdict, error) {
	folder, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	file, overlay := filepath.Join(folder, filepath.Base(c.File)), filepath.Join(folder, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {c.File: file}})
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.WriteFile(file, c.applied(p.sources[c.File]), 0o600), os.WriteFile(overlay, replace, 0o600)); err != nil {
		return "", err
	}
	v, _, err := test(ctx, p, within, "-overlay", overlay)
	return v, err
}

// building is how long compiling and linking a package's tests may take.
const building = 5 * time.Minute

// test runs the package's tests and returns what they say.
func test(ctx context.Context, p *goPackage, within time.Duration, flags ...string) (verdict, string, error) {
	ctx, cancel := context.WithTimeout(ctx, within+building)
	defer cancel()
	args := append([]string{"test", "-count=1", "-failfast", "-vet=off", "-timeout", within.String()}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(append(args, "."), p.testers...)...)
	var out bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.Dir, &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that nothing that the tests started outlives them
	end := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel, cmd.WaitDelay = end, time.Second
	err := cmd.Run()
	if cmd.Process != nil {
		end()
	}
	exit := new(exec.ExitError)
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // the second: they passed, and something that they started lives
		return survived, out.String(), nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded), bytes.Contains(out.Bytes(), []byte("panic: test timed out after ")):
		return timedOut, out.String(), nil
	case ctx.Err() != nil:
		return "", "", ctx.Err()
	case bytes.Contains(out.Bytes(), []byte("[build failed]")):
		return unbuilt, out.String(), nil
	case errors.As(err, &exit):
		return caught, out.String(), nil
	}
	return "", "", fmt.Errorf("run the tests of %s: %w", p.Path, err)
}
