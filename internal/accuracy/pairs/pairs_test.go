//go:build real

package pairs

import (
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/accuracy"
	"github.com/tailback/tailback/internal/campaign"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/compare"
)

var (
	from = flag.String("pairs", "", "compare the pairs that -record left in this folder")
	keep = flag.Bool("keep", false, "of -pairs: write the table into ACCURACY.md")
)

// expected is what a comparison must say of a change: the whole's verdict, and
// that one of these figures changed so.
var expected = map[string]struct {
	what    string
	verdict reports.Change
	figures []string
}{
	"service": {"service time 10% longer", reports.Worse, []string{"steady p50"}},
	"worker":  {"7 workers of 8", reports.Worse, []string{"workers", "waiting"}},
	"timeout": {"timeout 0.8 s of 1 s", reports.Improved, []string{"timeout"}},
	"errors":  {"errors from 0.5% to 2%", reports.Worse, []string{"steady errors"}},
}

// tally counts the verdicts on pairs.
type tally struct {
	pairs, found int
	whole        map[reports.Change]int
	figures      map[reports.Change]int
	held, known  int // intervals that hold 0, and all
	alone, of    int // and those of 95% for each figure alone, of traffic
}

func (c *tally) add(t *testing.T, name string, one *reports.Comparison) {
	c.pairs++
	c.whole[one.Verdict]++
	for _, f := range one.Figures {
		c.figures[f.Change]++
		if f.Low != nil {
			c.known++
			if *f.Low <= 0 && *f.High >= 0 {
				c.held++
			}
		}
		if f.Change != reports.Same && f.Change != reports.CantTell {
			t.Logf("%s: %s is %s: %v", name, figureName(f), f.Change, written(f))
		}
	}
}

// traffic is how many figures of traffic there are: the significance is shared among them.
func traffic(one *reports.Comparison) (n int) {
	for _, f := range one.Figures {
		if f.Phase != "" && f.Dependency == "" {
			n++
		}
	}
	return n
}

// cover counts the intervals of traffic that hold 0.
func (c *tally) cover(one *reports.Comparison) {
	for _, f := range one.Figures {
		if f.Phase == "" || f.Dependency != "" || f.Low == nil {
			continue
		}
		c.of++
		if *f.Low <= 0 && *f.High >= 0 {
			c.alone++
		}
	}
}

func figureName(f reports.Compared) string {
	return strings.Join(slices.DeleteFunc([]string{f.Phase, f.Request, f.Figure}, func(s string) bool { return s == "" }), " ")
}

func written(f reports.Compared) string {
	text := ""
	for _, v := range []*float64{f.Before, f.After, f.Low, f.High} {
		if v == nil {
			text += " -"
		} else {
			text += fmt.Sprintf(" %.4g", *v)
		}
	}
	return text + " " + f.Why
}

// TestPairs holds what is said of recorded pairs against what was changed.
func TestPairs(t *testing.T) {
	if *from == "" {
		t.Skip("-pairs DIR compares what -record left in it")
	}
	alike := newTally()
	alone := 0.05 * float64(traffic(pair(t, "alike-a-00", "alike-b-00", compare.UsualSignificance)))
	for i := range Alike {
		name := fmt.Sprintf("alike %02d", i)
		a, b := fmt.Sprintf("alike-a-%02d", i), fmt.Sprintf("alike-b-%02d", i)
		alike.add(t, name, pair(t, a, b, compare.UsualSignificance))
		alike.cover(pair(t, a, b, alone))
	}
	if n := alike.whole[reports.Worse] + alike.whole[reports.Improved]; n > 3 {
		t.Errorf("%d of %d identical pairs are told apart", n, alike.pairs)
	}
	if n := told(alike.figures); n > 3 {
		t.Errorf("%d figures of %d identical pairs are told apart", n, alike.pairs)
	}
	table := "| change | pairs | found | whole: worse | improved | same | can't tell | figures: worse | improved | changed | same | can't tell | intervals that hold 0 |\n" +
		"|---|---|---|---|---|---|---|---|---|---|---|---|---|\n" + row("none", alike, "")
	for _, change := range []string{"service", "worker", "timeout", "errors"} {
		c := changed(t, change)
		if c.found < 19 {
			t.Errorf("%s was found in %d of %d pairs", change, c.found, c.pairs)
		}
		table += row(expected[change].what, c, fmt.Sprint(c.found))
	}
	table += fmt.Sprintf("\nOf intervals that are to hold 95%% each by itself, of times and ratios of the identical pairs, %d of %d hold 0 (%.1f%%).\n",
		alike.alone, alike.of, 100*float64(alike.alone)/float64(alike.of))
	t.Log("\n" + table)
	if *keep {
		if err := accuracy.Keep("../ACCURACY.md", "Two runs compared", explained+table); err != nil {
			t.Error(err)
		}
	}
}

const explained = `Pairs of runs of the real nginx + php-fpm site (8 workers, a call to payments in each request; one minute of 20/s, then 15 s with
payments hanging; of the errors one minute of 40/s), recorded by ` + "`go test -tags real ./internal/accuracy/pairs -run Record -record DIR`" + ` and compared by
` + "`-run Pairs -pairs DIR -keep`" + `, with 5% as the smallest change worth telling and a significance of 5% over all figures of a comparison. Found: the
whole's verdict, and the right figure says so. In identical pairs that can't be told the machine was so busy that the generator could not keep
pace in a phase, which is what the comparison says of it.

`

func newTally() *tally {
	return &tally{whole: map[reports.Change]int{}, figures: map[reports.Change]int{}}
}

// told is how many figures were told apart.
func told(n map[reports.Change]int) int {
	return n[reports.Worse] + n[reports.Improved] + n[reports.Changed]
}

// changed compares the pairs of a change.
func changed(t *testing.T, change string) *tally {
	c := newTally()
	before := "alike-a"
	if change == "errors" {
		before = "few"
	}
	want := expected[change]
	for i := range Changed {
		one := pair(t, fmt.Sprintf("%s-%02d", before, i), fmt.Sprintf("%s-%02d", change, i), compare.UsualSignificance)
		c.add(t, fmt.Sprintf("%s %02d", change, i), one)
		if one.Verdict == want.verdict && slices.ContainsFunc(one.Figures, func(f reports.Compared) bool {
			return slices.Contains(want.figures, figureName(f)) && f.Change == want.verdict
		}) {
			c.found++
		}
	}
	return c
}

func row(what string, c *tally, found string) string {
	if found == "" {
		found = "–"
	}
	return fmt.Sprintf("| %s | %d | %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d of %d |\n", what, c.pairs, found,
		c.whole[reports.Worse], c.whole[reports.Improved], c.whole[reports.Same], c.whole[reports.CantTell],
		c.figures[reports.Worse], c.figures[reports.Improved], c.figures[reports.Changed], c.figures[reports.Same], c.figures[reports.CantTell], c.held, c.known)
}

// pair compares two recorded runs.
func pair(t *testing.T, before, after string, significance float64) *reports.Comparison {
	t.Helper()
	return compare.Compare([]compare.Run{run(t, before)}, []compare.Run{run(t, after)},
		compare.Options{MinEffect: compare.UsualMinEffect, Significance: significance})
}

func run(t *testing.T, name string) compare.Run {
	t.Helper()
	one, err := campaign.ReadRun(filepath.Join(*from, name))
	if err != nil {
		t.Fatal(err)
	}
	return one
}
