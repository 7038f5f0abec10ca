package reports

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// Capacity is what a search for the highest rate has found, without a fault and
// under each.
type Capacity struct {
	Schema    int              `json:"schema"`
	Name      string           `json:"name"`
	Target    string           `json:"target"`
	Seed      uint64           `json:"seed"`
	Arrivals  string           `json:"arrivals"` // "uniform" or "poisson": the figures hold for these
	Objective string           `json:"objective"`
	FromHz    float64          `json:"from_hz"`
	ToHz      float64          `json:"to_hz"`
	ExitCode  int              `json:"exit_code"`
	Figures   []CapacityFigure `json:"capacity"`
}

// CapacityFigure is the highest rate under one fault. RateHz is null when it was
// not found: Why says why not, or is empty where not even the lowest rate held.
// LowHz is the highest rate that held, HighHz the lowest that did not, or that
// is known not to without a trial; null where there is none.
type CapacityFigure struct {
	Fault  string          `json:"fault"` // such as "payments: latency 1 s"; empty without a fault
	RateHz *float64        `json:"rate_hz"`
	LowHz  *float64        `json:"low_hz"`
	HighHz *float64        `json:"high_hz"`
	LoadS  float64         `json:"load_s"` // of all trials
	Limit  string          `json:"limit"`  // what broke first, just above
	Why    string          `json:"why"`    // why it could not be told
	Trials []CapacityTrial `json:"trials"`
}

// CapacityTrial is one trial of a rate. One that is void tells nothing of the
// site, and is made again.
type CapacityTrial struct {
	Dir         string   `json:"dir"` // of its bundle, within the search's folder
	RateHz      float64  `json:"rate_hz"`
	LoadS       float64  `json:"load_s"`
	Held        bool     `json:"held"`
	Why         string   `json:"why"`           // when it did not hold
	GoodHz      *float64 `json:"good_hz"`       // good answers a second while requests queued; null when they did not
	GrowthHz    *float64 `json:"growth_hz"`     // of the requests in flight; null when there were too few answers
	GrowthErrHz *float64 `json:"growth_err_hz"` // its standard error
	P95S        *float64 `json:"p95_s"`         // of good answers
	Errors      *float64 `json:"errors"`        // ratio of the hits sent
	ServiceS    *float64 `json:"service_s"`     // median, from sending to a good answer

	Void string `json:"void"` // why it counts for nothing, such as a load that was not as asked

	Met bool `json:"met"` // the objective, as far as the trial could judge it
}

// Verdict is what came of it, in a few words.
func (t *CapacityTrial) Verdict() string {
	switch {
	case t.Void != "":
		return "does not count: " + t.Void
	case !t.Held:
		return "does not hold: " + t.Why
	}
	return "holds"
}

// JudgeTrial says how the trial in b went, of which r is the report: of so many
// requests a second for so long, in its only phase, which may be longer. Whether
// it held is for the search to say.
func JudgeTrial(b *journal.Bundle, r *Report, rateHz, loadS float64) (CapacityTrial, error) {
	var t CapacityTrial
	if len(r.Phases) != 1 {
		return t, fmt.Errorf("judge trial %s: it has %d phases, not one", b.Dir, len(r.Phases))
	}
	p := &r.Phases[0]
	t.RateHz, t.LoadS = rateHz, min(loadS, p.EndS-p.StartS)
	g := newGrowth(p.StartS, p.StartS+t.LoadS)
	for batch, err := range b.Hits() {
		if err != nil {
			return t, fmt.Errorf("judge trial: %w", err)
		}
		for i := range batch {
			g.add(&batch[i])
		}
	}
	t.P95S, t.ServiceS = p.ResponseS.P95, p.ServiceS.P50
	if p.OKRatio != nil {
		bad := 1 - *p.OKRatio
		t.Errors = &bad
	}
	if slope, err, ok := g.slope(); ok {
		hz, errHz := t.RateHz*slope/(1+max(slope, -0.5)), t.RateHz*err
		t.GrowthHz, t.GrowthErrHz = &hz, &errHz
	}
	t.Met, t.Why = met(r)
	t.GoodHz = g.good(t, r)
	return t, nil
}

// met reports whether the objectives were met, and otherwise which were not. An
// objective that a short trial has too few answers for does not count.
func met(r *Report) (ok bool, why string) {
	var missed []string
	for i := range r.Objectives {
		if o := &r.Objectives[i]; o.OK != nil && !*o.OK && o.Observed != nil {
			missed = append(missed, fmt.Sprintf("%s: %s", o.Text, inUnit(*o.Observed, o.Unit)))
		} else if o.OK != nil && !*o.OK {
			missed = append(missed, o.Text)
		}
	}
	switch {
	case len(missed) > 0:
		why = "missed " + strings.Join(missed, ", ")
	case r.Phases[0].ResponseS.N == 0:
		why = "no good answer at all"
	default:
		return true, ""
	}
	if len(r.Onset) > 0 && r.Onset[0].Cause != "" && r.Onset[0].Cause != Unknown {
		why += fmt.Sprintf(" (%d: %s)", r.Onset[0].Code, strings.ReplaceAll(string(r.Onset[0].Cause), "_", " "))
	}
	return false, why
}

func inUnit(v float64, unit string) string {
	switch unit {
	case "s":
		return span(v)
	case "ratio":
		return percent(v)
	}
	return digits(v, 3)
}

// growthBlocks is into how many equal stretches the later part of a trial is cut.
const growthBlocks = 10

// growth tells how fast the number of requests in flight grows, by how the
// response time R does: a request that comes when Q are waiting waits Q/C, so
// dQ/dt = C*dR/dt = rate*s/(1+s) with s = dR/dt. Unlike the count itself, R
// moves with each request, even where a few seconds add less than one to the
// queue. The first 30% are left out: until the workers are all busy nobody waits.
type growth struct {
	from, to float64 // s
	blocks   [growthBlocks]struct{ n, at, response float64 }
	start    float64
	done     [512]float64 // good answers given in each stretch from start to to
}

func newGrowth(start, end float64) *growth {
	return &growth{start: start, from: start + 0.3*(end-start), to: end}
}

func (g *growth) block(t time.Duration) (int, bool) {
	i := int(math.Floor((t.Seconds() - g.from) / (g.to - g.from) * growthBlocks))
	return i, i >= 0 && i < growthBlocks
}

func (g *growth) add(h *journal.Hit) {
	if h.Class != journal.ClassOK {
		return
	}
	if i, ok := g.block(h.Due); ok {
		b := &g.blocks[i]
		b.n, b.at, b.response = b.n+1, b.at+h.Due.Seconds(), b.response+h.Response().Seconds()
	}
	if at := (h.Done.Seconds() - g.start) / (g.to - g.start); at >= 0 && at < 1 {
		g.done[int(at*float64(len(g.done)))]++
	}
}

// slope returns dR/dt and its standard error, from a least-squares line through
// the blocks' means. Means over stretches of time, since neighbours that wait in
// one queue are not independent.
func (g *growth) slope() (slope, stderr float64, ok bool) {
	var n, sx, sy float64
	for _, b := range g.blocks {
		if b.n > 0 {
			n, sx, sy = n+1, sx+b.at/b.n, sy+b.response/b.n
		}
	}
	if n < 5 {
		return 0, 0, false
	}
	var sxx, sxy, syy float64
	for _, b := range g.blocks {
		if b.n > 0 {
			dx, dy := b.at/b.n-sx/n, b.response/b.n-sy/n
			sxx, sxy, syy = sxx+dx*dx, sxy+dx*dy, syy+dy*dy
		}
	}
	slope = sxy / sxx
	return slope, math.Sqrt(max(0, syy-slope*sxy) / (n - 2) / sxx), true
}

// good returns the good answers a second while requests queued. The report's own
// figure is the best. Else it is the rate less the growth, or, under errors,
// the line through the good answers.
func (g *growth) good(t CapacityTrial, r *Report) *float64 {
	failing := t.Errors != nil && *t.Errors > 0
	growing := t.GrowthHz != nil && *t.GrowthHz > 2**t.GrowthErrHz && *t.GrowthHz > 0.01*t.RateHz
	if !failing && !growing {
		return nil
	}
	if c := r.Pool.CapacityHz; c != nil && c.Value > 0 && c.Value < t.RateHz && len(r.Faults) == 0 {
		return &c.Value
	}
	if !failing {
		hz := t.RateHz - *t.GrowthHz
		return &hz
	}
	return g.answered()
}

// answered returns the good answers a second by the least-squares line of their
// count over time. Workers that began together finish together, so that what a
// stretch of time holds is off by up to one answer each; the line is not.
func (g *growth) answered() *float64 {
	width := (g.to - g.start) / float64(len(g.done))
	var n, sx, sy float64
	for i, k := range g.done {
		sx += k * (float64(i) + 0.5) * width
		sy += k * (n + (k+1)/2)
		n += k
	}
	if n < 8 {
		return nil
	}
	var sxx, sxy, before float64
	for i, k := range g.done {
		dx, dy := (float64(i)+0.5)*width-sx/n, before+(k+1)/2-sy/n
		sxx, sxy, before = sxx+k*dx*dx, sxy+k*dx*dy, before+k
	}
	if sxx == 0 {
		return nil
	}
	hz := sxy / sxx
	return &hz
}
