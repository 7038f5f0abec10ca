package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// endWithin is how long a command may take to end when it is told to.
const endWithin = time.Second

// command is a log that is followed by what a shell command prints. It runs in
// a process group of its own, so that Ctrl-C reaches us alone and nothing of it
// is left when it is ended.
type command struct {
	cmd    *exec.Cmd
	output *os.File
	errors *lastLine
	buffer []byte
	lines  splitter
	over   bool
}

func startCommand(text string) (*command, error) {
	output, theirs, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start its command: %w", err)
	}
	defer theirs.Close()
	c := &command{cmd: exec.Command("sh", "-c", text), output: output, errors: &lastLine{}, buffer: make([]byte, 64<<10)}
	c.cmd.Stdout, c.cmd.Stderr = theirs, c.errors
	c.cmd.SysProcAttr = ownGroup()
	c.cmd.WaitDelay = endWithin // for a process that left the group and holds on to stderr
	if err := c.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start its command: %w", err), output.Close())
	}
	return c, nil
}

// poll reads what is there, and does not wait for more.
func (c *command) poll(line func([]byte)) (trouble string) {
	if c.over {
		return ""
	}
	c.output.SetReadDeadline(time.Now().Add(time.Millisecond))
	for total := 0; total < pollBytes; {
		n, err := c.output.Read(c.buffer)
		c.lines.add(c.buffer[:n], line)
		total += n
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return ""
		case errors.Is(err, io.EOF):
			c.end()
			return fmt.Sprintf("its command ended (%v)%s", c.cmd.ProcessState, c.errors)
		case err != nil:
			return err.Error()
		}
	}
	return ""
}

func (c *command) close() {
	if !c.over {
		c.end()
	}
}

// end ends the command and what it started, and waits for them.
func (c *command) end() {
	c.over = true
	group := -c.cmd.Process.Pid
	syscall.Kill(group, syscall.SIGTERM)
	hard := time.AfterFunc(endWithin, func() { syscall.Kill(group, syscall.SIGKILL) })
	c.cmd.Wait()
	hard.Stop()
	syscall.Kill(group, syscall.SIGKILL)
	c.output.Close()
}

// lastLine keeps the last line of what a command prints on stderr.
type lastLine struct {
	mu    sync.Mutex
	lines splitter
	last  []byte
}

func (l *lastLine) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines.add(p, func(line []byte) {
		if len(bytes.TrimSpace(line)) > 0 {
			l.last = append(l.last[:0], line[:min(len(line), maxText)]...)
		}
	})
	return len(p), nil
}

// String is ": " and the line, or nothing.
func (l *lastLine) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := l.last
	if len(bytes.TrimSpace(l.lines.rest)) > 0 {
		last = l.lines.rest
	}
	if len(last) == 0 {
		return ""
	}
	return ": " + string(last)
}
