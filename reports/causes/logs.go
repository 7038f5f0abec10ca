package causes

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// siteLogs are the site's logs by second, and what is wrong with them.
type siteLogs struct {
	run     *measure.Run
	errors  map[journal.Kind]*logLines // of nginx's error log
	others  map[string]*logLines       // of these the lines of no known meaning, by shape
	unread  unread
	access  map[journal.Source]*accessLog
	servers map[journal.Source]serverLog // what other servers than nginx told of themselves
	given   bool                         // an error log was given, or has spoken
	doubts  []string
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
func readLogs(run *measure.Run) *siteLogs {
	l := &siteLogs{run: run, errors: map[journal.Kind]*logLines{}, others: map[string]*logLines{}, unread: unread{}, access: map[journal.Source]*accessLog{}, servers: map[journal.Source]serverLog{}}
	for _, s := range run.Manifest.Sources {
		l.given = l.given || s == journal.NginxErrorLog
	}
	for _, o := range run.Observed {
		if !run.Within(o) {
			continue
		}
		second, n := o.AtNS/int64(time.Second), max(o.Count, 1)
		l.unread.add(o, second, n)
		switch {
		case o.Source == journal.NginxErrorLog && o.Kind != journal.Unparsed && o.Kind != journal.Foreign && o.Kind != journal.Lost:
			l.given = true
			get(l.errors, o.Kind).add(second, n, o.Text)
			if o.Kind == journal.OtherError {
				get(l.others, journal.Shape(o.Text)).add(second, n, o.Text)
			}
		case servers[o.Source] != "":
			if l.servers[o.Source] == nil {
				l.servers[o.Source] = serverLog{}
			}
			get(l.servers[o.Source], o.Kind).add(second, n, o.Text)
		case o.Kind == journal.Access:
			l.addAccess(o, second, n)
		}
	}
	l.doubts = l.unread.doubts()
	for _, source := range slices.Sorted(maps.Keys(l.access)) {
		log := l.access[source]
		served := run.Cells.BySecond(run.Cells.Good)
		shown := part(matched(served, log.all.perSecond), sumOf(served))
		log.mine = shown >= 0.9 || sumOf(served) == 0 && log.all.n >= run.Cells.TotalSent()/2
		if silent := fellSilent(source, log, served); silent != "" && !log.mine {
			l.doubts = append(l.doubts, silent)
		} else if sumOf(served) >= 10 && shown < 0.3 {
			l.doubts = append(l.doubts, fmt.Sprintf("%s shows %s of our %d requests at the time they were answered: is it of this host, and is its clock right? It was left out",
				source, words.Percent(shown), sumOf(served)))
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

// follow is the agreement of errors and lines of which each has one, or as many
// for all: of each server that was tried, or once more of an error page that the
// same pool serves.
func follow(ours, theirs map[int64]int64) float64 {
	agreed := agreement(ours, theirs)
	n := int64(math.Round(part(sumOf(theirs), sumOf(ours))))
	if n < 2 || n > mostLines {
		return agreed
	}
	one, rest := map[int64]int64{}, int64(0)
	for _, second := range slices.Sorted(maps.Keys(theirs)) {
		rest += theirs[second]
		one[second], rest = rest/n, rest%n
	}
	return max(agreed, agreement(ours, one))
}

// mostLines bounds the lines that one error has.
const mostLines = 4

// signs are what the logs say of an onset. A log that does not show its errors
// is of another host, or its clock is off: it speaks neither for nor against.
func (l *siteLogs) signs(s *posterior, o *measure.Onset) {
	ours := errorsOf(l.run, o)
	l.errorLogSigns(s, o, ours)
	for _, source := range slices.Sorted(maps.Keys(l.access)) {
		if log := l.access[source]; log.mine {
			l.accessSigns(s, o, ours, source, log)
		}
	}
	l.serverSigns(s, o, ours)
	l.selfCalls(s, o)
}

// errorsOf counts the errors of an onset by second.
func errorsOf(run *measure.Run, o *measure.Onset) map[int64]int64 {
	from, to := run.Cells.Cell(o.At), run.Cells.Cell(o.Last)+1
	cells := run.Cells.Bad[o.Kind]
	m := map[int64]int64{}
	for c := from; c < min(to, len(cells)); c++ {
		if cells[c] > 0 {
			m[int64(c/run.Cells.PerSecond())] += int64(cells[c])
		}
	}
	return m
}

// codesOf are the kinds of error of each status.
var codesOf = map[int32][]measure.ErrorKind{
	413: {measure.TooLarge}, 429: {measure.TooMany}, 500: {measure.ServerError}, 502: {measure.Refused502, measure.Late502, measure.App502}, 503: {measure.Late503, measure.App503}, 504: {measure.Late504, measure.App504},
}

// like counts all errors of the status of an onset, around it, by second.
func like(run *measure.Run, o *measure.Onset) map[int64]int64 { return around(run, o, codesOf[o.Code]) }

// around counts the errors of some kinds around an onset, by second.
func around(run *measure.Run, o *measure.Onset, kinds []measure.ErrorKind) map[int64]int64 {
	all := logLines{perSecond: map[int64]int64{}}
	for _, kind := range kinds {
		for second, n := range run.Cells.BySecond(run.Cells.Bad[kind]) {
			all.perSecond[second] += n
		}
	}
	return all.during(o)
}

// during are the lines from shortly before an onset's first error to shortly after its last.
func (l *logLines) during(o *measure.Onset) map[int64]int64 {
	if l == nil {
		return nil
	}
	from, to := int64(o.At/time.Second)-2, int64(o.Last/time.Second)+2
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

// weightOf is how much lines weigh that agree so well with errors, and what is said
// of it; 0 is nothing.
func weightOf(agreed float64) (weight float64, but string) {
	switch {
	case agreed < leans:
		return 0, ""
	case agreed < follows:
		return rather, ", but not quite when they came"
	}
	return named, ""
}

// accessSigns are who answered, by an access log that shows our requests:
// nginx's has the status that the workers gave, php's lists what they answered.
func (l *siteLogs) accessSigns(s *posterior, o *measure.Onset, ours map[int64]int64, source journal.Source, log *accessLog) {
	lines := log.codes[o.Code].during(o)
	n := sumOf(ours)
	has := part(matched(ours, lines), n)
	none := has < scarce && n >= measure.Few
	if gaps := l.unread.around(source, o); none && gaps != "" {
		s.observe(gaps, nil)
		return
	}
	switch {
	case source == journal.PHPAccessLog && l.answeredByApp(o, ours, lines):
		s.backed[reports.AppError] = true
		s.observe(fmt.Sprintf("php's access log has %d × %d: the application answered them", sumOf(lines), o.Code), s.exceptFor(never, odds{reports.AppError: named}))
	case source == journal.PHPAccessLog && none:
		s.observe(fmt.Sprintf("php's access log has none of the %d × %d: the application did not write them", n, o.Code), odds{reports.AppError: never})
	case source == journal.NginxAccessLog && has >= follows && agreement(like(l.run, o), lines) >= leans:
		s.observe(fmt.Sprintf("nginx's access log has them: %d × %d", sumOf(lines), o.Code), odds{reports.CDN: never})
	case source == journal.NginxAccessLog && none:
		s.backed[reports.CDN] = true
		s.observe(fmt.Sprintf("nginx's access log has none of the %d × %d: something in front of it answered", n, o.Code), s.exceptFor(never, odds{reports.CDN: strongly, reports.Unknown: 1}))
	}
}

// answeredByApp reports whether php's log has the errors: alone, or, of errors
// on pages that do not show whose they are, with all others of the status.
func (l *siteLogs) answeredByApp(o *measure.Onset, ours, lines map[int64]int64) bool {
	if agreement(ours, lines) >= follows {
		return true
	}
	var shown, others []measure.ErrorKind
	for _, kind := range codesOf[o.Code] {
		if kind >= measure.App502 {
			shown = append(shown, kind)
		} else {
			others = append(others, kind)
		}
	}
	_, rest := match(around(l.run, o, shown), lines)
	return o.Kind < measure.App502 && agreement(around(l.run, o, others), rest) >= follows
}

// more is how many requests beside ours, as a share of those that reached the
// workers, an access log of a site that calls itself has.
const more = 0.3

// selfCalls looks for the signs of a site whose workers wait for the site
// itself: nothing good comes, no fault explains it, the log has requests that
// nobody sent, and they waited without computing.
func (l *siteLogs) selfCalls(s *posterior, o *measure.Onset) {
	n := &o.Seen
	if o.Fault >= 0 || n.N < measure.Few || n.Alone*10 < n.N*9 {
		return
	}
	sent := l.run.Cells.TotalSent()
	reached := sent - measure.SumCells(l.run.Cells.Flow.Refused, 0, len(l.run.Cells.Flow.Refused))
	for _, source := range slices.Sorted(maps.Keys(l.access)) {
		log, ours := l.access[source], sent
		if source == journal.PHPAccessLog {
			ours = reached
		}
		if !log.mine || float64(log.all.n-ours) <= more*float64(reached) || log.idle < measure.Few && l.servesOthers(log, o) {
			continue
		}
		text := fmt.Sprintf("%s has %d requests, of ours it would have %d", source, log.all.n, ours)
		if log.idle >= measure.Few {
			s.backed[reports.SelfDeadlock] = true
			s.observe(fmt.Sprintf("%s; %d of them took 1 s or more and hardly computed", text, log.idle), s.exceptFor(never, odds{reports.SelfDeadlock: 4 * strongly, reports.Unknown: hardly}))
		} else {
			s.observe(text, odds{reports.SelfDeadlock: rather})
		}
	}
}

// servesOthers reports whether an access log has good answers while none came to
// us: somebody else visits, such as a monitor, and is in no deadlock.
func (l *siteLogs) servesOthers(log *accessLog, o *measure.Onset) bool {
	ours := l.run.Cells.BySecond(l.run.Cells.Good)
	var n int64
	for second, k := range log.codes[200].during(o) {
		if ours[second-1]+ours[second]+ours[second+1] == 0 {
			n += k
		}
	}
	return n >= measure.Few
}
