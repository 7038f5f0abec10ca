package ci

import (
	"fmt"
	"strings"

	"github.com/tailback/tailback/reports/words"
)

// The limits of GitHub Actions.
const (
	maxAnnotations = 10      // of a kind that a step shows
	MaxStepSummary = 1 << 20 // of a step's summary in all, bytes
)

// An Annotation is what GitHub shows at a line of a file, or at the run where that
// is not known.
type Annotation struct {
	Warning bool // else an error
	Title   string
	Text    string
	File    string // relative to the repository
	Line    int    // 0 when not known
}

// String is the annotation as a workflow command: one line, which GitHub reads in
// whatever a step prints. In a property a colon and a comma are escaped as well.
func (a Annotation) String() string {
	kind := "error"
	if a.Warning {
		kind = "warning"
	}
	var props []string
	if a.File != "" {
		props = append(props, "file="+property(a.File))
		if a.Line > 0 {
			props = append(props, fmt.Sprintf("line=%d", a.Line))
		}
	}
	if a.Title != "" {
		props = append(props, "title="+property(a.Title))
	}
	return strings.TrimSuffix("::"+kind+" "+strings.Join(props, ","), " ") + "::" + data(a.Text)
}

func data(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(plain(text))
}

func property(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(text))
}

// Annotations are an error for each objective that was missed and a warning for each
// that could not be judged, and for a run that can't be relied on: at most ten of
// each, of which the last then says how many more there are.
func Annotations(s *Suite) []Annotation {
	var missed, unjudged []Annotation
	for _, c := range s.Cases {
		a := Annotation{Title: s.Name, Text: c.Name + ": " + c.Message, File: c.File, Line: c.Line}
		if c.Whole { // its name is what it is not
			a.Text = c.Message
		}
		switch c.State {
		case Failed:
			missed = append(missed, a)
		case Errored:
			a.Warning = true
			unjudged = append(unjudged, a)
		}
	}
	return append(AtMostTen(missed), AtMostTen(unjudged)...)
}

// AtMostTen cuts annotations of one kind down to what GitHub shows of a step.
func AtMostTen(list []Annotation) []Annotation {
	if len(list) <= maxAnnotations {
		return list
	}
	shown := append([]Annotation{}, list[:maxAnnotations]...)
	last := &shown[maxAnnotations-1]
	last.File, last.Line = "", 0
	last.Text = "and " + words.Number(int64(len(list)-maxAnnotations+1), "other") + " like these: the step's log has them all"
	return shown
}
