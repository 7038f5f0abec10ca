package judge

import (
	"fmt"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// tellExpired puts into words that lent sessions expired. That says nothing of how the
// site carries its load, so an objective that was missed mostly for it is not judged.
func tellExpired(r *reports.Report) {
	if r.Sessions == nil || r.Sessions.Expired == nil {
		return
	}
	e := r.Sessions.Expired
	e.Text, e.ToDo = expiredText(e, r.Sessions.Count), "let sessions live longer than the run on the site, or make the run shorter; what was asked with them from then on says nothing of the load"
	if e.Under != "" {
		e.ToDo = "where the site keeps its sessions in " + e.Under + ", or asks it who is logged in, the fault did this; else let them live longer than the run"
		return
	}
	if mostlyExpired(r) {
		for i := range r.Objectives {
			excuse(&r.Objectives[i], r, e)
		}
	}
}

// expiredText is "61 answers were 401 after their sessions had been accepted: 12 of 50
// sessions expired, the first about 40 s into the run; 58 visits were abandoned for it".
func expiredText(e *reports.Expired, sessions int64) string {
	var kinds []string
	for _, kind := range []struct{ key, words string }{{"401", "401"}, {"403", "403"}, {"login", "led to the login"}} {
		if e.Kinds[kind.key] > 0 {
			kinds = append(kinds, kind.words)
		}
	}
	what := "expired"
	if e.Under != "" {
		what = words.Either(e.Sessions, "was", "were") + " no longer accepted"
	}
	text := fmt.Sprintf("%s %s %s after %s had been accepted: %s of %s %s, the first about %s into the run",
		words.Number(e.Answers, "answer"), words.Either(e.Answers, "was", "were"), words.Or(kinds), words.Either(e.Sessions, "its session", "their sessions"),
		words.Count(e.Sessions), words.Number(sessions, "session"), what, words.Moment(e.FirstS))
	if e.Under != "" {
		text += ", while a fault on " + e.Under + " was in force"
	}
	if e.Visits > 0 {
		text += fmt.Sprintf("; %s %s abandoned for it", words.Number(e.Visits, "visit"), words.Either(e.Visits, "was", "were"))
	}
	return text
}

// expiredWords are the reasons why a run whose sessions expired did not test what was asked for.
func expiredWords(r *reports.Report) []string {
	if r.Sessions == nil || r.Sessions.Expired == nil || r.Sessions.Expired.Under != "" {
		return nil
	}
	return []string{words.Sentences([]string{r.Sessions.Expired.Text, r.Sessions.Expired.ToDo})}
}

// mostlyExpired reports whether most of what was not answered well was not for that reason.
func mostlyExpired(r *reports.Report) bool {
	return 2*r.Sessions.Expired.Answers >= r.Total.Bad()
}

// excuse takes back that an objective was missed where answers that asked for a login were counted.
func excuse(o *reports.Objective, r *reports.Report, e *reports.Expired) {
	if o.OK == nil || *o.OK || o.Unit != "ratio" && o.Unit != "count" {
		return
	}
	i := slices.IndexFunc(r.Phases, func(p reports.Phase) bool { return p.Name == o.Phase })
	if i >= 0 && r.Phases[i].EndS < e.FirstS {
		return
	}
	o.OK, o.Why = nil, "sessions expired in mid-run, and most of what failed asked for a login"
}
