package harness

import "github.com/tailback/tailback/reports/journal"

// Enough says when a run may end because it knows enough. Each is asked of every
// hit, or event, as it is recorded, from many goroutines at once; nil never knows.
type Enough struct {
	Hit   func(journal.Hit) bool
	Event func(journal.Event) bool
}

func (k Enough) byHit(h journal.Hit) bool     { return k.Hit != nil && k.Hit(h) }
func (k Enough) byEvent(e journal.Event) bool { return k.Event != nil && k.Event(e) }
