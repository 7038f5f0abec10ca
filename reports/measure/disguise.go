package measure

import (
	"iter"
	"slices"

	"github.com/tailback/tailback/reports/journal"
)

// AsGateways are the same contents with the error pages that a gateway writes by
// itself, and that look like the application's (nginx: error_page with a return of
// JSON), taken for nobody's: 502s at once, and 504s after it has waited.
func AsGateways(c journal.Contents) journal.Contents {
	hits := c.Hits
	c.Hits = func() iter.Seq2[[]journal.Hit, error] {
		return func(yield func([]journal.Hit, error) bool) {
			for batch, err := range hits() {
				batch = slices.Clone(batch)
				for i := range batch {
					if likeApp(&batch[i]) {
						batch[i].Answerer = journal.AnswererUnknown
					}
				}
				if !yield(batch, err) {
					return
				}
			}
		}
	}
	return c
}

// likeApp reports whether a gateway may have written the error, although it looks
// like the application's.
func likeApp(h *journal.Hit) bool {
	if h.Class != journal.ClassStatus || h.Answerer != journal.AnswererApp {
		return false
	}
	return h.Code == 502 && h.Service() < RefusedWithin || h.Code == 504 && h.Service() >= shortestPatience
}
