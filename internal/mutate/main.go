// Command mutate puts small faults into code, one at a time, and tells which of
// them the tests do not notice: those of the code's own package, and of the
// packages named with -with, where they depend on it.
//
//	go run ./internal/mutate -n 100 -seed 1 -with ./reports/analysis ./reports/... ./attack ./chaos
//
// A fault is a flipped comparison, a number that is one more, a negated condition,
// a dropped statement or branch, two swapped arguments. Each that compiles is as
// likely to be drawn as any other; the same seed draws the same from the same
// code. The tree is never touched: go test lays the changed file over its own.
// The tests run with the fault in them, though: do not change code that deletes
// files or kills processes where that would matter.
//
// A fault that survives is a test that is missing, or a line that makes no difference.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o := options{dir: "."}
	flag.IntVar(&o.n, "n", 100, "how many changes to draw")
	flag.Uint64Var(&o.seed, "seed", 1, "draws the same changes again")
	flag.DurationVar(&o.within, "timeout", 2*time.Minute, "how long a package's tests may take at most")
	flag.Func("with", "a package whose tests count as well, for what it depends on; may be repeated", func(pattern string) error {
		o.with = append(o.with, pattern)
		return nil
	})
	flag.Parse()
	if o.patterns = flag.Args(); len(o.patterns) == 0 {
		fmt.Fprintln(os.Stderr, "mutate: name packages, such as ./reports/...")
		os.Exit(2)
	}
	if _, err := mutate(ctx, o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

type options struct {
	dir      string // from which the patterns are seen
	patterns []string
	with     []string
	n        int
	seed     uint64
	within   time.Duration // for a package's tests
}

// drawn is a change of a package.
type drawn struct {
	change
	in *goPackage
}

// mutate tries n changes, tells progress of each, and writes the survivors to out.
// It returns how many met each verdict.
func mutate(ctx context.Context, o options, out, progress io.Writer) (map[verdict]int, error) {
	packages, err := load(ctx, o.dir, o.patterns)
	if err != nil {
		return nil, err
	}
	if err := findTesters(ctx, o.dir, o.with, packages); err != nil {
		return nil, err
	}
	all := shuffled(packages, o.seed)
	root, err := filepath.Abs(o.dir)
	if err != nil {
		return nil, err
	}
	counts, within := map[verdict]int{}, map[*goPackage]time.Duration{}
	for _, d := range all {
		n := counts[caught] + counts[timedOut] + counts[survived]
		if n == o.n {
			break
		}
		if !d.in.compiles(d.change) {
			continue
		}
		if within[d.in] == 0 {
			if within[d.in], err = patience(ctx, d.in, o.within); err != nil {
				return nil, err
			}
		}
		began := time.Now()
		v, err := try(ctx, d.in, d.change, within[d.in])
		if err != nil {
			return nil, err
		}
		counts[v]++
		fmt.Fprintf(progress, "%d/%d %s in %.1f s: %s: %s\n", n+1, o.n, v, time.Since(began).Seconds(), d.where(root), d.What)
		if v == survived {
			fmt.Fprintf(out, "%s: %s\n%s\n", d.where(root), d.What, d.diff(d.in.sources[d.File]))
		}
	}
	fmt.Fprintf(out, "%d caught, %d timed out, %d survived\n", counts[caught], counts[timedOut], counts[survived])
	return counts, nil
}

// shuffled returns all changes of the packages in an order of the seed's.
func shuffled(packages []*goPackage, seed uint64) []drawn {
	var all []drawn
	for _, p := range packages {
		for _, c := range p.changes() {
			all = append(all, drawn{c, p})
		}
	}
	slices.SortFunc(all, func(a, b drawn) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.New, b.New))
	})
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// patience runs a package's tests without a change and returns how long they may
// take with one: ten times as long and 20 s, but most at most. Tests that do not
// pass without a change can't tell anything of one, and are an error.
func patience(ctx context.Context, p *goPackage, most time.Duration) (time.Duration, error) {
	began := time.Now()
	v, text, err := test(ctx, p, most)
	if err == nil && v != survived {
		err = fmt.Errorf("the tests of %s do not pass without a change (%s); mend them first:\n%s", p.Path, v, text)
	}
	return min(most, 10*time.Since(began)+20*time.Second), err
}
