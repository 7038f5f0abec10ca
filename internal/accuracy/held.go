package accuracy

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/tailback/tailback/reports"
)

// accessFormat has php-fpm log when a request began, to the second, how many
// milliseconds it held its worker, and its page.
const accessFormat = "%{%s}t %{milliseconds}d %r"

// served is one request by a worker's own account: a second in which it was
// served, seconds since 1970, how long it held the worker, seconds, and its page.
type served struct {
	at   int64
	s    float64
	page string
}

// byPHP reads a line of accessFormat.
func byPHP(line string) (one served, ok bool) {
	var ms float64
	_, err := fmt.Sscan(line, &one.at, &ms, &one.page)
	one.s = ms / 1000
	return one, err == nil
}

// byGunicorn reads a line of the access log that package gunicorn has it write.
func byGunicorn(line string) (one served, ok bool) {
	stamp, rest, _ := strings.Cut(strings.TrimPrefix(line, "["), "] ")
	at, err := time.Parse("02/Jan/2006:15:04:05 -0700", stamp)
	if err != nil {
		return one, false
	}
	var us float64
	_, err = fmt.Sscan(rest, &us, &one.page)
	one.at, one.s = at.Unix(), us/1e6
	return one, err == nil
}

// Held is how long a request held its worker on average, by the pool's own
// account, seconds. On a machine that others use too it is more than the page
// was told to take.
type Held struct {
	Baseline, Overload float64
	// Busy is how many workers were at a request in the overload, on average. Each is
	// its own for a moment from one request to the next, longer on a busy machine.
	Busy float64
}

// CapacityHz is what the workers carried of the mix as sent while requests queued.
func (h Held) CapacityHz() float64 { return h.Busy / h.Overload }

// ReadHeld reads the pool's access log of a run, each line by read. Of several pages the mean is
// that of the mix as sent in the whole run, whichever were served in a phase.
func ReadHeld(file string, read func(line string) (served, bool), r *reports.Report) (Held, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Held{}, err
	}
	during := func(phase string) (mean, busy float64) {
		from, to := span(r, phase)
		sum, n := map[bool]float64{}, map[bool]float64{}
		for line := range strings.Lines(string(text)) {
			if one, ok := read(line); ok && one.at > from && one.at < to {
				sum[one.page == plainPage] += one.s
				n[one.page == plainPage]++
			}
		}
		busy = (sum[false] + sum[true]) / float64(max(to-from-1, 1))
		plain := plainShare(r)
		if plain == 0 {
			return sum[false] / n[false], busy
		}
		return (1-plain)*sum[false]/n[false] + plain*sum[true]/n[true], busy
	}
	var held Held
	held.Baseline, _ = during("baseline")
	held.Overload, held.Busy = during("overload")
	return held, nil
}

// plainPage is the page that calls nobody.
const plainPage = "/work"

// plainShare is the share of the requests sent that asked for it.
func plainShare(r *reports.Report) float64 {
	var plain, all float64
	for _, p := range r.Phases {
		for _, request := range p.Requests {
			all += float64(request.Sent)
			if request.Name == "plain" {
				plain += float64(request.Sent)
			}
		}
	}
	return plain / all
}

// span is when a phase began and ended, in seconds since 1970.
func span(r *reports.Report, phase string) (from, to int64) {
	for _, p := range r.Phases {
		if p.Name == phase {
			at := func(s float64) int64 { return r.Started.Add(time.Duration(s * float64(time.Second))).Unix() }
			return at(p.StartS), at(p.EndS)
		}
	}
	return 0, 0
}
