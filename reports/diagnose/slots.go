package diagnose

import (
	"cmp"
	"slices"

	"github.com/tailback/tailback/reports/measure"
)

// fullFit is how many requests pool and queue hold together.
type fullFit struct {
	n    int64 // the usual number inside when one was refused
	low  int64
	high int64
	seen int64 // refusals looked at
	why  string
}

// refusedLevels counts by how many others were inside the requests that were
// refused at once. For one sent within a cell of another the count may be off
// by one, so it is the usual number that counts.
func full(run *measure.Run) fullFit {
	levels := run.Cells.InSystem
	counts := map[int64]int64{}
	var seen, most int64
	for c := range levels {
		if run.Cells.HiddenWork(c) {
			continue
		}
		most = max(most, int64(levels[c]))
		if n := measure.At(run.Cells.Flow.Refused, c); n > 0 {
			counts[int64(levels[c])] += int64(n)
			seen += int64(n)
		}
	}
	if seen == 0 {
		return fullFit{why: "no request was refused at once (502), so the queue was never seen to be full"}
	}
	return usual(counts, seen, most)
}

// usual is the number that most refusals saw. A queue that is full is as full
// as it ever gets: refusals for another reason come at any number.
func usual(counts map[int64]int64, seen, most int64) fullFit {
	type count struct{ level, n int64 }
	var list []count
	for level, n := range counts {
		list = append(list, count{level, n})
	}
	slices.SortFunc(list, func(x, y count) int { return cmp.Or(cmp.Compare(y.n, x.n), cmp.Compare(x.level, y.level)) })
	mode := list[0]
	near := max(1, mode.level/20)
	var around, same int64
	for _, c := range list {
		if c.level >= mode.level-near && c.level <= mode.level+near {
			around += c.n
		}
	}
	same = mode.n
	fit := fullFit{n: mode.level, low: mode.level, high: mode.level, seen: seen}
	switch {
	case around*10 < seen*8 || mode.level < 2:
		return fullFit{seen: seen, why: "requests were refused at once (502) with any number inside, so not because the queue was full"}
	case most > mode.level+max(2, mode.level/8):
		return fullFit{seen: seen, why: "requests were refused at once (502) although at other times more were inside, so not because the queue was full"}
	case same*10 < seen*7 || seen < 3:
		fit.low, fit.high = mode.level-near, mode.level+near
	}
	return fit
}
