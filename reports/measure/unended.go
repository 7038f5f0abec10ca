package measure

import (
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// mostUnended bounds the requests under way at once that a gap in the log may
// stand for; a longer one is damage. It bounds all of them together as well.
const mostUnended = 1 << 20

// unended finds the hits of a run that could not record its last moment whose end
// it never wrote: they were under way, or ended in what was lost. Without them a
// hang would look like a site with nothing to do. The log shows them as gaps in
// the sequence; those after the last recorded hit stay unknown, as does which
// request of a mix each was: it is counted with the one before.
type unended struct {
	phases []journal.PhaseSpan
	last   journal.Hit
	hits   []journal.Hit
}

// newUnended is nil for a run that recorded all of its hits.
func newUnended(m journal.Manifest) *unended {
	if o := m.Outcome; len(m.Visits) > 0 || o != nil && o.Status != reports.OutcomeFailed {
		return nil
	}
	return &unended{phases: m.Phases}
}

// add looks for a gap between the hit before and h. Clients of a closed phase
// send when they like, so there the sequence says nothing about who was due.
func (u *unended) add(h *journal.Hit) {
	if h.Seq < u.last.Seq && h.Seq/journal.SeqStride == u.last.Seq/journal.SeqStride {
		u.found(h.Seq)
		return // it was sent a little late, and written after the next
	}
	last, gap := u.last, h.Seq-u.last.Seq
	u.last = *h
	together := h.Seq > last.Seq && h.Seq/journal.SeqStride == last.Seq/journal.SeqStride && h.Due >= last.Due
	if !together || gap > mostUnended || len(u.hits)+int(gap) > mostUnended || u.phases[h.Phase].Kind == reports.ClosedPhase {
		return
	}
	for i := uint64(1); i < gap; i++ {
		due := last.Due + time.Duration(float64(h.Due-last.Due)*float64(i)/float64(gap))
		u.hits = append(u.hits, journal.Hit{
			Seq: last.Seq + i, Phase: u.phaseOf(due, h.Phase), Request: last.Request,
			Due: due, Sent: due, Class: journal.ClassCanceled,
		})
	}
}

// found takes back that a hit is missing.
func (u *unended) found(seq uint64) {
	for i := len(u.hits) - 1; i >= 0 && u.hits[i].Seq >= seq; i-- {
		if u.hits[i].Seq == seq {
			u.hits = slices.Delete(u.hits, i, i+1)
			return
		}
	}
}

// phaseOf is the index of the phase in which a hit before one of phase next was due.
func (u *unended) phaseOf(due time.Duration, next int32) int32 {
	for next > 0 && due < time.Duration(u.phases[next].StartNS) {
		next--
	}
	return next
}

// until returns the hits that were found, cut off at the end of the run.
func (u *unended) until(end time.Duration) []journal.Hit {
	if u == nil {
		return nil
	}
	for i := range u.hits {
		u.hits[i].Done = end
	}
	return u.hits
}
