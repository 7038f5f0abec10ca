package causes

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// fellSilent says of an access log that showed our requests up to some second, and
// none of those after it, since when; "" of others. The disk that it is on may have
// filled up: what it does not say then is no evidence.
func fellSilent(source journal.Source, log *accessLog, served map[int64]int64) string {
	if log.all.n == 0 {
		return ""
	}
	last := slices.Max(slices.Collect(maps.Keys(log.all.perSecond)))
	before, after := maps.Clone(served), maps.Clone(served)
	maps.DeleteFunc(before, func(s, _ int64) bool { return s >= last }) // in the last one it may have stopped
	maps.DeleteFunc(after, func(s, _ int64) bool { return s <= last+1 })
	missing := sumOf(after)
	if missing < measure.Few || part(matched(before, log.all.perSecond), sumOf(before)) < follows {
		return ""
	}
	return fmt.Sprintf("%s says nothing after %s, when %s more were answered well: is its disk full, or is it written late (buffer=)? It was left out",
		source, words.Moment(float64(last+1)), words.Number(missing, "request"))
}
