package render

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
)

// matters is how far, as a part of a figure, its interval reaches before a
// reader of a line needs to be told.
const matters = 0.1

// estimated writes a figure that was worked out, to the digits that its interval
// bears, with the interval where that is wide: 40/s, 4, 12 (9 to 15).
func estimated(e *reports.Estimate, format func(float64) string) string {
	if e == nil {
		return unknown
	}
	if format(e.Low) == format(e.High) || e.High-e.Low <= 2*matters*math.Abs(e.Value) {
		return format(e.Value)
	}
	return format(e.Value) + interval(e, format)
}

// interval writes what a figure lies between.
func interval(e *reports.Estimate, format func(float64) string) string {
	return " (" + between(e, format) + ")"
}

// between writes an interval, its unit once: 35 to 43/s; 9.9 to 10.1 s.
func between(e *reports.Estimate, format func(float64) string) string {
	low, high := format(e.Low), format(e.High)
	for _, unit := range []string{"/s", " ms", " s"} {
		if strings.HasSuffix(low, unit) && strings.HasSuffix(high, unit) {
			low = strings.TrimSuffix(low, unit)
			break
		}
	}
	return low + " to " + high
}

// whole writes a number of things.
func whole(f float64) string { return grouped(fmt.Sprintf("%.0f", f)) }

// perSecond writes a rate with the digits that its interval bears.
func perSecond(e *reports.Estimate) string {
	if e != nil && e.Value >= 9.95 && e.High-e.Low > 0.5 {
		return estimated(e, func(f float64) string { return whole(f) + "/s" })
	}
	return estimated(e, rate)
}

// tenths writes a number of things to a tenth: 2.5, 4.
func tenths(f float64) string {
	if math.Abs(f) >= 99.95 {
		return whole(f)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0")
}

// waited writes a timeout: 0.35 s, 1.0 s, 12 s.
func waited(s float64) string {
	switch {
	case s < 0.0995:
		return fmt.Sprintf("%.0f ms", s*1000)
	case s < 0.995:
		return fmt.Sprintf("%.2f s", s)
	case s < 9.95:
		return fmt.Sprintf("%.1f s", s)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", s), ".0") + " s"
}

// atMost writes a budget: rounded down, unless it lies within 1% of the next step.
func atMost(s float64) string {
	step := 0.01
	switch {
	case s >= 9.95:
		step = 1
	case s >= 0.995:
		step = 0.1
	case s < 0.0995:
		step = 0.001
	}
	return waited(math.Max(math.Floor(s*1.01/step), 1) * step)
}

// workers writes how many workers there are, and of which kind.
func workers(p reports.Pool) string {
	switch {
	case p.Workers == nil:
		return ""
	case p.Grew:
		return whole(p.Workers.Low) + " to " + whole(p.Workers.High) + " workers (the pool grew, or others than this run called too)"
	case p.Workers.Kind == "effective":
		return estimated(p.Workers, tenths) + " effective workers"
	}
	return numbered(p.Workers, "worker")
}

// numbered writes a number of things with its noun, and its interval where it is not exact.
func numbered(e *reports.Estimate, noun string) string {
	if whole(e.Value) != "1" {
		noun += "s"
	}
	if whole(e.Low) == whole(e.High) {
		return whole(e.Value) + " " + noun
	}
	return whole(e.Value) + " " + noun + interval(e, whole)
}

// siteWords are what is known of the site, a few words each.
func siteWords(p reports.Pool) []string {
	var words []string
	if p.Workers != nil {
		words = append(words, workers(p))
	}
	if p.QueueSlots != nil {
		words = append(words, numbered(p.QueueSlots, "queue slot"))
	}
	if p.CapacityHz != nil {
		words = append(words, "carries "+perSecond(p.CapacityHz)+" when well")
	}
	if p.ServiceS != nil {
		words = append(words, estimated(p.ServiceS, seconds)+" a request")
	}
	if p.GatewayTimeoutS != nil {
		words = append(words, "the gateway waits "+estimated(p.GatewayTimeoutS, waited))
	}
	return words
}

// seenTimeout says what was seen of a timeout: none within 10 s; 1.0 s; 3 tries of 12 s.
func seenTimeout(t reports.Timeout) string {
	kind := "timeout"
	if t.Connect {
		kind = "connect timeout"
	}
	switch {
	case t.Verdict == "none":
		return "no " + kind + " within " + waited(t.HorizonS)
	case t.ObservedS == nil:
		return kind + " not known"
	case t.Verdict == "worker":
		return "workers killed after " + estimated(t.ObservedS, waited)
	}
	text := kind + " " + estimated(t.ObservedS, waited)
	if t.Retries > 0 {
		text = count(t.Retries+1) + " tries of " + estimated(t.ObservedS, waited)
	}
	return text
}

// gaveUp says who gave up on the visitor.
func gaveUp(t reports.Timeout) string {
	words := map[string]string{"app": "application", "ok": "nobody", "": unknown}
	if w, ok := words[t.Visitor]; ok {
		return w
	}
	return kindWords(oneLine(t.Visitor))
}

// confident writes a cause's confidence.
func confident(c *float64) string {
	return known(c, func(c float64) string { return fmt.Sprintf("%.2f", c) })
}

// slowSentence says where good answers were slow, and why.
func slowSentence(s reports.Slowdown) string {
	text := fmt.Sprintf("slow answers in %s from %s to %s", s.Phase, moment(s.FromS), moment(s.ToS))
	if s.Cause == "" || s.Cause == reports.Unknown {
		return text
	}
	text += ": " + kindWords(string(s.Cause))
	if s.Confidence != nil {
		text += " (confidence " + confident(s.Confidence) + ")"
	}
	return text
}

// doseSentence says which size of a stepped fault first broke the site.
func doseSentence(d reports.Dose) string {
	text := d.Dependency + " " + kindWords(d.Kind) + " in steps up to " + waited(d.MaxS) + ": the site "
	if d.SizeS == nil && d.Load {
		text += "broke by the rate that was asked, so that no size can be told"
	} else if d.SizeS == nil {
		text += "held"
	} else {
		text += "first broke at " + waited(*d.SizeS) + " (" + kindWords(d.Broke) + ")"
	}
	if d.QueuedS != nil {
		text += ", and requests piled up from " + waited(*d.QueuedS) + " on"
	}
	return text
}

// budgetFor returns the budget of a dependency, or nil.
func budgetFor(r *reports.Report, dependency string) *reports.Budget {
	i := slices.IndexFunc(r.Budget, func(b reports.Budget) bool { return b.Dependency == dependency })
	if i < 0 {
		return nil
	}
	return &r.Budget[i]
}

// evidenceSentence sums up a source in a line.
func evidenceSentence(e reports.Evidence) string {
	text := kindWords(e.Source) + ": " + count(e.Count) + " × " + kindWords(e.Kind) + ", first at " + moment(e.AtS)
	if e.Text != "" {
		text += ": " + e.Text
	}
	return text
}
