package explain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// abandoned says how many visits were abandoned, where most of them, and why; nothing
// where none were.
func abandoned(r *reports.Report) []string {
	v := r.Visits
	if v == nil || v.Abandoned == 0 {
		return nil
	}
	text := fmt.Sprintf("of %s %s %s abandoned", words.Number(v.Begun, "visit"), words.Count(v.Abandoned), words.Either(v.Abandoned, "was", "were"))
	step := worstStep(v)
	which := "all"
	if n := step.Lost(); n < v.Abandoned {
		which = words.Count(n) + " of them"
	} else if n == 1 {
		which = "" // "1 was abandoned, at"
	}
	if which != "" {
		which += " "
	}
	return []string{fmt.Sprintf("%s, %sat %s (%s)", text, which, step.Request, lostTo(step))}
}

// worstStep is the step at which most visits were abandoned, the first of several.
func worstStep(v *reports.Visits) *reports.VisitStep {
	var worst *reports.VisitStep
	for k := range v.Kinds {
		for s := range v.Kinds[k].Steps {
			if one := &v.Kinds[k].Steps[s]; worst == nil || one.Lost() > worst.Lost() {
				worst = one
			}
		}
	}
	return worst
}

// Lost puts into words what came to the visits that were abandoned, at each step.
func Lost(r *reports.Report) {
	lostIn(r.Visits)
	for i := range r.Phases {
		lostIn(r.Phases[i].Visits)
	}
}

func lostIn(v *reports.Visits) {
	if v == nil {
		return
	}
	for k := range v.Kinds {
		for s := range v.Kinds[k].Steps {
			v.Kinds[k].Steps[s].Why = lostTo(&v.Kinds[k].Steps[s])
		}
	}
}

// lostTo says what came to the visits that were abandoned at a step: "502", or "55 × 502,
// 3 × no answer in time" where it was not the same for all.
func lostTo(s *reports.VisitStep) string {
	what := slices.SortedFunc(maps.Keys(s.Abandoned), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Abandoned[b], s.Abandoned[a]), cmp.Compare(a, b))
	})
	if len(what) == 1 {
		return classWord(what[0])
	}
	var list []string
	for i, w := range what {
		if i == statusesTold && len(what) > statusesTold+1 {
			rest := int64(0)
			for _, w := range what[i:] {
				rest += s.Abandoned[w]
			}
			list = append(list, words.Count(rest)+" × something else")
			break
		}
		list = append(list, words.Count(s.Abandoned[w])+" × "+classWord(w))
	}
	return strings.Join(list, ", ")
}

// classWord is what a class means, or the status itself.
func classWord(what string) string {
	for _, c := range classWords {
		if c.class == what {
			return c.words
		}
	}
	return what
}

// completed says that all visits were, behind what is said of their requests.
func completed(r *reports.Report) string {
	v := r.Visits
	if v == nil || v.Completed == 0 || v.Abandoned > 0 {
		return ""
	}
	text := " in " + words.Number(v.Completed, "completed visit")
	if v.CutOff > 0 {
		text += " and " + words.Count(v.CutOff) + " that the end cut off"
	}
	return text
}

// asking is a rate of requests as it was asked or would be: of a run of visits with that
// of its visits, each of which is taken to be completed.
func asking(r *reports.Report, hz float64) string {
	if steps := r.Visits.MeanSteps(); steps > 0 {
		return fmt.Sprintf("%s requests/s in %s visits/s", words.Given(hz), words.Given(hz/steps))
	}
	return words.Asked(hz)
}

// carrying is what a site carries: of a run of visits with how many of these that is.
func carrying(r *reports.Report, hz float64) string {
	if steps := r.Visits.MeanSteps(); steps > 0 {
		return fmt.Sprintf("%s requests/s, which are %s visits/s", strings.TrimSuffix(words.PerS(hz), "/s"), strings.TrimSuffix(words.PerS(hz/steps), "/s"))
	}
	return words.PerS(hz)
}

// offered is a rate of requests that was measured, with its unit where there are visits as well.
func offered(r *reports.Report, hz float64) string {
	if r.Visits != nil {
		return words.Given(hz) + " requests/s"
	}
	return words.Asked(hz)
}

// expired says that sessions were, and what to do.
func expired(r *reports.Report) []string {
	if r.Sessions == nil || r.Sessions.Expired == nil {
		return nil
	}
	e := r.Sessions.Expired
	return []string{words.Sentences([]string{e.Text, e.ToDo})}
}
