package ci

import (
	"fmt"
	"strings"
	"testing"
)

func TestAnnotations(t *testing.T) {
	want := []string{
		"::error file=load/checkout.yaml,line=22,title=checkout::hang: errors < 1%25: 57 of 80 requests failed",
		"::error file=load/checkout.yaml,line=23,title=checkout::hang: 504 < 1: seen 1",
		"::warning file=load/checkout.yaml,line=24,title=checkout::recovery: onset < 1s: could not be judged: no 502, 503 or 504 came after the fault",
	}
	told(t, OfRun(hang()), want...)
	told(t, OfRun(quiet()))
	told(t, OfRun(untouched()), "::warning title=checkout::the fault on payments (hang) touched no request: is the site configured to call 127.0.0.1:9901?")
	told(t, OfAudit(audited()), "::error title=checkout audit::mail has a timeout: no timeout within 30 s", "::warning title=checkout audit::search has a timeout: could not be told: not run: port taken")
}

func told(t *testing.T, s *Suite, want ...string) {
	t.Helper()
	var got []string
	for _, a := range Annotations(s) {
		got = append(got, a.String())
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A text that ends a command, or a property, does neither.
func TestAnnotationsAreOneLine(t *testing.T) {
	a := Annotation{Title: "a,b:c", Text: "50%\r\n::error::x", File: "x,line=9:y.yaml", Line: 3}
	if got, want := a.String(), "::error file=x%2Cline=9%3Ay.yaml,line=3,title=a%2Cb%3Ac::50%25 ::error::x"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for want, a := range map[string]Annotation{"::error::x": {Text: "x"}, "::warning file=a::x": {Warning: true, Text: "x", File: "a"}, "::error file=a,line=1::x": {Text: "x", File: "a", Line: 1},
		"::error title=t::x": {Text: "x", Title: "t", Line: 4}} {
		if got := a.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := data("a%\x00\u202eb"); got != "a%25b" {
		t.Errorf("got %q", got)
	}
}

// GitHub shows ten of a kind; the tenth says how many are not shown.
func TestTenAnnotationsOfAKind(t *testing.T) {
	for n, want := range map[int]int{9: 9, 10: 10, 11: 10, 30: 10} {
		r := hang()
		r.Objectives = r.Objectives[:0]
		for i := range n {
			missed := hang().Objectives[1]
			missed.Text = fmt.Sprint(i)
			unjudged := hang().Objectives[3]
			unjudged.Text = fmt.Sprint(i)
			r.Objectives = append(r.Objectives, missed, unjudged)
		}
		errors, warnings, last := 0, 0, Annotation{}
		for _, a := range Annotations(OfRun(r)) {
			if a.Warning {
				warnings++
			} else {
				errors, last = errors+1, a
			}
		}
		if errors != want || warnings != want {
			t.Errorf("of %d: %d errors and %d warnings", n, errors, warnings)
		}
		if more := fmt.Sprintf("and %d others like these", n-9); n > 10 && (!strings.HasPrefix(last.Text, more) || last.File != "" || last.Line != 0) {
			t.Errorf("of %d the last is %+v, and does not say %q", n, last, more)
		}
	}
}
