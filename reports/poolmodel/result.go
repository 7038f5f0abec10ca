package poolmodel

import (
	"math"
	"time"

	"github.com/tailback/tailback/internal/stats"
)

// Counts are requests by what became of them. Each that arrived is in exactly
// one of the others.
type Counts struct {
	Arrived        int64
	OK             int64 // answered by the application
	BadGateway     int64 // 502
	GatewayTimeout int64 // 504
	ClientTimeout  int64 // the visitor gave up first
	Unanswered     int64 // still waiting at the horizon
}

// Second is what happened in one second. Answers count when they were given.
type Second struct {
	Arrived, OK, BadGateway, GatewayTimeout, ClientTimeout int64

	InFlight int // visitors waiting, the most at any moment
	Busy     int // workers busy, likewise
	Queued   int // requests in the pool's socket, likewise; those whose visitor left count
}

// First is the first answer of one kind. Both are +Inf when there is none.
type First struct {
	AtS      float64 // when it was given
	ArrivedS float64 // when the first visitor arrived who got one, which may be another
}

// Result is what the simulated visitors met. Times are since the first
// second's start.
type Result struct {
	Counts
	Self      Counts          // of the site's requests to itself
	Abandoned int64           // requests whose service began when nobody waited for them any more
	Seconds   []Second        // from 0 to the last event before the horizon
	First502  First           // of visitors
	First504  First           // of visitors
	Response  stats.Histogram // of good answers to visitors, ns from arrival to answer
}

// outcome is how a request ends for who sent it.
type outcome uint8

const (
	ok outcome = iota
	badGateway
	gatewayTimeout
	clientTimeout
)

func (c *Counts) add(o outcome) {
	switch o {
	case ok:
		c.OK++
	case badGateway:
		c.BadGateway++
	case gatewayTimeout:
		c.GatewayTimeout++
	case clientTimeout:
		c.ClientTimeout++
	}
}

// answered counts a visitor's answer in its second and in all.
func (r *Result) answered(o outcome, at, arrived int64) {
	r.add(o)
	second := &r.Seconds[len(r.Seconds)-1]
	switch o {
	case ok:
		second.OK++
		r.Response.Add(at - arrived)
	case badGateway:
		second.BadGateway++
		r.First502.add(at, arrived)
	case gatewayTimeout:
		second.GatewayTimeout++
		r.First504.add(at, arrived)
	case clientTimeout:
		second.ClientTimeout++
	}
}

func (f *First) add(at, arrived int64) {
	f.AtS = min(f.AtS, time.Duration(at).Seconds())
	f.ArrivedS = min(f.ArrivedS, time.Duration(arrived).Seconds())
}

func none() First { return First{math.Inf(1), math.Inf(1)} }
