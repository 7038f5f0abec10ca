package configs

import (
	"slices"
	"time"
)

// FaultKind is a row of the table of fault kinds: what a kind does to the calls
// of a site, and how it is spoken of. Code that has to tell kinds apart asks for a
// column and not for a name, so that a new kind is declared in one row.
type FaultKind struct {
	Name string // in files, records and reports

	Wait       Wait  // what it makes a call wait for
	At         Stage // of a call
	Cuts       bool  // it ends connections
	Refuses    bool  // connects fail; also once they have waited
	Answers    bool  // it answers requests itself, where it can read them: in plain HTTP
	Sized      bool  // it always has a delay, even if that is 0; other kinds may have one
	EgressOnly bool  // it needs the egress to look up and connect for the site

	Noun    string // behind "the", before "on payments": hang, no accept fault
	State   string // behind "payments": hanging
	Delayed string // State behind a delay, "payments 300 ms": slower; "" where no delay is told
	Past    string // behind "payments": hung

	example string // of its first parameter; "" where that may be left out
	set     func(Fault) bool
}

// Wait is what a kind makes a call wait for, besides what the call takes anyway.
type Wait int

// What calls wait for.
const (
	WaitNone    Wait = iota
	WaitDelay        // the fault's delay
	WaitLifting      // the fault's end
	WaitLength       // the answer's bytes: the longer the answer, the longer the call
)

// Stage is where in a call a kind acts.
type Stage int

// The stages of a call.
const (
	AtAnyTime Stage = iota
	AtConnect       // which a call on a kept connection does without
	AtTrip          // each time the site waits for the other side: over TLS several times a call
	AtBytes         // while the answer's bytes come
	AtEnd           // at the connection's end: only a site that reads up to it waits
)

// faultKinds is the table, in the order in which mistakes list the kinds.
var faultKinds = []FaultKind{
	{Name: "latency", Wait: WaitDelay, At: AtTrip, Sized: true,
		Noun: "latency", State: "slower", Delayed: "slower", Past: "was slowed",
		example: "2s", set: func(f Fault) bool { return f.Latency != nil }},
	{Name: "hang", Wait: WaitLifting, At: AtTrip,
		Noun: "hang", State: "hanging", Past: "hung",
		set: func(f Fault) bool { return f.Hang != nil }},
	{Name: "reset", Cuts: true,
		Noun: "reset fault", State: "resetting its connections", Past: "was reset",
		set: func(f Fault) bool { return f.Reset != nil }},
	{Name: "close", Cuts: true,
		Noun: "close fault", State: "closing its connections", Past: "was closed",
		set: func(f Fault) bool { return f.Close != nil }},
	{Name: "down", At: AtConnect, Cuts: true, Refuses: true,
		Noun: "down fault", State: "down", Past: "went down",
		set: func(f Fault) bool { return f.Down != nil }},
	{Name: "no_accept", Wait: WaitLifting, At: AtConnect,
		Noun: "no accept fault", State: "accepting no connections", Past: "stopped accepting",
		set: func(f Fault) bool { return f.NoAccept != nil }},
	{Name: "bandwidth", Wait: WaitLength, At: AtBytes,
		Noun: "bandwidth fault", State: "on a narrow line", Past: "was throttled",
		example: "100KB/s", set: func(f Fault) bool { return f.Bandwidth != nil }},
	{Name: "slow_close", Wait: WaitDelay, At: AtEnd, Sized: true,
		Noun: "slow close fault", State: "slow to close its connections", Past: "closed slowly",
		example: "2s", set: func(f Fault) bool { return f.SlowClose != nil }},
	{Name: "slice", Wait: WaitDelay, At: AtBytes,
		Noun: "slice fault", State: "answering in small pieces", Past: "was sliced",
		example: "100B", set: func(f Fault) bool { return f.Slice != nil }},
	{Name: "limit", At: AtBytes, Cuts: true,
		Noun: "limit fault", State: "cutting its answers short", Past: "was cut short",
		example: "1KB", set: func(f Fault) bool { return f.Limit != nil }},
	{Name: "http_error", At: AtTrip, Answers: true,
		Noun: "http error fault", State: "answering with errors", Past: "answered with errors",
		set: func(f Fault) bool { return f.HTTPError != nil }},
	{Name: "dns", Wait: WaitDelay, At: AtConnect, Refuses: true, EgressOnly: true,
		Noun: "dns fault", State: "not found by its name", Past: "was not found",
		set: func(f Fault) bool { return f.DNS != nil }},
	{Name: "slow_dial", Wait: WaitDelay, At: AtConnect, Sized: true, EgressOnly: true,
		Noun: "slow dial fault", State: "slow to connect to", Delayed: "slower to connect to", Past: "was slow to connect to",
		set: func(f Fault) bool { return f.SlowDial != nil }},
}

// FaultKinds returns all kinds of faults.
func FaultKinds() []FaultKind { return slices.Clone(faultKinds) }

// KindOf returns the kind of that name, as Fault.Kind and the records have it.
// Not ok: there is none, as in a record of another version.
func KindOf(name string) (kind FaultKind, ok bool) {
	for _, k := range faultKinds {
		if k.Name == name {
			return k, true
		}
	}
	return FaultKind{}, false
}

// Kind returns the fault's name in the file, such as "hang", or "" when none is set.
func (f Fault) Kind() string {
	for _, k := range faultKinds {
		if k.set(f) {
			return k.Name
		}
	}
	return ""
}

// Waits reports whether calls wait under a fault of the kind. delay is the longest
// that the fault had, 0 for none: where calls wait for that, they then do not wait.
func (k FaultKind) Waits(delay time.Duration) bool {
	return k.Wait == WaitLifting || k.Wait == WaitLength || k.Wait == WaitDelay && delay > 0
}

// Withholds reports whether calls wait for a connect or an answer, so that a site
// which ends its connection meanwhile has given up. AtEnd it may end it because it
// has the whole answer.
func (k FaultKind) Withholds(delay time.Duration) bool { return k.Waits(delay) && k.At != AtEnd }

// OnListener reports whether the kind acts on the listening address, if the
// dependency has one. Then it meets every connect, and the proxy sees none of them.
func (k FaultKind) OnListener() bool { return k.At == AtConnect && !k.EgressOnly }
