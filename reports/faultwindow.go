package reports

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// faultWindow is what the site did while a fault kept its calls waiting.
type faultWindow struct {
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

// windows are those of each fault that makes calls wait.
func (a *run) newFaultWindows() []*faultWindow {
	var list []*faultWindow
	for _, f := range a.faults {
		if !waitingKind(f.Kind) {
			continue
		}
		w := &faultWindow{fault: f, until: a.end, got: map[string]int64{}}
		if f.lifted != nil {
			w.until = *f.lifted
		}
		for _, c := range a.events.met[f.Index] {
			if c.HeldNS == nil {
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
func (w *faultWindow) add(h *journal.Hit, usual usualService) {
	if h.Due < w.fault.applied || h.Due >= w.until {
		return
	}
	extra := h.Service() - usual.of(h.Request)
	if h.Done >= w.until {
		if h.Class == journal.ClassOK && extra > slowFrom(usual.of(h.Request)) {
			w.late++
		}
		return
	}
	client := h.Class == journal.ClassClientTimeout || h.Class == journal.ClassConnectTimeout
	gateway := badGateway(h) >= 0 && h.Answerer != journal.AnswererApp || h.Class == journal.ClassReset || h.Class == journal.ClassClosed
	if h.Class != journal.ClassOK || extra > slowFrom(usual.of(h.Request)) {
		w.got[gotWords(h)]++
	}
	if gateway && h.Service() < refusedWithin || !client && extra <= slowFrom(usual.of(h.Request)) {
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
		w.mark(markAnswered, h.Done-behind-usual.of(h.Request), h.Done+clusterAbs)
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
func (w *faultWindow) mostGot() string {
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
func (w *faultWindow) mark(what uint8, from, to time.Duration) {
	i, _ := slices.BinarySearchFunc(w.given, from, func(one wait, t time.Duration) int { return cmp.Compare(one.ended, t) })
	for ; i < len(w.given) && w.given[i].ended <= to; i++ {
		w.given[i].marks |= what
	}
}

// marked is the share of the waits that have one of the marks.
func (w *faultWindow) marked(what uint8) float64 {
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
