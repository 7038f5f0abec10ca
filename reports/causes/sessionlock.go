package causes

import (
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// mostWaits is the share of the requests in the site that must wait for their session
// to make it the cause of errors.
const mostWaits = 0.5

// NameLock gives the onsets of queues that filled, or of gateways that gave up, the
// cause that most of who was in the site waited for a session that another used.
func NameLock(run *measure.Run, list []reports.Onset, lock *reports.LockedSessions) {
	if !lock.Told() || run.Sessions == nil || lock.Turns == 0 {
		return
	}
	for i := range list {
		o := &list[i]
		if o.AfterFaultS != nil || !slices.Contains([]reports.Cause{reports.QueueFull, reports.GatewayTimeout, reports.SelfDeadlock, reports.Unknown}, o.Cause) || !run.Onsets[i].Kind.OfGateway() {
			continue
		}
		waiting, inside := run.Sessions.WaitingAt(justBefore(run.Onsets[i]))
		if inside == 0 || float64(waiting) < mostWaits*float64(inside) {
			continue
		}
		o.Evidence = append(o.Evidence, fmt.Sprintf("%s of %s in the site waited for one of their session, which held workers", words.Count(waiting), words.Number(inside, "request")))
		o.Evidence = append(o.Evidence, lock.Evidence...)
		o.Cause, o.Confidence, o.Or = reports.SessionLock, new(*lock.Confidence), []reports.Cause{}
	}
}

// justBefore is when the first of the errors had not come yet.
func justBefore(o *measure.Onset) time.Duration { return o.At - time.Millisecond }

// LockedSlowdowns are the slowdowns with those that a lock on sessions made: phases in
// which the middle one of the answers to requests that take turns took twice as long as
// by itself, and half of these met another of their session.
func LockedSlowdowns(run *measure.Run, list []reports.Slowdown, phases []reports.Phase, lock *reports.LockedSessions) []reports.Slowdown {
	if !lock.Told() {
		return list
	}
	for i, p := range phases {
		text := waitedIn(run, i)
		if text == "" || p.Warmup {
			continue
		}
		at := slices.IndexFunc(list, func(s reports.Slowdown) bool { return s.Phase == p.Name && s.FromS >= p.StartS && s.FromS < p.EndS })
		if at < 0 {
			at = slices.IndexFunc(list, func(s reports.Slowdown) bool { return s.FromS > p.StartS })
			if at < 0 {
				at = len(list)
			}
			list = slices.Insert(list, at, reports.Slowdown{Phase: p.Name, FromS: p.StartS, ToS: min(p.EndS, run.End.Seconds()), Evidence: []string{}})
		} else if list[at].Cause == reports.SlowDependency {
			continue
		}
		s := &list[at]
		s.Cause, s.Confidence = reports.SessionLock, new(*lock.Confidence)
		s.Evidence = append(append(s.Evidence, text), lock.Evidence...)
	}
	return list
}

// waitedIn says how answers of a phase waited for their session; "" when they did not.
func waitedIn(run *measure.Run, phase int) string {
	if s := run.Sessions; s != nil && s.Waits[phase].N >= slowN {
		w := s.Waits[phase]
		if w.Met*2 < w.N || w.MidS < slowTimes*w.OwnS+slowBy {
			return ""
		}
		return fmt.Sprintf("answers with a session took %s in the middle, and would have taken %s by themselves: %s of %s met another of their session", words.Span(w.MidS), words.Span(w.OwnS), words.Count(w.Met), words.Count(w.N))
	}
	span := run.Manifest.Phases[phase]
	starts := run.SessionStarts(time.Duration(span.StartNS), time.Duration(span.EndNS))
	if starts < measure.Few {
		return ""
	}
	return fmt.Sprintf("the slow log has %s of workers in session_start() in it", words.Number(starts, "wait"))
}
