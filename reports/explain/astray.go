package explain

import (
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// astray says which requests were never answered with what was asked for: whatever
// else is said is of another page. Of many the first is told whole.
func astray(r *reports.Report) []string {
	if len(r.Astray) == 0 {
		return nil
	}
	first := r.Astray[0]
	list := []string{words.Sentences([]string{first.Text, first.ToDo})}
	if more := r.Astray[1:]; len(more) > 0 {
		var names []string
		for _, a := range more {
			names = append(names, a.Request)
		}
		list = append(list, "nor was what came for "+words.Join(names)+" what was asked for")
	}
	return list
}

// onlyAstray reports whether all that was sent was answered with something else, and
// nothing else happened that could be told of.
func onlyAstray(r *reports.Report) bool {
	if len(r.Astray) == 0 || len(r.Faults) > 0 || len(r.Onset) > 0 {
		return false
	}
	for _, p := range r.Phases {
		for _, sent := range p.Requests {
			if !slices.ContainsFunc(r.Astray, func(a reports.Astray) bool { return a.Request == sent.Name && a.Failed == 0 }) {
				return false
			}
		}
	}
	return true
}
