package reports

import (
	"fmt"
	"slices"
	"time"
)

// signOfSelf looks for the calls that the site made to itself, which the egress
// saw. A worker that waits for one needs another worker. A whole second in which
// such calls waited and none began or ended, and nobody got a good answer, is a
// standstill; when just as many waited as there are workers, and no other call
// was seen to wait, it is of their own making. (More would be several of one worker.)
func (a *run) signOfSelf(s *posterior, o *onset, known siteKnown) {
	if _, possible := s.odds[SelfDeadlock]; !possible || known.self == nil || known.self.Share == nil {
		return // or the site may not be routed through it
	}
	if known.self.Calls == 0 {
		s.observe("the site called itself not once through the egress", odds{SelfDeadlock: hardly})
		return
	}
	from := o.at - time.Duration(o.seen.seconds(0.5)*float64(time.Second))
	waiting, others := a.standstill(int(max(from, 0)/time.Second), int(o.at/time.Second)+2)
	if waiting == 0 {
		return
	}
	text := fmt.Sprintf("%s of the site to itself waited through a whole second in which none was answered, and nothing good came", number(waiting, "call"))
	workers := known.workers()
	if workers == 0 || waiting != workers || others > 0 {
		s.observe(text, odds{SelfDeadlock: strongly})
		return
	}
	s.observe(fmt.Sprintf("%s: all %d workers were waiting for the site itself", text, workers), nil)
	s.certain = SelfDeadlock
}

// standstill returns the most calls of the site to itself that waited through
// one of the whole seconds [from, to] without any beginning or ending, while
// nobody got a good answer, and how many other calls waited in that second.
func (a *run) standstill(from, to int) (most, others int64) {
	type sum struct{ waiting, moved, others int64 }
	seconds := map[int]sum{}
	for _, u := range a.events.uses {
		if u.Seconds < 0.5 || u.Seconds > 1.5 {
			continue
		}
		i := int(u.to.Round(time.Second)/time.Second) - 1
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
		still := s.moved == 0 && sumCells(a.cells.good, a.cells.cell(begin), a.cells.cell(begin+time.Second)) == 0
		if still && s.waiting > most {
			most, others = s.waiting, s.others
		}
	}
	return most, others
}

// workers is how many workers the site has, by its status page or as
// counted; 0 when that is not known for sure.
func (known siteKnown) workers() int64 {
	if len(known.status) > 0 {
		return slices.MaxFunc(known.status, func(x, y Status) int { return int(x.Total - y.Total) }).Total
	}
	if w := known.pool.Workers; w != nil && w.Kind == countedWorkers && w.Low == w.High {
		return int64(w.Value)
	}
	return 0
}
