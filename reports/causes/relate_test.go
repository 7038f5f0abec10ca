package causes

import (
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// What came at the same time says more than what came alone.
func TestRelate(t *testing.T) {
	onset := func(kind measure.ErrorKind, fault int, from, to time.Duration, n, alone int64) *measure.Onset {
		return &measure.Onset{FirstError: measure.FirstError{At: from, Last: to, Count: n, Fault: fault}, Kind: kind, Seen: measure.ErrorsSeen{N: n, Alone: alone}}
	}
	said := func(c reports.Cause, confidence float64) reports.Onset {
		return reports.Onset{Cause: c, Confidence: &confidence}
	}
	const s = madeup.Second
	for _, row := range []struct {
		name        string
		one, other  *measure.Onset
		first, next reports.Onset
		want        reports.Cause
	}{
		{"a worker lost as the pool goes down", onset(measure.Late502, -1, 10*s, 10*s, 1, 0), onset(measure.Refused502, -1, 10*s, 16*s, 30, 30),
			said(reports.WorkerKilled, 0.8), said(reports.PoolDown, 0.8), reports.PoolDown},
		{"workers killed long before the pool goes down", onset(measure.Late502, -1, 5*s, 10*s, 9, 0), onset(measure.Refused502, -1, 10*s, 16*s, 30, 30),
			said(reports.WorkerKilled, 0.8), said(reports.PoolDown, 0.8), reports.WorkerKilled},
		{"a pool that may be down", onset(measure.Late502, -1, 10*s, 10*s, 1, 0), onset(measure.Refused502, -1, 10*s, 16*s, 30, 30),
			said(reports.WorkerKilled, 0.8), said(reports.PoolDown, 0.5), reports.WorkerKilled},
		{"a queue behind a deadlock, and nothing good", onset(measure.Refused502, -1, 10*s, 20*s, 100, 90), onset(measure.Late504, -1, 15*s, 20*s, 9, 9),
			said(reports.QueueFull, 0.9), said(reports.SelfDeadlock, 0.7), reports.SelfDeadlock},
		{"a queue before a deadlock, with good answers", onset(measure.Refused502, -1, 10*s, 20*s, 100, 89), onset(measure.Late504, -1, 15*s, 20*s, 9, 9),
			said(reports.QueueFull, 0.9), said(reports.SelfDeadlock, 0.7), reports.Unknown},
		{"a queue of another time", onset(measure.Refused502, -1, 10*s, 12*s, 100, 90), onset(measure.Late504, -1, 30*s, 40*s, 9, 9),
			said(reports.QueueFull, 0.9), said(reports.SelfDeadlock, 0.7), reports.QueueFull},
		{"a queue that a fault filled", onset(measure.Refused502, 0, 10*s, 20*s, 100, 90), onset(measure.Late504, -1, 15*s, 20*s, 9, 9),
			said(reports.QueueFull, 0.9), said(reports.SelfDeadlock, 0.7), reports.QueueFull},
		{"502s of a gateway without servers", onset(measure.Refused502, 0, 10*s, 20*s, 100, 90), onset(measure.Late502, 0, 10*s, 12*s, 9, 9),
			reports.Onset{Cause: reports.Unknown}, said(reports.GatewayLimit, 0.8), reports.GatewayLimit},
	} {
		list := []reports.Onset{row.first, row.next}
		relate([]*measure.Onset{row.one, row.other}, list)
		if list[0].Cause != row.want || list[1].Cause != row.next.Cause {
			t.Errorf("%s: %s and %s, want %s and %s", row.name, list[0].Cause, list[1].Cause, row.want, row.next.Cause)
		}
	}
}
