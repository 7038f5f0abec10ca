package reports

import "github.com/tailback/tailback/reports/journal"

// dependencies are how the site used each of them.
func (a *analysis) dependencies(events []journal.Event) []Dependency { return []Dependency{} }
