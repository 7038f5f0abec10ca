package judge

import (
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// quantileOf are the metrics that are quantiles of the response time of good answers.
var quantileOf = map[string]float64{"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1}

// scope is the phases that an objective speaks of, their hits together.
type scope struct {
	*measure.Tally
	chosen  []bool // by phase
	began   bool
	late    bool  // so many hits were sent late that the site got a burst that nobody asked for
	unsent  int64 // hits that were due and not sent
	seconds float64
	end     time.Duration // of the last of them
}

// cutShort says which of the phases the run did not reach the end of, if any.
// What was recorded of it may miss an objective, but cannot meet one: what the
// rest would have been, and the answers still awaited, nobody knows.
func cutShort(run *measure.Run, s scope) string {
	for i, p := range run.Manifest.Phases {
		if s.chosen[i] && measure.Outcome(run.Manifest) != reports.OutcomeComplete && run.End < time.Duration(p.EndNS) {
			return fmt.Sprintf("the run ended %s into phase %s", words.Moment(run.Lasted(i)), p.Name)
		}
	}
	return ""
}

// metric looks for the metric of o, which is not recovered, in the hits of s.
func metric(run *measure.Run, o configs.Objective, s scope) finding {
	if s.Sent == 0 {
		return finding{why: "no request was sent and waited for"}
	}
	switch o.Metric {
	case "errors":
		return share(o, s.Bad(), s.Sent)
	case "ok":
		return share(o, s.Ok, s.Sent)
	case "degraded":
		return share(o, s.Degraded, s.Sent)
	case "502", "503", "504":
		return share(o, s.Gateway[o.Metric[2]-'2'], s.Sent)
	case "rate": // good answers to the hits due in the phase, over its length
		return finding{observed: measure.PerSecond(s.Ok, s.seconds)}
	case "onset":
		return findOnset(run, o, s)
	}
	if s.Ok == 0 {
		return finding{why: fmt.Sprintf("not one good answer among %s", words.Number(s.Sent, "request"))}
	}
	return finding{observed: new(time.Duration(s.Response.Quantile(quantileOf[o.Metric])).Seconds())}
}

func share(o configs.Objective, part, whole int64) finding {
	if o.Unit == configs.Ratio {
		return finding{observed: measure.Ratio(part, whole)}
	}
	return finding{observed: new(float64(part))}
}

// scopeOf gathers the phase of that name, or, when name is empty, all that are no
// warm-up; of these only the hits of one request, if that has a name.
func scopeOf(run *measure.Run, name, request string) (s scope, why string) {
	s = scope{Tally: &measure.Tally{}, chosen: make([]bool, len(run.Manifest.Phases))}
	only := slices.Index(run.Manifest.Requests, request)
	if request != "" && only < 0 {
		return s, "there is no request " + request
	}
	found := false
	for i, p := range run.Manifest.Phases {
		if name != "" && p.Name != name {
			continue
		}
		found = true
		if p.Warmup {
			if name != "" {
				return s, "phase " + name + " is a warm-up, which is left out of every figure"
			}
			continue
		}
		s.chosen[i] = true
		if request == "" {
			s.Merge(run.Traffic.Of(i))
		} else {
			s.Merge(run.Traffic.OfRequest(i, only))
		}
		lack := run.Shortfall(i)
		s.late = s.late || lack.IsLate()
		s.unsent += lack.Dropped + lack.Generator + lack.Missing
		if seconds := run.Lasted(i); seconds > 0 {
			s.began = true
			s.seconds += seconds
		}
		s.end = max(s.end, time.Duration(p.EndNS))
	}
	switch {
	case !found && name != "":
		return s, "there is no phase " + name
	case !s.began && name != "":
		return s, "the run ended before phase " + name
	case !s.began:
		return s, "the run ended before a phase that is no warm-up"
	}
	return s, ""
}
