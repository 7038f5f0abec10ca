package reports

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// watch is what the site did while a fault kept its calls waiting.
type watch struct {
	fault  *playedFault
	until  time.Duration    // it was lifted, or the run ended
	waits  []wait           // of the calls that it caught, as the proxy saw them; by when they ended
	given  []wait           // those of waits that the site ended while the fault was in force
	gaveUp visitors         // slow answers to visitors, by who gave up on them
	app    early            // good answers and the application's own errors that were slow
	others early            // slow answers of a gateway, and what we gave up
	got    map[string]int64 // what came to visitors that waited or were refused
	late   int64            // hits that were answered well only after the lifting
	first  time.Duration    // when the first slow answer came; 0 is none
}

// wait is a call that a fault caught.
type wait struct {
	began, ended time.Duration
	connection   int64
	by           string // who ended the connection
	open         bool   // there was no answer when it ended
	marks        uint8  // what came to a visitor around its end
}

// The marks of a wait.
const (
	markKilled   = 1 << iota // a gateway said that the worker had broken off
	markLeft                 // a gateway, or we, had just given up
	markAnswered             // the application answered
)

// visitors counts slow answers by who gave up.
type visitors struct{ gateway, client, app, ok int64 }

// waitingKind reports whether a fault of the kind makes calls wait.
func waitingKind(kind string) bool {
	return kind == "hang" || kind == "latency" || kind == "no_accept" || kind == "slow_dial" || kind == "bandwidth" || kind == "slice"
}

// watches are those of each fault that makes calls wait.
func (a *analysis) newWatches(events []journal.Event) []*watch {
	var list []*watch
	for _, f := range a.faults {
		if !waitingKind(f.Kind) {
			continue
		}
		w := &watch{fault: f, until: a.end, got: map[string]int64{}}
		if f.lifted != nil {
			w.until = *f.lifted
		}
		for _, e := range events {
			c := e.Connection
			if c == nil || c.Fault == nil || *c.Fault != f.Index || c.HeldNS == nil {
				continue
			}
			w.waits = append(w.waits, wait{time.Duration(c.ClosedNS - *c.HeldNS), time.Duration(c.ClosedNS), c.ID, c.ClosedBy, c.Waiting, 0})
		}
		slices.SortFunc(w.waits, func(x, y wait) int {
			return cmp.Or(cmp.Compare(x.ended, y.ended), cmp.Compare(x.connection, y.connection))
		})
		for _, one := range w.waits {
			if one.by == "site" && one.open && one.ended < w.until {
				w.given = append(w.given, one)
			}
		}
		list = append(list, w)
	}
	return list
}

// A visitor hears of the end of a call within these bounds. A gateway that gave
// up did so just before, a worker that broke off does so at that moment.
const (
	beside = 50 * time.Millisecond
	behind = 100 * time.Millisecond
)

// add looks at a hit that was due while the fault was in force.
func (w *watch) add(h *journal.Hit, well *wellness) {
	if h.Due < w.fault.applied || h.Due >= w.until {
		return
	}
	extra := h.Service() - well.service(h.Request)
	if h.Done >= w.until {
		if h.Class == journal.ClassOK && extra > slowFrom(well.service(h.Request)) {
			w.late++
		}
		return
	}
	client := h.Class == journal.ClassClientTimeout || h.Class == journal.ClassConnectTimeout
	gateway := badGateway(h) >= 0 && h.Answerer != journal.AnswererApp || h.Class == journal.ClassReset || h.Class == journal.ClassClosed
	if h.Class != journal.ClassOK || extra > slowFrom(well.service(h.Request)) {
		w.got[gotWords(h)]++
	}
	if gateway && h.Service() < atOnce || !client && extra <= slowFrom(well.service(h.Request)) {
		return
	}
	if w.first == 0 || h.Done < w.first {
		w.first = h.Done
	}
	switch {
	case client:
		w.gaveUp.client++
		w.others.add(h, h.Service())
		w.mark(markLeft, h.Done-clusterAbs, h.Done+beside)
	case gateway:
		w.gaveUp.gateway++
		w.others.add(h, h.Service())
		if h.Code == 504 {
			w.mark(markLeft, h.Done-clusterAbs, h.Done+beside)
		} else {
			w.mark(markKilled, h.Done-beside, h.Done+beside)
		}
	default:
		if h.Class == journal.ClassOK {
			w.gaveUp.ok++
		} else {
			w.gaveUp.app++
		}
		w.app.add(h, extra)
		w.mark(markAnswered, h.Done-behind-well.service(h.Request), h.Done+clusterAbs)
	}
}

// gotWords says what came to a visitor.
func gotWords(h *journal.Hit) string {
	switch {
	case h.Class == journal.ClassOK && h.Degraded:
		return "degraded page"
	case h.Class == journal.ClassOK:
		return "good page"
	case h.Code >= 400:
		return "error " + strconv.Itoa(int(h.Code))
	}
	return "error " + h.Class.String()
}

// mostGot is what came to most of them; a page that came only after the lifting
// counts if there was nothing else. Empty when nobody had to wait.
func (w *watch) mostGot() string {
	most, what := int64(0), ""
	if w.late > 0 {
		what = "good page"
	}
	for _, words := range slices.Sorted(maps.Keys(w.got)) {
		if n := w.got[words]; n > most {
			most, what = n, words
		}
	}
	return what
}

// slowFrom is how much longer than usual an answer must take to be called slow.
func slowFrom(usual time.Duration) time.Duration { return usual/4 + beside }

// mark notes that something came to a visitor around the end of waits.
func (w *watch) mark(what uint8, from, to time.Duration) {
	i, _ := slices.BinarySearchFunc(w.given, from, func(one wait, t time.Duration) int { return cmp.Compare(one.ended, t) })
	for ; i < len(w.given) && w.given[i].ended <= to; i++ {
		w.given[i].marks |= what
	}
}

// marked is the share of the waits that have one of the marks.
func (w *watch) marked(what uint8) float64 {
	n := 0
	for _, one := range w.given {
		if one.marks&what != 0 {
			n++
		}
	}
	return float64(n) / float64(len(w.given))
}

// early keeps the samples that were due first, a bounded number of them.
type early []sample

type sample struct {
	due, done, value time.Duration
	seq              uint64
}

const maxEarly = 512

func (e *early) add(h *journal.Hit, value time.Duration) {
	*e = append(*e, sample{h.Due, h.Done, value, h.Seq})
	if len(*e) >= 2*maxEarly {
		*e = e.sorted()
	}
}

// sorted returns the samples in the order in which they were due.
func (e early) sorted() early {
	slices.SortFunc(e, func(x, y sample) int { return cmp.Or(cmp.Compare(x.due, y.due), cmp.Compare(x.seq, y.seq)) })
	return e[:min(len(e), maxEarly)]
}

// values are the samples' values.
func (e early) values() []time.Duration {
	var list []time.Duration
	for _, s := range e.sorted() {
		list = append(list, s.value)
	}
	return list
}

// wellness is how long the answers to each request take when no fault had any
// effect yet, the dependency's own time included.
type wellness struct {
	until    time.Duration // the first fault
	requests []stats.Histogram
	usual    []time.Duration // of each, once all are added; 0 when nothing is known
}

func newWellness(requests int, faults []*playedFault) *wellness {
	w := &wellness{requests: make([]stats.Histogram, requests)}
	if len(faults) > 0 {
		w.until = faults[0].applied
	}
	return w
}

func (w *wellness) add(h *journal.Hit) {
	if h.Class == journal.ClassOK && h.Done < w.until {
		w.requests[h.Request].Add(int64(h.Service()))
	}
}

// settle works out the time that a fifth of the answers did not take: half of
// them may have queued, in a run with a phase of overload.
func (w *wellness) settle() {
	for i := range w.requests {
		w.usual = append(w.usual, time.Duration(w.requests[i].Quantile(0.2)))
	}
}

// service is the usual time of a request; 0 when nothing is known.
func (w *wellness) service(request int32) time.Duration { return w.usual[request] }

// most is the longest of them; 0 when nothing is known.
func (w *wellness) most() time.Duration {
	most := time.Duration(0)
	for _, usual := range w.usual {
		most = max(most, usual)
	}
	return most
}
