package explain

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// wait is a function in which the slow log saw workers wait, at one place of the
// site's own code.
type wait struct {
	function string // as the log has it, without ()
	library  string // of Composer, maker and name, or wp-includes; "" of the site's own call
	place    string // file and line of the site's own code; "" when the log does not reach it
	count    int64
	held     bool // it is known that no other dependency held it
}

// aWait is how an entry of the slow log is told (reports/evidence): "curl_exec()
// called at lib.php:21", or "curl_exec() called at guzzlehttp/guzzle
// (CurlHandler.php:44) from Pay.php:17".
var aWait = regexp.MustCompile(`^(.+)\(\) called at (?:(\S+) \(\S+\)(?: from (\S+))?|(.+))$`)

// waitsOf are the waits that the slow log saw, but for those while another dependency
// than this was held, those of most workers first; and how many more there were.
// Of none ("") they are all.
func waitsOf(r *reports.Report, dependency string) (list []wait, others int64) {
	for _, e := range r.Evidence {
		if e.Kind != "waiting" || dependency != "" && e.Dependency != "" && e.Dependency != dependency {
			continue
		}
		m := aWait.FindStringSubmatch(e.Text)
		if m == nil {
			others += e.Count
			continue
		}
		list = append(list, wait{m[1], m[2], m[3] + m[4], e.Count, e.Dependency != ""})
	}
	slices.SortStableFunc(list, func(x, y wait) int { return cmp.Compare(y.count, x.count) })
	return list, others
}

// maxFunctions is how many functions a sentence names.
const maxFunctions = 3

// whereItWaits counts by function what the slow log saw, but while others than the
// dependency were held, over all its entries.
func whereItWaits(r *reports.Report, dependency string) string {
	waits, others := waitsOf(r, dependency)
	var functions []string
	counts, places := map[string]int64{}, map[string][]string{}
	for _, w := range waits {
		if counts[w.function] == 0 {
			functions = append(functions, w.function)
		}
		counts[w.function] += w.count
		places[w.function] = append(places[w.function], w.place)
	}
	if functions == nil {
		return ""
	}
	slices.SortStableFunc(functions, func(x, y string) int { return cmp.Compare(counts[y], counts[x]) })
	var parts []string
	for i, f := range functions {
		if i >= maxFunctions {
			others += counts[f]
			continue
		}
		part := fmt.Sprintf("%s in %s", words.Count(counts[f]), f)
		switch at := places[f]; {
		case len(at) > 1:
			part += fmt.Sprintf(" at %d places", len(at))
		case at[0] != "":
			part += " at " + at[0]
		}
		parts = append(parts, part)
	}
	if others > 0 {
		parts = append(parts, words.Count(others)+" elsewhere")
	}
	return "; workers waited, by the slow log: " + strings.Join(parts, ", ")
}

// adviseOnSession is for pages that hold their visitor's session while they wait:
// PHP lets one request of a session run at a time.
func adviseOnSession(r *reports.Report) []reports.Advice {
	where, locked := startsAt(r)
	waits, _ := waitsOf(r, "")
	var calls int64
	for _, w := range waits {
		if w.function != "session_start" && familyOf(w) != "" {
			calls += w.count
		}
	}
	if locked < 3 || calls == 0 || len(adviseOnLock(r)) > 0 {
		return nil
	}
	return []reports.Advice{{Text: "Close the session before a page calls others: session_write_close(), or session_start(['read_and_close' => true]) at " + cmp.Or(where, "its start"),
		Because: fmt.Sprintf("%s of workers in session_start() are in the slow log, beside %s in calls: requests of one session wait for each other", words.Number(locked, "wait"), words.Count(calls))}}
}
