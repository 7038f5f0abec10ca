// Package history puts the reports of many runs together, night after night. Of
// each run it reads nothing but report.json.
package history

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// Significance is how likely at most values in no order show a change as clear as
// one that is marked.
const Significance = 0.005

// Options say what of a folder is wanted.
type Options struct {
	Name      string            // of the experiment; empty: of all
	Labels    map[string]string // that a run must have
	Figures   []string          // of the series, such as "p99"; empty: all
	MinEffect float64           // smallest change to mark, as a ratio of what was before
}

// Read returns the history in a folder: of runs that lie in it, or in folders of
// it. A run that can't be read is among the skipped. The error is that of the
// folder, or says that there is no run to tell of.
func Read(dir string, o Options) (*reports.History, error) {
	if err := notItself(dir); err != nil {
		return nil, err
	}
	dirs, skipped, err := find(dir)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	runs, unread := readAll(dir, dirs)
	h := &reports.History{Schema: reports.Schema, Kind: reports.KindHistory, MinEffect: o.MinEffect, Significance: Significance,
		Nights: []reports.Night{}, Skipped: append(skipped, unread...), Series: []reports.Series{}, Marks: []reports.ChangeMark{}, MayGo: []string{}, Removed: []string{}}
	if len(runs) == 0 {
		return nil, nothing(dir, h.Skipped)
	}
	runs, twice := once(runs)
	h.Skipped = append(h.Skipped, twice...)
	slices.SortFunc(h.Skipped, func(a, b reports.Skipped) int { return cmp.Compare(a.Dir, b.Dir) })
	asked := slices.DeleteFunc(slices.Clone(runs), func(r *run) bool { return !r.is(o) })
	if len(asked) == 0 {
		return nil, noneAsked(dir, runs, o)
	}
	for _, r := range asked {
		h.Nights = append(h.Nights, r.night())
	}
	h.Series = series(asked, o.Figures)
	h.Marks = marks(h)
	return h, nil
}

// notItself refuses the folder of a run: its history is in the folder around it.
func notItself(dir string) error {
	for _, name := range []string{reportFile, manifestFile} {
		if f, err := openPlain(dir, name); err == nil {
			f.Close()
			return fmt.Errorf("read history: %s is the folder of one run; name the folder that runs are kept in, such as %s", dir, filepath.Dir(filepath.Clean(dir)))
		}
	}
	return nil
}

// nothing says what to do about a folder without a report that can be read.
func nothing(dir string, skipped []reports.Skipped) error {
	if len(skipped) == 0 {
		return fmt.Errorf("read history: %s holds no runs, nor do the folders in it; name the folder that CI keeps them in, and make the first with: tailback run FILE --out %s", dir, filepath.Join(dir, "NIGHT"))
	}
	why := make([]error, 0, len(skipped))
	for _, s := range skipped[:min(len(skipped), 3)] {
		why = append(why, fmt.Errorf("  %s: %s", s.Dir, s.Why))
	}
	if more := len(skipped) - len(why); more > 0 {
		why = append(why, fmt.Errorf("  and %s", words.Number(int64(more), "more folder")))
	}
	return fmt.Errorf("read history: no run in %s can be read:\n%w", dir, errors.Join(why...))
}

// noneAsked says what there is instead of what was asked for.
func noneAsked(dir string, runs []*run, o Options) error {
	names := map[string]bool{}
	for _, r := range runs {
		names[r.name()] = true
	}
	if o.Name != "" && !names[o.Name] {
		return fmt.Errorf("read history: %s holds no run of %q; it holds %s", dir, o.Name, words.Join(quoted(slices.Sorted(maps.Keys(names)))))
	}
	return fmt.Errorf("read history: no run in %s has the labels asked for; leave a --label out, or give runs labels by tailback run --label", dir)
}

// quoted are the first texts in quotes.
func quoted(texts []string) (out []string) {
	for i, t := range texts {
		if i == 10 {
			return append(out, fmt.Sprintf("%d more", len(texts)-i))
		}
		out = append(out, fmt.Sprintf("%q", t))
	}
	return out
}

// once leaves the runs in the order of time, each once. Of a run that lies in two
// folders, as a copy does, the first by name counts.
func once(runs []*run) (left []*run, twice []reports.Skipped) {
	slices.SortFunc(runs, func(a, b *run) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.name(), b.name()), cmp.Compare(a.dir, b.dir))
	})
	for _, r := range runs {
		if n := len(left); n > 0 && left[n-1].Started.Equal(r.Started) && left[n-1].name() == r.name() {
			twice = append(twice, reports.Skipped{Dir: r.dir, Why: fmt.Sprintf("it began at the same moment as the run in %s, as a copy does; that one counts", left[n-1].dir)})
			continue
		}
		left = append(left, r)
	}
	return left, twice
}
