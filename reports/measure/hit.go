package measure

import (
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// RefusedWithin is how soon a gateway refuses what it has no worker for: it takes
// a millisecond, and more on a busy machine. Such a request never got to a
// worker, and made no call.
const RefusedWithin = 100 * time.Millisecond

// refusedAtOnce reports whether a gateway answered 502, 503 or 504 so soon that no worker can have been asked.
func refusedAtOnce(h *journal.Hit) bool {
	return badGateway(h) >= 0 && h.Answerer != journal.AnswererApp && h.Service() < RefusedWithin
}

// servedByApp reports whether a worker ended the request with an answer, good or bad.
func servedByApp(h *journal.Hit) bool {
	switch h.Class {
	case journal.ClassOK, journal.ClassBody, journal.ClassCapture:
		return true
	case journal.ClassStatus:
		return h.Answerer == journal.AnswererApp || gatewayIndex(h.Code) < 0 && !refusedUnread(h)
	}
	return false
}

// refusedUnread reports whether a gateway or an edge refused the request for what it
// is, or for how many there are, so that no worker was asked. (Its page on another
// status may stand in the place of an application's: nginx's fastcgi_intercept_errors.)
func refusedUnread(h *journal.Hit) bool {
	if h.Answerer != journal.AnswererGateway && h.Answerer != journal.AnswererEdge {
		return false
	}
	switch h.Code {
	case 400, 408, 413, 414, 429, 431:
		return true
	}
	return false
}

// gaveUpOn reports whether the gateway answered for a worker that did not.
func gaveUpOn(h *journal.Hit) bool {
	return h.Class == journal.ClassStatus && h.Code == 504 && h.Answerer != journal.AnswererApp
}

// mayGoOn reports whether the site may go on unseen with what was answered: a
// gateway's page for a worker that did not answer can look like an application's.
func mayGoOn(h *journal.Hit) bool {
	return gaveUpOn(h) || h.Class == journal.ClassStatus && h.Code == 504 && h.Service() >= shortestPatience
}

// inFlight reports whether the hit reached the site, from Sent to Done.
func inFlight(h *journal.Hit) bool {
	return h.Class != journal.ClassDropped && h.Class != journal.ClassGenerator
}

// gatewayCodes are the statuses by which a gateway says that what is behind it did not answer.
var gatewayCodes = [...]int32{502, 503, 504}

// gatewayIndex returns where in gatewayCodes code is, or -1.
func gatewayIndex(code int32) int {
	if code < gatewayCodes[0] || code > gatewayCodes[len(gatewayCodes)-1] {
		return -1
	}
	return int(code - gatewayCodes[0])
}

// badGateway returns where in gatewayCodes the hit's status is, or -1. A status
// that the request expects is good, and no gateway error.
func badGateway(h *journal.Hit) int {
	if h.Class == journal.ClassOK || h.Class.Ours() {
		return -1
	}
	return gatewayIndex(h.Code)
}

// shortestPatience is less than any gateway is told to wait: a 504 before that is no timeout.
const shortestPatience = 300 * time.Millisecond
