package ci

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The elements of JUnit's XML as Jenkins' junit-10.xsd has them. It knows no line:
// that of the suite is a property, and stands in each message's text as file:line,
// where readers such as action-junit-report look for it.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string           `xml:"name,attr"`
		Tests      int              `xml:"tests,attr"`
		Failures   int              `xml:"failures,attr"`
		Errors     int              `xml:"errors,attr"`
		Skipped    int              `xml:"skipped,attr"`
		Time       string           `xml:"time,attr"`
		Timestamp  string           `xml:"timestamp,attr,omitempty"`
		File       string           `xml:"file,attr,omitempty"`
		Properties *junitProperties `xml:"properties"`
		Cases      []junitCase      `xml:"testcase"`
		Out        string           `xml:"system-out,omitempty"`
	}
	junitProperties struct {
		List []junitProperty `xml:"property"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Time    string       `xml:"time,attr"`
		Failure *junitReason `xml:"failure"`
		Error   *junitReason `xml:"error"`
		Skipped *junitReason `xml:"skipped"`
	}
	junitReason struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes s as JUnit's XML, valid by Jenkins' junit-10.xsd. Class and name of a
// case, by which CI knows it again, hold nothing measured. All of the time is that
// of the first case, the run itself: objectives take none, and some readers add up.
func JUnit(w io.Writer, s *Suite) error {
	suite := junitSuite{Name: allowed(s.Name), Tests: len(s.Cases), Failures: s.Count(Failed), Errors: s.Count(Errored), Skipped: s.Count(Skipped),
		Time: junitTime(s.DurationS), Out: allowed(s.Summary)}
	if !s.Started.IsZero() {
		suite.Timestamp = s.Started.UTC().Format("2006-01-02T15:04:05")
	}
	file, line := s.Place()
	suite.File = allowed(file)
	if line > 0 {
		suite.Properties = &junitProperties{[]junitProperty{{"line", strconv.Itoa(line)}}}
	}
	for i, c := range s.Cases {
		k := junitCase{Class: allowed(s.Name), Name: allowed(c.Name), Time: junitTime(0)}
		if i == 0 {
			k.Time = suite.Time
		}
		switch c.State {
		case Failed:
			k.Failure = c.reason()
		case Errored:
			k.Error = c.reason()
		case Skipped:
			k.Skipped = c.reason()
		}
		suite.Cases = append(suite.Cases, k)
	}
	text, err := xml.MarshalIndent(junitSuites{Suite: suite}, "", "  ")
	if err != nil {
		return fmt.Errorf("write junit.xml: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

// reason says why a case did not pass, in the attribute and again in the text, which
// is all that GitLab reads.
func (c Case) reason() *junitReason {
	text := c.Message
	switch {
	case c.File != "" && c.Line > 0:
		text += fmt.Sprintf("\n  at %s:%d", c.File, c.Line)
	case c.File != "":
		text += "\n  in " + c.File
	}
	kind := map[State]string{Failed: "missed", Errored: "not judged", Skipped: "can't tell"}[c.State]
	return &junitReason{Message: allowed(c.Message), Type: kind, Text: allowed(text)}
}

// junitTime writes seconds with three decimals, which is the most that Jenkins takes.
func junitTime(seconds float64) string { return strconv.FormatFloat(max(seconds, 0), 'f', 3, 64) }

// allowed leaves out what XML 1.0 can't hold, which is what its production Char does
// not name, and bytes that are no UTF-8.
func allowed(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r', r >= 0x20 && r <= 0xd7ff, r >= 0xe000 && r <= 0xfffd, r >= 0x10000 && r <= utf8.MaxRune:
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, ""))
}
