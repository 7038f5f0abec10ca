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
// standstill; when as many waited as there are workers it can only be their own.
func (a *analysis) signOfSelf(s *suspects, o *onset, r *Report, in input) {
	if _, possible := s.odds[SelfDeadlock]; !possible || r.SelfRequests == nil || r.SelfRequests.Share == nil {
		return // or the site may not be routed through it
	}
	if r.SelfRequests.Calls == 0 {
		s.sign("the site called itself not once through the egress", odds{SelfDeadlock: hardly})
		return
	}
	from := o.at - time.Duration(o.seen.seconds(0.5)*float64(time.Second))
	waiting := a.standstill(in.events, int(max(from, 0)/time.Second), int(o.at/time.Second)+2)
	if waiting == 0 {
		return
	}
	text := fmt.Sprintf("%s of the site to itself waited through a whole second in which none was answered, and nothing good came", plural(int(waiting), "call"))
	workers := a.workersAtMost(r)
	if workers == 0 || waiting < workers {
		s.sign(text, odds{SelfDeadlock: strongly})
		return
	}
	s.sign(fmt.Sprintf("%s: all %d workers were waiting for the site itself", text, workers), nil)
	s.certain = SelfDeadlock
}

// standstill returns the most calls of the site to itself that waited through
// one of the whole seconds [from, to] without any beginning or ending, while
// nobody got a good answer.
func (a *analysis) standstill(events []journal.Event, from, to int) (most int64) {
	type sum struct{ waiting, moved int64 }
	seconds := map[int]sum{}
	for _, e := range events {
		if u := e.Usage; u != nil && u.Self && u.Seconds > 0.5 && u.Seconds < 1.5 {
			i := int(time.Duration(e.AtNS).Round(time.Second)/time.Second) - 1
			seconds[i] = sum{seconds[i].waiting + u.Waiting, seconds[i].moved + u.Calls + u.Ended}
		}
	}
	for i := from; i <= to; i++ {
		n, ok := seconds[i]
		begin := time.Duration(i) * time.Second
		if ok && n.moved == 0 && sumCells(a.grid.good, a.grid.cell(begin), a.grid.cell(begin+time.Second)) == 0 {
			most = max(most, n.waiting)
		}
	}
	return most
}

// workersAtMost is how many workers the site has, by its status page or as
// worked out, at the upper end; 0 when that is not known.
func (a *analysis) workersAtMost(r *Report) int64 {
	if len(r.Status) > 0 {
		return slices.MaxFunc(r.Status, func(x, y Status) int { return int(x.Total - y.Total) }).Total
	}
	if w := r.Pool.Workers; w != nil && w.Kind == "workers" {
		return int64(w.High)
	}
	return 0
}
