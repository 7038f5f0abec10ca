package main

import (
	"syscall"
	"testing"
	"time"
)

// A signal in the middle of a fault. All but SIGKILL let the run end in good order.
func TestDrillSignals(t *testing.T) {
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
		{"SIGKILL", syscall.SIGKILL, -1, exitFailed, "killed", 2 * time.Second, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDrill(t)
			d.start(slowed, inShell)
			d.served(200) // 4 s
			now := time.Now()
			d.child.Process.Signal(row.signal)
			d.exits(row.exit, row.says)
			d.faultless()
			d.keeps(now, row.lost)
			if row.signal != syscall.SIGKILL {
				d.lifted()
			}
			r := d.report(row.report)
			if r.Outcome != row.outcome || len(r.Faults) != 1 || !r.Faults[0].Exercised {
				t.Errorf("the report says %s, and of the faults %+v; want %s, and that the fault was exercised", r.Outcome, r.Faults, row.outcome)
			}
		})
	}
}
