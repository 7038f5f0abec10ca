package guards

import "time"

// windowParts is how many parts a window is cut into: what it holds is
// exact to one of them.
const windowParts = 100

// window sums up what came in the most recent stretch of a run. It takes the
// same room whatever the load. The zero window is of no length: set part.
type window struct {
	part  time.Duration // a hundredth of the window's length
	slots [windowParts]slot
}

// slot is what came in one part of the run.
type slot struct {
	index int64 // of the part, from T0 on; it is 0 in an empty window too
	sum   tally
}

// tally counts hits that have ended.
type tally struct {
	all   int64
	good  int64
	hit   int64 // what the rule counts: of all hits, or of a quantile's good answers those beyond the limit
	equal int64 // good answers that took just the limit
}

func (e tally) plus(o tally) tally {
	return tally{e.all + o.all, e.good + o.good, e.hit + o.hit, e.equal + o.equal}
}

// add counts what ended at a moment since T0. What is older than the window is left out.
func (w *window) add(at time.Duration, e tally) {
	index := int64(at / w.part)
	s := &w.slots[index%windowParts]
	if index > s.index {
		*s = slot{index: index}
	}
	if index == s.index {
		s.sum = s.sum.plus(e)
	}
}

// sum returns what ended in the window that ends now.
func (w *window) sum(now time.Duration) tally {
	var total tally
	last := int64(now / w.part)
	for _, s := range w.slots {
		if s.index > last-windowParts && s.index <= last {
			total = total.plus(s.sum)
		}
	}
	return total
}
