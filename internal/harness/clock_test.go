package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// clockSet is what t would be if its machine's clock had been off by so much
// then, and set since: another wall time, the same reading of the monotonic clock.
// The test's clock can't be set, so this writes the seconds into time.Time's
// first word, and checks that it did what it says.
func clockSet(t *testing.T, at time.Time, by time.Duration) time.Time {
	t.Helper()
	set := at
	*(*uint64)(unsafe.Pointer(&set)) += uint64(by/time.Second) << 30
	if set.Sub(at) != 0 || set.Round(0).Sub(at.Round(0)) != by {
		t.Fatalf("%v is not %v with the wall clock set by %v", set, at, by)
	}
	return set
}

// The clock is set by an hour between T0 and all the rest of a run: no time in
// the bundle is off, and the site's log, whose stamps seem to be, is placed by
// when its lines came and said to disagree.
func TestNoTimeDependsOnTheWallClock(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{time.Hour + time.Minute, -time.Hour - time.Minute} {
		t.Run(by.String(), func(t *testing.T) {
			t.Parallel()
			const length = 3 * time.Second
			exp := hangExperiment(t, length)
			exp.Phases[0].Faults[0] = configs.Fault{Dependency: "payments", Share: 1, After: time.Second, For: time.Second, Latency: &configs.Latency{Delay: configs.Dose{From: 20 * time.Millisecond, To: 20 * time.Millisecond}}}
			log := filepath.Join(t.TempDir(), "access.log")
			if err := os.WriteFile(log, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			exp.Site.NginxAccessLog.File = log
			p, _, err := prepare(t.Context(), exp)
			if err != nil {
				t.Fatal(err)
			}
			defer p.faults.Close()
			t0 := clockSet(t, time.Now().Add(lead), by)
			dir := filepath.Join(t.TempDir(), "out")
			w, err := journal.Create(dir, manifest(exp, p, t0), nil)
			if err != nil {
				t.Fatal(err)
			}
			var n counts
			err = conduct(t.Context(), exp, p, record{Writer: w, secrets: exp.Redactor()}, t0, &n, func(Status) { appendLine(t, log) }, Enough{})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Finish(outcome(t.Context(), nil, &n)); err != nil {
				t.Fatal(err)
			}
			checkTimes(t, dir, length)
		})
	}
}

func appendLine(t *testing.T, path string) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = fmt.Fprintf(f, "127.0.0.1 - - [%s] \"GET / HTTP/1.1\" 200 2 \"-\" \"-\"\n", time.Now().UTC().Format("02/Jan/2006:15:04:05 -0700"))
		f.Close()
	}
	if err != nil {
		t.Error(err)
	}
}

// checkTimes checks that all times in a bundle are in a run of that length, its
// last answers and the reading of the logs included.
func checkTimes(t *testing.T, dir string, length time.Duration) {
	t.Helper()
	b, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	most := int64(length + 10*time.Second)
	in := func(what string, ns ...int64) {
		for _, at := range ns {
			if at < 0 || at > most {
				t.Errorf("%s at %v, want it in the run of %v", what, time.Duration(at), length)
			}
		}
	}
	hits := 0
	for batch, err := range b.Hits() {
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range batch {
			hits++
			in("a hit", int64(h.Due), int64(h.Sent), int64(h.FirstByte), int64(h.Done))
		}
	}
	events, err := b.Events()
	if err != nil {
		t.Fatal(err)
	}
	warned := false
	for _, e := range events {
		in(string(e.Kind), e.AtNS)
		if c := e.Connection; c != nil {
			in("a connection", c.OpenedNS, c.ClosedNS)
		}
		warned = warned || e.Kind == journal.Warning && strings.Contains(e.Text, "the clock of its machine is 36") // 3660 s, give or take two
	}
	observed, err := b.Observations()
	if err != nil {
		t.Fatal(err)
	}
	lines := int64(0)
	for _, o := range observed {
		in("an observation", o.AtNS)
		if o.Kind == journal.Access {
			lines += o.Count
		}
	}
	in("the end", b.Manifest.Outcome.EndNS)
	if hits != 150 || lines < 2 || !warned { // 50/s; watch writes a line each second
		t.Errorf("%d hits, %d lines of the log, warned %v; want 150, 2 or more, and a warning: %+v", hits, lines, warned, observed)
	}
}
