package poolmodel

import (
	"errors"
	"math"
	"time"
)

// MaxHorizonS is the longest that is simulated, in seconds: a day.
const MaxHorizonS = 24 * 3600

// A gateway stops connecting after nginx's default of a minute, unless told
// otherwise, and Linux at the latest 131 s after the first SYN, six retries
// beyond the linear ones (net.ipv4.tcp_syn_retries).
const (
	DefaultConnectTimeoutS = 60
	kernelConnectTimeoutS  = 131
)

// linearRetries is how often Linux sends a dropped SYN again a second after the
// time before, until it waits twice as long each time: after 1, 2, 3, 4, 5, 7,
// 11, 19, 35 and 67 s in all (net.ipv4.tcp_syn_linear_timeouts, since Linux 6.5
// of 2023; measured on 6.18: 5.1, 7.1, 11.2 to 11.4, 19.5 s, as its timers are
// coarse). Older ones double from the first on: 1, 3, 7, 15, 31, 63 s.
const linearRetries = 4

// Scenario is a site and what befalls it. Times are in seconds since the start.
//
// A request with a share p makes ⌊p⌋ calls one after the other, and one more by
// the chance p - ⌊p⌋.
type Scenario struct {
	Site
	Page                    // what each request does besides, when they are all alike
	Kinds           []Kind  // of requests, when they aren't all as Site says
	Inside          Inside  // what requests share inside the site
	Others          Others  // who else uses the pool
	StartWorkers    int     // workers at first, of a pool that grows as pm = dynamic does; 0 is all of them
	Contention      float64 // by what share a request's own work takes longer for each other worker that is busy when it begins
	Faults          []Fault // in order of time, none overlapping another
	TimeoutS        float64 // the application gives up on each call, and answers without it; 0 is never
	ClientTimeoutS  float64 // the visitor leaves; 0 is never
	GatewayTries    int     // how many servers the gateway asks, one after another, when one does not answer in time; all are this pool; 0 is 1
	ConnectTimeoutS float64 // the gateway gives up connecting to a TCP pool (504); 0 is DefaultConnectTimeoutS
	OldLinux        bool    // the gateway's is before 6.5: a SYN that a full TCP queue dropped is sent again after 1, 3, 7 s, not after each of 5 s, then 7, 11, 19 s
	KillS           float64 // a worker in a request for that long is killed (502) and replaced; 0 is never
	KillEveryS      float64 // how often the pool looks for those (php-fpm: 1), from 0 on; 0 is at once
	SelfShare       float64 // chance that a page, after its own work, requests a page of its own site and waits for it
	SelfServiceS    float64 // how long that second page holds a worker
	HorizonS        float64 // the simulation ends here at the latest; 0 is MaxHorizonS
	SecondS         float64 // how long each entry of Result.Seconds lasts; 0 is 1 s
	Seed            uint64  // of what is left to chance: kinds of requests, and shares that are no whole number
}

// Validate returns every mistake in sc, joined, or nil.
func (sc *Scenario) Validate() error {
	return errors.Join(
		sc.Site.Validate(),
		validateKinds(sc.Kinds),
		sc.Page.validate(),
		sc.Inside.validate(),
		sc.Others.validate(),
		whole("workers at first", sc.StartWorkers, 0, sc.Workers),
		within("contention", sc.Contention, MaxShare, "for each other"),
		validateFaults(sc.Faults),
		within("timeout", sc.TimeoutS, MaxSeconds, "s"),
		within("client timeout", sc.ClientTimeoutS, MaxSeconds, "s"),
		whole("gateway tries", sc.GatewayTries, 0, MaxTries),
		sc.validateTries(),
		within("connect timeout", sc.ConnectTimeoutS, MaxSeconds, "s"),
		within("kill time", sc.KillS, MaxSeconds, "s"),
		within("kill interval", sc.KillEveryS, MaxSeconds, "s"),
		within("self share", sc.SelfShare, 1, "of requests"),
		within("self service time", sc.SelfServiceS, MaxSeconds, "s"),
		within("horizon", sc.HorizonS, MaxHorizonS, "s"),
		within("second", sc.SecondS, MaxHorizonS, "s"),
	)
}

// validateTries refuses what is not played: a visitor who leaves during a second try.
func (sc *Scenario) validateTries() error {
	if sc.GatewayTries > 1 && sc.ClientTimeoutS > 0 {
		return errors.New("gateway tries and a client timeout: one of them must be 0")
	}
	return nil
}

// never is later than any horizon, in ns; the sum of two is still an int64.
const never = int64(1) << 60

// nanos turns seconds into nanoseconds.
func nanos(s float64) int64 {
	if s >= float64(never)/float64(time.Second) {
		return never
	}
	return int64(math.Round(s * float64(time.Second)))
}

// orNever is nanos of a time of which 0 stands for never.
func orNever(s float64) int64 {
	if s == 0 {
		return never
	}
	return nanos(s)
}

// times are a scenario's times in ns, with never for what doesn't happen.
type times struct {
	selfService                          int64
	self, gateway, client, connect, kill int64
	killEvery                            int64 // 0 is at once
	horizon                              int64
	linear                               uint8 // SYN retries a second apart, before they double
}

func (sc *Scenario) times() times {
	horizon, connect := sc.HorizonS, sc.ConnectTimeoutS
	if horizon == 0 {
		horizon = MaxHorizonS
	}
	if connect == 0 {
		connect = DefaultConnectTimeoutS
	}
	linear := uint8(linearRetries)
	if sc.OldLinux {
		linear = 0
	}
	return times{
		selfService: nanos(sc.SelfServiceS),
		self:        orNever(sc.TimeoutS), gateway: orNever(sc.GatewayTimeoutS), client: orNever(sc.ClientTimeoutS),
		connect: nanos(min(connect, kernelConnectTimeoutS)),
		kill:    orNever(sc.KillS), killEvery: nanos(sc.KillEveryS),
		horizon: nanos(horizon), linear: linear,
	}
}

// killAt returns when a request that begins at t is killed.
func (t *times) killAt(at int64) int64 {
	at += t.kill
	if t.killEvery > 0 && at < never {
		at += (t.killEvery - at%t.killEvery) % t.killEvery
	}
	return min(at, never)
}
