// Package explain puts a report into sentences: its summary, what to do, and what
// the run could not tell. It is given a report and nothing else, so that every
// sentence stands on what its reader has too.
package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// Summary says what the run showed, why, and which timeout would help: a headline
// of at most three plain sentences, and what else there is to say. What spoils the
// figures comes first: a run cut short, a generator that failed, or why nothing
// could be concluded.
func Summary(r *reports.Report) (headline string, details []string) {
	if onlyAstray(r) && r.Outcome == reports.OutcomeComplete && r.Fidelity.OK {
		return parted(ranked(happened, astray(r)...))
	}
	all := slices.Concat(ranked(happened, judged(r)...), body(r))
	if !r.Fidelity.OK {
		all[0].text = "the load generator could not do all that was asked (" + r.Fidelity.Why + "), so some of this may be its own doing: " + all[0].text
	}
	switch at := words.Lasted(r.DurationS); r.Outcome {
	case reports.OutcomeComplete:
	case reports.OutcomeInterrupted:
		all[0].text = "interrupted after " + at + bracketed(r.OutcomeWhy) + ": " + all[0].text
	case reports.OutcomeAborted:
		all = slices.Insert(all, 0, sentence{"stopped after " + at + " by " + r.OutcomeWhy, happened})
	case reports.OutcomeKilled:
		all[0].text = "killed after about " + at + ": " + all[0].text
	default:
		all[0].text = "cut short after " + at + bracketed(r.OutcomeWhy) + ": " + all[0].text
	}
	return parted(slices.Concat(ranked(happened, astray(r)...), ranked(happened, expired(r)...), all))
}

// judged says why the verdict is what it is, where the course of the run does not:
// why nothing could be concluded, or which objectives a site missed that answered
// every request well.
func judged(r *reports.Report) []string {
	switch {
	case r.Outcome != reports.OutcomeComplete || !r.Fidelity.OK || r.Total.Sent == 0:
		return nil // that is told anyway
	case r.Verdict == reports.Inconclusive && r.VerdictWhy != "" && len(r.Astray) == 0 && len(expired(r)) == 0: // which are told first
		return []string{r.VerdictWhy}
	case r.Verdict == reports.Fail && r.Total.Bad() == 0:
		return []string{missed(r)}
	}
	return nil
}

// missed names the objectives that were missed.
func missed(r *reports.Report) string {
	var list []string
	for _, o := range r.Objectives {
		if o.OK == nil || *o.OK {
			continue
		}
		text := o.Text
		switch {
		case o.Seen != "":
			short, _, _ := strings.Cut(o.Seen, " (") // its interval stands beside the objective
			text += " (seen " + short + ")"
		case o.Observed != nil:
			text += " (seen " + words.Measured(*o.Observed, o.Unit) + ")"
		}
		list = append(list, text)
	}
	n, total := int64(len(list)), int64(len(r.Objectives))
	if n == total {
		return words.Either(n, "the objective was", "every objective was") + " missed: " + words.Join(list)
	}
	return fmt.Sprintf("%d of %s %s missed: %s", n, words.Number(total, "objective"), words.Either(n, "was", "were"), words.Join(list))
}

// body is the sentences, the one on what happened first.
func body(r *reports.Report) []sentence {
	all := &r.Total
	switch {
	case all.Sent == 0 && len(all.Classes) > 0:
		return ranked(happened, "no request was sent and waited for")
	case all.Sent == 0:
		return ranked(happened, "no request was sent")
	case all.OK == 0:
		return ranked(happened, fmt.Sprintf("not one of %s was answered well (%s)%s", words.Number(all.Sent, "request"), failures(all), after(": ", explainFirst(r))))
	case len(r.Faults) == 0:
		return slices.Concat(ranked(happened, plain(r, all)), ranked(happened, abandoned(r)...), ranked(because, slow(r)...), inTurn(r))
	}
	story, dependency := underFaults(r)
	return slices.Concat(told(story, ranked(happened, abandoned(r)...)), remedies(r, dependency), inTurn(r))
}

// told puts more right behind what happened first.
func told(story, more []sentence) []sentence {
	at := slices.IndexFunc(story, func(s sentence) bool { return s.rank == happened }) + 1
	return slices.Insert(story, at, more...)
}

// after puts between and text together, if there is a text.
func after(between, text string) string {
	if text == "" {
		return ""
	}
	return between + text
}

// bracketed puts text in brackets, if there is one.
func bracketed(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// explainFirst says why the first gateway error came.
func explainFirst(r *reports.Report) string {
	if len(r.Onset) == 0 {
		return ""
	}
	return explain(r, &r.Onset[0])
}

// plain tells of a run without faults.
func plain(r *reports.Report, t *reports.Traffic) string {
	if t.Bad() == 0 {
		return fmt.Sprintf("all %s%s were answered well%s, half of them within %s and 99%% within %s",
			words.Number(t.Sent, "request"), completed(r), degraded(t), words.Span(*t.ResponseS.P50), words.Span(*t.ResponseS.P99))
	}
	failed := fmt.Sprintf("%s of %s failed (%s: %s)", words.Count(t.Bad()), words.Number(t.Sent, "request"), words.Percent(badShare(t)), failures(t))
	if len(r.Onset) == 0 {
		return failed
	}
	o := r.Onset[0]
	if i := slices.IndexFunc(r.Onset, func(o reports.Onset) bool { return o.Cause == reports.SelfDeadlock }); i >= 0 {
		o = r.Onset[i] // no rate mends it
	}
	if c := r.Pool.CapacityHz; o.Cause == reports.QueueFull && c != nil && o.RateHz != nil && *o.RateHz > c.Low {
		return fmt.Sprintf("the site carries %s; asked %s, %s, from %s into the run on%s",
			carrying(r, c.Value), offered(r, *o.RateHz), failed, words.Moment(o.FirstS), after(": ", explain(r, &o)))
	}
	return fmt.Sprintf("%s; %s began %s into the run%s%s", failed, what(&o), words.Moment(o.FirstS), rate(r, &o), after(": ", explain(r, &o)))
}

// slow says why good answers were slow, where no fault was played.
func slow(r *reports.Report) []string {
	var list []string
	said := map[reports.Cause]bool{}
	for _, s := range r.Slowdowns {
		why := map[reports.Cause]string{reports.Queueing: "requests queued for workers", reports.Contention: "each request took longer the more there were at once"}[s.Cause]
		if why == "" || said[s.Cause] || s.Confidence == nil || *s.Confidence < reports.Sure {
			continue
		}
		said[s.Cause] = true
		list = append(list, fmt.Sprintf("Answers were slow from %s on: %s", words.Moment(s.FromS), why))
	}
	return list
}

// what are the errors of an onset, as its subject.
func what(o *reports.Onset) string {
	if o.Code == 0 {
		return strings.ReplaceAll(o.Class, "_", " ") + "s"
	}
	return fmt.Sprintf("%ds", o.Code)
}

// rate says at which rate an onset came, when that is known.
func rate(r *reports.Report, o *reports.Onset) string {
	if o.RateHz == nil {
		return ""
	}
	if steps := r.Visits.MeanSteps(); steps > 0 {
		return " at " + words.Given(*o.RateHz/steps) + " visits/s"
	}
	return " at " + words.Given(*o.RateHz) + " requests/s"
}

// degraded says which part of the good answers served less, if any did.
func degraded(t *reports.Traffic) string {
	if t.Degraded == 0 {
		return ""
	}
	return ", " + words.Percent(float64(t.Degraded)/float64(t.OK)) + " of them degraded"
}

// badShare is the part of the requests that was not answered well, 0..1.
func badShare(t *reports.Traffic) float64 { return float64(t.Bad()) / float64(t.Sent) }
