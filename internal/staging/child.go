package staging

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// stopWithin is how long a child may take to end its own workers.
const stopWithin = 5 * time.Second

// ErrPortTaken says that a child could not have the port chosen for it.
var ErrPortTaken = errors.New("port taken")

// Child is a process in the foreground, the leader of its own process group,
// in which its workers stay.
type Child struct {
	name        string
	output, log string // files: what it printed, and its error log
	cmd         *exec.Cmd
	exited      chan struct{} // closed once it has ended and was waited for
}

// StartChild starts a program that dies with this process. log is where its
// configuration has it write errors.
func StartChild(site *Site, bin, log string, args ...string) (*Child, error) {
	name := filepath.Base(bin)
	c := &Child{
		name:   name,
		output: filepath.Join(site.Dir, name+".out"),
		log:    log,
		cmd:    exec.Command(bin, args...),
		exited: make(chan struct{}),
	}
	out, err := os.Create(c.output)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer out.Close()
	c.cmd.Stdout, c.cmd.Stderr, c.cmd.Dir = out, out, site.Dir
	c.cmd.SysProcAttr = ownGroup()

	started := make(chan error)
	go func() {
		// The death signal comes when the *thread* that started the child
		// ends, so this one is kept until then.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			c.cmd.Wait()
			close(c.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	site.Children = append(site.Children, c.cmd.Process.Pid)
	return c, nil
}

// Await waits until ready returns, or says why the child ended before.
func (c *Child) Await(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- ready(ctx) }()
	select {
	case err := <-done:
		return err
	case <-c.exited:
	}
	cancel()
	<-done
	text := c.said()
	if strings.Contains(strings.ToLower(text), "address already in use") {
		return fmt.Errorf("start %s: %w: %s", c.name, ErrPortTaken, text)
	}
	return fmt.Errorf("start %s: it ended (%v): %s", c.name, c.cmd.ProcessState, text)
}

// said is what the child printed and logged.
func (c *Child) said() string {
	output, _ := os.ReadFile(c.output)
	log, _ := os.ReadFile(c.log)
	return strings.TrimSpace(string(output) + string(log))
}

// Stop ends the child and every process of its group, and waits for them.
func (c *Child) Stop() error {
	group := -c.cmd.Process.Pid
	c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.exited:
	case <-time.After(stopWithin):
		syscall.Kill(group, syscall.SIGKILL)
		<-c.exited
	}
	// Workers end with their master; should it have crashed, they are orphans.
	for end := time.Now().Add(stopWithin); ; time.Sleep(5 * time.Millisecond) {
		if err := syscall.Kill(group, syscall.SIGKILL); errors.Is(err, syscall.ESRCH) {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("stop %s: processes of group %d remain", c.name, -group)
		}
	}
}
