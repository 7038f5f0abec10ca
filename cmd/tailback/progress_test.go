package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports/journal"
)

func fault(kind journal.EventKind, at time.Duration) journal.Event {
	return journal.Event{Kind: kind, AtNS: int64(at), Fault: &journal.Fault{Dependency: "payments", Kind: "no_accept"}}
}

// A log has a line for each phase, fault and first error, and one at least every ten
// seconds when there are none.
func TestProgressInALog(t *testing.T) {
	const s = time.Second
	onset := &harness.Onset{Code: 502, At: 14600 * time.Millisecond, Fault: &harness.OnsetFault{Dependency: "payments", Kind: "no_accept", After: 2600 * time.Millisecond}}
	applied := *fault(journal.FaultApplied, 0).Fault
	synctest.Test(t, func(t *testing.T) {
		var b strings.Builder
		p := newProgress(&b, "checkout")
		for second := range 41 {
			status := harness.Status{Elapsed: time.Duration(second) * s, Total: 40 * s, Phase: "baseline", OK: int64(8 * second), Waiting: 1}
			switch {
			case second == 1:
				status.Began = []harness.Began{{Phase: "warmup"}, {Phase: "baseline", At: s / 2}}
			case second == 12:
				status.Phase, status.Began, status.Changes = "hang", []harness.Began{{Phase: "hang", At: 12 * s}}, []journal.Event{fault(journal.FaultApplied, 12*s)}
			case second == 22:
				status.Changes = []journal.Event{fault(journal.FaultLifted, 21950*time.Millisecond)}
			case second > 30:
				status.Phase, status.OK = "", 240
			}
			if second >= 12 && second < 22 {
				status.Faults = []journal.Fault{applied}
			}
			if second >= 15 {
				status.Onset, status.Bad = onset, map[string]int64{"502": 5, "client timeout": 1000}
			}
			p.show(status)
			time.Sleep(s)
		}
		want := `    0 s  phase warmup
  0.5 s  phase baseline
   10 s  baseline: 80 ok, 1 waiting
   12 s  phase hang
   12 s  payments no accept begins
 14.6 s  first 502, 2.6 s after payments no accept began
   22 s  payments no accept is lifted
   31 s  waiting for the last answers: 240 ok, 1,000 × client timeout, 5 × 502,
           1 waiting
   40 s  waiting for the last answers: 240 ok, 1,000 × client timeout, 5 × 502,
           1 waiting
`
		if b.String() != want {
			t.Errorf("got\n%s\nwant\n%s", b.String(), want)
		}
	})
}

// Each part of an audit has its line, and so has a wait that lasts.
func TestProgressOfParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b strings.Builder
		p := newProgress(&b, "shop")
		p.begin("dependency 2 of 3", "payments")
		for i := range 20 {
			p.wait(time.Duration(i)*time.Second, 2*time.Minute)
			time.Sleep(time.Second)
		}
		want := "dependency 2 of 3: payments\n" +
			"waiting until the site is well again, for 9 s of at most 120 s\n" +
			"waiting until the site is well again, for 18 s of at most 120 s\n"
		if b.String() != want {
			t.Errorf("got\n%s\nwant\n%s", b.String(), want)
		}
	})
}

// The line of a terminal drops what does not fit, the least important first, and cuts nothing.
func TestProgressFitsALine(t *testing.T) {
	s := harness.Status{Elapsed: 15 * time.Second, Total: 40 * time.Second, Phase: "payments hangs", OK: 80, Bad: map[string]int64{"502": 12}, Waiting: 4,
		Faults: []journal.Fault{{Dependency: "payments", Kind: "hang"}},
		Onset:  &harness.Onset{Code: 502, Fault: &harness.OnsetFault{Dependency: "payments", Kind: "hang", After: 2600 * time.Millisecond}}}
	for width, want := range map[int]string{
		200: "15s of 40s  dependency 2 of 3  payments hangs  payments hang  80 ok, 12 × 502, 4 waiting  502 after 2.6 s  checkout",
		100: "15s of 40s  dependency 2 of 3  payments hang  80 ok, 12 × 502, 4 waiting  502 after 2.6 s",
		79:  "15s of 40s  payments hang  80 ok, 12 × 502, 4 waiting  502 after 2.6 s",
		60:  "15s of 40s  payments hang  80 ok, 12 × 502, 4 waiting",
		20:  "15s of 40s",
		0:   "",
	} {
		if got := fitting(liveParts(s, "dependency 2 of 3", "checkout"), width); got != want {
			t.Errorf("in %d columns %q, want %q", width, got, want)
		}
	}
	s.Onset = &harness.Onset{Code: 504, At: 9 * time.Second}
	if got := fitting(liveParts(s, "", ""), 100); !strings.HasSuffix(got, "504 since 9 s") {
		t.Errorf("without a fault %q", got)
	}
}

func TestMessagesBreakBetweenWords(t *testing.T) {
	long := "tailback: " + strings.Repeat("word ", 20) + "end"
	got := broken(long+"\n  short:  as it is\n    "+strings.Repeat("/path", 30), 80)
	for i, line := range strings.Split(strings.TrimSuffix(got, "\n"), "\n") {
		if len(line) > 80 && strings.Contains(strings.TrimSpace(line), " ") {
			t.Errorf("line %d has %d columns: %q", i, len(line), line)
		}
	}
	if !strings.Contains(got, "\n  short:  as it is\n    /path/path") || strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(long+" short: as it is "+strings.Repeat("/path", 30)), " ") {
		t.Errorf("got\n%s", got)
	}
	if got := broken(strings.Repeat("x", 76)+" abc\n"+strings.Repeat("x", 77)+" abc", 80); got != strings.Repeat("x", 76)+" abc\n"+strings.Repeat("x", 77)+"\n  abc\n" {
		t.Errorf("at the edge %q", got)
	}
	var b strings.Builder
	if tell(&b, long); b.String() != long+"\n" {
		t.Errorf("a log got %q", b.String())
	}
}

// No command's help is wider than a terminal.
func TestHelpFitsATerminal(t *testing.T) {
	root := newRoot()
	for _, cmd := range append(root.Commands(), root) {
		for line := range strings.Lines(cmd.Long + "\n" + cmd.UsageString()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
				t.Errorf("%s: %d columns: %s", cmd.Name(), n, line)
			}
		}
	}
}
