package configs

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ReplayRemarks say what of a log is not sent as somebody may think, with the
// keys that it is about: what was left out of it, and where the phases and the
// log end. They are no mistakes.
func (e *Experiment) ReplayRemarks() (all []Mistake) {
	log := e.Arrivals.Log
	if log == nil {
		return nil
	}
	add := func(path, format string, args ...any) {
		all = append(all, Mistake{Path: path, Text: fmt.Sprintf(format, args...)})
	}
	if log.Broken > 0 {
		add("arrivals.replay", "%d of the log's %d lines %s none of an access log and left out, the first of them line %d", log.Broken, log.Lines, are(log.Broken), log.FirstBroken)
	}
	if log.Unsendable > 0 {
		add("arrivals.replay", "%d of the log's %d lines %s without a request that can be sent (a client that sent none, or a path with a %% that escapes nothing) and left out", log.Unsendable, log.Lines, are(log.Unsendable))
	}
	if n, names := others(log.Other); n > 0 {
		add("arrivals.methods", "%d of the log's %d lines %s of other methods (%s) and left out", n, log.Lines, are(n), names)
	}
	if bare := e.bodiless(); len(bare) > 0 {
		add("arrivals.methods", "a log holds no bodies: %s is sent without one, but for the requests that the file has with a body; it may change the site's data", strings.Join(bare, " and "))
	}
	for i, q := range e.Requests {
		if q.Weight == 0 && !q.Logged {
			add(element("requests", i), "%s %s is like no request of the log, so that it is never sent; its path may hold *, which stands for any text", q.Method, hidePath(q.Path))
		}
	}
	if text := e.replayEnds(); text != "" {
		add("phases", "%s", text)
	}
	return all
}

// are is the verb for so many.
func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// others counts the requests of methods that are not sent, and names these with the
// most frequent first.
func others(by map[string]int) (n int, names string) {
	methods := slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		if by[a] != by[b] {
			return by[b] - by[a]
		}
		return strings.Compare(a, b)
	})
	var list []string
	for _, m := range methods {
		n += by[m]
		list = append(list, fmt.Sprintf("%s %d", m, by[m]))
	}
	if len(list) > 5 {
		list = append(list[:5], "and others")
	}
	return n, strings.Join(list, ", ")
}

// bodiless are the methods that are sent and usually have a body.
func (e *Experiment) bodiless() (all []string) {
	for _, m := range []string{"POST", "PUT", "PATCH"} {
		if slices.ContainsFunc(e.Requests, func(q Request) bool { return q.Method == m && q.Weight > 0 && q.Logged }) {
			all = append(all, m)
		}
	}
	return all
}

// replayEnds says where the phases and the log end, if that is not together.
func (e *Experiment) replayEnds() string {
	log, length := e.Arrivals.Log, e.Duration()
	speed := ""
	if e.Arrivals.Speed != 1 {
		speed = fmt.Sprintf(", at speed %s,", decimal(e.Arrivals.Speed))
	}
	switch rest := log.Len() - log.Before(length); {
	case rest > 0:
		return fmt.Sprintf("end after %s, and the log%s goes on for %s: its last %d requests are not sent", human(length), speed, human(log.Length.Round(time.Millisecond)), rest)
	case length >= log.Length+max(time.Second, log.Length/20):
		return fmt.Sprintf("last %s, and the log%s only %s: nothing is sent after that", human(length), speed, human(log.Length.Round(time.Millisecond)))
	}
	return ""
}

// Sends says what is replayed, in a few words: "12345 requests of access.log in
// 3m10s, at speed 2".
func (a Arrivals) Sends() string {
	if a.Log == nil {
		return ""
	}
	text := fmt.Sprintf("%d requests of %s in %s, at speed %s", a.Log.Len(), filepath.Base(a.Replay), human(a.Log.Length.Round(time.Millisecond)), decimal(a.Speed))
	switch {
	case a.Log.Whole && a.Spread == Poisson:
		text += "; its times are of whole seconds, within which they are placed at random"
	case a.Log.Whole:
		text += "; its times are of whole seconds, over which they are spread evenly"
	}
	return text
}
