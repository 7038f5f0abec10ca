package accuracy

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports"
)

// Of shops whose requests wait for their session the report names the lock, as the
// cause of slow answers too, and takes it for no worker; of others it never does. The
// short form, which runs in CI, runs one and two of ten.
func TestSessionLock(t *testing.T) {
	if !*long {
		t.Parallel()
	}
	shops := []Shop{DrawLocked(1), DrawFree(1), DrawFree(2)}
	if *long {
		shops = nil
		for _, seed := range strings.Split(cmp.Or(*seeds, "1,2,3,4,5,6,7,8,9,10"), ",") {
			n, err := strconv.ParseUint(seed, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			shops = append(shops, DrawLocked(n), DrawFree(n))
		}
	}
	said := make([]string, len(shops))
	t.Run("shops", func(t *testing.T) {
		running := make(chan struct{}, sideBySide)
		for i, s := range shops {
			t.Run(s.String(), func(t *testing.T) {
				t.Parallel()
				running <- struct{}{}
				defer func() { <-running }()
				r := trusted(t, func() *reports.Report { return shopping(t, s) })
				checkLock(t, s, r)
				said[i] = lockSaid(r)
				t.Log(r.Summary)
			})
		}
	})
	if *long && *seeds == "" {
		var table strings.Builder
		table.WriteString("| shop | a lock | said |\n|---|---|---|\n")
		for i, s := range shops {
			fmt.Fprintf(&table, "| %v | %s | %s |\n", s, map[bool]string{true: "yes", false: "no"}[s.Locked()], said[i])
		}
		write(t, "What the reports say of shops with sessions, beside the truth", "Made by `make accuracy`, on real nginx, php-fpm and Redis. A lock is right where\nthe requests share sessions that the site locks.\n\n"+table.String())
	}
}

// lockSaid is what a report says of a lock on sessions.
func lockSaid(r *reports.Report) string {
	switch l := r.SessionLock; {
	case l == nil:
		return "–"
	case !l.Told():
		return "one worker, or a lock"
	default:
		return fmt.Sprintf("a lock, with confidence %.2f", *l.Confidence)
	}
}

func shopping(t *testing.T, s Shop) *reports.Report {
	t.Helper()
	dir := t.TempDir()
	if *keep != "" {
		var err error
		if dir, err = os.MkdirTemp(*keep, "shop-"); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Measure(t.Context(), dir)
	if errors.Is(err, phpfpm.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skipf("not run: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func checkLock(t *testing.T, s Shop, r *reports.Report) {
	t.Helper()
	l := r.SessionLock
	slow := slices.ContainsFunc(r.Slowdowns, func(d reports.Slowdown) bool { return d.Cause == reports.SessionLock })
	by := slices.ContainsFunc(r.Onset, func(o reports.Onset) bool { return o.Cause == reports.SessionLock })
	if told := l.Told(); told != s.Locked() || slow && !s.Locked() || by && !s.Locked() || s.Locked() && !slow {
		t.Errorf("got %+v, slow by it: %v, errors by it: %v, want a lock: %v", l, slow, by, s.Locked())
	}
	if w := r.Pool.Workers; s.Locked() && w != nil && (w.Low > float64(s.Workers) || w.High < float64(s.Workers)) {
		t.Errorf("got %v workers, of %d", w, s.Workers)
	}
	if l != nil {
		t.Log(strings.Join(l.Evidence, "\n"))
	}
	t.Logf("workers %v (%s), capacity %v", r.Pool.Workers, r.Pool.Unknown["workers"], r.Pool.CapacityHz)
	for _, o := range r.Onset {
		t.Log(o.Code, o.Cause, o.Count, o.Evidence)
	}
}
