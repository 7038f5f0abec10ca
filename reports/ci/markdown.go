package ci

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// The limits of a summary. GitHub takes comments of fewer than 65,536 characters;
// a person takes a screen.
const (
	maxSummary = 65_000 // bytes, and so characters too
	maxRows    = 20     // of a table
	maxText    = 600    // characters of one text
)

// Markdown writes s as a summary for a pull request, a job's page or a ticket: what
// came of it, its checks, its tables, what to do and where the page is. It is below
// 65,536 characters whatever s holds, and nothing in s can leave its place in it.
func Markdown(w io.Writer, s *Suite) error {
	m := &summary{}
	m.line("## " + text(s.Verdict) + ": " + text(s.Name))
	if s.Summary != "" {
		m.line(paragraph(s.Summary))
	}
	for _, c := range s.Cases {
		if c.Whole && c.State == Errored && !strings.Contains(strings.ToLower(plain(s.Summary)), strings.ToLower(plain(c.Message))) {
			m.line("**It can't be relied on:** " + text(c.Message))
		}
	}
	m.checks(s)
	for _, t := range s.Tables {
		m.table(t)
	}
	m.advice(s.Advice)
	m.line(ending(s))
	_, err := io.WriteString(w, m.String())
	return err
}

// summary is Markdown being written, in blocks with an empty line between them.
type summary struct {
	strings.Builder
	cut bool
}

const cutNote = "*Cut here: the rest is on the page.*\n"

// line adds a block, if there is room for it; after the first that had none there is
// only a note, so that no table or list is torn.
func (m *summary) line(block string) {
	switch {
	case m.cut:
	case m.Len()+len(block)+len(cutNote)+2 > maxSummary:
		m.cut = true
		m.WriteString("\n" + cutNote)
	case m.Len() > 0:
		m.WriteString("\n" + block + "\n")
	default:
		m.WriteString(block + "\n")
	}
}

// checks writes the objectives, those that were not met first.
func (m *summary) checks(s *Suite) {
	t := Table{Head: []string{"", "objective", "seen", "where"}, More: "junit.xml"}
	for _, order := range []State{Failed, Errored, Passed} {
		for _, c := range s.Cases {
			if c.State == order && !c.Whole && !c.Tabled {
				t.Rows = append(t.Rows, []string{marks[order], c.Name, cmp.Or(c.Message, c.Seen), place(c)})
			}
		}
	}
	m.table(t)
}

// marks say what came of a check, in words: a sign could be missed, or misread.
var marks = map[State]string{Passed: "met", Failed: "MISSED", Errored: "not judged"}

// place is where a check was asked.
func place(c Case) string {
	if c.File != "" && c.Line > 0 {
		return fmt.Sprintf("%s:%d", c.File, c.Line)
	}
	return c.File
}

// table writes a table, without columns that hold nothing in any row.
func (m *summary) table(t Table) {
	if len(t.Rows) == 0 {
		return
	}
	var b strings.Builder
	if t.Title != "" {
		b.WriteString("**" + text(t.Title) + "**\n\n")
	}
	shown := columns(t)
	row := func(cells []string) {
		for _, i := range shown {
			b.WriteString("| " + text(cells[i]) + " ")
		}
		b.WriteString("|\n")
	}
	row(t.Head)
	b.WriteString(strings.Repeat("|---", len(shown)) + "|\n")
	for i, cells := range t.Rows {
		if i == maxRows {
			fmt.Fprintf(&b, "\nand %s more, in %s\n", words.Count(int64(len(t.Rows)-maxRows)), text(t.More))
			break
		}
		row(cells)
	}
	m.line(strings.TrimSuffix(b.String(), "\n"))
}

// columns are those in which a row of t says something.
func columns(t Table) (shown []int) {
	for i := range t.Head {
		for _, row := range t.Rows {
			if row[i] != "" && row[i] != unknown {
				shown = append(shown, i)
				break
			}
		}
	}
	return shown
}

// advice writes what to do, each with the figure that backs it.
func (m *summary) advice(list []reports.Advice) {
	if len(list) == 0 {
		return
	}
	lines := []string{"**What to do**\n"}
	for _, a := range list[:min(len(list), maxRows)] {
		line := "- " + paragraph(words.Capital(plain(a.Text)))
		if a.Because != "" {
			line += " (" + text(a.Because) + ")"
		}
		lines = append(lines, line)
	}
	m.line(strings.Join(lines, "\n"))
}

// ending says where the whole is, and which run it was.
func ending(s *Suite) string {
	what := []string{"exit code " + fmt.Sprint(s.ExitCode)}
	if s.DurationS > 0 {
		what = append(what, "took "+words.Lasted(s.DurationS))
	}
	if !s.Started.IsZero() {
		what = append(what, "began "+s.Started.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if s.Tool != "" {
		what = append(what, "tailback "+text(s.Tool))
	}
	return "The page with all of it is `" + s.Page + "`, in the folder that CI keeps as an artifact: open it in a browser, it needs no network.\n\n<sub>" + strings.Join(what, " · ") + "</sub>"
}
