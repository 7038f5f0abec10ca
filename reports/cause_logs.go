package reports

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// siteLogs are the site's logs by second, and what is wrong with them.
type siteLogs struct {
	a      *run
	errors map[journal.Kind]*logLines // of nginx's error log
	access map[journal.Source]*accessLog
	given  bool // an error log was given, or has spoken
	doubts []string
}

// logLines are lines of one meaning.
type logLines struct {
	perSecond map[int64]int64
	n         int64
	text      string
}

// accessLog is an access log: its requests by second, all of them and by status.
type accessLog struct {
	all   logLines
	codes map[int32]*logLines
	idle  int64 // requests of 1 s or more that hardly computed
	timed int64 // requests with a share of CPU
	mine  bool  // it shows what we sent
}

func (l *logLines) add(second, n int64, text string) {
	if l.perSecond == nil {
		l.perSecond = map[int64]int64{}
		l.text = text
	}
	l.perSecond[second] += n
	l.n += n
}

// readLogs sorts what the logs say, and leaves out access logs that do not show our requests.
func (a *run) readLogs() *siteLogs {
	l := &siteLogs{a: a, errors: map[journal.Kind]*logLines{}, access: map[journal.Source]*accessLog{}}
	for _, s := range a.manifest.Sources {
		l.given = l.given || s == journal.NginxErrorLog
	}
	for _, o := range a.observed {
		if !a.within(o) {
			continue
		}
		second, n := o.AtNS/int64(time.Second), max(o.Count, 1)
		switch {
		case o.Source == journal.NginxErrorLog && o.Kind != journal.Unparsed && o.Kind != journal.Lost:
			l.given = true
			get(l.errors, o.Kind).add(second, n, o.Text)
		case o.Kind == journal.Access:
			l.addAccess(o, second, n)
		}
	}
	for _, source := range slices.Sorted(maps.Keys(l.access)) {
		log := l.access[source]
		served := a.cells.bySecond(a.cells.good)
		shown := part(matched(served, log.all.perSecond), sumOf(served))
		log.mine = shown >= 0.9 || sumOf(served) == 0 && log.all.n >= a.cells.totalSent()/2
		if sumOf(served) >= 10 && shown < 0.3 {
			l.doubts = append(l.doubts, fmt.Sprintf("%s shows %s of our %d requests at the time they were answered: is it of this host, and is its clock right? It was left out",
				source, percent(shown), sumOf(served)))
		}
	}
	return l
}

func get[K comparable, V any](m map[K]*V, k K) *V {
	if m[k] == nil {
		m[k] = new(V)
	}
	return m[k]
}

func (l *siteLogs) addAccess(o journal.Observation, second, n int64) {
	log := get(l.access, o.Source)
	if log.codes == nil {
		log.codes = map[int32]*logLines{}
	}
	log.all.add(second, n, "")
	get(log.codes, o.Code).add(second, n, o.Text)
	if o.Times != nil {
		log.idle += o.Times.Idle
		log.timed += o.Times.CPUN
	}
}

func sumOf(m map[int64]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

func part(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// matched is how many of ours have a line of their own in theirs, in the same
// second or the one before or after.
func matched(ours, theirs map[int64]int64) int64 {
	n, _ := match(ours, theirs)
	return n
}

// match also returns what is left of theirs. Taking the earliest for the
// earliest matches as many as can be.
func match(ours, theirs map[int64]int64) (n int64, left map[int64]int64) {
	left = maps.Clone(theirs)
	for _, s := range slices.Sorted(maps.Keys(ours)) {
		want := ours[s]
		for at := s - 1; at <= s+1; at++ {
			take := min(want, left[at])
			if take <= 0 {
				continue
			}
			left[at] -= take
			want -= take
			n += take
		}
	}
	return n, left
}

// agreement is how well lines follow errors: 1 when each has the other, by the
// coefficient of L. Dice, "Measures of the Amount of Ecologic Association
// Between Species", Ecology 26(3), 1945.
func agreement(ours, theirs map[int64]int64) float64 {
	return part(2*matched(ours, theirs), sumOf(ours)+sumOf(theirs))
}

// signs are what the logs say of an onset. A log that does not show its errors
// is of another host, or its clock is off: it speaks neither for nor against.
func (l *siteLogs) signs(s *posterior, o *onset) {
	ours := l.a.errorsOf(o)
	l.errorLogSigns(s, o, ours)
	for _, source := range slices.Sorted(maps.Keys(l.access)) {
		if log := l.access[source]; log.mine {
			l.accessSigns(s, o, ours, source, log)
		}
	}
	l.selfCalls(s, o)
}

// errorsOf counts the errors of an onset by second.
func (a *run) errorsOf(o *onset) map[int64]int64 {
	from, to := a.cells.cell(o.at), a.cells.cell(o.last)+1
	cells := a.cells.bad[o.kind]
	m := map[int64]int64{}
	for c := from; c < min(to, len(cells)); c++ {
		if cells[c] > 0 {
			m[int64(c/a.cells.perSecond())] += int64(cells[c])
		}
	}
	return m
}

// codesOf are the kinds of error of each status.
var codesOf = map[int32][]errorKind{
	500: {serverError}, 502: {refused502, late502, app502}, 503: {late503, app503}, 504: {late504, app504},
}

// like counts all errors of the status of an onset, around it, by second.
func (a *run) like(o *onset) map[int64]int64 { return a.around(o, codesOf[o.code]) }

// around counts the errors of some kinds around an onset, by second.
func (a *run) around(o *onset, kinds []errorKind) map[int64]int64 {
	all := logLines{perSecond: map[int64]int64{}}
	for _, kind := range kinds {
		for second, n := range a.cells.bySecond(a.cells.bad[kind]) {
			all.perSecond[second] += n
		}
	}
	return all.during(o)
}

// during are the lines from shortly before an onset's first error to shortly after its last.
func (l *logLines) during(o *onset) map[int64]int64 {
	if l == nil {
		return nil
	}
	from, to := int64(o.at/time.Second)-2, int64(o.last/time.Second)+2
	m := maps.Clone(l.perSecond)
	maps.DeleteFunc(m, func(s, _ int64) bool { return s < from || s > to })
	return m
}

// Lines are those of our errors when they agree to follows; from leans on they
// may be. Of a log that has hardly any of them it is said that it has none.
const (
	follows = 0.9
	leans   = 0.6
	scarce  = 0.2
)

// accessSigns are who answered, by an access log that shows our requests:
// nginx's has the status that the workers gave, php's lists what they answered.
func (l *siteLogs) accessSigns(s *posterior, o *onset, ours map[int64]int64, source journal.Source, log *accessLog) {
	lines := log.codes[o.code].during(o)
	n := sumOf(ours)
	has := part(matched(ours, lines), n)
	none := has < scarce && n >= few
	switch {
	case source == journal.PHPAccessLog && l.answeredByApp(o, ours, lines):
		s.backed[AppError] = true
		s.observe(fmt.Sprintf("php's access log has %d × %d: the application answered them", sumOf(lines), o.code), s.exceptFor(never, odds{AppError: named}))
	case source == journal.PHPAccessLog && none:
		s.observe(fmt.Sprintf("php's access log has none of the %d × %d: the application did not write them", n, o.code), odds{AppError: never})
	case source == journal.NginxAccessLog && has >= follows && agreement(l.a.like(o), lines) >= leans:
		s.observe(fmt.Sprintf("nginx's access log has them: %d × %d", sumOf(lines), o.code), odds{CDN: never})
	case source == journal.NginxAccessLog && none:
		s.backed[CDN] = true
		s.observe(fmt.Sprintf("nginx's access log has none of the %d × %d: something in front of it answered", n, o.code), s.exceptFor(never, odds{CDN: strongly, Unknown: 1}))
	}
}

// answeredByApp reports whether php's log has the errors: alone, or, of errors
// on pages that do not show whose they are, with all others of the status.
func (l *siteLogs) answeredByApp(o *onset, ours, lines map[int64]int64) bool {
	if agreement(ours, lines) >= follows {
		return true
	}
	var shown, others []errorKind
	for _, kind := range codesOf[o.code] {
		if kind >= app502 {
			shown = append(shown, kind)
		} else {
			others = append(others, kind)
		}
	}
	_, rest := match(l.a.around(o, shown), lines)
	return o.kind < app502 && agreement(l.a.around(o, others), rest) >= follows
}

// more is how many requests beside ours, as a share of those that reached the
// workers, an access log of a site that calls itself has.
const more = 0.3

// selfCalls looks for the signs of a site whose workers wait for the site
// itself: nothing good comes, no fault explains it, the log has requests that
// nobody sent, and they waited without computing.
func (l *siteLogs) selfCalls(s *posterior, o *onset) {
	n := &o.seen
	if o.fault >= 0 || n.n < few || n.alone*10 < n.n*9 {
		return
	}
	sent := l.a.cells.totalSent()
	reached := sent - sumCells(l.a.cells.flow.refused, 0, len(l.a.cells.flow.refused))
	for _, source := range slices.Sorted(maps.Keys(l.access)) {
		log, ours := l.access[source], sent
		if source == journal.PHPAccessLog {
			ours = reached
		}
		if !log.mine || float64(log.all.n-ours) <= more*float64(reached) {
			continue
		}
		text := fmt.Sprintf("%s has %d requests, of ours it would have %d", source, log.all.n, ours)
		if log.idle >= few {
			s.backed[SelfDeadlock] = true
			s.observe(fmt.Sprintf("%s; %d of them took 1 s or more and hardly computed", text, log.idle), s.exceptFor(never, odds{SelfDeadlock: 4 * strongly, Unknown: hardly}))
		} else {
			s.observe(text, odds{SelfDeadlock: rather})
		}
	}
}
