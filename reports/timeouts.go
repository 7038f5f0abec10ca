package reports

import "github.com/tailback/tailback/reports/journal"

// timeouts are how long the site waited for each dependency that did not answer.
func (a *analysis) timeouts(events []journal.Event) []Timeout { return []Timeout{} }
