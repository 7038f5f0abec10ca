package ci

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Each form of each fixture is what a person has read.
func TestForms(t *testing.T) {
	for _, name := range []string{"hang", "untouched", "audit", "capacity", "comparison", "verified"} {
		s := suites()[name]
		for _, f := range Files(s) {
			golden(t, name+"."+f.Name, written(t, f.Write, s))
		}
	}
}

// Jenkins refuses a whole file over one attribute that its schema does not name.
func TestJUnitIsValid(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("not run: install libxml2-utils")
	}
	args := []string{"--noout", "--nonet", "--schema", "testdata/junit-10.xsd"}
	dir := t.TempDir()
	for name, s := range suites() {
		s.DurationS += 123456.78901
		path := filepath.Join(dir, name+".xml")
		if err := os.WriteFile(path, []byte(written(t, JUnit, s)), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	if out, err := exec.Command(xmllint, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A suite is red if and only if the run was: exit code 1 has a failure, a code beyond
// it an error, and 0 neither; and none is empty.
func TestSuiteIsRedAsTheRunWas(t *testing.T) {
	for name, s := range suites() {
		failed, errored := s.Count(Failed), s.Count(Errored)
		switch {
		case len(s.Cases) == 0:
			t.Errorf("%s has no case", name)
		case name == "empty": // a report that says nothing is not valid, whatever its exit code
			if errored != 1 {
				t.Errorf("an empty report has %d errors", errored)
			}
		case s.ExitCode == 0 && failed+errored > 0, s.ExitCode == 1 && failed == 0, s.ExitCode > 1 && errored == 0:
			t.Errorf("%s exited with %d, and has %d failures and %d errors", name, s.ExitCode, failed, errored)
		}
	}
}

// That the generator fell behind is told of a run that is red, and does not make red
// one whose objectives it can't have decided.
func TestGeneratorThatFellBehind(t *testing.T) {
	if got, want := OfRun(late()).Cases[0].Message, "the load generator did not do all that was asked; 3 of 200 requests were sent more than 100 ms late"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if c := OfRun(lateAndMet()).Cases[0]; c.State != Passed {
		t.Errorf("a run that exits with 0 has %+v", c)
	}
}

// What was measured must not be in the name by which CI knows a case again.
func TestNamesAreTheSameNextNight(t *testing.T) {
	tonight, next := hang(), hang()
	for i := range next.Objectives {
		next.Objectives[i].Observed, next.Objectives[i].OK, next.Objectives[i].Why = new(0.123), new(false), "another night"
	}
	next.DurationS, next.VerdictWhy, next.Faults[0].Exercised = 99, "another", false
	a, b := OfRun(tonight), OfRun(next)
	for i := range a.Cases {
		if a.Name != b.Name || a.Cases[i].Name != b.Cases[i].Name {
			t.Errorf("%q became %q", a.Cases[i].Name, b.Cases[i].Name)
		}
	}
	tonight.Objectives = append(tonight.Objectives, tonight.Objectives[0])
	twice := OfRun(tonight).Cases
	if got := twice[len(twice)-1].Name; got != "baseline: p99 < 300ms (2)" {
		t.Errorf("an objective that is there twice is called %q", got)
	}
}

// The suite leads to the first case that did not pass, and no case has a place of its
// own but in its text, which GitLab shows.
func TestJUnitSaysWhere(t *testing.T) {
	got := written(t, JUnit, OfRun(hang()))
	for _, want := range []string{`file="load/checkout.yaml">`, `<property name="line" value="22"></property>`, "57 of 80 requests failed&#xA;  at load/checkout.yaml:22</failure>"} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s in\n%s", want, got)
		}
	}
	if m := regexp.MustCompile(`<testcase [^>]*(file|line)=`).FindString(got); m != "" {
		t.Errorf("a case has a place: %s", m)
	}
	if m := regexp.MustCompile(`time="\d+\.\d{4,}"`).FindString(got); m != "" {
		t.Errorf("more than three decimals: %s", m)
	}
}

// Whatever a text holds, it is read back as it was, without what XML forbids.
func FuzzJUnit(f *testing.F) {
	f.Add("hang: errors < 1%", "57 of 80 & more")
	f.Add("]]></failure>\x00\r\n\t\ufffe", "\xff\u202e\U0001f600")
	f.Fuzz(func(t *testing.T, name, message string) {
		s := &Suite{Name: name, Summary: message, Cases: []Case{{Name: name, State: Failed, Message: message}}}
		var got junitSuites
		if err := xml.Unmarshal([]byte(written(t, JUnit, s)), &got); err != nil {
			t.Fatal(err)
		}
		c := got.Suite.Cases[0]
		for want, all := range map[string][]string{name: {got.Suite.Name, c.Class, c.Name}, message: {c.Failure.Message, c.Failure.Text}} {
			if name == message {
				all = append(all, c.Failure.Text)
			}
			for _, text := range all {
				if want := permitted(want); text != want {
					t.Errorf("%q became %q", want, text)
				}
			}
		}
	})
}

// permitted leaves out what XML 1.0 forbids: controls but tab and ends of lines,
// surrogates, the last two characters of the first plane; and what is no UTF-8.
func permitted(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		bad := r == utf8.RuneError && size == 1 || r < 0x20 && !unicode.IsSpace(r) || r == '\v' || r == '\f' || r == 0xfffe || r == 0xffff
		if !bad {
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}

// The borders of what XML 1.0 can hold: its production Char.
func TestWhatXMLCanHold(t *testing.T) {
	in := "\x00\x08\t\n\v\r\x0e\x1f \ud7ff\ue000\ufffd\ufffe\uffff\U00010000\U0010ffff\xed\xa0\x80\xff"
	if got, want := allowed(in), "\t\n\r \ud7ff\ue000\ufffd\U00010000\U0010ffff"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Of a place only the file may be known.
func TestPlaces(t *testing.T) {
	for want, c := range map[string]Case{"": {}, "a.yaml": {File: "a.yaml"}, "a.yaml:1": {File: "a.yaml", Line: 1}} {
		if got := place(c); got != want {
			t.Errorf("%+v is at %q", c, got)
		}
	}
	if got := (Case{Message: "m", File: "a.yaml"}).reason().Text; got != "m\n  in a.yaml" {
		t.Errorf("got %q", got)
	}
	for _, s := range []*Suite{OfRun(quiet()), OfAudit(audited())} {
		if file, line := s.Place(); file != "" || line != 0 {
			t.Errorf("%s is at %s:%d, which nobody knows", s.Name, file, line)
		}
	}
	if file, line := OfRun(lateAndMet()).Place(); file != "load/checkout.yaml" || line != 21 {
		t.Errorf("a run that is green is at %s:%d", file, line)
	}
}
