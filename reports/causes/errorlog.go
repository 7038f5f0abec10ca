package causes

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// meanings are the causes that a line of nginx's error log names.
var meanings = map[journal.Kind]reports.Cause{
	journal.QueueFull: reports.QueueFull, journal.ConnectTimeout: reports.QueueFull, journal.UpstreamReset: reports.WorkerKilled, journal.UpstreamClosed: reports.WorkerClosed,
	journal.ReadTimeout: reports.GatewayTimeout, journal.UpstreamRefused: reports.PoolDown, journal.NoSocket: reports.PoolDown,
	journal.NoLiveUpstreams: reports.GatewayLimit, journal.WorkerConnections: reports.GatewayLimit,
}

// errorLogSigns are the lines of nginx's error log about what comes to visitors
// with the status of the onset. Of lines of several meanings each has its part.
func (l *siteLogs) errorLogSigns(s *posterior, o *measure.Onset, ours map[int64]int64) {
	if !l.given || o.Kind == measure.ServerError && l.errors[journal.WorkerConnections] == nil {
		return
	}
	kinds, all := l.linesOf(o)
	agreed := max(agreement(ours, all), agreement(like(l.run, o), all))
	weight, but := named, ""
	switch {
	case agreed < leans:
		if o.Kind < measure.App502 && o.Kind != measure.ServerError && sumOf(ours) >= measure.Few {
			l.silence(s, o, ours, all)
		}
		return
	case agreed < follows:
		weight, but = rather, ", but not quite when they came"
	}
	matches, sum := map[reports.Cause]int64{}, int64(0)
	for _, kind := range kinds {
		near := l.errors[kind].during(o)
		n := matched(ours, near)
		if n == 0 {
			continue
		}
		s.observe(fmt.Sprintf("nginx: %d × “%s”", sumOf(near), quote(l.errors[kind].text, kind))+but, nil)
		matches[meanings[kind]] += n
		sum += n
	}
	s.name(matches, sum, weight)
}

// name weighs the causes that lines name by their parts. An edge may answer for
// what they tell of, and the workers of a site that waits for itself are as busy
// as any.
func (s *posterior) name(matches map[reports.Cause]int64, sum int64, weight float64) {
	against := 0.1
	if weight < named {
		against = 1
	}
	ratios := odds{reports.CDN: 1}
	for cause, n := range matches {
		ratios[cause] = max(weight*part(n, sum), 1)
		if cause == reports.GatewayTimeout || cause == reports.QueueFull {
			ratios[reports.SelfDeadlock] = max(ratios[cause], ratios[reports.SelfDeadlock])
		}
		if cause == reports.WorkerClosed { // so does one that is killed, if it gets to close its connection
			ratios[reports.WorkerKilled] = max(ratios[cause]/3, ratios[reports.WorkerKilled], 1)
			s.backed[reports.WorkerKilled] = s.backed[reports.WorkerKilled] || weight == named && 3*n >= sum
		}
		s.backed[cause] = s.backed[cause] || weight == named && 3*n >= sum
	}
	s.scale(s.exceptFor(against, ratios))
}

// linesOf are the kinds of lines about what comes to visitors with the status of
// an onset, and all their lines around it. An edge's 503 may stand for any.
func (l *siteLogs) linesOf(o *measure.Onset) (kinds []journal.Kind, _ map[int64]int64) {
	all := logLines{perSecond: map[int64]int64{}}
	for _, kind := range slices.Sorted(maps.Keys(l.errors)) {
		code := int32(502)
		switch kind {
		case journal.ReadTimeout, journal.ConnectTimeout:
			code = 504
		case journal.WorkerConnections:
			code = o.Code // 500 or 502
		}
		lines := l.errors[kind]
		switch {
		case meanings[kind] == "", code != o.Code && o.Code != 503:
			continue
		case sumOf(lines.during(o))*2 < lines.n && l.strays(lines)*2 > lines.n:
			continue // it is there all the time: no sign of these
		}
		kinds = append(kinds, kind)
		for second, n := range lines.perSecond {
			all.perSecond[second] += n
		}
	}
	return kinds, all.during(o)
}

// silence is of an error log without a line about the errors: nginx logs each
// that it writes itself, unless the log is of another host, or its clock is off,
// which it shows by lines at other times.
func (l *siteLogs) silence(s *posterior, o *measure.Onset, ours, theirs map[int64]int64) {
	leader := s.leader()
	if leader != reports.AppError && leader != reports.CDN && leader != reports.Unknown {
		l.doubt(fmt.Sprintf("nginx_error_log says nothing of the %d × %d from %s on: is it of this host, and is its clock right?", sumOf(ours), o.Code, words.Moment(o.At.Seconds())))
	}
	for kind, lines := range l.errors {
		if meanings[kind] != "" && l.strays(lines) > 0 {
			return
		}
	}
	if part(matched(ours, theirs), sumOf(ours)) >= scarce {
		return
	}
	s.observe(fmt.Sprintf("nginx's error log says nothing of the %d × %d", sumOf(ours), o.Code),
		odds{reports.QueueFull: hardly, reports.WorkerKilled: hardly, reports.WorkerClosed: hardly, reports.GatewayTimeout: hardly, reports.PoolDown: hardly, reports.GatewayLimit: hardly, reports.SelfDeadlock: hardly})
}

// strays are the lines at seconds when we had no error at all.
func (l *siteLogs) strays(lines *logLines) (n int64) {
	ill := map[int64]bool{}
	for kind := range measure.ErrorKinds {
		for second := range l.run.Cells.BySecond(l.run.Cells.Bad[kind]) {
			ill[second-1], ill[second], ill[second+1] = true, true, true
		}
	}
	for second, k := range lines.perSecond {
		if !ill[second] {
			n += k
		}
	}
	return n
}

func (l *siteLogs) doubt(text string) {
	if !slices.Contains(l.doubts, text) {
		l.doubts = append(l.doubts, text)
	}
}

// leader is the likeliest cause so far.
func (s *posterior) leader() reports.Cause {
	c, _ := s.best()
	return c
}

// quote is a line of the log, or its meaning where the line was not kept.
func quote(text string, kind journal.Kind) string {
	if text == "" {
		return string(kind)
	}
	return text
}
