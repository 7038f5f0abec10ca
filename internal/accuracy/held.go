package accuracy

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/tailback/tailback/reports"
)

// accessFormat has php-fpm log when a request began, to the second, and how
// many milliseconds it held its worker.
const accessFormat = "%{%s}t %{milliseconds}d"

// Held is how long a request held its worker on average, by php-fpm's own
// account, seconds. On a machine that others use too it is more than the page
// was told to take.
type Held struct {
	Baseline, Overload float64
}

// ReadHeld reads php-fpm's access log of a run.
func ReadHeld(file string, r *reports.Report) (Held, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Held{}, err
	}
	mean := func(phase string) float64 {
		from, to := span(r, phase)
		var sum, n float64
		for line := range strings.Lines(string(text)) {
			var began int64
			var ms float64
			if _, err := fmt.Sscan(line, &began, &ms); err == nil && began > from && began < to {
				sum, n = sum+ms/1000, n+1
			}
		}
		return sum / n
	}
	return Held{mean("baseline"), mean("overload")}, nil
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
