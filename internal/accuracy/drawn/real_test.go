//go:build real

package drawn

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/tailback/tailback/internal/zoo"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/journal"
)

var kept = flag.String("real", "", "a folder of bundles that internal/zoo's contracts have left with -keep")

// Nothing that a report says of a run on real servers is wrong. What is true of the
// site is known as it was built; when errors came and why, by its simulation. There is
// such a test only where such runs were kept, with the tag real (make accuracy).
func TestRealRuns(t *testing.T) {
	all, err := filepath.Glob(filepath.Join(*kept, "*", "real.json"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no bundles in %s: %v", *kept, err)
	}
	told, wrong := 0, 0
	for _, file := range all {
		d := realRun(t, file)
		for _, m := range d.Marks() {
			if m.Said != "" {
				told++
			}
			if m.Wrong {
				wrong++
				t.Errorf("%s: %s: said %s, truth %s", d.Kind, m.Figure, m.Said, m.Truth)
			}
		}
	}
	t.Logf("%d statements on %d real runs, %d of them wrong", told, len(all), wrong)
}

func realRun(t *testing.T, file string) Run {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var built zoo.Real
	if err := json.Unmarshal(text, &built); err != nil {
		t.Fatal(err)
	}
	bundle, err := journal.Open(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	r, err := analysis.Analyze(bundle)
	if err != nil {
		t.Fatal(err)
	}
	_, truth := zoo.Simulate(built.Site, built.Plan, built.Plan.Seed)
	return Run{filepath.Base(filepath.Dir(file)), built.Plan.Seed, truth, r}
}
