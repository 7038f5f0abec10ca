package causes

import (
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// signOfSelf looks for the calls that the site made to itself, which the egress
// saw. A worker that waits for one needs another worker. A whole second in which
// such calls waited and none began or ended, and nobody got a good answer, is a
// standstill; when just as many waited as there are workers, and no other call
// was seen to wait, it is of their own making. (More would be several of one worker.)
func signOfSelf(run *measure.Run, s *posterior, o *measure.Onset, known SiteKnown) {
	if _, possible := s.odds[reports.SelfDeadlock]; !possible || known.Self == nil || known.Self.Share == nil {
		return // or the site may not be routed through it
	}
	if known.Self.Calls == 0 {
		s.observe("the site called itself not once through the egress", odds{reports.SelfDeadlock: hardly})
		return
	}
	from := o.At - time.Duration(o.Seen.Seconds(0.5)*float64(time.Second))
	waiting, others := standstill(run, int(max(from, 0)/time.Second), int(o.At/time.Second)+2)
	if waiting == 0 {
		return
	}
	text := fmt.Sprintf("%s of the site to itself waited through a whole second in which none was answered, and nothing good came", words.Number(waiting, "call"))
	workers := known.workers()
	if workers == 0 || waiting != workers || others > 0 {
		s.observe(text, odds{reports.SelfDeadlock: strongly})
		return
	}
	s.observe(fmt.Sprintf("%s: %s waiting for the site itself", text, words.Either(int64(workers), "the only worker was", fmt.Sprintf("all %d workers were", workers))), nil)
	s.certain = reports.SelfDeadlock
}

// standstill returns the most calls of the site to itself that waited through
// one of the whole seconds [from, to] without any beginning or ending, while
// nobody got a good answer, and how many other calls waited in that second.
func standstill(run *measure.Run, from, to int) (most, others int64) {
	type sum struct{ waiting, moved, others int64 }
	seconds := map[int]sum{}
	for _, u := range run.Events.Uses {
		if u.Seconds < 0.5 || u.Seconds > 1.5 {
			continue
		}
		i := int(u.To.Round(time.Second)/time.Second) - 1
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
		still := s.moved == 0 && measure.SumCells(run.Cells.Good, run.Cells.Cell(begin), run.Cells.Cell(begin+time.Second)) == 0
		if still && s.waiting > most {
			most, others = s.waiting, s.others
		}
	}
	return most, others
}

// workers is how many workers the site has, by its status page or as
// counted; 0 when that is not known for sure.
func (known SiteKnown) workers() int64 {
	if len(known.Status) > 0 {
		return slices.MaxFunc(known.Status, func(x, y reports.Status) int { return int(x.Total - y.Total) }).Total
	}
	if w := known.Pool.Workers; w != nil && w.Kind == reports.CountedWorkers && w.Low == w.High {
		return int64(w.Value)
	}
	return 0
}

// unexplained is how little a model must explain for what it leaves out to have
// decided the run.
const unexplained = 0.3

// maybeStuck reports whether errors that look like those of a pool which is asked too
// much may come of workers that wait for pages of their own site: the model has them
// serve what was asked, or some of them waited twice, and no egress says that they do not call it.
func (known SiteKnown) maybeStuck(cause reports.Cause) bool {
	fit := known.Pool.FitR2
	return (cause == reports.QueueFull || cause == reports.GatewayTimeout) && known.Self == nil && (known.Unevenly || fit != nil && *fit < unexplained)
}
