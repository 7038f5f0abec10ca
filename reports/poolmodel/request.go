package poolmodel

// place is where a request is.
type place uint8

const (
	connecting place = iota // TCP: the queue was full, trying again
	queued
	working
	calling // its worker waits for the site's own second page
)

// request is one that is inside: somebody waits for it, or it still has to run.
type request struct {
	arrived int64
	killAt  int64
	gen     uint32 // how often this slot was used: tells timers that they are void
	turn    uint32 // how often the worker's step was set: tells events likewise
	parent  int32  // the request whose page sent this one, or noParent for a visitor's
	parents uint32 // gen of the parent
	calls   int32  // to the dependency that its page still has to make, while it waits for the site itself
	kind    int32
	retries uint8 // of a SYN
	tries   uint8 // of the gateway before this one
	place   place
	holds   bool // a place inside
	next    step
	waits   bool // somebody waits for the answer
}

// In the place of a parent.
const (
	noParent = -1
	another  = -2 // it is one of the others', who are not counted
)

// The timers, each a queue of its own since all of one kind last the same, so
// that the one set first ends first.
const (
	gatewayTimer = iota
	clientTimer
	selfTimer // the application gives up on its own second page
	connectTimer
	retryTimer // and the five after it: 1, 2, 4, 8, 16, 32 s after the try before
	timers     = retryTimer + 6
)

// timer may ring for a request.
type timer struct {
	at  int64
	req int32
	gen uint32
}
