package render

import (
	"html/template"
	"io"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// capacityPage is what the template is filled from.
type capacityPage struct {
	*reports.Capacity
	sheet.Frame
	Strips trialStrips
}

// CapacityHTML writes what a search has found as one page that needs nothing
// else but links to the trials' own, which lie in folders beside it. The same
// search gives the same bytes.
func CapacityHTML(w io.Writer, c *reports.Capacity) error {
	return campaignHTML(w, "capacity.html", capacityFunctions, capacityPage{c, campaignFrame(), newTrialStrips(c)})
}

// fewTrials are so many that their tables need not be folded.
const fewTrials = 16

var capacityFunctions = template.FuncMap{
	"badge":   func(p capacityPage) string { return foundWord(p.Verdict) },
	"faultOf": faultOf,
	"carried": carried,
	"little":  func(c *reports.Capacity) bool { return trialsOf(c) <= fewTrials },
	"load":    loadOf,
	"note":    capacityNote,
	"holds":   func(t reports.CapacityTrial) bool { return t.Held && t.Void == "" },
	"came":    cameOf,
	"result":  func(t reports.CapacityTrial) string { return t.Verdict() },
}

// foundWord is the verdict of a search, which has no objective to pass but the site's rate to find.
func foundWord(v reports.Verdict) string {
	if v == reports.Pass {
		return "FOUND"
	}
	return sheet.Verdict(v)
}

// faultOf names the fault of a figure.
func faultOf(f reports.CapacityFigure) string {
	if f.Fault == "" {
		return "no fault"
	}
	return f.Fault
}

// cameOf is what came of a trial, with a sign so that it does not rest on colour.
func cameOf(t reports.CapacityTrial) string {
	switch {
	case t.Void != "":
		return "– void"
	case t.Held:
		return "✓ yes"
	}
	return "✕ no"
}

// carried is the figure in a few words.
func carried(c *reports.Capacity, f reports.CapacityFigure) string {
	switch {
	case f.Why != "":
		return "can't tell"
	case f.RateHz == nil:
		return "not even " + words.PerS(c.FromHz)
	case f.HighHz == nil:
		return "at least " + words.PerS(*f.RateHz)
	}
	return words.PerS(*f.RateHz)
}

func trialsOf(c *reports.Capacity) (n int) {
	for _, f := range c.Figures {
		n += len(f.Trials)
	}
	return n
}

// loadOf is how long the site was loaded, in seconds.
func loadOf(c *reports.Capacity) (s float64) {
	for _, f := range c.Figures {
		s += f.LoadS
	}
	return s
}
