package diagnose

import (
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
)

// moreLines is by what factor an access log must have more lines than this run had
// requests to show others: it is read up to a moment before and after.
const moreLines = 1.03

// othersByLog is the share of the requests in the site's access logs that are not of
// this run, 0..1: they may be other visitors', or pages that fetch pages. It is 0 where no
// log tells of them. php-fpm logs what its workers have served, nginx all that came.
func othersByLog(run *measure.Run) (share float64) {
	all := len(run.Cells.InSystem)
	flow := &run.Cells.Flow
	served := measure.SumCells(flow.Served, 0, all) + measure.SumCells(flow.GaveUp, 0, all)
	for source, ours := range map[journal.Source]int64{journal.PHPAccessLog: served, journal.NginxAccessLog: run.Cells.TotalSent()} {
		var lines int64
		for _, o := range run.Observed {
			if o.Source == source && o.Kind == journal.Access && run.Within(o) {
				lines += max(o.Count, 1)
			}
		}
		if float64(lines) > moreLines*float64(ours) && ours > 0 {
			share = max(share, 1-float64(ours)/float64(lines))
		}
	}
	return share
}
