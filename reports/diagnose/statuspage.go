package diagnose

import (
	"fmt"
	"math"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
)

// pageView is what php-fpm's status page said of the pool during the run.
type pageView struct {
	seen        int64
	least, most int64 // processes
	manager     string
	queueLen    int64 // size of the socket's queue, 0 on unix
	queued      int64 // the most
	reached     bool  // it could not grow further
}

func statusPage(observed []journal.Observation) pageView {
	var v pageView
	totals := map[int64]int{}
	for _, o := range observed {
		if o.Kind != journal.Gauge || o.Pool == nil || o.Pool.Total <= 0 {
			continue
		}
		p := o.Pool
		if v.seen == 0 {
			v.least, v.most = p.Total, p.Total
		}
		v.seen++
		totals[p.Total]++
		v.least, v.most = min(v.least, p.Total), max(v.most, p.Total)
		v.manager = p.Manager
		v.queueLen, v.queued = max(v.queueLen, p.QueueLen), max(v.queued, p.Queue, p.MaxQueue)
		v.reached = v.reached || p.MaxChildrenReached > 0
	}
	if v.manager == "static" {
		v.most = usualTotal(totals)
		v.least = v.most
	}
	return v
}

// usualTotal is the number of processes that most readings tell of, the larger of two. A
// page counts those that are busy and those that are idle one after the other, and one
// that is done meanwhile twice: 7 of 6, measured once in a thousand readings.
func usualTotal(totals map[int64]int) (usual int64) {
	for total, n := range totals {
		if n > totals[usual] || n == totals[usual] && total > usual {
			usual = total
		}
	}
	return usual
}

// compare holds the page against what was seen from outside, which goes first:
// a page may be another pool's, or an old one's. It returns the workers and the
// queue slots as they are now known, and what the two disagree on.
func (v pageView) compare(pool *reports.Pool, p *PoolFit) (warning string) {
	if v.seen == 0 {
		return ""
	}
	total := float64(v.most)
	final := v.manager == "static" || v.reached
	w := pool.Workers
	switch {
	case w != nil && v.manager != "" && !final && total >= w.Low*(1-differ):
		p.whyWorkers = fmt.Sprintf("php-fpm's status page tells of up to %d processes and of pm = %s: it starts more when it needs them, and had not yet started all that it may", v.most, v.manager)
		pool.Workers, pool.Grew, p.growing = nil, true, true
	case w == nil && final && v.most >= p.atLeast:
		low := float64(v.least)
		if v.manager == "static" {
			low = total
		}
		pool.Workers = &reports.Estimate{Value: total, Low: low, High: total, Kind: reports.CountedWorkers,
			From: "php-fpm's status page; from outside they were not seen"}
		pool.Grew = low < total
		p.whyWorkers = ""
	case w == nil && v.most < p.atLeast:
		return fmt.Sprintf("php-fpm's status page tells of %d processes, but %d requests were seen in service at once: is it the page of another pool?", v.most, p.atLeast)
	case w == nil:
	case w.Kind == reports.EffectiveWorkers || w == p.logged && v.least < v.most: // an average, while it grew
		if !final {
			break
		}
		if total < w.Low*(1-differ) {
			return fmt.Sprintf("php-fpm's status page tells of %d processes, but the site served what takes %.3g: is it the page of another pool?", v.most, w.Value)
		}
		p.contended = w.High < total*(1-differ)
		pool.Workers = &reports.Estimate{Value: total, Low: total, High: total, Kind: reports.CountedWorkers,
			From: fmt.Sprintf("php-fpm's status page; %s tells of %.3g", "capacity times service time", w.Value)}
	case math.Abs(total-w.Value) <= 0.1*w.Value:
		w.From += "; php-fpm's status page says the same"
		p.confirmed = true
	case final && w.Low < w.High && w.Low <= total && total <= w.High:
		pool.Workers = &reports.Estimate{Value: total, Low: total, High: total, Kind: reports.CountedWorkers,
			From: fmt.Sprintf("php-fpm's status page; %s", w.From)}
	case p.workers.averaged && final:
		pool.Workers = &reports.Estimate{Value: total, Low: min(total, w.Value), High: max(total, w.Value), Kind: reports.CountedWorkers,
			From: fmt.Sprintf("php-fpm's status page; %s, which comes to %.3g", w.From, w.Value)}
	case final || total > w.Value:
		return fmt.Sprintf("php-fpm's status page tells of %d processes, but %.3g workers were seen from outside: is it the page of another pool?", v.most, w.Value)
	}
	return ""
}

// readingInside reports whether a reading of the page may have been in the pool's
// queue whenever requests were refused, and so have taken a slot of it. It was
// not if one was answered at once meanwhile.
func readingInside(run *measure.Run) bool {
	first, last := -1, -1
	for c, n := range run.Cells.Flow.Refused {
		if n > 0 {
			if first < 0 {
				first = c
			}
			last = c
		}
	}
	read := false
	for _, o := range run.Observed {
		if o.Source != journal.PHPFPMStatus {
			continue
		}
		read = true
		c := run.Cells.Cell(time.Duration(o.AtNS))
		if o.Kind == journal.Gauge && first <= c && c <= last && time.Duration(o.ErrorNS) < promptly {
			return false
		}
	}
	return read
}

// promptly is how exactly a reading that was answered at once tells the time: php-fpm
// counts its processes once a second.
const promptly = 1500 * time.Millisecond

// slots takes the size of a TCP socket's queue from the page: from outside it
// can't be seen. The kernel holds one more than it was told.
func (v pageView) slots(pool *reports.Pool, p *PoolFit) {
	if pool.QueueSlots != nil || pool.Network == "unix" || v.queueLen <= 0 {
		return
	}
	n := float64(v.queueLen)
	pool.QueueSlots = &reports.Estimate{Value: n + 1, Low: n, High: n + 1, From: "php-fpm's status page; from outside it can't be seen on TCP"}
	pool.Network, p.whySlots = "tcp", ""
}
