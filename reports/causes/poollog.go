package causes

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
)

// servers are the logs in which servers other than nginx tell of themselves, and
// what these are called.
var servers = map[journal.Source]string{journal.PHPErrorLog: "php-fpm", journal.GunicornErrorLog: "gunicorn", journal.ApacheErrorLog: "Apache"}

// poolMeanings are the causes that a pool's word of its own workers names.
var poolMeanings = map[journal.Kind]reports.Cause{
	journal.WorkerTimeout: reports.WorkerKilled, journal.WorkerKilled: reports.WorkerKilled, journal.WorkerExited: reports.WorkerClosed,
	journal.AppError: reports.AppError,
}

// serverLog is what one server told, by kind.
type serverLog map[journal.Kind]*logLines

// serverSigns are what servers other than nginx told of themselves around an onset.
func (l *siteLogs) serverSigns(s *posterior, o *measure.Onset, ours map[int64]int64) {
	for _, source := range slices.Sorted(maps.Keys(l.servers)) {
		log := l.servers[source]
		if o.Kind >= measure.Refused502 {
			l.lineByLine(s, o, ours, source, log, meanings, agreement(like(l.run, o), l.joined(log, meanings, o)))
		}
		l.lineByLine(s, o, l.workersLost(o, ours, log), source, log, poolMeaningsOf(o), 0)
		signOfFullPool(s, o, source, log)
	}
}

// poolMeaningsOf are those that a pool's lines may have for an onset. What ends with
// a worker is a 502, or Apache's 503, whose page looks like an application's; what a
// script does not catch is a 500, or what the application makes of it.
func poolMeaningsOf(o *measure.Onset) map[journal.Kind]reports.Cause {
	m := maps.Clone(poolMeanings)
	maps.DeleteFunc(m, func(_ journal.Kind, c reports.Cause) bool {
		if c == reports.AppError {
			return o.Kind != measure.ServerError && o.Kind < measure.App502
		}
		return o.Kind < measure.Refused502 || o.Code == 504
	})
	return m
}

// workersLost are the errors of an onset that may be those of lost workers: of
// errors that came at once, those beyond the late ones, which have the first right
// to the lines.
func (l *siteLogs) workersLost(o *measure.Onset, ours map[int64]int64, log serverLog) map[int64]int64 {
	if o.Kind != measure.Refused502 {
		return ours
	}
	lines := l.joined(log, poolMeaningsOf(o), o)
	if late := around(l.run, o, []measure.ErrorKind{measure.Late502}); agreement(late, lines) >= leans {
		return nil
	}
	return ours
}

// joined are the lines of all kinds that have a meaning, around an onset; a kind
// that comes all the time is no sign of these errors.
func (l *siteLogs) joined(log serverLog, meanings map[journal.Kind]reports.Cause, o *measure.Onset) map[int64]int64 {
	all := logLines{perSecond: map[int64]int64{}}
	for kind, lines := range log {
		if meanings[kind] == "" || sumOf(lines.during(o))*2 < lines.n && l.strays(lines)*2 > lines.n {
			continue
		}
		for second, n := range lines.perSecond {
			all.perSecond[second] += n
		}
	}
	return all.during(o)
}

// lineByLine looks for a line for each error. otherwise is how well the lines
// follow the errors in another way.
func (l *siteLogs) lineByLine(s *posterior, o *measure.Onset, ours map[int64]int64, source journal.Source, log serverLog, meanings map[journal.Kind]reports.Cause, otherwise float64) {
	agreed := max(agreement(ours, l.joined(log, meanings, o)), otherwise)
	weight, but := weightOf(agreed)
	if weight == 0 {
		return
	}
	matches, sum := map[reports.Cause]int64{}, int64(0)
	for _, kind := range slices.Sorted(maps.Keys(log)) {
		near := log[kind].during(o)
		n := matched(ours, near)
		if meanings[kind] == "" || n == 0 {
			continue
		}
		s.observe(fmt.Sprintf("%s: %d × “%s”", servers[source], sumOf(near), quote(log[kind].text, kind))+but, nil)
		s.admit(meanings[kind], o)
		matches[meanings[kind]] += n
		sum += n
	}
	if sum > 0 {
		s.name(matches, sum, weight)
	}
}

// admitted are the odds of a cause that such errors hardly ever have, once a log names it.
const admitted = 0.3

// admit takes a cause into account. Apache answers 502 where it gives up on a server
// that speaks HTTP, so that this is as likely as of a 504 elsewhere.
func (s *posterior) admit(c reports.Cause, o *measure.Onset) {
	switch {
	case c == reports.GatewayTimeout && o.Code != 504:
		s.odds[c] = max(s.odds[c], priors[measure.Late504][c])
	case s.odds[c] == 0:
		s.odds[c] = admitted
	}
}

// fullBefore is how long before the first error a server may have told that it
// has no more workers: it says so once, until some are idle again.
const fullBefore = 10 * time.Second

// signOfFullPool looks for the word that a pool has all the workers that it may
// have. It comes before errors of a full queue and of a gateway that gives up, but
// names neither.
func signOfFullPool(s *posterior, o *measure.Onset, source journal.Source, log serverLog) {
	lines := log[journal.MaxWorkers]
	if lines == nil || !o.Kind.OfGateway() {
		return
	}
	from, to := int64((o.At-fullBefore)/time.Second), int64(o.Last/time.Second)+1
	for second := range lines.perSecond {
		if second >= from && second <= to {
			s.observe(fmt.Sprintf("%s: “%s”", servers[source], quote(lines.text, journal.MaxWorkers)),
				odds{reports.QueueFull: rather, reports.GatewayTimeout: rather, reports.SelfDeadlock: rather})
			return
		}
	}
}
