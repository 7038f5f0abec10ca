package main

import (
	"errors"
	"fmt"
	"net"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/campaign"
	"github.com/tailback/tailback/reports/journal"
)

// A signal in the middle of a fault. All but SIGKILL let the run end in good order.
func TestDrillSignals(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		signal syscall.Signal
		exit   int // of the run; -1 is killed
		report int // likewise, of tailback report

		outcome string
		lost    time.Duration // hits of so long before may be lost
		says    string
	}{
		{"SIGINT", syscall.SIGINT, exitInterrupted, exitInterrupted, "interrupted", 0, "every fault is lifted, what was recorded is kept"},
		{"SIGTERM", syscall.SIGTERM, exitInterrupted, exitInterrupted, "interrupted", 0, "every fault is lifted, what was recorded is kept"},
		{"SIGHUP", syscall.SIGHUP, exitInterrupted, exitInterrupted, "interrupted", 0, "every fault is lifted, what was recorded is kept"},
		{"SIGKILL", syscall.SIGKILL, -1, exitFailed, "killed", 2 * time.Second, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDrill(t)
			if signal.Ignored(row.signal) {
				t.Skipf("not run: %s is ignored, as under nohup", row.name)
			}
			d.start(slowed, inShell)
			d.served(150) // 3 s
			d.child.Process.Signal(row.signal)
			d.exits(row.exit, row.says)
			d.faultless()
			d.keeps(row.lost)
			if row.signal != syscall.SIGKILL {
				d.lifted(false)
				if !exists(filepath.Join(d.out, campaign.ReportHTML)) {
					t.Error("the run wrote no report")
				}
			}
			r := d.report(row.report)
			if r.Outcome != row.outcome || len(r.Faults) != 1 || !r.Faults[0].Exercised {
				t.Errorf("the report says %s, and of the faults %+v; want %s, and that the fault was exercised", r.Outcome, r.Faults, row.outcome)
			}
		})
	}
}

// The proxy that the faults are played in is killed, and its faults with it: the
// run ends, and says so.
func TestDrillProxyKilled(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	run := startTailback(t, "run", p.file, "--out", "out")
	within(t, drillSoon, "the hang", func() bool { return !p.passesWithin(2 * time.Second) })
	p.proxy.Process.Kill()
	p.proxy.Wait()
	run.Wait()
	if code := run.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("the run exits with %d, want %d", code, exitFailed)
	}
	for _, want := range []string{"the connection to the proxy ended: ", "NOT EVERY FAULT COULD BE SHOWN TO BE LIFTED"} {
		if !strings.Contains(run.output(), want) {
			t.Errorf("the run says %q, want %q in it", run.output(), want)
		}
	}
	if strings.Contains(run.output(), "touched nothing") {
		t.Errorf("the run says that the hang touched nothing, which it can't know: %q", run.output())
	}
	if conn, err := net.Dial("tcp", p.addr); err == nil {
		conn.Close()
		t.Error("something still listens where the proxy did")
	}
	if report := startTailback(t, "report", filepath.Join(run.Dir, "out")); report.Wait() == nil {
		t.Error("tailback report exits with 0, want as the run did")
	}
}

// An interrupted run that could not end well does not say that it did.
func TestInterruptionSays(t *testing.T) {
	stopped, lost := errors.New("interrupt signal received"), errors.New("finish bundle: no such file or directory")
	for _, row := range []struct {
		err  exitError
		want string
	}{
		{exitError{code: exitInterrupted, err: stopped}, "interrupted (interrupt signal received); every fault is lifted, what was recorded is kept"},
		{exitError{code: exitInterrupted, err: errors.Join(stopped, lost)}, "interrupted (interrupt signal received)\nfinish bundle: no such file or directory"},
		{exitError{code: exitFailed, err: lost}, "finish bundle: no such file or directory"},
	} {
		if got := row.err.says(); got != row.want {
			t.Errorf("got %q, want %q", got, row.want)
		}
	}
}

// A command that a run follows ends with it, even when the run is killed and the
// command has nothing to print, which would tell it.
func TestDrillCommandOfAKilledRun(t *testing.T) {
	d := newDrill(t)
	d.vars["PID"], d.vars["$"] = filepath.Join(d.dir, "pid"), "$$"
	d.start(slowed+`site: {nginx_access_log: {command: "echo $$ > $PID; exec sleep 600"}}`, inShell)
	d.event(journal.FaultApplied)
	var pid int
	d.await("the command", func() bool {
		n, _ := fmt.Sscan(d.read("pid"), &pid)
		return n == 1
	})
	t.Cleanup(func() {
		if t.Failed() {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	d.child.Process.Kill()
	d.exits(-1)
	within(t, drillSoon, "the command's end", func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) })
}
