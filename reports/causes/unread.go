package causes

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// unread is what is not known of the site's logs: their lines that could not be
// read, which may be of anything. That a log says nothing of errors can be said
// only where there was no such line around them, and the log was there.
type unread map[journal.Source]*gaps

type gaps struct {
	lines   logLines // that could not be read
	foreign logLines // of another log: a container has one stream for all
	read    int64    // others
	lost    int64    // when the log was lost, a second; valid if gone
	gone    bool
}

// add takes in what a log said, n lines in that second.
func (u unread) add(o journal.Observation, second, n int64) {
	g := get(u, o.Source)
	switch o.Kind {
	case journal.Unparsed:
		g.lines.add(second, n, o.Text)
	case journal.Lost:
		if !g.gone || second < g.lost {
			g.lost, g.gone = second, true
		}
	case journal.Foreign:
		g.foreign.add(second, n, o.Text)
	case journal.Skew:
	default:
		g.read += n
	}
}

// around says why a log's silence about the errors of an onset tells nothing;
// empty when it was read all the while.
func (u unread) around(source journal.Source, o *measure.Onset) string {
	g := u[source]
	if g == nil {
		return ""
	}
	lines := g.unread()
	n, from, to := sumOf(lines.during(o)), words.Moment(o.At.Seconds()), words.Moment(o.Last.Seconds())
	switch {
	case n > 0:
		return fmt.Sprintf("%s has %s from %s to %s that could not be read: they may be these", source, words.Number(n, "line"), from, to)
	case g.gone && g.lost <= int64(o.Last.Seconds()):
		return fmt.Sprintf("%s was lost at %s: what it would have said is not known", source, words.Moment(float64(g.lost)))
	}
	return ""
}

// unread are the lines that could not be read. Another log's are among them where
// there was none of its own: then it may be the wrong log.
func (g *gaps) unread() *logLines {
	if g.read > 0 || g.foreign.n == 0 {
		return &g.lines
	}
	all := logLines{perSecond: maps.Clone(g.foreign.perSecond), n: g.foreign.n + g.lines.n, text: g.foreign.text}
	for second, n := range g.lines.perSecond {
		all.perSecond[second] += n
	}
	return &all
}

// hints say what to do about a log that is not read.
var hints = map[journal.Source]string{
	journal.NginxErrorLog:  "is it nginx's own error log?",
	journal.NginxAccessLog: "have nginx write the combined format, or JSON",
	journal.PHPAccessLog:   "set its format to the pool's access.format",
	journal.PHPSlowLog:     "is it php-fpm's slow log?",
}

// doubts are the logs that were mostly not read, with a line of each.
func (u unread) doubts() (list []string) {
	for _, source := range slices.Sorted(maps.Keys(u)) {
		g := u[source]
		lines := g.unread()
		if lines.n <= g.read {
			continue
		}
		hint := hints[source]
		if hint == "" {
			hint = "is it the log that its key says?"
		}
		list = append(list, fmt.Sprintf("%s: %s could not be read, such as “%s”: %s", source, words.Number(lines.n, "line"), lines.text, hint))
	}
	return list
}
