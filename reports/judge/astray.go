package judge

import (
	"fmt"
	"strconv"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// tellAstray puts into words which requests were never answered with what was asked
// for, and what to do about each.
func tellAstray(r *reports.Report) {
	for i := range r.Astray {
		a := &r.Astray[i]
		a.Text, a.ToDo = astrayText(a, len(r.Faults) > 0), astrayToDo(a)
	}
}

// AstrayWords are the reasons why a run did not test what was asked for; none when it did.
func AstrayWords(r *reports.Report) (all []string) {
	for _, a := range r.Astray {
		all = append(all, words.Sentences([]string{a.Text, a.ToDo}))
	}
	return all
}

// astrayText is "all 24 answers to checkout were 302 to /login: was it logged in?"
func astrayText(a *reports.Astray, faults bool) string {
	which := "all " + words.Count(a.Answers) + " answers to " + a.Request
	if faults {
		which += " before the first fault"
	}
	if a.Failed > 0 {
		which += " that were no failures"
	}
	codes := make([]string, len(a.Codes))
	for i, code := range a.Codes {
		codes[i] = strconv.Itoa(code)
	}
	were := words.Or(codes)
	to := a.To
	if a.Others {
		to += " and other places"
	}
	switch {
	case to == "":
	case a.Codes[0]/100 == 3:
		were += " to " + to
	default: // redirects were followed
		were += " from " + to + ", a login page"
	}
	question := "was it logged in?"
	switch {
	case !a.Login && a.Codes[0]/100 == 3:
		question = "did you mean that page?"
	case a.Codes[0] == 403:
		question = "is it allowed, or was it logged in?"
	}
	return fmt.Sprintf("%s were %s: %s", which, were, question)
}

func astrayToDo(a *reports.Astray) string {
	switch code := a.Codes[0]; {
	case a.Login:
		return words.ToLogIn(a.Credentials)
	case code/100 == 3:
		return words.ToRedirected(code)
	default:
		return words.ToBeLetIn(code, a.Credentials)
	}
}
