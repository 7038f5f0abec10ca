package accuracy

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var (
	long  = flag.Bool("long", false, "run all the sites and write ACCURACY.md; about 10 minutes")
	keep  = flag.String("keep", "", "folder to keep the bundles in")
	seeds = flag.String("seeds", "", "only these seeds, such as 1,2")
)

// sideBySide is how many sites run at once: they sleep nearly all of the time.
const sideBySide = 5

// TestDrawnSites: see the bounds in TestMain's comment. The short form
// runs five sites.
func TestDrawnSites(t *testing.T) {
	n := uint64(5)
	if *long {
		n = 20
	}
	rows := measure(t, n)
	var table strings.Builder
	Write(&table, rows)
	t.Log("\n" + table.String())
	for name, s := range Scores(rows) {
		if s.Inside*10 < s.Told*9-5 { // at least 90%; of five sites one may miss
			t.Errorf("%s: the truth lies in the interval in %d of %d", name, s.Inside, s.Told)
		}
	}
}

func measure(t *testing.T, n uint64) []Row {
	rows := make([]Row, n)
	var wait sync.WaitGroup
	slots := make(chan struct{}, sideBySide)
	for i := range n {
		seed := i + 1
		if *seeds != "" && !strings.Contains(","+*seeds+",", fmt.Sprintf(",%d,", seed)) {
			continue
		}
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			s := Draw(seed)
			dir := t.TempDir()
			if *keep != "" {
				dir = filepath.Join(*keep, fmt.Sprint(seed))
				os.MkdirAll(dir, 0o755)
			}
			r, err := Measure(t.Context(), s, dir)
			if err != nil {
				t.Errorf("seed %d: %v", seed, err)
				return
			}
			rows[i] = Row{s, Judge(s, r), r.DurationS, r.Pool.FitR2}
		})
	}
	wait.Wait()
	return rows
}
