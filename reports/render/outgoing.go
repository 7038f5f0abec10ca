package render

import (
	"fmt"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// maxSeen is how many hosts a text report lists.
const maxSeen = 12

// seen writes the hosts that the site called through the egress.
func (t *terminal) seen(r *reports.Report) {
	if r.SelfRequests == nil {
		return
	}
	rows := [][]cell{{{"outgoing calls", faint}, {"declared as", faint}, {"calls", faint}, {"p50", faint}, {"p99", faint}, {"longest", faint}}}
	for i, d := range r.DependenciesSeen {
		if i == maxSeen {
			break
		}
		as, st := d.Dependency, plain
		if d.Self {
			as, st = "the site itself", bad
		} else if as == "" {
			as = "–"
		}
		rows = append(rows, []cell{{shorten(oneLine(d.Host), 26), plain}, {shorten(oneLine(as), 15), st}, {words.Count(d.Calls), plain},
			{words.Known(d.HeldS.P50, words.Span), plain}, {words.Known(d.HeldS.P99, words.Span), plain}, {words.Known(d.HeldS.Max, words.Span), plain}})
	}
	if len(rows) > 1 {
		alignLeft(rows, 1)
		writeTable(&t.Builder, t.paint, rows)
	}
	if more := len(r.DependenciesSeen) - maxSeen; more > 0 {
		t.event("", plain, words.Number(int64(more), "other host")+" in report.html")
	}
	t.event("", plain, egressWords(r))
	t.WriteString("\n")
}

// egressWords sums up what the egress saw.
func egressWords(r *reports.Report) string {
	switch own := r.SelfRequests; {
	case own.Share == nil:
		return "The egress saw no call: is the site's http_proxy and https_proxy set to it?"
	case own.Calls == 0:
		return "The egress saw no call of the site to itself."
	default:
		return fmt.Sprintf("The site called itself %s, in %s of the calls that the egress saw.", words.Number(own.Calls, "time"), words.Percent(*own.Share))
	}
}
