package configs

import (
	"fmt"
	"slices"
	"strings"
)

// Hz is a rate that stays the same, per second. In a file 2, "120/1m".
type Hz float64

const hzForms = `a rate that stays the same, such as 2 or "120/1m"`

// convertHz reads the forms of a rate but for ramps and steps.
func convertHz(data any) (any, error) {
	switch v := data.(type) {
	case string:
		rate, err := parseRate(v)
		if err != nil {
			return nil, fmt.Errorf("needs %s, not %q", hzForms, v)
		}
		return Hz(rate), nil
	case int64:
		return Hz(v), nil
	case uint64:
		return Hz(v), nil
	}
	return data, nil
}

// Sent reports whether the request is ever sent by itself: it has a weight, or a rate of its own.
func (r *Request) Sent() bool { return r.Weight > 0 || r.Rate != nil }

// OwnRate is the sum of the rates that requests have of their own, per second. They
// arrive beside the rate of each phase, which is that of the requests with a weight.
func (e *Experiment) OwnRate() (sum float64) {
	for _, r := range e.Requests {
		if r.Rate != nil {
			sum += float64(*r.Rate)
		}
	}
	return sum
}

// MaxRate is the highest rate that an open phase asks of the site: requests per second,
// or visits where there are any.
func (e *Experiment) MaxRate(p Phase) float64 { return p.Rate.Max() + e.OwnRate() }

// Hits is how many requests the phase sends, or visits it begins, on average of Poisson arrivals; 0
// with Concurrency, where it is not known beforehand.
func (e *Experiment) Hits(p Phase) float64 {
	if p.Open() {
		return (p.Rate.mean(p.Duration) + e.OwnRate()) * p.Duration.Seconds()
	}
	return float64(p.Burst)
}

// weighted reports whether a phase's rate is of any request.
func (e *Experiment) weighted() bool {
	return slices.ContainsFunc(e.Requests, func(r Request) bool { return r.Weight > 0 })
}

// paced is the first request with a rate of its own, as the file's paths have it; "" for none.
func (e *Experiment) paced() string {
	i := slices.IndexFunc(e.Requests, func(r Request) bool { return r.Rate != nil })
	if i < 0 {
		return ""
	}
	return element("requests", i)
}

// fillRates lets phases without a load send what has a rate of its own, when there is
// nothing else to send.
func (e *Experiment) fillRates(given func(path string) bool) {
	if e.paced() == "" || e.weighted() || e.Arrivals.Replayed() {
		return
	}
	for i := range e.Phases {
		at := element("phases", i)
		if !given(at+".rate") && !given(at+".concurrency") && !given(at+".burst") {
			e.Phases[i].Rate = &Rate{}
		}
	}
}

// twoShares finds requests that are given a rate beside a weight, were it the weight 0.
func (n *node) twoShares() (found Mistakes) {
	for path, r := range n.requests() {
		weight, rate := r.get("weight"), r.get("rate")
		if strings.HasPrefix(path, "requests") && weight != nil && rate != nil && weight.kind != null && rate.kind != null {
			found.add(path+".weight", bothShares)
		}
	}
	return found
}

const bothShares = "is given besides rate; give one of them: rate is so many a second in every phase, weight a share of the phase's own rate"

// ownRate checks the rate that a request has of its own.
func (c *check) ownRate(r Request, path string) {
	if r.Rate == nil {
		return
	}
	if c.number(float64(*r.Rate), path+".rate") && *r.Rate == 0 {
		c.add(path+".rate", "needs to be above 0; weight: 0 keeps a request from being sent")
	}
	if r.Weight != 0 {
		c.add(path+".weight", bothShares)
	}
}

// besideOwnRates checks that there is nothing that a rate which goes on all the time would spoil.
func (c *check) besideOwnRates() {
	first := c.e.paced()
	if first == "" || c.e.Arrivals.Replayed() {
		return
	}
	if c.e.Capacity != nil {
		c.add("capacity", "looks for a rate of all requests together, and %s has one of its own; give it a weight, or keep the two in two files", first)
	}
	if c.e.Audit != nil {
		c.add("audit", "has a rate of all requests together, and %s has one of its own; give it a weight, or keep the two in two files", first)
	}
	for i, p := range c.e.Phases {
		at := element("phases", i)
		switch {
		case p.Concurrency != 0:
			c.add(at+".concurrency", "clients that wait have no rate, and %s has one, which goes on in every phase; give the phase a rate, or the request a weight", first)
		case p.Burst != 0:
			c.add(at+".burst", "a burst has no rate, and %s has one, which goes on in every phase; give the phase a rate, or the request a weight", first)
		case p.Rate != nil && p.Rate.Max() > 0 && !c.e.weighted():
			c.add(at+".rate", "is of the requests with a weight, and there are none: each has a rate of its own, which goes on in every phase; leave it out")
		}
	}
}

// noLoad says what a phase without a load needs.
func (c *check) noLoad() string {
	if c.e.paced() != "" {
		return "needs a rate, of the requests with a weight; 0 sends only those with a rate of their own"
	}
	return "needs a load: one of rate (requests a second), concurrency (clients that wait) and burst (requests at once)"
}

// pacedUnread reports whether a request was given a rate that can't be read.
func (c *check) pacedUnread() bool {
	for i := range c.e.Requests {
		if c.unread(element("requests", i) + ".rate") {
			return true
		}
	}
	return false
}
