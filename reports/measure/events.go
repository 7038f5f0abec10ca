package measure

import (
	"slices"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// Events is the journal's events by what they are about. They are read once.
type Events struct {
	last     time.Duration                // when the last one came
	faults   []journal.Event              // faults applied, stepped and lifted, in the journal's order
	Uses     []Use                        // in the journal's order
	closed   []journal.Connection         // that ended, in the journal's order
	met      map[int][]journal.Connection // of these, those that met a fault, by its index
	waits    map[int][]journal.Wait       // that a fault caused, by its index, in the journal's order
	refused  map[string]int64             // what the egress refused, by class
	astray   []journal.Event              // answers that lead elsewhere, in the journal's order
	Warnings []string
}

// Use is what the site did with a dependency in [from, to): one usage event.
type Use struct {
	journal.Usage
	from, To time.Duration
}

func indexEvents(events []journal.Event) *Events {
	x := &Events{met: map[int][]journal.Connection{}, waits: map[int][]journal.Wait{}, refused: map[string]int64{}}
	for _, e := range events {
		at := time.Duration(e.AtNS)
		x.last = max(x.last, at)
		if e.Fault != nil {
			x.faults = append(x.faults, e)
		}
		if u := e.Usage; u != nil {
			x.Uses = append(x.Uses, Use{*u, at - time.Duration(u.Seconds*float64(time.Second)), at})
		}
		if c := e.Connection; c != nil {
			x.closed = append(x.closed, *c)
			if c.Fault != nil {
				x.met[*c.Fault] = append(x.met[*c.Fault], *c)
			}
			for _, fault := range c.LaterFaults {
				x.met[fault] = append(x.met[fault], *c)
			}
		}
		if w := e.Wait; w != nil {
			x.waits[w.Fault] = append(x.waits[w.Fault], *w)
		}
		if e.Astray != nil {
			x.astray = append(x.astray, e)
		}
		for class, n := range e.Refusals {
			x.refused[class] += n
		}
		if e.Kind == journal.Warning && e.Text != "" {
			x.Warnings = append(x.Warnings, e.Text)
		}
	}
	if len(x.waits) == 0 {
		x.waits = waitsOfConnections(x)
	}
	return x
}

// Of are the events of one fault, in the journal's order.
func (x *Events) Of(fault int) []journal.Event {
	var list []journal.Event
	for _, e := range x.faults {
		if e.Fault.Index == fault {
			list = append(list, e)
		}
	}
	return list
}

// usesOf are the uses of a dependency, in the journal's order.
func (x *Events) usesOf(dependency string) []Use {
	return slices.DeleteFunc(slices.Clone(x.Uses), func(u Use) bool { return u.Dependency != dependency })
}
