package reports

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tailback/tailback/reports/journal"
)

// meanings are the causes that a line of nginx's error log names.
var meanings = map[journal.Kind]Cause{
	journal.QueueFull: QueueFull, journal.ConnectTimeout: QueueFull, journal.UpstreamReset: WorkerKilled, journal.UpstreamClosed: WorkerClosed,
	journal.ReadTimeout: GatewayTimeout, journal.UpstreamRefused: PoolDown, journal.NoSocket: PoolDown,
	journal.NoLiveUpstreams: GatewayLimit, journal.WorkerConnections: GatewayLimit,
}

// errorLogSigns are the lines of nginx's error log about what comes to visitors
// with the status of the onset. Of lines of several meanings each has its part.
func (l *siteLogs) errorLogSigns(s *posterior, o *onset, ours map[int64]int64) {
	if !l.given || o.kind == serverError && l.errors[journal.WorkerConnections] == nil {
		return
	}
	kinds, all := l.linesOf(o)
	agreed := max(agreement(ours, all), agreement(l.a.like(o), all))
	weight, but := named, ""
	switch {
	case agreed < leans:
		if o.kind < app502 && o.kind != serverError && sumOf(ours) >= few {
			l.silence(s, o, ours, all)
		}
		return
	case agreed < follows:
		weight, but = rather, ", but not quite when they came"
	}
	matches, sum := map[Cause]int64{}, int64(0)
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
func (s *posterior) name(matches map[Cause]int64, sum int64, weight float64) {
	against := 0.1
	if weight < named {
		against = 1
	}
	ratios := odds{CDN: 1}
	for cause, n := range matches {
		ratios[cause] = max(weight*part(n, sum), 1)
		if cause == GatewayTimeout || cause == QueueFull {
			ratios[SelfDeadlock] = max(ratios[cause], ratios[SelfDeadlock])
		}
		s.backed[cause] = s.backed[cause] || weight == named && 3*n >= sum
	}
	s.scale(s.exceptFor(against, ratios))
}

// linesOf are the kinds of lines about what comes to visitors with the status of
// an onset, and all their lines around it. An edge's 503 may stand for any.
func (l *siteLogs) linesOf(o *onset) (kinds []journal.Kind, _ map[int64]int64) {
	all := logLines{perSecond: map[int64]int64{}}
	for _, kind := range slices.Sorted(maps.Keys(l.errors)) {
		code := int32(502)
		switch kind {
		case journal.ReadTimeout, journal.ConnectTimeout:
			code = 504
		case journal.WorkerConnections:
			code = o.code // 500 or 502
		}
		lines := l.errors[kind]
		switch {
		case meanings[kind] == "", code != o.code && o.code != 503:
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
func (l *siteLogs) silence(s *posterior, o *onset, ours, theirs map[int64]int64) {
	leader := s.leader()
	if leader != AppError && leader != CDN && leader != Unknown {
		l.doubt(fmt.Sprintf("nginx_error_log says nothing of the %d × %d from %s on: is it of this host, and is its clock right?", sumOf(ours), o.code, span(o.at.Seconds())))
	}
	for kind, lines := range l.errors {
		if meanings[kind] != "" && l.strays(lines) > 0 {
			return
		}
	}
	if part(matched(ours, theirs), sumOf(ours)) >= scarce {
		return
	}
	s.observe(fmt.Sprintf("nginx's error log says nothing of the %d × %d", sumOf(ours), o.code),
		odds{QueueFull: hardly, WorkerKilled: hardly, WorkerClosed: hardly, GatewayTimeout: hardly, PoolDown: hardly, GatewayLimit: hardly, SelfDeadlock: hardly})
}

// strays are the lines at seconds when we had no error at all.
func (l *siteLogs) strays(lines *logLines) (n int64) {
	ill := map[int64]bool{}
	for kind := range errorKinds {
		for second := range l.a.cells.bySecond(l.a.cells.bad[kind]) {
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
func (s *posterior) leader() Cause {
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
