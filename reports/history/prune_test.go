package history

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

// The newest of each experiment are kept, whatever else there is.
func TestMayGo(t *testing.T) {
	h := &reports.History{}
	for _, n := range strings.Fields("a0 b0 a1 a2 b1 a3 c0") {
		h.Nights = append(h.Nights, reports.Night{Dir: n, Name: n[:1]})
	}
	for keep, want := range map[int]string{1: "a0 b0 a1 a2", 2: "a0 a1", 3: "a0", 4: "", 90: ""} {
		if got := MayGo(h, keep); strings.Join(got, " ") != want || got == nil {
			t.Errorf("keeping %d, %q may go, want %q", keep, got, want)
		}
	}
}

// Pruning removes whole runs and audits, and nothing else: not what a link leads
// to, not what is being written or holds another run, not what could not be read.
func TestPrune(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	must(t, os.WriteFile(filepath.Join(elsewhere, "precious"), nil, 0o644))
	for i, at := range []string{"n0", "n1", "n2", "deep/n3", "n4", "n5", "n6", "n7"} {
		put(t, dir, at, report(i))
	}
	must(t, os.Symlink(elsewhere, filepath.Join(dir, "n0", "link"))) // goes, as a link
	must(t, os.Symlink("../../..", filepath.Join(dir, "n1", "up")))  // likewise
	put(t, dir, "n2/inner/mine", report(3))                          // holds another run
	hold(t, filepath.Join(dir, "n4"))                                // is being written again
	must(t, os.Remove(filepath.Join(dir, "n5", experimentFile)))     // is not whole
	must(t, os.WriteFile(filepath.Join(dir, "mine"), nil, 0o644))    // a file of the user's
	must(t, os.Mkdir(filepath.Join(dir, "broken"), 0o755))           // can't be read
	must(t, os.WriteFile(filepath.Join(dir, "broken", reportFile), nil, 0o644))
	audit := &reports.Audit{Campaign: reports.Campaign{Schema: 1, Kind: reports.KindAudit, Name: "checkout", Started: first}}
	for _, at := range []string{"audit0", "audit1"} {
		put(t, dir, at, audit)
		must(t, os.Remove(filepath.Join(dir, at, manifestFile))) // an audit has none
		put(t, dir, at+"/payments", report(9))
		audit.Started = first.AddDate(0, 0, 1)
	}
	h := read(t, dir)
	may := MayGo(h, 1)
	if want := strings.Fields("audit0 n0 n1 n2 deep/n3 n4 n5 n6"); !slices.Equal(slices.Sorted(slices.Values(may)), slices.Sorted(slices.Values(want))) {
		t.Fatalf("may go: %q, want %q", may, want)
	}
	removed, err := Prune(dir, may)
	if want := strings.Fields("audit0 deep/n3 n0 n1 n6"); !slices.Equal(slices.Sorted(slices.Values(removed)), want) {
		t.Errorf("removed %q, want %q", removed, want)
	}
	for _, why := range []string{"n2: it stays, since another run lies in it, in inner/mine", "n4: it stays, since a run is being written in it", "n5: it stays, since its experiment.yaml can't be read"} {
		if err == nil || !strings.Contains(err.Error(), "remove "+dir+"/"+why) {
			t.Errorf("error %v, want %q", err, why)
		}
	}
	for _, at := range strings.Fields("n2/report.json n4/report.json n5/report.json n7/report.json audit1/report.json mine broken/report.json deep") {
		if _, err := os.Stat(filepath.Join(dir, at)); err != nil {
			t.Errorf("%s is gone: %v", at, err)
		}
	}
	for _, at := range removed {
		if _, err := os.Lstat(filepath.Join(dir, at)); err == nil {
			t.Errorf("%s is said to be removed, and is there", at)
		}
	}
	if _, err := os.Stat(filepath.Join(elsewhere, "precious")); err != nil {
		t.Errorf("through a link: %v", err)
	}
}

// A folder that was exchanged for a link since it was read leads nowhere.
func TestPruneFollowsNoLink(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	put(t, elsewhere, "run", report(0))
	must(t, os.Symlink(filepath.Join(elsewhere, "run"), filepath.Join(dir, "n0")))
	must(t, os.Symlink(elsewhere, filepath.Join(dir, "deep")))
	removed, err := Prune(dir, []string{"n0", "deep/run", "none"})
	if len(removed) > 0 || err == nil || strings.Count(err.Error(), "it is a link") != 2 {
		t.Errorf("removed %q, %v", removed, err)
	}
	if _, err := os.Stat(filepath.Join(elsewhere, "run", reportFile)); err != nil {
		t.Errorf("through a link: %v", err)
	}
}
