package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/words"
)

// progress shows how far a command is: one line that is rewritten on a terminal;
// elsewhere, as in a log, a line when something begins or ends, and one at least
// every ten seconds.
type progress struct {
	w     io.Writer
	name  string
	live  bool
	part  string         // of the command, such as "dependency 2 of 3"; "" when it has one only
	trial bool           // a part's beginnings are not worth a line each
	said  time.Time      // when the last line was written
	onset *harness.Onset // that has been told
	told  bool           // it was said that sessions are being logged in
}

func newProgress(w io.Writer, name string) *progress {
	return &progress{w: w, name: name, live: isTerminal(w), said: time.Now()}
}

// sayEvery leaves a second for the next call to come in, so that a log has a line
// at least every ten.
const sayEvery = 9 * time.Second

// eraseLine goes to the line's start and clears it (ECMA-48 EL).
const eraseLine = "\r\x1b[2K"

// begin says that a part of the command begins, in a line of its own in a log.
func (p *progress) begin(part, what string) {
	p.part, p.onset, p.told = part, nil, false
	if !p.live && !p.trial {
		p.say("", part+": "+what)
	}
}

// show shows how far a run is.
func (p *progress) show(s harness.Status) {
	if s.LoggingIn != nil {
		p.loggingIn(s.LoggingIn)
		return
	}
	if p.live {
		p.rewrite(liveParts(s, p.part, p.name))
		return
	}
	for _, n := range p.news(s) {
		p.say(moment(n.at), n.text)
	}
	if time.Since(p.said) >= sayEvery {
		parts := []string{phaseWords(s), faultWords(s.Faults), countWords(s)}
		p.say(moment(s.Elapsed.Round(time.Second)), strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ": "))
	}
}

// soon is how long what comes before a run may take without a word in a log.
const soon = 2 * time.Second

// loggingIn shows how many sessions are logged in before a run.
func (p *progress) loggingIn(l *harness.LoggingIn) {
	text := fmt.Sprintf("logging in: %d of %s", l.Done, words.Number(int64(l.Of), "session"))
	takes := ""
	if l.Takes > soon {
		takes = fmt.Sprintf(", which takes at least %s", words.Span(l.Takes.Round(time.Second).Seconds()))
	}
	switch {
	case p.live:
		p.rewrite([]part{{text + takes, 0}, {p.part, 1}, {p.name, 2}})
	case p.trial:
	case l.Done == 0 && takes != "" && !p.told:
		p.say("", fmt.Sprintf("logging in %s before the run%s", words.Number(int64(l.Of), "session"), takes))
		p.told = true
	case l.Done == l.Of && p.told:
		p.say("", words.Number(int64(l.Of), "session")+words.Either(int64(l.Of), " is", " are")+" logged in")
		p.told = false
	case time.Since(p.said) >= sayEvery:
		p.say("", text)
	}
}

// wait shows that the site is not well yet, before the next part.
func (p *progress) wait(waited, atMost time.Duration) {
	text := fmt.Sprintf("waiting until the site is well again, for %s of at most %s", words.Span(waited.Round(time.Second).Seconds()), words.Span(atMost.Seconds()))
	switch {
	case p.live:
		p.rewrite([]part{{text, 0}, {p.part, 1}, {p.name, 2}})
	case time.Since(p.said) >= sayEvery:
		p.say("", text)
	}
}

// moment is when a line's news was, before it.
func moment(at time.Duration) string { return fmt.Sprintf("%7s  ", words.Moment(at.Seconds())) }

// say writes a line that stays.
func (p *progress) say(before, text string) {
	p.said = time.Now()
	p.clear()
	fmt.Fprint(p.w, words.Paragraph(before, strings.Repeat(" ", len(before)+2), text, p.width()))
}

// rewrite writes the line of a terminal anew.
func (p *progress) rewrite(parts []part) {
	fmt.Fprint(p.w, eraseLine, fitting(parts, p.width()-1))
}

// clear takes the line of a terminal away.
func (p *progress) clear() {
	if p.live {
		fmt.Fprint(p.w, eraseLine)
	}
}

// width is the terminal's: a line that wraps could not be erased.
func (p *progress) width() int { return columnsOf(p.w) }

// columnsOf is how wide lines for w may be: a terminal's width, or else what any has.
func columnsOf(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return words.Columns
}

// news is something that began or ended.
type news struct {
	at   time.Duration
	text string
}

// news is what did since the status before; nothing of a trial.
func (p *progress) news(s harness.Status) (list []news) {
	if p.trial {
		return nil
	}
	for _, b := range s.Began {
		list = append(list, news{b.At, "phase " + b.Phase})
	}
	for _, e := range s.Changes {
		how := map[journal.EventKind]string{journal.FaultApplied: " begins", journal.FaultLifted: " is lifted"}[e.Kind]
		list = append(list, news{time.Duration(e.AtNS), faultName(e.Fault.Dependency, e.Fault.Kind) + how})
	}
	if o := s.Onset; o != nil && o != p.onset {
		text := fmt.Sprintf("first %d", o.Code)
		if f := o.Fault; f != nil {
			text += fmt.Sprintf(", %s after %s began", words.Span(f.After.Seconds()), faultName(f.Dependency, f.Kind))
		}
		list, p.onset = append(list, news{o.At, text}), o
	}
	slices.SortStableFunc(list, func(x, y news) int { return cmp.Compare(x.at, y.at) })
	return list
}

// part is one of the things that a line tells, dropped the sooner the higher rank is.
type part struct {
	text string
	rank int
}

// liveParts are those of a run, in the order in which they are read.
func liveParts(s harness.Status, of, name string) []part {
	onset := ""
	if o := s.Onset; o != nil && o.Fault != nil {
		onset = fmt.Sprintf("%d after %s", o.Code, words.Span(o.Fault.After.Seconds()))
	} else if o != nil {
		onset = fmt.Sprintf("%d since %s", o.Code, words.Moment(o.At.Seconds()))
	}
	elapsed := fmt.Sprintf("%s of %s", min(s.Elapsed, s.Total).Round(time.Second), s.Total.Round(time.Second))
	return []part{{elapsed, 0}, {of, 4}, {phaseWords(s), 5}, {faultWords(s.Faults), 2}, {countWords(s), 1}, {onset, 3}, {name, 6}}
}

// fitting joins as many parts as fit into a line; none is cut.
func fitting(parts []part, width int) string {
	for {
		var texts []string
		last := -1
		for i, one := range parts {
			if one.text == "" {
				continue
			}
			texts = append(texts, one.text)
			if last < 0 || one.rank > parts[last].rank {
				last = i
			}
		}
		line := strings.Join(texts, "  ")
		if utf8.RuneCountInString(line) <= width || last < 0 {
			return line
		}
		parts = slices.Delete(slices.Clone(parts), last, last+1)
	}
}

func phaseWords(s harness.Status) string {
	return cmp.Or(s.Phase, "waiting for the last answers")
}

func faultWords(faults []journal.Fault) string {
	var names []string
	for _, f := range faults {
		names = append(names, faultName(f.Dependency, f.Kind))
	}
	return words.Join(names)
}

func faultName(dependency, kind string) string {
	return dependency + " " + strings.ReplaceAll(kind, "_", " ")
}

// countWords says what came of the requests so far: 80 ok, 12 × 502, 4 waiting.
func countWords(s harness.Status) string {
	parts := []string{words.Count(s.OK) + " ok"}
	for _, name := range slices.SortedFunc(maps.Keys(s.Bad), func(x, y string) int { return cmp.Or(cmp.Compare(s.Bad[y], s.Bad[x]), cmp.Compare(x, y)) }) {
		parts = append(parts, words.Count(s.Bad[name])+" × "+name)
	}
	return strings.Join(append(parts, words.Count(s.Waiting)+" waiting"), ", ")
}
