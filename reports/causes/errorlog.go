package causes

import (
	"cmp"
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
	journal.NoLiveUpstreams: reports.GatewayLimit, journal.WorkerConnections: reports.GatewayLimit, journal.NoAddress: reports.GatewayLimit,
	journal.NoRoute: reports.PoolUnreachable, journal.NoPermission: reports.PoolUnreachable, journal.NoName: reports.PoolUnreachable, journal.NoTLS: reports.PoolUnreachable,
	journal.TooBigHeader: reports.BadHeader, journal.BadHeader: reports.BadHeader,
	journal.RequestLimit: reports.GatewayRefused, journal.ConnectionLimit: reports.GatewayRefused, journal.TooLargeBody: reports.GatewayRefused,
}

// alike are the causes that nothing from outside tells from another. They, and those
// that errors of their kind do not have, are looked at where a line names them: as
// likely by then as the other, and as unforeseen at the least.
var alike = map[reports.Cause]reports.Cause{
	reports.PoolUnreachable: reports.PoolDown, reports.BadHeader: reports.WorkerClosed, reports.GatewayRefused: reports.GatewayLimit,
}

const unforeseen = 0.2

// about reports whether lines of a kind are about answers with that status. An
// edge's 503 may stand for any.
func about(kind journal.Kind, code int32) bool {
	switch kind {
	case journal.ReadTimeout, journal.ConnectTimeout:
		return code == 504 || code == 503
	case journal.WorkerConnections, journal.NoAddress:
		return code != 504
	case journal.RequestLimit, journal.ConnectionLimit: // limit_req_status, limit_conn_status
		return code != 413
	case journal.TooLargeBody:
		return code == 413
	}
	return code == 502 || code == 503
}

// byGateway reports whether the gateway's log has the errors one for one: then it
// wrote them, whoever's page they look like (nginx: error_page).
func (l *siteLogs) byGateway(o *measure.Onset) bool {
	ours := errorsOf(l.run, o)
	_, all := l.linesOf(o)
	return sumOf(ours) >= measure.Few && l.agreed(o, ours, all) >= follows
}

// agreed is how well lines follow the errors of an onset, alone or with all others
// of their status. Errors that look like the application's are the gateway's only if
// its lines have both: else there may be as many lines of others by chance.
func (l *siteLogs) agreed(o *measure.Onset, ours, lines map[int64]int64) float64 {
	alone, together := follow(ours, lines), follow(like(l.run, o), lines)
	if o.Kind >= measure.App502 {
		return min(alone, together)
	}
	return max(alone, together)
}

// errorLogSigns are the lines of nginx's error log about what comes to visitors
// with the status of the onset. Of lines of several meanings each has its part.
func (l *siteLogs) errorLogSigns(s *posterior, o *measure.Onset, ours map[int64]int64) {
	if !l.given {
		return
	}
	kinds, all := l.linesOf(o)
	weight, but := weightOf(l.agreed(o, ours, all))
	if weight == 0 {
		if !l.quoteOthers(s, o, ours) && o.Kind.OfGateway() && sumOf(ours) >= measure.Few {
			l.silence(s, o, ours)
		}
		return
	}
	matches, sum := map[reports.Cause]int64{}, int64(0)
	dead := l.whyNoneLive(o)
	slices.SortStableFunc(kinds, func(x, y journal.Kind) int {
		return cmp.Compare(sumOf(l.errors[y].during(o)), sumOf(l.errors[x].during(o)))
	})
	if i := slices.Index(kinds, journal.NoLiveUpstreams); dead != "" && i >= 0 {
		kinds = append(slices.Delete(kinds, i, i+1), journal.NoLiveUpstreams) // it follows from the others
	}
	for _, kind := range kinds {
		near := l.errors[kind].during(o)
		n := matched(ours, near)
		if n == 0 {
			continue
		}
		s.observe(fmt.Sprintf("nginx: %d × “%s”", sumOf(near), quote(l.errors[kind].text, kind))+but, nil)
		sum += n
		if dead != "" && kind == journal.NoLiveUpstreams {
			matches[dead] += n
			continue
		}
		cause := meanings[kind]
		s.logged[cause] = append(s.logged[cause], string(kind))
		matches[cause] += n
	}
	s.name(matches, sum, weight)
}

// whyNoneLive is the cause that lines of no live upstreams follow from, where other
// lines say that upstreams were found dead and how, and none that they failed in another
// way: after one refusal of each (max_fails) nginx asks none of them for a while. It is
// empty where that can't be told.
func (l *siteLogs) whyNoneLive(o *measure.Onset) (dead reports.Cause) {
	for kind, lines := range l.errors {
		switch cause := meanings[kind]; {
		case kind == journal.NoLiveUpstreams || cause == "" || sumOf(lines.during(o)) == 0:
		case cause != reports.PoolDown && cause != reports.PoolUnreachable || dead != "" && cause != dead:
			return ""
		default:
			dead = cause
		}
	}
	return dead
}

// quoteOthers quotes a line of no known meaning that comes with the errors one
// for one, and reports whether there is one. It says that the gateway knows of
// them, and not why they came.
func (l *siteLogs) quoteOthers(s *posterior, o *measure.Onset, ours map[int64]int64) bool {
	if sumOf(ours) < measure.Few {
		return false
	}
	for _, shape := range slices.Sorted(maps.Keys(l.others)) {
		lines := l.others[shape]
		near := lines.during(o)
		if follow(ours, near) >= follows && l.strays(lines)*2 <= lines.n {
			s.observe(fmt.Sprintf("nginx: %d × “%s”, as many as there were errors, and when they came", sumOf(near), quote(lines.text, journal.OtherError)), odds{reports.CDN: hardly})
			return true
		}
	}
	return false
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
		if _, ok := s.odds[cause]; !ok {
			s.odds[cause] = max(s.odds[alike[cause]], unforeseen)
		}
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
// an onset, and all their lines around it.
func (l *siteLogs) linesOf(o *measure.Onset) (kinds []journal.Kind, _ map[int64]int64) {
	all := logLines{perSecond: map[int64]int64{}}
	for _, kind := range slices.Sorted(maps.Keys(l.errors)) {
		lines := l.errors[kind]
		switch {
		case meanings[kind] == "", !about(kind, o.Code), l.elsewhere(kind, o.Code):
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

// elsewhere reports whether lines that may be about several statuses follow the
// errors of another one, and better.
func (l *siteLogs) elsewhere(kind journal.Kind, code int32) bool {
	fits := func(code int32) float64 {
		all := logLines{}
		for _, of := range codesOf[code] {
			for second, n := range l.run.Cells.BySecond(l.run.Cells.Bad[of]) {
				all.add(second, n, "")
			}
		}
		return follow(all.perSecond, l.errors[kind].perSecond)
	}
	here := fits(code)
	for other := range codesOf {
		if there := fits(other); other != code && about(kind, other) && there >= leans && there > here {
			return true
		}
	}
	return false
}

// silence is of an error log without a line about the errors: nginx logs each
// that it writes itself, unless the log is of another host, or its clock is off,
// which it shows by lines at other times.
func (l *siteLogs) silence(s *posterior, o *measure.Onset, ours map[int64]int64) {
	if gaps := l.unread.around(journal.NginxErrorLog, o); gaps != "" {
		s.observe(gaps, nil)
		return
	}
	leader := s.leader()
	if leader != reports.AppError && leader != reports.CDN && leader != reports.Unknown {
		l.doubt(fmt.Sprintf("nginx_error_log says nothing of the %d × %d from %s on: is it of this host, and is its clock right?", sumOf(ours), o.Code, words.Moment(o.At.Seconds())))
	}
	for kind, lines := range l.errors {
		if meanings[kind] != "" && l.strays(lines) > 0 {
			return
		}
	}
	for kind, lines := range l.errors { // also of lines that are rather those of another status
		if meanings[kind] != "" && about(kind, o.Code) && part(matched(ours, lines.during(o)), sumOf(ours)) >= scarce {
			return
		}
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
