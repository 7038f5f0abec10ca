package measure

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// FaultWindow is what the site did while a fault kept its calls waiting.
type FaultWindow struct {
	Fault  *Fault
	Until  time.Duration // it was lifted, or the run ended
	Waits  []Wait        // of the calls that it caught, as the proxy saw them; by when they ended
	Given  []Wait        // those of waits that the site ended while the fault was in force
	GaveUp Visitors      // slow answers to visitors, by who gave up on them
	App    Early         // good answers and the application's own errors that were slow
	Others Early         // slow answers of a gateway, and what we gave up
	got    map[got]int64 // what came to visitors that waited or were refused
	Late   int64         // hits that were answered well only after the lifting
	First  time.Duration // when the first slow answer came; 0 is none
}

// Wait is a call that a fault caught.
type Wait struct {
	Began, Ended time.Duration
	connection   int64
	by           string // who ended it, as journal.Wait has it
	marks        uint8  // what came to a visitor around its end
}

// The marks of a wait.
const (
	MarkKilled   = 1 << iota // a gateway said that the worker had broken off
	MarkLeft                 // a gateway, or we, had just given up
	MarkAnswered             // the application answered
)

// Visitors counts slow answers by who gave up.
type Visitors struct{ Gateway, Client, App, Ok int64 }

// newFaultWindows are those of each fault that withholds what calls wait for.
func (run *Run) newFaultWindows() []*FaultWindow {
	var list []*FaultWindow
	for _, f := range run.Faults {
		if !f.Withholds() {
			continue
		}
		w := &FaultWindow{Fault: f, Until: run.End, got: map[got]int64{}}
		if f.Lifted != nil {
			w.Until = *f.Lifted
		}
		for _, one := range run.Events.waits[f.Index] {
			w.Waits = append(w.Waits, Wait{time.Duration(one.BeganNS), time.Duration(one.EndedNS), one.Connection, one.EndedBy, 0})
		}
		slices.SortFunc(w.Waits, func(x, y Wait) int {
			return cmp.Or(cmp.Compare(x.Ended, y.Ended), cmp.Compare(x.connection, y.connection))
		})
		for _, one := range w.Waits {
			if one.by == bySite && one.Ended < w.Until {
				w.Given = append(w.Given, one)
			}
		}
		list = append(list, w)
	}
	return list
}

// A visitor hears of the end of a call within these bounds. A gateway that gave
// up did so just before, a worker that broke off does so at that moment.
const (
	Beside = 50 * time.Millisecond
	behind = 100 * time.Millisecond
)

// add looks at a hit that was due while the fault was in force. One that was due
// before, and worked for a while until its call was caught, shows who ended it.
func (w *FaultWindow) add(h *journal.Hit, usual UsualService) {
	if h.Due >= w.Until || h.Done < w.Fault.Applied {
		return
	}
	slow := h.Service()-usual.of(h.Request) > slowFrom(usual.of(h.Request))
	if h.Done >= w.Until {
		if h.Due >= w.Fault.Applied && h.Class == journal.ClassOK && slow {
			w.Late++
		}
		return
	}
	by := endedBy(h)
	if h.Due >= w.Fault.Applied && (h.Class != journal.ClassOK || slow) {
		w.got[got{h.Class, h.Code, h.Degraded}]++
	}
	if by == byGateway && h.Service() < RefusedWithin || by != byClient && !slow {
		return
	}
	w.markEnd(h, by, usual.of(h.Request))
	if h.Due >= w.Fault.Applied {
		w.count(h, by, h.Service()-usual.of(h.Request))
	}
}

// Who ended a visit.
const (
	byApp = iota
	byClient
	byGateway
)

func endedBy(h *journal.Hit) int {
	switch {
	case h.Class == journal.ClassClientTimeout || h.Class == journal.ClassConnectTimeout:
		return byClient
	case badGateway(h) >= 0 && h.Answerer != journal.AnswererApp || h.Class == journal.ClassReset || h.Class == journal.ClassClosed:
		return byGateway
	}
	return byApp
}

// count counts a slow answer.
func (w *FaultWindow) count(h *journal.Hit, by int, extra time.Duration) {
	if w.First == 0 || h.Done < w.First {
		w.First = h.Done
	}
	switch {
	case by == byClient:
		w.GaveUp.Client++
		w.Others.add(h, h.Service())
	case by == byGateway:
		w.GaveUp.Gateway++
		w.Others.add(h, h.Service())
	case h.Class == journal.ClassOK:
		w.GaveUp.Ok++
		w.App.add(h, extra)
	default:
		w.GaveUp.App++
		w.App.add(h, extra)
	}
}

// markEnd notes at the waits that ended beside a slow answer who gave it.
func (w *FaultWindow) markEnd(h *journal.Hit, by int, usual time.Duration) {
	switch {
	case by == byClient, by == byGateway && h.Code == 504:
		w.mark(MarkLeft, h.Done-ClusterAbs, h.Done+Beside)
	case by == byGateway:
		w.mark(MarkKilled, h.Done-Beside, h.Done+Beside)
	default:
		w.mark(MarkAnswered, h.Done-behind-usual, h.Done+ClusterAbs)
	}
}

// got is what came to a visitor.
type got struct {
	class    journal.Class
	code     int32
	degraded bool
}

func (g got) String() string {
	switch {
	case g.class == journal.ClassOK && g.degraded:
		return "degraded page"
	case g.class == journal.ClassOK:
		return "good page"
	case g.code >= 400:
		return "error " + strconv.Itoa(int(g.code))
	}
	return "error " + g.class.String()
}

// MostGot is what came to most of them before the lifting, which the given number
// had to wait for; a page that came just after it, and would have come anyway,
// counts if there was nothing else. Empty when nobody had to wait.
func (w *FaultWindow) MostGot(nothing int64) string {
	most, what := int64(0), ""
	if w.Late > 0 {
		what = "good page"
	}
	words := map[string]int64{reports.GotNothing: nothing} // good pages with different codes are one
	for g, n := range w.got {
		words[g.String()] += n
	}
	for _, one := range slices.Sorted(maps.Keys(words)) {
		if n := words[one]; n > most {
			most, what = n, one
		}
	}
	return what
}

// slowFrom is how much longer than usual an answer must take to be called slow.
func slowFrom(usual time.Duration) time.Duration { return usual/4 + Beside }

// mark notes that something came to a visitor around the end of waits.
func (w *FaultWindow) mark(what uint8, from, to time.Duration) {
	i, _ := slices.BinarySearchFunc(w.Given, from, func(one Wait, t time.Duration) int { return cmp.Compare(one.Ended, t) })
	for ; i < len(w.Given) && w.Given[i].Ended <= to; i++ {
		w.Given[i].marks |= what
	}
}

// Marked is the share of the waits that have one of the marks.
func (w *FaultWindow) Marked(what uint8) float64 {
	n := 0
	for _, one := range w.Given {
		if one.marks&what != 0 {
			n++
		}
	}
	return float64(n) / float64(len(w.Given))
}

// Early keeps the samples that were due first, a bounded number of them.
type Early []Sample

type Sample struct {
	Due, done, Value time.Duration
	seq              uint64
}

const maxEarly = 512

func (e *Early) add(h *journal.Hit, value time.Duration) {
	*e = append(*e, Sample{h.Due, h.Done, value, h.Seq})
	if len(*e) >= 2*maxEarly {
		*e = e.Sorted()
	}
}

// Sorted returns the samples in the order in which they were due.
func (e Early) Sorted() Early {
	slices.SortFunc(e, func(x, y Sample) int { return cmp.Or(cmp.Compare(x.Due, y.Due), cmp.Compare(x.seq, y.seq)) })
	return e[:min(len(e), maxEarly)]
}

// Values are the samples' values.
func (e Early) Values() []time.Duration {
	var list []time.Duration
	for _, s := range e.Sorted() {
		list = append(list, s.Value)
	}
	return list
}

// Times that one limit cut off lie within a twentieth of each other, and within
// what a busy machine adds. Those of a person's page or of a queue do not.
const (
	ClusterRatio = 0.05
	ClusterAbs   = 20 * time.Millisecond
)
