package measure

import (
	"strconv"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// visitCounter follows visits from their first step to their last. Its memory is that of
// the visits under way at once, whatever the order of hits.
type visitCounter struct {
	kinds    []journal.Visit
	of       []visitStep // by request
	underWay map[uint64]*underWay
	tallies  []*visitTally // of kind k of those begun in phase p at p*kinds+k; nil where there are none
}

// visitStep is which step of which visit a request is.
type visitStep struct{ kind, step int32 }

// underWay is a visit of which not all is known yet.
type underWay struct {
	kind, phase int32 // phase is that of its first step, as far as is known
	first       int32 // the lowest step that was seen
	seen, most  int32 // how many steps, and the highest of them
	began, done time.Duration
	broke       int32 // the step that was not answered well; -1 is none
	class       journal.Class
	code        int32
}

// visitTally is what came of a number of visits of one kind.
type visitTally struct {
	recorded, begun, completed, abandoned, cutOff, unsent int64
	gaps                                                  int64 // steps without a record, before one that has one
	steps                                                 []stepTally
	duration                                              stats.Histogram // ns, of the completed
}

type stepTally struct {
	reached, passed int64
	lost            map[string]int64 // by what came
}

// newVisitCounter is nil for a run of requests by themselves.
func newVisitCounter(m journal.Manifest) *visitCounter {
	if len(m.Visits) == 0 {
		return nil
	}
	return &visitCounter{
		kinds: m.Visits, of: stepsOf(m), underWay: map[uint64]*underWay{},
		tallies: make([]*visitTally, len(m.Phases)*len(m.Visits)),
	}
}

// stepsOf says of each request of the manifest which step it is.
func stepsOf(m journal.Manifest) (list []visitStep) {
	for k, v := range m.Visits {
		for s := range v.Steps {
			list = append(list, visitStep{int32(k), int32(s)})
		}
	}
	return list
}

func (c *visitCounter) add(h *journal.Hit) {
	if c == nil || h.Visit == 0 {
		return
	}
	at := c.of[h.Request]
	v := c.underWay[h.Visit]
	if v == nil {
		v = &underWay{kind: at.kind, phase: h.Phase, first: at.step, began: h.Due, broke: -1}
		c.underWay[h.Visit] = v
	}
	v.add(h, at.step)
	if v.seen > v.broke && v.broke >= 0 || int(v.seen) == c.kinds[v.kind].Steps {
		c.end(v)
		delete(c.underWay, h.Visit)
	}
}

func (v *underWay) add(h *journal.Hit, step int32) {
	v.seen++
	v.most, v.done = max(v.most, step), max(v.done, h.Done)
	if step < v.first {
		v.first, v.phase, v.began = step, h.Phase, h.Due
	}
	if h.Class != journal.ClassOK {
		v.broke, v.class, v.code = step, h.Class, h.Code
	}
}

// tally is that of visits of a kind that began in a phase.
func (c *visitCounter) tally(phase, kind int32) *visitTally {
	at := int(phase)*len(c.kinds) + int(kind)
	if c.tallies[at] == nil {
		c.tallies[at] = &visitTally{steps: make([]stepTally, c.kinds[kind].Steps)}
	}
	return c.tallies[at]
}

// end counts a visit of which all is known, or of which no more will be.
func (c *visitCounter) end(v *underWay) {
	t := c.tally(v.phase, v.kind)
	t.recorded++
	t.gaps += int64(v.most + 1 - v.seen)
	passed, reached := v.most+1, v.most+1
	if v.broke >= 0 {
		passed, reached = v.broke, v.broke+1
	}
	notSent := v.broke >= 0 && (v.class == journal.ClassDropped || v.class == journal.ClassGenerator)
	if notSent {
		reached--
	}
	if reached == 0 {
		return // it did not begin
	}
	t.begun++
	for s := range reached {
		t.steps[s].reached++
	}
	for s := range passed {
		t.steps[s].passed++
	}
	switch {
	case notSent:
		t.unsent++
	case v.broke >= 0 && v.class == journal.ClassCanceled, v.broke < 0 && int(v.most)+1 < c.kinds[v.kind].Steps:
		t.cutOff++
	case v.broke >= 0:
		t.abandoned++
		t.steps[v.broke].lose(v)
	default:
		t.completed++
		t.duration.Add(int64(v.done - v.began))
	}
}

// lose counts a visit that was abandoned here.
func (s *stepTally) lose(v *underWay) {
	if s.lost == nil {
		s.lost = map[string]int64{}
	}
	what := v.class.String()
	if v.class == journal.ClassStatus && v.code > 0 {
		what = strconv.Itoa(int(v.code))
	}
	s.lost[what]++
}

// finish returns what was counted; the visits still under way were cut off.
func (c *visitCounter) finish() *Visits {
	if c == nil {
		return nil
	}
	for _, v := range c.underWay {
		c.end(v)
	}
	return &Visits{kinds: c.kinds, tallies: c.tallies}
}

func (t *visitTally) merge(o *visitTally) {
	t.recorded += o.recorded
	t.begun += o.begun
	t.completed += o.completed
	t.abandoned += o.abandoned
	t.cutOff += o.cutOff
	t.unsent += o.unsent
	t.gaps += o.gaps
	for i := range o.steps {
		if i == len(t.steps) {
			t.steps = append(t.steps, stepTally{})
		}
		s := &t.steps[i]
		s.reached += o.steps[i].reached
		s.passed += o.steps[i].passed
		for what, n := range o.steps[i].lost {
			if s.lost == nil {
				s.lost = map[string]int64{}
			}
			s.lost[what] += n
		}
	}
	t.duration.Merge(&o.duration)
}

// figures are what the report shows of it.
func (t *visitTally) figures(due int64, seconds float64) reports.VisitTraffic {
	f := reports.VisitTraffic{
		Due: due, Begun: t.begun, Completed: t.completed, Abandoned: t.abandoned, CutOff: t.cutOff, Unsent: t.unsent,
		CompletedRatio: Ratio(t.completed, t.completed+t.abandoned), DurationS: Quantiles(&t.duration),
	}
	if hz := PerSecond(t.begun, seconds); hz != nil {
		f.RateBegunHz = *hz
	}
	if hz := PerSecond(t.completed, seconds); hz != nil {
		f.RateCompletedHz = *hz
	}
	return f
}
