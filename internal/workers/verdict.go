package workers

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// target is what workers of a pool do: what they wait for, if they do.
type target struct {
	doing   doing
	what    string
	why     string  // it is the site itself
	longest float64 // seconds; 0 is not known
	n       int
}

// doing is in the order of the verdict.
type doing int

const (
	waiting   doing = iota
	inTouch         // busy, and what it was last in touch with is known
	connected       // busy, and has a connection
	computing
	apart // busy without a connection
	idle
	hidden
)

// verdict says what each pool's workers do.
func verdict(workers []Worker) []string {
	var lines []string
	all := pools(workers)
	slices.SortStableFunc(all, func(a, b []Worker) int { return cmp.Compare(worst(a), worst(b)) })
	for _, pool := range all {
		prefix := ""
		if len(all) > 1 {
			prefix = strings.TrimSpace("pool "+pool[0].Pool) + fmt.Sprintf(" (master %d): ", pool[0].Master)
		}
		for _, line := range verdictOf(pool) {
			lines = append(lines, prefix+line)
		}
	}
	return append(lines, explained(workers)...)
}

// worst is what the first words about a pool are about.
func worst(pool []Worker) doing {
	first := hidden
	for _, w := range pool {
		first = min(first, w.target().doing)
	}
	return first
}

// pools are the workers by pool and master; they come in that order.
func pools(workers []Worker) (list [][]Worker) {
	for i, w := range workers {
		if i == 0 || w.Pool != workers[i-1].Pool || w.Master != workers[i-1].Master {
			list = append(list, nil)
		}
		list[len(list)-1] = append(list[len(list)-1], w)
	}
	return list
}

func verdictOf(pool []Worker) []string {
	var targets []*target
	for _, w := range pool {
		t := w.target()
		at := slices.IndexFunc(targets, func(o *target) bool { return o.what == t.what && o.doing == t.doing })
		if at < 0 {
			targets = append(targets, &t)
			continue
		}
		targets[at].n++
		targets[at].longest = max(targets[at].longest, t.longest)
	}
	slices.SortStableFunc(targets, func(a, b *target) int {
		return cmp.Or(cmp.Compare(a.doing, b.doing), cmp.Compare(b.n, a.n), strings.Compare(a.what, b.what))
	})
	if len(targets) == 1 && targets[0].doing == hidden {
		return []string{fmt.Sprintf("can't see the sockets of %s: %s", counted(len(pool), "worker"), targets[0].what)}
	}
	parts := make([]string, len(targets))
	for i, t := range targets {
		who := fmt.Sprint(t.n)
		if i == 0 {
			who = fmt.Sprintf("%d of %s", t.n, counted(len(pool), "worker"))
		}
		parts[i] = who + " " + t.words()
	}
	lines := []string{strings.Join(parts, "; ")}
	for _, t := range targets {
		if t.why != "" {
			lines = append(lines, t.deadlock(len(pool)))
		}
	}
	return lines
}

// target says what the worker does.
func (w Worker) target() target {
	switch {
	case w.Hidden != "":
		return target{doing: hidden, what: w.Hidden, n: 1}
	case w.Busy != nil && !*w.Busy:
		return target{doing: idle, n: 1}
	case len(w.Connections) > 0 && (w.Connections[0].waits() || w.State != "R"):
		c := w.Connections[0]
		t := target{doing: connected, what: c.Name(), why: c.Self, n: 1}
		if t.why != "" {
			t.what = c.To
		}
		switch {
		case c.waits():
			t.doing = waiting
		case c.QuietS != nil:
			t.doing = inTouch
		}
		if c.WaitsS != nil {
			t.longest = *c.WaitsS
		}
		return t
	case w.State == "R":
		return target{doing: computing, n: 1}
	}
	return target{doing: apart, n: 1}
}

// words follow the number of workers.
func (t *target) words() string {
	is, s := "are", ""
	if t.n == 1 {
		is, s = "is", "s"
	}
	switch t.doing {
	case idle:
		return is + " idle"
	case hidden:
		return "can't be seen: " + t.what
	case computing:
		return is + " busy on the CPU"
	case apart:
		return is + " busy without a connection: sleeping, or waiting for a file, a lock or a child"
	}
	text := "wait" + s + " for " + t.what
	switch {
	case t.doing != waiting:
		text = is + " busy, last in touch with " + t.what
		if t.doing == connected {
			text = is + " busy, with a connection to " + t.what
		}
		if t.why != "" {
			text += ", the site itself (" + t.why + ")"
		}
	case t.why != "":
		text = "call" + s + " the site itself: " + t.what + " (" + t.why + ")"
	}
	switch {
	case t.longest == 0:
		return text
	case t.n == 1:
		return text + ", for " + Seconds(t.longest)
	}
	return text + ", the longest for " + Seconds(t.longest)
}

// deadlock says what calling the site itself comes to.
func (t *target) deadlock(all int) string {
	if t.n == all && t.doing == waiting {
		return "every worker waits for another, and none is free: a deadlock, until something times out or the pool is restarted (unless that address serves another pool)"
	}
	return "each of these holds one worker and needs another (unless that address serves another pool): when all workers do that, none is left to answer"
}

// explained says what the states mean that the busy workers' connections are in.
func explained(workers []Worker) []string {
	var lines []string
	for _, state := range []string{synSent, closeWait} {
		n := 0
		for _, w := range workers {
			if w.Busy != nil && !*w.Busy {
				continue
			}
			for _, c := range w.Connections {
				if c.State == state {
					n++
				}
			}
		}
		if n > 0 {
			lines = append(lines, meanings[state])
		}
	}
	return lines
}

// Name is where the connection goes, with what is known of it.
func (c Connection) Name() string {
	known := c.Service
	if c.Process != "" && !strings.EqualFold(c.Process, known) {
		known = strings.TrimPrefix(known+", "+c.Process, ", ")
	}
	if known == "" {
		return c.To
	}
	return c.To + " (" + known + ")"
}

// likelier orders the connections of a worker by how likely it waits for them:
// surely and since shortly, then those that were used last.
func likelier(a, b Connection) int {
	if a.waits() != b.waits() {
		if a.waits() {
			return -1
		}
		return 1
	}
	if a.waits() {
		return compareKnown(a.WaitsS, b.WaitsS)
	}
	return compareKnown(a.QuietS, b.QuietS)
}

// compareKnown puts the smaller first, and what is not known last.
func compareKnown(a, b *float64) int {
	switch {
	case a != nil && b != nil:
		return cmp.Compare(*a, *b)
	case a != nil:
		return -1
	case b != nil:
		return 1
	}
	return 0
}

// Seconds writes a time for people: 0.35 s, 12.3 s, 4m10s.
func Seconds(s float64) string {
	switch {
	case s < 1:
		return fmt.Sprintf("%.2f s", s)
	case s < 120:
		return fmt.Sprintf("%.1f s", s)
	}
	return (time.Duration(s) * time.Second).String()
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
