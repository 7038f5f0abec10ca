package measure

import (
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// serviceBaseline gathers how long the answers to each request took before any fault.
type serviceBaseline struct {
	until    time.Duration // the first fault
	requests []stats.Histogram
}

func newServiceBaseline(requests int, faults []*Fault) *serviceBaseline {
	b := &serviceBaseline{requests: make([]stats.Histogram, requests)}
	if len(faults) > 0 {
		b.until = faults[0].Applied
	}
	return b
}

func (b *serviceBaseline) add(h *journal.Hit) {
	if h.Class == journal.ClassOK && h.Done < b.until {
		b.requests[h.Request].Add(int64(h.Service()))
	}
}

// UsualService is the usual time that the answers to each request take when no
// fault had any effect yet, the dependency's own time included; 0 of a request
// where nothing is known.
type UsualService []time.Duration

// finish works out the time that a fifth of the answers did not take: half of
// them may have queued, in a run with a phase of overload.
func (b *serviceBaseline) finish() UsualService {
	usual := make(UsualService, len(b.requests))
	for i := range b.requests {
		usual[i] = time.Duration(b.requests[i].Quantile(0.2))
	}
	return usual
}

// of is the usual time of a request; 0 when nothing is known.
func (u UsualService) of(request int32) time.Duration { return u[request] }

// Most is the longest of them; 0 when nothing is known.
func (u UsualService) Most() time.Duration {
	most := time.Duration(0)
	for _, usual := range u {
		most = max(most, usual)
	}
	return most
}
