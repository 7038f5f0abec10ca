package reports

import (
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// signOfSelf looks for the calls that the site made to itself, which the egress
// saw. A worker that waits for one needs another worker. A whole second in which
// such calls waited and none began or ended, and nobody got a good answer, is a
// standstill; when just as many waited as there are workers, and no other call
// was seen to wait, it is of their own making. (More would be several of one worker.)
func (a *analysis) signOfSelf(s *suspects, o *onset, r *Report, in input) {
	if _, possible := s.odds[SelfDeadlock]; !possible || r.SelfRequests == nil || r.SelfRequests.Share == nil {
		return // or the site may not be routed through it
	}
	if r.SelfRequests.Calls == 0 {
		s.sign("the site called itself not once through the egress", odds{SelfDeadlock: hardly})
		return
	}
	from := o.at - time.Duration(o.seen.seconds(0.5)*float64(time.Second))
	waiting, others := a.standstill(in.events, int(max(from, 0)/time.Second), int(o.at/time.Second)+2)
	if waiting == 0 {
		return
	}
	text := fmt.Sprintf("%s of the site to itself waited through a whole second in which none was answered, and nothing good came", plural(int(waiting), "call"))
	workers := a.workersKnown(r)
	if workers == 0 || waiting != workers || others > 0 {
		s.sign(text, odds{SelfDeadlock: strongly})
		return
	}
	s.sign(fmt.Sprintf("%s: all %d workers were waiting for the site itself", text, workers), nil)
	s.certain = SelfDeadlock
}

// standstill returns the most calls of the site to itself that waited through
// one of the whole seconds [from, to] without any beginning or ending, while
// nobody got a good answer, and how many other calls waited in that second.
func (a *analysis) standstill(events []journal.Event, from, to int) (most, others int64) {
	type sum struct{ waiting, moved, others int64 }
	seconds := map[int]sum{}
	for _, e := range events {
		u := e.Usage
		if u == nil || u.Seconds < 0.5 || u.Seconds > 1.5 {
			continue
		}
		i := int(time.Duration(e.AtNS).Round(time.Second)/time.Second) - 1
		s := seconds[i]
		if u.Self {
			s.waiting, s.moved = s.waiting+u.Waiting, s.moved+u.Calls+u.Ended
		} else {
			s.others += u.Waiting
		}
		seconds[i] = s
	}
	for i := from; i <= to; i++ {
		s, begin := seconds[i], time.Duration(i)*time.Second
		still := s.moved == 0 && sumCells(a.grid.good, a.grid.cell(begin), a.grid.cell(begin+time.Second)) == 0
		if still && s.waiting > most {
			most, others = s.waiting, s.others
		}
	}
	return most, others
}

// workersKnown is how many workers the site has, by its status page or as
// counted; 0 when that is not known for sure.
func (a *analysis) workersKnown(r *Report) int64 {
	if len(r.Status) > 0 {
		return slices.MaxFunc(r.Status, func(x, y Status) int { return int(x.Total - y.Total) }).Total
	}
	if w := r.Pool.Workers; w != nil && w.Kind == "workers" && w.Low == w.High {
		return int64(w.Value)
	}
	return 0
}
