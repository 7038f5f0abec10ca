package reports

import (
	"iter"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// mostUnended bounds the requests under way at once that a gap in the log may
// stand for; a longer one is damage.
const mostUnended = 1 << 20

// withUnended adds to the hits of a run that could not record its last moment
// those whose end it never wrote: they were under way, or ended in what was
// lost. Without them a hang would look like a site with nothing to do. The log
// shows them as gaps in the sequence; those after the last recorded hit stay
// unknown, as does which request of a mix each was: it is counted with the one
// before.
func withUnended(in input) input {
	if o := in.manifest.Outcome; o != nil && o.Status != failed {
		return in
	}
	recorded := in.hits
	in.hits = func() iter.Seq2[[]journal.Hit, error] {
		return func(yield func([]journal.Hit, error) bool) {
			end, err := lastKnown(in, recorded())
			if err != nil {
				yield(nil, err)
				return
			}
			var last journal.Hit
			for batch, err := range recorded() {
				more := unended(in.manifest, &last, batch, end)
				if !yield(batch, err) || len(more) > 0 && !yield(more, nil) {
					return
				}
			}
		}
	}
	return in
}

// lastKnown is the end of the run, as far as it is known.
func lastKnown(in input, hits iter.Seq2[[]journal.Hit, error]) (time.Duration, error) {
	var last time.Duration
	for batch, err := range hits {
		if err != nil {
			return 0, err
		}
		for _, h := range batch {
			last = max(last, h.Due, h.Done)
		}
	}
	return max(last, endOfRun(in, last)), nil
}

// unended are the hits missing between last and the first of batch, and within
// it. Last becomes the batch's last. Clients of a closed phase send when they
// like, so there the sequence says nothing about who was due.
func unended(m journal.Manifest, last *journal.Hit, batch []journal.Hit, end time.Duration) []journal.Hit {
	var list []journal.Hit
	for _, h := range batch {
		gap := h.Seq - last.Seq
		together := h.Seq > last.Seq && h.Seq/journal.SeqStride == last.Seq/journal.SeqStride && h.Due >= last.Due
		if together && gap <= mostUnended && int(h.Phase) < len(m.Phases) && m.Phases[h.Phase].Kind != "closed" {
			for i := uint64(1); i < gap; i++ {
				due := last.Due + time.Duration(float64(h.Due-last.Due)*float64(i)/float64(gap))
				list = append(list, journal.Hit{
					Seq: last.Seq + i, Phase: phaseOf(m, due, h.Phase), Request: last.Request,
					Due: due, Sent: due, Done: end, Class: journal.ClassCanceled,
				})
			}
		}
		*last = h
	}
	return list
}

// phaseOf is the index of the phase in which a hit before one of phase next was due.
func phaseOf(m journal.Manifest, due time.Duration, next int32) int32 {
	for next > 0 && due < time.Duration(m.Phases[next].StartNS) {
		next--
	}
	return next
}
