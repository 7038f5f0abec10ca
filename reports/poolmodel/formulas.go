package poolmodel

import "math"

// Symbols, as in the fields of Site: W workers, Q queue slots, S0 own work in
// seconds, p calls a request, R gateway timeout in seconds. Besides these
//
//	λ  arrivals per second (rate)
//	D  seconds that one call holds its worker (hold); +Inf for ever
//	S  S0 + p·D, mean seconds that a request holds a worker
//	C  W/S, requests per second that the pool can serve
//
// Where a figure does not exist the function says so by false or +Inf, as its
// comment tells; with a valid Site, a rate and a hold of at least 0 none is NaN.

// Headroom is how busy workers may be on average for a site that also has to
// live with uneven arrivals. It is a rule of thumb: for Poisson arrivals
// waiting grows as busy/(1-busy) (Pollaczek 1930, Khinchin 1932), fourfold at
// 0.8, and without bound at 1.
const Headroom = 0.8

// Hold returns D, in seconds: how long a call holds its worker when the answer
// takes delay (+Inf: never comes) and the application gives up after timeout (0: never).
func Hold(delay, timeout float64) float64 {
	if timeout > 0 {
		return min(delay, timeout)
	}
	return delay
}

// MeanService returns S = S0 + p·D, in seconds.
func (s Site) MeanService(hold float64) float64 {
	if s.Share == 0 {
		return s.ServiceS // 0 times for ever
	}
	return s.ServiceS + s.Share*hold
}

// Capacity returns C = W/S in requests per second: a worker serves one request
// at a time, so W workers hold at most W, and what is inside is the rate times
// the time inside (J. Little, "A Proof for the Queuing Formula L = λW",
// Operations Research 9(3), 1961). It is 0 when a call never ends, and +Inf
// when a request takes no time.
func (s Site) Capacity(hold float64) float64 { return float64(s.Workers) / s.MeanService(hold) }

// Holds reports whether the site serves rate for ever with calls that last
// hold: λ ≤ C for evenly spaced arrivals, and the slowest request, which makes
// p calls rounded up, is answered before the gateway gives up: S0 + ⌈p⌉·D ≤ R.
func (s Site) Holds(rate, hold float64) bool {
	return rate*s.MeanService(hold) <= float64(s.Workers)*(1+roundOff) && s.slowest(hold) <= s.patience()
}

// Budget returns T* = (busy·W/λ - S0)/p, the longest timeout in seconds on
// calls to the dependency with which the site holds the rate when every call
// runs into it: λ ≤ busy·C solved for D. busy is how much of the workers'
// time may be used: 1, or Headroom. It is at most (R - S0)/⌈p⌉, or the gateway
// gives up before the application does, and +Inf when no call is made or
// nothing arrives. It is false when no timeout can hold the rate, as the
// requests' own work alone takes all of the workers' time or all of R.
func (s Site) Budget(rate, busy float64) (timeout float64, ok bool) {
	own := busy*float64(s.Workers)/rate - s.ServiceS
	left := s.patience() - s.ServiceS
	if s.Share == 0 {
		return math.Inf(1), own >= 0 && left >= 0
	}
	timeout = min(own/s.Share, left/math.Ceil(s.Share))
	if !(timeout > roundOff*s.ServiceS) {
		return 0, false
	}
	return timeout, true
}

// WorkersNeeded returns ⌈λ·(S0 + p·D)⌉, at least 1: the least W whose capacity
// is the rate. It is false when no number of workers is enough: calls that
// never end, or a number beyond MaxWorkers. Whether the gateway waits that
// long is another matter: see Holds.
func (s Site) WorkersNeeded(rate, hold float64) (workers int, ok bool) {
	need := math.Ceil(rate * s.MeanService(hold) * (1 - roundOff))
	if !(need <= MaxWorkers) {
		return 0, false
	}
	return max(int(need), 1), true
}

// LongestS returns S + Q/C in seconds, what the last request that the queue
// took waits at overload (its place in the queue over the rate at which it
// moves). It is +Inf when nothing moves.
func (s Site) LongestS(hold float64) float64 {
	if s.QueueSlots == 0 {
		return s.MeanService(hold)
	}
	return s.MeanService(hold) + float64(s.QueueSlots)/s.Capacity(hold)
}

// Onset is when visitors first see errors, in seconds since the first arrival
// that meets the fault (or the overload) at a site with nobody inside. +Inf is never.
type Onset struct {
	First502S   float64 // the first 502; it comes at once, so its visitor arrived then too
	Arrived504S float64 // when the first visitor arrived who gets a 504; +Inf if none does who came before the first 502
	First504S   float64 // when they get it: R later
	// Exact says that the figures are exact for evenly spaced arrivals on a
	// unix socket. Else they are means over arrivals and over which requests
	// make a call: ask the simulation.
	Exact bool
}

// Onset predicts the first errors at a rate with calls that last hold.
//
// Let all requests be alike (p whole) and evenly spaced, and λS > W. The first
// W start on arrival, at k/λ, and leave at S + k/λ; the next W start then, and
// so on: the b-th W leave from b·S on, spaced like arrivals. So just before
// b·S there are λbS - (b-1)W inside, the most so far, and the first request is
// refused in the first b in which that passes W + Q, that is b(λS - W) > Q:
//
//	k = ⌊Q/(λS - W)⌋ + 1,   first 502 at (kW + Q)/λ
//
// which for a hang (S = ∞, k = 1) is (W + Q)/λ: pool and queue fill. With what
// is already inside it is that much less. Request bW, which finds b before it
// on its worker, takes S + b(S - W/λ), more than R from
//
//	b = ⌊(R - S)/(S - W/λ)⌋ + 1 on (0 if S > R),   arriving at bW/λ
//
// and gets a 504 then, if it was not refused before.
//
// With p < 1 the mean is taken. The pool is full once W requests are stuck, so
// after W/p of them; then the queue grows by λ a second until the first are
// let go at S0 + D, and by λ - C from then on:
//
//	t = W/(pλ) + Q/λ                             if that is before S0 + D, else
//	t = S0 + D + (Q - λ(S0 + D - W/(pλ)))/(λ - C)
//
// On TCP nobody is refused; who finds the queue full tries again later, and
// the first 504 comes at the earliest to the first of them.
func (s Site) Onset(rate, hold float64) Onset {
	never := math.Inf(1)
	o := Onset{First502S: never, Arrived504S: never, First504S: never}
	if rate <= 0 {
		return o
	}
	alike := s.Share >= 1 || s.Share == 0
	o.Exact = s.Share == math.Trunc(s.Share) && !s.TCP
	fill, late := s.fillMean(rate, hold, float64(s.QueueSlots)), s.lateMean(rate, hold)
	if alike {
		fill, late = s.fillAlike(rate, hold), s.lateAlike(rate, hold)
	}
	if !s.TCP {
		o.First502S = fill
	}
	switch {
	case late < fill:
		o.Arrived504S = late
	case s.TCP:
		o.Arrived504S = fill
	}
	o.First504S = o.Arrived504S + s.patience()
	if math.IsInf(o.First504S, 1) {
		o.Arrived504S = never
	}
	return o
}

// fillAlike is when the first request finds the queue full, all being alike.
func (s Site) fillAlike(rate, hold float64) float64 {
	w, q := float64(s.Workers), float64(s.QueueSlots)
	over := rate*s.MeanService(hold) - w
	if over <= roundOff*w {
		return math.Inf(1)
	}
	k := math.Floor(q/over*(1+roundOff)) + 1
	return (k*w + q) / rate
}

// lateAlike is when the first request arrives that waits longer than R, all being alike.
func (s Site) lateAlike(rate, hold float64) float64 {
	service, between := s.MeanService(hold), float64(s.Workers)/rate
	if service > s.patience() {
		return 0
	}
	over := service - between
	if !(over > roundOff*service) { // also when both are without end
		return math.Inf(1)
	}
	b := math.Floor((s.patience()-service)/over*(1+roundOff)) + 1
	return b * between
}

// fillMean is when the queue has grown to slots, with p < 1.
func (s Site) fillMean(rate, hold, slots float64) float64 {
	w := float64(s.Workers)
	if rate*s.MeanService(hold) <= w*(1+roundOff) {
		return math.Inf(1)
	}
	released := s.ServiceS + hold
	full := min(w/(s.Share*rate), released)
	if t := full + slots/rate; t <= released {
		return t
	}
	return released + max(slots-rate*(released-full), 0)/(rate-s.Capacity(hold))
}

// lateMean is when the first request arrives that waits longer than R, with p < 1.
func (s Site) lateMean(rate, hold float64) float64 {
	if s.GatewayTimeoutS == 0 {
		return math.Inf(1)
	}
	spare := s.patience() - s.slowest(hold)
	switch {
	case s.ServiceS > s.patience():
		return 0
	case spare < 0:
		return (1/s.Share - 1) / rate // the first that makes a call
	case s.Capacity(hold)*spare >= float64(s.QueueSlots):
		return math.Inf(1) // the queue is never as long as that
	}
	return s.fillMean(rate, hold, s.Capacity(hold)*spare)
}

// slowest is S0 + ⌈p⌉·D, the longest that a request holds a worker, in seconds.
func (s Site) slowest(hold float64) float64 {
	if s.Share == 0 {
		return s.ServiceS
	}
	return s.ServiceS + math.Ceil(s.Share)*hold
}

// patience is R, or +Inf for a gateway that never gives up.
func (s Site) patience() float64 {
	if s.GatewayTimeoutS == 0 {
		return math.Inf(1)
	}
	return s.GatewayTimeoutS
}

// roundOff is what a product or sum of a few float64 may be off: figures that
// differ by less are the same, and 8/s x 0.5 s is 4 workers, not 5.
const roundOff = 1e-12
