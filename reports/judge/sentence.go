package judge

import (
	"cmp"
	"strings"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/words"
)

// phrase is what was seen of a figure that was worked out: in a sentence, and short,
// to stand beside the objective.
type phrase struct{ sentence, short string }

// nouns are the subjects of sentences on metrics that are counted, with their verb.
var nouns = map[string]string{
	"max": "the longest answer was", "errors": "errors were", "ok": "good answers were", "degraded": "degraded answers were", "rate": "good answers were",
	"completed": "visits completed were", "abandoned": "visits abandoned were",
	"502": "502s were", "503": "503s were", "504": "504s were",
}

// sentence says what was seen of an objective's metric.
func sentence(o configs.Objective, f finding) string {
	switch {
	case f.said.sentence != "":
		return f.said.sentence
	case o.Metric == "recovered":
		return "the site was well again " + exact(*f.observed, o) + " after lifting"
	case o.Metric == "onset":
		return "the first 502, 503 or 504 came " + exact(*f.observed, o) + " after the fault"
	}
	noun := cmp.Or(nouns[o.Metric], o.Metric+" was")
	if f.window == nil {
		return noun + " " + exact(*f.observed, o)
	}
	verb := "reached"
	if o.Op == ">" || o.Op == ">=" {
		verb = "fell to"
	}
	noun = strings.TrimSuffix(strings.TrimSuffix(noun, " was"), " were")
	return noun + " " + verb + " " + exact(*f.observed, o) + " " + inWindow(*f.window)
}

// seen is what was seen of an objective's metric, short; empty when nothing was.
func seen(o configs.Objective, f finding) string {
	switch {
	case f.said.short != "":
		return f.said.short
	case f.observed == nil:
		return ""
	case f.window != nil && f.alike:
		return exact(*f.observed, o) + " in each " + words.Moment(o.Over.Seconds())
	case f.window != nil:
		return exact(*f.observed, o) + " " + inWindow(*f.window)
	}
	return exact(*f.observed, o)
}

// exact writes what was measured as it is written everywhere, but with as many digits
// more as it takes to tell it from the limit.
func exact(v float64, o configs.Objective) string {
	text := words.Measured(v, string(o.Unit))
	if v == o.Value || text != words.Measured(o.Value, string(o.Unit)) {
		return text
	}
	return given(v, o.Unit)
}

// given writes a figure with the digits that it was given with.
func given(v float64, unit configs.Unit) string {
	switch {
	case unit == configs.Seconds && v < 1:
		return words.Given(v*1e3) + " ms"
	case unit == configs.Seconds:
		return words.Given(v) + " s"
	case unit == configs.Ratio:
		return words.Given(v*100) + "%"
	case unit == configs.Hertz:
		return words.Asked(v)
	}
	return words.Given(v)
}
