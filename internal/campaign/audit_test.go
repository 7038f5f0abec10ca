package campaign

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// unseen is a progress that nobody looks at.
var unseen = AuditProgress{
	Begin: func(string, int, int) {}, Watch: func(harness.Status) {}, Wait: func(time.Duration, time.Duration) {},
}

// ended is a call of the site's that it gave up after so long.
func ended(at, held time.Duration) journal.Event {
	ns := int64(held)
	return journal.Event{AtNS: int64(at), Kind: journal.ConnClosed, Connection: &journal.Connection{ClosedBy: "site", Waiting: true, HeldNS: &ns, ClosedNS: int64(at)}}
}

// slow is a hit that was answered so long after the hang had begun.
func slow(due, response time.Duration, code int32) journal.Hit {
	h := journal.Hit{Due: due, Sent: due, Done: due + response, Code: code}
	if code >= 400 {
		h.Class = journal.ClassStatus
	}
	return h
}

func TestAuditKnowsEnough(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	applied := journal.Event{AtNS: int64(5 * s), Kind: journal.FaultApplied}
	waiting := journal.Event{AtNS: int64(6 * s), Kind: journal.Used, Usage: &journal.Usage{Dependency: "payments", Waiting: 4}}
	later := func(at time.Duration) journal.Event {
		return journal.Event{AtNS: int64(at), Kind: journal.Used, Usage: &journal.Usage{Dependency: "payments", Open: 1}}
	}
	idle := later(11 * s)
	for _, row := range []struct {
		name  string
		tells []any
		want  int // which of them is enough, counted from 1; 0 is none
	}{
		{"three waits and twelve answers", append([]any{applied, ended(6*s, s), ended(6100*ms, 1010*ms), ended(6200*ms, s)},
			slices.Repeat([]any{slow(5*s, 1200*ms, 200)}, 13)...), 16},
		{"a wait that looks shorter", append([]any{applied, ended(6*s, 800*ms), ended(6*s, s), ended(6100*ms, 1010*ms), ended(6200*ms, s)},
			slices.Repeat([]any{slow(5*s, 1200*ms, 200)}, 13)...), 17},
		{"a slow answer before the hang", slices.Concat(slices.Repeat([]any{slow(s, 100*ms, 200)}, 20), []any{slow(s, 1500*ms, 200), applied, ended(6*s, s), ended(6100*ms, 1010*ms), ended(6200*ms, s)},
			slices.Repeat([]any{slow(5*s, 1200*ms, 200)}, 13)), 37},
		{"waits of no common time", []any{applied, ended(6*s, s), ended(7*s, 2*s), ended(8*s, 3*s), ended(9*s, 4*s), slow(5*s, 4*s, 200)}, 0},
		{"nobody is answered for long", []any{applied, ended(6*s, s), ended(7*s, s), ended(8*s, s), ended(18*s, s)}, 5},
		{"a killed worker", []any{applied, ended(8*s, 3*s), ended(8*s, 2900*ms), ended(8*s, 2800*ms), slow(5*s, 3*s, 502), slow(5*s, 3*s, 502), slow(5*s, 3*s, 502)}, 7},
		{"not called yet", []any{applied, idle, later(20 * s)}, 0},
		{"first called after a while", append([]any{applied, idle, ended(25*s, s), ended(25*s, s), ended(25*s, s)}, slices.Repeat([]any{slow(24*s, 1200*ms, 200)}, 12)...), 17},
		{"two waits, which may be chance", []any{applied, ended(6*s, s), ended(6*s, s), later(30 * s)}, 0},
		{"held and not ended", []any{applied, waiting, idle}, 0},
		{"before the hang", []any{ended(2*s, s), ended(3*s, s), ended(4*s, s), idle}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			k, got := &knowing{}, 0
			for i, one := range row.tells {
				known := false
				switch v := one.(type) {
				case journal.Event:
					known = k.event(v)
				case journal.Hit:
					known = k.hit(v)
				}
				if known && got == 0 {
					got = i + 1
				}
			}
			if got != row.want {
				t.Errorf("enough was known after %d, want %d", got, row.want)
			}
		})
	}
}

// The experiment of one dependency has what the file says but its own phases.
func TestAuditOf(t *testing.T) {
	exp := &configs.Experiment{Name: "shop", Audit: &configs.Audit{Rate: 2, Horizon: 30 * time.Second}, Capacity: &configs.Capacity{},
		Phases: []configs.Phase{{Name: "p"}}, Target: configs.Target{URL: "http://127.0.0.1:1"}}
	part := auditOf(exp, "payments")
	// 12 hits at 2/s take 6 s.
	if part.Name != "shop-payments" || part.Duration() != 41*time.Second || part.Phases[0].Duration != 6*time.Second || part.Target.URL != exp.Target.URL || part.Audit != nil || part.Capacity != nil {
		t.Errorf("got %+v", part)
	}
	f := part.Phases[1].Faults
	if len(f) != 1 || f[0].Dependency != "payments" || f[0].Hang == nil || f[0].For != 30*time.Second || f[0].Share != 1 {
		t.Errorf("got faults %+v, want one hang of 30 s", f)
	}
	if exp.Audit == nil || len(exp.Phases) != 1 {
		t.Error("the file's experiment was changed")
	}
}

// A host that is gone takes no longer than a connect, first or second, and the
// other hosts' parts do not look for it.
func TestAuditOfHostsThatAreGone(t *testing.T) {
	exp := shop(t)
	exp.Audit = &configs.Audit{Rate: 8, Horizon: time.Minute}
	exp.Chaos.Egress.Listen = "127.0.0.1:0"
	exp.Dependencies = []configs.Dependency{{Name: "a", Host: "127.0.0.1:1"}, {Name: "b", Host: "127.0.0.1:2"}}
	if part := auditOf(exp, "b"); len(part.Dependencies) != 1 || part.Dependencies[0].Name != "b" {
		t.Errorf("the part of b has %+v", part.Dependencies)
	}
	begun := time.Now()
	var done []string
	progress := unseen
	progress.Begin = func(dependency string, number, of int) {
		done = append(done, fmt.Sprintf("%s %d of %d", dependency, number, of))
	}
	a, err := Audit(t.Context(), exp, t.TempDir(), progress)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(done, []string{"a 1 of 2", "b 2 of 2"}) || time.Since(begun) > awaitBound/2 {
		t.Fatalf("got %q after %v, want two at once", done, time.Since(begun))
	}
	for _, row := range a.Rows {
		if !strings.Contains(row.Text, "reach dependency "+row.Dependency) || row.Bundle != "" {
			t.Errorf("of %s: %s, bundle %q", row.Dependency, row.Text, row.Bundle)
		}
	}
}

// An audit into the folder of an earlier one, or of a run, is refused, and leaves
// it as it is.
func TestAuditDoesNotMixWithAnEarlierOne(t *testing.T) {
	exp, dir := shop(t), t.TempDir()
	exp.Audit = &configs.Audit{Rate: 20, Horizon: time.Second}
	earlier := filepath.Join(dir, ReportJSON)
	if err := os.WriteFile(earlier, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := Audit(t.Context(), exp, dir, unseen)
	if a != nil || err == nil || err.Error() != "begin audit: "+dir+" is not empty; name another folder with --out" {
		t.Errorf("got %+v, %v", a, err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("the folder holds %v", files)
	}
}

// A run's egress tells what to hang besides, and which of those declared it did not see.
func TestAddSeen(t *testing.T) {
	exp := &configs.Experiment{Dependencies: []configs.Dependency{{Name: "bank", Host: "Bank.example:443"}, {Name: "mariadb", Host: "db.example:3306"}, {Name: "redis", Listen: "127.0.0.1:1"}}}
	added, missing := AddSeen(exp, &reports.Report{DependenciesSeen: []reports.DependencySeen{
		{Host: "bank.example:443", Calls: 2}, {Host: "www.example:443", Self: true}, {Host: "mail.example:25", Calls: 1}, {Host: "other", Calls: 9}}})
	if !slices.Equal(added, []string{"mail.example:25"}) || !slices.Equal(missing, []string{"mariadb"}) || len(exp.Dependencies) != 4 {
		t.Errorf("added %q, missing %q, of %+v", added, missing, exp.Dependencies)
	}
}
