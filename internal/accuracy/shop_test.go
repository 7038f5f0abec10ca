package accuracy

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	t.Parallel()
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
	running := make(chan struct{}, sideBySide)
	for _, s := range shops {
		t.Run(fmt.Sprintf("%s %d", map[bool]string{true: "locked", false: "free"}[s.Locked()], s.Seed), func(t *testing.T) {
			t.Parallel()
			running <- struct{}{}
			defer func() { <-running }()
			t.Log(s)
			r := trusted(t, func() *reports.Report { return shopping(t, s) })
			t.Log(r.Summary)
			checkLock(t, s, r)
		})
	}
}

func shopping(t *testing.T, s Shop) *reports.Report {
	t.Helper()
	dir := t.TempDir()
	if *keep != "" {
		var err error
		if dir, err = os.MkdirTemp(*keep, strings.Map(inName, filepath.Base(t.Name()))+"-"); err != nil {
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
