// Package poolmodel is the model of a site as a pool of workers behind a
// gateway: formulas for what can be said in closed form, and a discrete-event
// simulation for the rest. It is pure: no clock, no network, and the same
// input gives the same result.
//
// A visitor's request reaches the gateway, which passes it to the pool's
// socket. A free worker takes it at once; else it waits in the socket's queue.
// A worker does its own work, then calls the dependency, then answers. The
// worker is taken all that time, and goes on when nobody waits any more.
package poolmodel

import (
	"errors"
	"fmt"
	"math"
)

// Limits of what is modelled; Validate holds them.
const (
	MaxWorkers = 1 << 24
	MaxSlots   = 1 << 30
	MaxShare   = 1000 // calls a request
	MaxSeconds = 1e9  // any time, 32 years; or +Inf where it says so
)

// Site is a pool of workers behind a gateway. Times are in seconds.
type Site struct {
	Workers         int     // W, at least 1: pm.max_children
	QueueSlots      int     // requests that the pool's socket holds beside those in service: listen.backlog + 1 on unix
	ServiceS        float64 // S0: how long a request holds a worker apart from the dependency
	Share           float64 // p: calls to the dependency per request (share of requests x calls each x tries)
	DependencyS     float64 // d: how long a call takes when all is well
	GatewayTimeoutS float64 // R: the gateway gives up and answers 504; 0 is never
	TCP             bool    // the pool listens on TCP: a full queue delays connecting instead of refusing
}

// Validate returns every mistake in s, joined, or nil.
func (s Site) Validate() error {
	return errors.Join(
		whole("workers", s.Workers, 1, MaxWorkers),
		whole("queue slots", s.QueueSlots, 0, MaxSlots),
		within("service time", s.ServiceS, MaxSeconds, "s"),
		within("share", s.Share, MaxShare, "calls a request"),
		within("dependency time", s.DependencyS, MaxSeconds, "s"),
		within("gateway timeout", s.GatewayTimeoutS, MaxSeconds, "s"),
	)
}

func whole(name string, v, low, high int) error {
	if v < low || v > high {
		return fmt.Errorf("%s %d: must be %d to %d", name, v, low, high)
	}
	return nil
}

// within also refuses what is no number.
func within(name string, v, high float64, unit string) error {
	if !(v >= 0 && v <= high) {
		return fmt.Errorf("%s %v: must be 0 to %g %s", name, v, high, unit)
	}
	return nil
}

// withinOrForever allows +Inf besides.
func withinOrForever(name string, v, high float64, unit string) error {
	if math.IsInf(v, 1) {
		return nil
	}
	return within(name, v, high, unit)
}
