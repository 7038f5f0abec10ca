package render

import (
	"fmt"
	"math"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// matters is how far, as a part of a figure, its interval reaches before a
// reader of a line needs to be told.
const matters = 0.1

// estimated writes a figure that was worked out, to the digits that its interval
// bears, with the interval where that is wide: 40/s, 4, 12 (9 to 15).
func estimated(e *reports.Estimate, format func(float64) string) string {
	if e == nil {
		return words.Unknown
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

// whole writes a number of things that there can only be whole ones of.
func whole(f float64) string { return words.Count(int64(math.Round(f))) }

// workers writes how many workers there are, and of which kind.
func workers(p reports.Pool) string {
	switch {
	case p.Workers == nil:
		return ""
	case p.Grew:
		return whole(p.Workers.Low) + " to " + whole(p.Workers.High) + " workers (the pool grew, or others than this run called too)"
	case p.Workers.Kind == "effective":
		return estimated(p.Workers, words.Things) + " effective workers"
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
	var list []string
	if p.Workers != nil {
		list = append(list, workers(p))
	}
	if p.QueueSlots != nil {
		list = append(list, numbered(p.QueueSlots, "queue slot"))
	}
	if p.CapacityHz != nil {
		list = append(list, "carries "+estimated(p.CapacityHz, words.PerS)+" when well")
	}
	if p.ServiceS != nil {
		list = append(list, estimated(p.ServiceS, words.Span)+" a request")
	}
	if p.GatewayTimeoutS != nil {
		list = append(list, "the gateway waits "+estimated(p.GatewayTimeoutS, words.Held))
	}
	return list
}

// siteAssumes says what the figures of the site are true with only; empty where all
// stand by themselves.
func siteAssumes(p reports.Pool) string {
	var list []string
	for _, one := range []struct {
		key   string
		name  string
		known *reports.Estimate
	}{{"workers", "workers", p.Workers}, {"queue_slots", "queue slots", p.QueueSlots}} {
		if only := p.Assumes[one.key]; only != "" && one.known != nil {
			list = append(list, one.name+", if "+only)
		}
	}
	return strings.Join(list, "; ")
}

// seenTimeout says what was seen of a timeout: none within 10 s; 1.0 s; 3 tries of 12 s.
func seenTimeout(t reports.Timeout) string {
	kind := "timeout"
	if t.Connect {
		kind = "connect timeout"
	}
	switch {
	case t.Verdict == "none":
		return "no " + kind + " within " + words.Held(t.HorizonS)
	case t.ObservedS == nil:
		return kind + " not known"
	case t.Verdict == "worker":
		return "workers killed after " + estimated(t.ObservedS, words.Held)
	}
	text := kind + " " + estimated(t.ObservedS, words.Held)
	if t.Retries > 0 {
		text = words.Count(t.Retries+1) + " tries of " + estimated(t.ObservedS, words.Held)
	}
	return text
}

// gaveUp says who gave up on the visitor.
func gaveUp(t reports.Timeout) string {
	names := map[string]string{"app": "application", "ok": "nobody", "": words.Unknown}
	if w, ok := names[t.Visitor]; ok {
		return w
	}
	return kindWords(oneLine(t.Visitor))
}

// slowSentence says where good answers were slow, and why.
func slowSentence(s reports.Slowdown) string {
	text := fmt.Sprintf("slow answers in %s from %s to %s", s.Phase, words.Moment(s.FromS), words.Moment(s.ToS))
	if s.Cause == "" || s.Cause == reports.Unknown {
		return text
	}
	text += ": " + kindWords(string(s.Cause))
	if s.Confidence != nil {
		text += " (confidence " + words.Confidence(*s.Confidence) + ")"
	}
	return text
}

// evidenceSentence sums up a source in a line.
func evidenceSentence(e reports.Evidence) string {
	text := kindWords(e.Source) + ": " + words.Count(e.Count) + " × " + kindWords(e.Kind) + ", first at " + words.Moment(e.AtS)
	if e.Text != "" {
		text += ": " + e.Text
	}
	return text
}
