// Package compare holds runs against each other: those before a change and those
// after it. What chance does within a run is taken from the run itself, with its
// hits in blocks, since neighbours are not independent; what differs between runs
// from several of them. A figure that can't be told apart is said to be the same
// only where a difference would have shown.
package compare

import (
	"fmt"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// Run is one run of a side.
type Run struct {
	Dir     string // as it was named
	Report  *reports.Report
	traffic *traffic // nil: its hits are gone
}

// Read takes a run from what its bundle holds and its report. Its hits are read once.
func Read(dir string, c journal.Contents, r *reports.Report) (Run, error) {
	t, err := collect(&c.Manifest, c.Hits())
	if err != nil {
		return Run{}, fmt.Errorf("compare %s: %w", dir, err)
	}
	return Run{Dir: dir, Report: r, traffic: t}, nil
}

// Reported takes a run of which only the report is left: times and error ratios
// are shown, but what chance did to them can't be told.
func Reported(dir string, r *reports.Report) Run { return Run{Dir: dir, Report: r} }

// Options say when a change is told.
type Options struct {
	MinEffect    float64 // the smallest change worth telling, as a ratio of what was before: 0 to 1
	Significance float64 // how likely at most alike sides are told apart, over all figures together: more than 0, less than 1
}

// The options that are usual.
const (
	UsualMinEffect    = 0.05
	UsualSignificance = 0.05
)

// Compare holds the runs after a change against those before it, at least one a
// side. The same runs give the same bytes.
func Compare(before, after []Run, o Options) *reports.Comparison {
	c := &reports.Comparison{Schema: reports.Schema, Kind: reports.KindComparison, ToolVersion: after[0].Report.ToolVersion,
		Before: side(before), After: side(after), MinEffect: o.MinEffect, Significance: o.Significance}
	all := slices.Concat(before, after)
	spoils := spoilsOf(all)
	c.Differences = spoils.list
	figures := trafficFigures(before, after, spoils)
	alpha := o.Significance / float64(max(len(figures), 1))
	for i := range figures {
		figures[i].compare(alpha, o)
	}
	survivors(figures)
	servedSooner(figures)
	for _, f := range figures {
		c.Figures = append(c.Figures, f.Compared)
	}
	e := events{before, after, spoils, alpha, o}
	c.Figures = append(c.Figures, e.onsets()...)
	c.Figures = append(c.Figures, e.recoveries()...)
	c.Figures = append(c.Figures, diagnosis(before, after, spoils, o)...)
	c.Warnings = warnings(before, after)
	c.Verdict = whole(c, spoils)
	c.Summary = summary(c, before[0].Report, after[0].Report)
	c.ExitCode = map[reports.Change]int{reports.Worse: 1, reports.CantTell: 3}[c.Verdict]
	return c
}

func side(runs []Run) (s reports.Side) {
	for _, r := range runs {
		s.Runs = append(s.Runs, reports.RunName{Dir: r.Dir, Name: r.Report.Name, Started: r.Report.Started,
			Verdict: r.Report.Verdict, Labels: r.Report.Labels, Duration: r.Report.DurationS})
	}
	return s
}

// warnings are what a reader must know of the runs before any figure.
func warnings(before, after []Run) (list []string) {
	for _, r := range slices.Concat(before, after) {
		if !r.Report.Fidelity.OK {
			list = append(list, fmt.Sprintf("%s: its load was not as asked, and the phases in which it was not tell nothing: %s", r.Dir, r.Report.Fidelity.Why))
		}
		if r.Report.Outcome != reports.OutcomeComplete {
			list = append(list, fmt.Sprintf("%s: it was not run to its end (%s)", r.Dir, r.Report.Outcome))
		}
		if r.traffic == nil {
			list = append(list, r.Dir+": its hits are gone; of times and errors the report's figures are shown, but not what chance did to them")
		}
	}
	return list
}
