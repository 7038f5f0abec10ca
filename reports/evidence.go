package reports

import "github.com/tailback/tailback/reports/journal"

// evidence sums up what the sources on the site said.
func (a *analysis) evidence(observed []journal.Observation) []Evidence { return []Evidence{} }
