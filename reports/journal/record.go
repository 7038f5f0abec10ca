// Package journal is the run bundle: the records of a run, how they are written
// while it goes on, and how they are read back. FORMAT.md describes the files.
//
// Every record carries nanoseconds since T0, the moment the first phase began,
// on one monotonic clock.
package journal

import (
	"math"
	"time"
)

// Hit is one request that was due, sent or not. Times are since T0.
type Hit struct {
	Seq       uint64        // index in the schedule; each closed or burst phase counts from a multiple of SeqStride
	Phase     int32         // index in Manifest.Phases
	Request   int32         // index in Manifest.Requests
	Due       time.Duration // when it should have been sent; in a closed phase, when it was sent
	Sent      time.Duration // when it was sent; when it was dropped, for class Dropped
	FirstByte time.Duration // when the answer's header was complete; 0 when none came
	Done      time.Duration // when the answer was complete or given up
	Code      int32         // HTTP status; 0 when none came
	Class     Class
	BytesIn   int64 // of the answer's body
	BytesOut  int64 // of the request's body
	Degraded  bool  // a good answer that served less
	Answerer  Answerer
	Leads     Leads
	Visit     uint64 // number of the visit that it is a step of, from 1; 0 of a request by itself
	Step      int32  // index of the step in its visit
	Session   int32  // number of the session that it was sent with, from 1; 0 when that is its visit's own, or none
}

// SeqStride separates the sequence numbers of the attacks of one run.
const SeqStride = 1 << 40

// Response returns what a user waited, from when the request was due. It is
// free of coordinated omission.
func (h Hit) Response() time.Duration { return h.Done - h.Due }

// Service returns the time from sending to the whole answer.
func (h Hit) Service() time.Duration { return h.Done - h.Sent }

// Class says how a hit ended.
type Class uint8

// The classes. Only ClassOK is good; ClassDropped and ClassCanceled are ours, not the site's.
const (
	ClassOK             Class = iota
	ClassStatus               // a status that was not expected
	ClassBody                 // the status was expected, the body was not
	ClassCapture              // the answer was as expected, but a value that is to be captured was not in it
	ClassClientTimeout        // target.timeout passed
	ClassRefused              // connection refused
	ClassReset                // connection reset by the peer
	ClassClosed               // connection closed before the answer was whole
	ClassConnectTimeout       // no connection within target.timeout
	ClassDNS                  // the name could not be looked up
	ClassTLS                  // no TLS session
	ClassProtocol             // an answer that is no HTTP, or a header beyond bounds
	ClassTooLarge             // a body beyond bounds
	ClassDropped              // ours: not sent, over a ceiling or too late
	ClassCanceled             // ours: cut off by the end of the run
	ClassGenerator            // ours: out of descriptors, ports or memory
	ClassOther                // none of these
)

var classNames = [...]string{"ok", "status", "body", "capture_failed", "client_timeout", "refused", "reset", "closed", "connect_timeout",
	"dns", "tls", "protocol", "too_large", "dropped", "canceled", "generator", "other"}

// String returns the class's name in files and reports.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return classNames[ClassOther]
}

// ParseClass is the inverse of String; an unknown name is ClassOther.
func ParseClass(name string) Class {
	for c, n := range classNames {
		if n == name {
			return Class(c)
		}
	}
	return ClassOther
}

// Ours reports whether the hit says nothing about the site: it was not sent, or the harness ended it.
func (c Class) Ours() bool { return c == ClassDropped || c == ClassCanceled || c == ClassGenerator }

// Answerer says who wrote an answer of status 500 or above, as far as its header and body tell.
type Answerer uint8

// The answerers. Other answers than errors are not looked at, and are AnswererUnknown.
const (
	AnswererUnknown Answerer = iota
	AnswererApp              // the application itself
	AnswererGateway          // the gateway in front of the workers: nginx, Apache, HAProxy, Envoy and others, by their own error page
	AnswererEdge             // a CDN or cache in front of the gateway, by its own error page
)

var answererNames = [...]string{"", "app", "gateway", "edge"}

// String returns the answerer's name in files; "" when it is unknown.
func (a Answerer) String() string {
	if int(a) < len(answererNames) {
		return answererNames[a]
	}
	return ""
}

// ParseAnswerer is the inverse of String; an unknown name is AnswererUnknown.
func ParseAnswerer(name string) Answerer {
	for a, n := range answererNames {
		if n == name {
			return Answerer(a)
		}
	}
	return AnswererUnknown
}

// Leads says where an answer leads that is not what the request asked for.
type Leads uint8

// Where answers lead. What expect.status names is meant so, and leads nowhere.
const (
	LeadsNowhere   Leads = iota
	LeadsElsewhere       // a read (GET, HEAD) that is redirected
	LeadsToLogin         // a redirect to a login page by its name, or redirects that were followed to one, by its name or since it asks for a password
)

var leadsNames = [...]string{"", "elsewhere", "login"}

// String returns the name in files; "" when the answer leads nowhere.
func (l Leads) String() string {
	if int(l) < len(leadsNames) {
		return leadsNames[l]
	}
	return ""
}

// ParseLeads is the inverse of String; an unknown name is LeadsNowhere.
func ParseLeads(name string) Leads {
	for l, n := range leadsNames {
		if n == name {
			return Leads(l)
		}
	}
	return LeadsNowhere
}

// Event is something the harness did or saw, besides a hit. Kind says which of
// the pointers is set.
type Event struct {
	AtNS       int64            `json:"at_ns"`
	Kind       EventKind        `json:"kind"`
	Fault      *Fault           `json:"fault,omitempty"`
	Connection *Connection      `json:"connection,omitempty"`
	Wait       *Wait            `json:"wait,omitempty"`
	Usage      *Usage           `json:"usage,omitempty"`
	Refusals   map[string]int64 `json:"refusals,omitempty"`
	Astray     *Astray          `json:"astray,omitempty"`
	Text       string           `json:"text,omitempty"`
}

// EventKind names an event.
type EventKind string

// The kinds of event.
const (
	FaultApplied EventKind = "fault_applied" // Fault: Dependency, Kind, Index, Share, SizeS
	FaultStepped EventKind = "fault_stepped" // Fault: as applied, with the new SizeS
	FaultLifted  EventKind = "fault_lifted"  // Fault: all fields
	ConnClosed   EventKind = "connection"    // Connection, when one of its sides has ended it
	Waited       EventKind = "wait"          // Wait, when it has ended, and before its connection if that has ended too
	Used         EventKind = "usage"         // Usage, once a second for each dependency, and each other host seen by the egress, that was used in it
	Refused      EventKind = "refused"       // Refusals: what the egress refused in the second before, by class
	Answer       EventKind = "answer"        // Text: the first answer of its kind with a status of 500 or above: who wrote it, by which signs
	WentAstray   EventKind = "astray"        // Astray: the first answer of its kind to a request that is not what was asked for; Text: where it leads, a path or an address without its query, or nothing
	Warning      EventKind = "warning"       // Text: something a reader of the report must know
)

// Astray is an answer that leads elsewhere, or that wants to know who asks (401, 403).
type Astray struct {
	Request int  `json:"request"` // index in Manifest.Requests
	Code    int  `json:"code"`    // of the answer, or of the last of the redirects that were followed
	Login   bool `json:"login,omitempty"`
	// Credentials is the header by which the request said who asks, such as "Cookie"; empty for none.
	Credentials string `json:"credentials,omitempty"`
}

// Fault is one fault of the experiment as it was played.
type Fault struct {
	Index      int     `json:"index"` // counts the experiment's faults, through all phases, from 0
	Phase      string  `json:"phase"`
	Dependency string  `json:"dependency"`
	Kind       string  `json:"kind"`
	Share      float64 `json:"share"`
	SizeS      float64 `json:"size_s,omitempty"` // the delay in force, seconds
	// Connections the fault was in force on. Null where it cannot be known.
	Connections *int64 `json:"connections,omitempty"`
	// RequestsHeld counts requests really withheld, delayed, cut or answered by the
	// fault, not accepts.
	// Null where it cannot be known: a refused connect leaves no trace here.
	RequestsHeld  *int64 `json:"requests_held,omitempty"`
	Routed        bool   `json:"routed,omitempty"`     // the site used the proxy in the 10 s before, or while it was in force
	BytesUp       int64  `json:"bytes_up,omitempty"`   // read from the site on those connections while it was in force
	BytesDown     int64  `json:"bytes_down,omitempty"` // read from the dependency likewise
	UndoConfirmed *bool  `json:"undo_confirmed,omitempty"`
	Uncounted     bool   `json:"uncounted,omitempty"` // played where nothing can be counted: whether it touched the site is not known
}

// Connection is one connection that the site opened to a dependency and that a
// fault was in force on, written when one of its sides has ended it, or at the
// end of the run. What still came on it after that is not counted.
type Connection struct {
	ID         int64  `json:"id"`
	Dependency string `json:"dependency"`
	OpenedNS   int64  `json:"opened_ns"`
	ClosedNS   int64  `json:"closed_ns"`
	// ClosedBy is who ended it first: "site", "dependency", "fault", or "end" (of the run).
	ClosedBy  string `json:"closed_by"`
	Requests  int64  `json:"requests"` // bursts of bytes from the site, each after an answer; without a goodbye behind which it left at once
	BytesUp   int64  `json:"bytes_up"`
	BytesDown int64  `json:"bytes_down"`
	// Fault is the index of the first fault in force on it; null when none was.
	Fault *int `json:"fault,omitempty"`
	// LaterFaults are the indexes of those in force on it after that one.
	LaterFaults []int `json:"later_faults,omitempty"`
	// HeldNS is how long the request that the first fault caught had waited when the
	// connection or the wait ended, from its first byte; of several requests the
	// longest. Null when none was caught. Each has a Wait of its own.
	HeldNS *int64 `json:"held_ns,omitempty"`
	// Waiting: that request had no answer yet when the connection was ended. Of
	// one that the site ended, HeldNS is then how long it was ready to wait.
	Waiting bool `json:"waiting,omitempty"`
}

// Wait is one request that a fault caught, from its first byte to the first byte
// of its answer or the end of its connection. A connection that is kept has one
// for each, and its idling between them is none. What began or ended outside of
// the fault is in it: its time under the fault alone is that up to the lifting.
// Older bundles have none, and one HeldNS for each connection.
type Wait struct {
	Dependency string `json:"dependency"`
	Connection int64  `json:"connection"` // Connection.ID
	Fault      int    `json:"fault"`      // the index of the fault that caught it first
	BeganNS    int64  `json:"began_ns"`
	EndedNS    int64  `json:"ended_ns"`
	// EndedBy is "answer", or who ended the connection while there was none:
	// "site" (it gave up), "dependency", "fault", or "end" (of the run).
	EndedBy string `json:"ended_by"`
}

// Usage is what the site did with a dependency in the second that ends at the
// event's AtNS (less in the last one). A call is what Connection.Requests counts;
// over TLS it and a handshake before it are one, and it ends with the last byte of its answer.
type Usage struct {
	Dependency string  `json:"dependency"`
	Seconds    float64 `json:"seconds"` // what it covers, normally 1
	Opened     int64   `json:"opened"`  // connections that the site opened
	Open       int64   `json:"open"`    // the most connections open at one moment
	Calls      int64   `json:"calls"`   // begun
	Waiting    int64   `json:"waiting"` // the most calls without an answer at one moment, each on its own connection
	Ended      int64   `json:"ended"`   // calls that got the first byte of their answer, or whose connection ended without
	HeldNS     int64   `json:"held_ns"` // the sum of what these had waited, from the first byte of the call
	// Host is the host:port as the site named it, of calls through the egress; else empty.
	Host string `json:"host,omitempty"`
	Self bool   `json:"self,omitempty"` // that is the target itself
	// Waits are how many of Ended, and of those that still waited at the end of the
	// run, waited how long, by WaitBucket, and MaxNS the longest; of calls through the egress.
	Waits map[int]int64 `json:"waits,omitempty"`
	MaxNS int64         `json:"max_ns,omitempty"`
}

// WaitBucket is the bucket of Usage.Waits that a wait is counted in: each is a
// twelfth longer than the one before, the first is all up to a microsecond.
func WaitBucket(wait time.Duration) int {
	return max(0, int(math.Ceil(bucketsPerOctave*math.Log2(float64(wait)/float64(time.Microsecond)))))
}

// BucketS is the middle of a bucket of Usage.Waits, seconds: waits in it are off by at most 4.5%.
func BucketS(bucket int) float64 {
	return math.Exp2((float64(bucket)-0.5)/bucketsPerOctave) * 1e-6
}

const bucketsPerOctave = 8
