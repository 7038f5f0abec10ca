package whatif

import (
	"fmt"
	"math"

	"github.com/tailback/tailback/reports/words"
)

// asked says what is played.
func (q *Question) asked() string {
	spacing := "evenly spaced"
	if q.Poisson {
		spacing = "Poisson arrivals"
	}
	return fmt.Sprintf("%s requests/s, %s; %s", words.Given(q.RateHz), spacing, q.fault())
}

// fault says what the dependency does, and what the application does about it.
func (q *Question) fault() string {
	timeout := "and the application has no timeout"
	if q.TimeoutS > 0 {
		timeout = "and the application gives up after " + words.Timeout(q.TimeoutS)
	}
	calls := ""
	if q.Calls != 1 {
		calls = fmt.Sprintf(" (%s calls a request)", words.Given(q.Calls))
	}
	switch {
	case q.DelayS == 0:
		return "the dependency is well" + calls
	case math.IsInf(q.DelayS, 1):
		return "the dependency hangs" + calls + " " + timeout
	}
	return fmt.Sprintf("the dependency takes %s%s %s", words.Span(q.DelayS), calls, timeout)
}

// seen says what visitors see first, when, and why.
func (a *answer) seen() string {
	r, lasts := a.result, words.Lasted(a.LastsS)
	text := fmt.Sprintf("Every request gets a good answer, the slowest after %s.", words.Span(a.slowestS()))
	switch {
	case r.Arrived == 0:
		return fmt.Sprintf("No request arrives within %s.", lasts)
	case a.beyond:
		text = fmt.Sprintf("No error within %s, but the pool serves only %s of %s and the queue grows: the first %d comes after about %s.",
			lasts, words.PerS(a.site.Capacity(a.HoldS())), words.Asked(a.RateHz), a.code, words.Span(a.onset))
	case a.code == 502:
		text = fmt.Sprintf("The first 502 comes after %s: %s.", words.Span(a.onset), a.why())
		if at := r.First504; !math.IsInf(at.AtS, 1) {
			text += fmt.Sprintf(" The first 504 comes at %s, to a visitor who came at %s.", words.Moment(at.AtS), words.Moment(at.ArrivedS))
		}
	case a.code == 504:
		text = fmt.Sprintf("The first 504 comes after %s, to a visitor who came at %s: %s.", words.Span(a.onset), words.Moment(r.First504.ArrivedS), a.why())
	}
	if a.code != 0 && !a.beyond {
		text += fmt.Sprintf(" Of the requests of %s, %s.", lasts, a.shares())
	}
	return text + a.luck()
}

// slowestS is the slowest good answer, in seconds.
func (a *answer) slowestS() float64 { return float64(a.result.Response.Max()) / 1e9 }

// why says what stands between visitors and their answers at the onset.
func (a *answer) why() string {
	serve := words.Either(int64(a.Workers), "serves", "serve")
	workers, capacity, gateway := a.workersAre(), a.site.Capacity(a.HoldS()), words.Timeout(a.GatewayTimeoutS)
	switch {
	case a.code == 504 && a.TCP && capacity < a.RateHz:
		return workers + " taken, and on TCP who finds the queue full is not refused but keeps trying"
	case a.code == 504 && a.ServiceS+math.Ceil(a.Calls)*a.HoldS() > a.GatewayTimeoutS:
		return fmt.Sprintf("a request then takes longer than the %s that the gateway waits", gateway)
	case a.code == 504:
		return fmt.Sprintf("the queue takes longer than the %s that the gateway waits", gateway)
	case capacity == 0:
		return workers + " waiting for the dependency and " + a.slotsAre()
	case capacity < a.RateHz && a.HoldS() > 0:
		return fmt.Sprintf("with calls of %s %s taken and %s only %s, and %s", a.CallLasts(), workers, serve, words.PerS(capacity), a.slotsAre())
	case capacity < a.RateHz:
		return fmt.Sprintf("%s busy and %s only %s, and %s", workers, serve, words.PerS(capacity), a.slotsAre())
	}
	return "the pool keeps up on average, but not with requests that come close together, and then " + a.slotsAre()
}

func (q *Question) workersAre() string {
	if q.Workers == 1 {
		return "the only worker is"
	}
	return "all " + words.Number(int64(q.Workers), "worker") + " are"
}

func (q *Question) slotsAre() string {
	switch q.QueueSlots {
	case 0:
		return "there is no queue"
	case 1:
		return "the only queue slot is full"
	}
	return "the " + words.Number(int64(q.QueueSlots), "queue slot") + " behind " + words.Either(int64(q.Workers), "it", "them") + " are full"
}

// shares says how many got what.
func (a *answer) shares() string {
	r, good := a.result, "get a good answer"
	if r.OK > 0 {
		good += fmt.Sprintf(" (the slowest after %s)", words.Span(a.slowestS()))
	}
	var parts []string
	for _, part := range []struct {
		n    int64
		what string
	}{{r.OK, good}, {r.BadGateway, "a 502"}, {r.GatewayTimeout, "a 504"}, {r.Unanswered, "none yet"}} {
		if part.n > 0 || part.what == good {
			parts = append(parts, words.Count(part.n)+" "+part.what)
		}
	}
	return words.Join(parts)
}

// luck says how far the onset depends on the draw.
func (a *answer) luck() string {
	n := len(a.onsets)
	switch {
	case a.drawn < 2:
		return ""
	case n == 0:
		return fmt.Sprintf(" No error in any of %d draws.", a.drawn)
	}
	low, high := a.onsets[n/20], a.onsets[n-1-n/20]
	return fmt.Sprintf(" That is one draw: of %d, %d have errors within %s, first after %s to %s (9 of 10).",
		a.drawn, n, words.Lasted(a.LastsS), words.Span(low), words.Span(high))
}
