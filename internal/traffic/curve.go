package traffic

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tailback/tailback/configs"
)

// curve counts requests by the minute of the log's own clock, or by more than a
// minute when there are too many of them.
type curve struct {
	width  int64 // of a bucket, in seconds
	counts map[int64]int
	first  int64 // seconds, of the log's clock
	last   int64
	offset int // of the clock, in seconds east
	zone   string
	timed  int // requests with a time
}

// maxBuckets bounds the memory: two weeks of minutes.
const maxBuckets = 20_160

func newCurve() *curve { return &curve{width: 60, counts: map[int64]int{}} }

// add counts a request at a time in seconds since 1970, in a zone so many seconds east.
func (c *curve) add(at int64, zone int) {
	if c.timed == 0 || zone != c.offset {
		c.offset = zone
		c.zone = time.Unix(0, 0).In(time.FixedZone("", zone)).Format("-0700")
	}
	s := at + int64(zone)
	if c.timed == 0 {
		c.first, c.last = s, s
	}
	c.first, c.last = min(c.first, s), max(c.last, s)
	c.timed++
	c.counts[s/c.width]++
	if len(c.counts) > maxBuckets {
		c.widen()
	}
}

func (c *curve) widen() {
	wider := make(map[int64]int, len(c.counts)/2)
	for at, n := range c.counts {
		wider[at/2] += n
	}
	c.width, c.counts = 2*c.width, wider
}

// busiest returns the highest mean rate over a stretch of that many seconds, such as
// an hour of the clock, and when that began. A stretch that the log has only a part
// of counts by that part, but at least by a minute.
func (c *curve) busiest(seconds int64) (rate float64, began int64) {
	if c.short() > 0 {
		return c.mean(), c.first
	}
	sums := map[int64]int{}
	for at, n := range c.counts {
		sums[at*c.width/seconds] += n
	}
	for _, at := range slices.Sorted(maps.Keys(sums)) {
		if r := float64(sums[at]) / float64(c.covered(at*seconds, seconds)); r > rate {
			rate, began = r, at*seconds
		}
	}
	return rate, began
}

// short is how long a log is of less than a minute, but at least 10 s; 0 of a longer one.
func (c *curve) short() int64 {
	if all := c.last - c.first + 1; all < 60 {
		return max(all, 10)
	}
	return 0
}

// covered is how many of the seconds from start the log tells of, in whole buckets.
func (c *curve) covered(start, seconds int64) int64 {
	from, to := max(start, c.first/c.width*c.width), min(start+seconds, (c.last/c.width+1)*c.width)
	return max(to-from, 60)
}

// mean is the rate over the whole log.
func (c *curve) mean() float64 {
	if all := c.short(); all > 0 {
		return float64(c.timed) / float64(all)
	}
	return float64(c.timed) / float64(c.covered(c.first/c.width*c.width, c.last-c.first+2*c.width))
}

// row is a line of the table of the curve.
type row struct {
	label string
	rate  float64
}

// table draws the rates: by the hour of the day, or, of a log of a few hours, by what
// makes at most 20 lines.
func (c *curve) table() (title string, rows []row) {
	seconds := c.last - c.first + 1
	if seconds <= 4*3600 {
		step := c.width
		for seconds/step > 20 {
			step += c.width
		}
		for start := c.first / step * step; start <= c.last; start += step {
			rows = append(rows, row{clock(start).Format("15:04"), c.between(start, step)})
		}
		return "every " + configs.DurationText(time.Duration(step)*time.Second), rows
	}
	var sums, covered [24]int64
	for start := c.first / 3600 * 3600; start <= c.last && start-c.first < 3660*24*3600; start += 3600 {
		hour := start / 3600 % 24
		covered[hour] += c.covered(start, 3600)
	}
	for at, n := range c.counts {
		sums[at*c.width/3600%24] += int64(n)
	}
	for hour := range sums {
		if covered[hour] > 0 {
			rows = append(rows, row{fmt.Sprintf("%02d:00", hour), float64(sums[hour]) / float64(covered[hour])})
		}
	}
	return "by the hour of the day", rows
}

func (c *curve) between(start, step int64) float64 {
	n := 0
	for at := start / c.width; at < (start+step)/c.width; at++ {
		n += c.counts[at]
	}
	return float64(n) / float64(c.covered(start, step))
}

func clock(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

// comment is the table as comment lines, and what it is of.
func (c *curve) comment() (lines []string) {
	title, rows := c.table()
	highest := 0.0
	for _, r := range rows {
		highest = max(highest, r.rate)
	}
	lines = append(lines, fmt.Sprintf("All requests of the log a second, %s, %s to %s (%s):", title, clock(c.first).Format("2006-01-02 15:04"), clock(c.last).Format("2006-01-02 15:04"), c.zone))
	for _, r := range rows {
		bar := 0
		if highest > 0 {
			bar = int(40*r.rate/highest + 0.5)
		}
		lines = append(lines, strings.TrimRight(fmt.Sprintf("  %s %8s %s", r.label, decimal(r.rate), strings.Repeat("=", bar)), " "))
	}
	return lines
}
