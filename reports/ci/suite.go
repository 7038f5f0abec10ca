// Package ci writes what CI systems read of a run, an audit, a search for the
// capacity and a comparison: JUnit, Markdown, GitHub's annotations, GitLab's load
// performance and OpenMetrics. Each is first made into one plain value, a Suite of
// checks; then there is a file for each form. It adds no facts to a report.
package ci

import (
	"cmp"
	"io"
	"time"

	"github.com/tailback/tailback/reports"
)

// Suite is what CI is told of one run, audit, search or comparison.
type Suite struct {
	Name      string // the experiment's, with what was made of it where that is no run
	Started   time.Time
	DurationS float64
	Tool      string // version
	Verdict   string // as people read it: PASS, FAIL, INCONCLUSIVE, ...
	Summary   string
	ExitCode  int
	Page      string // the name of its page
	Cases     []Case // the first is whether the whole is valid, so that none is green because nothing was tested
	Tables    []Table
	Advice    []reports.Advice
	Load      *Load // nil where there is no one load to tell of
	Metrics   []Family
}

// Case is one check. Its name holds nothing that was measured, so that it is the
// same night after night.
type Case struct {
	Name    string
	Whole   bool // it is about the whole: a message is then the better name
	Tabled  bool // one of Tables has it
	State   State
	Message string // why it did not pass
	Seen    string // what was seen, for a table; empty when there is nothing to see
	File    string // where it was asked, as far as is known
	Line    int    // in File, from 1; 0 when not known
}

// State is what came of a check.
type State string

// The states.
const (
	Passed  State = "passed"
	Failed  State = "failed"  // an objective was missed on valid data
	Errored State = "error"   // it could not be judged
	Skipped State = "skipped" // it could not be judged, and the verdict does not ask for it
)

// Table is a table with a title. Each row has a cell for each of Head.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string
	More  string // where the rest is, when there are too many rows
}

// Load is the traffic of a run, or the most that a search found.
type Load struct {
	RateHz     *float64 // requests sent; null when not known
	P90S, P95S *float64 // from sending to a good answer
	Good, Bad  int64    // answers
}

// Count returns how many cases are in a state.
func (s *Suite) Count(state State) (n int) {
	for _, c := range s.Cases {
		if c.State == state {
			n++
		}
	}
	return n
}

// Place returns a file and line to send a reader to: those of the first case that
// did not pass, or else of the first that has any.
func (s *Suite) Place() (file string, line int) {
	for _, c := range s.Cases {
		if c.File != "" && c.State != Passed {
			return c.File, c.Line
		}
	}
	for _, c := range s.Cases {
		if c.File != "" {
			return c.File, c.Line
		}
	}
	return "", 0
}

// valid is the first case of a suite: doubt is why the whole can't be relied on.
func valid(what, doubt string) Case {
	if doubt != "" {
		return Case{Name: "the " + what + " is valid", Whole: true, State: Errored, Message: doubt}
	}
	return Case{Name: "the " + what + " is valid", Whole: true, State: Passed}
}

// verdict is the verdict as people read it.
func verdict(v reports.Verdict) string {
	return map[reports.Verdict]string{reports.Pass: "PASS", reports.Fail: "FAIL",
		reports.Inconclusive: "INCONCLUSIVE", reports.None: "NO OBJECTIVES"}[v]
}

// File is one of the files that are left beside report.json.
type File struct {
	Name  string
	Write func(io.Writer, *Suite) error
}

// Files are what is left of s beside report.json. GitLab's load performance is
// there only where there is a load to tell of.
func Files(s *Suite) []File {
	files := []File{{"junit.xml", JUnit}, {"summary.md", Markdown}, {"metrics.txt", OpenMetrics}}
	if s.Load != nil {
		files = append(files, File{"gl-load-performance.json", GitLab})
	}
	return files
}

// known formats *v, or says that it is unknown.
func known[T any](v *T, format func(T) string) string {
	if v == nil {
		return unknown
	}
	return format(*v)
}

// unknown stands for a figure that was not measured. It is never 0.
const unknown = "–"

func or(text string) string { return cmp.Or(text, unknown) }
