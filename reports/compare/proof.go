package compare

import (
	"fmt"
	"math"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// proof is what a fault did before and does now, in sentences, and the labels of the
// figures that these tell.
type proof struct {
	sentences []string
	told      map[string]bool
}

// proofOf tells of the fault of which something changed that can be told: errors,
// their onset or the timeout. Of several it is the one with which the errors changed most.
func proofOf(c *reports.Comparison, before, after *reports.Report) (most proof) {
	changed := -1.0
	for i := range before.Faults {
		was := &before.Faults[i]
		j := slices.IndexFunc(after.Faults, func(f reports.Fault) bool {
			return f.Phase == was.Phase && f.Dependency == was.Dependency && f.Kind == was.Kind
		})
		if j < 0 || !was.Exercised || !after.Faults[j].Exercised {
			continue
		}
		p, then, now := proof{told: map[string]bool{}}, under{before, was}, under{after, &after.Faults[j]}
		p.traffic(c, then, now)
		p.timeout(c, before, now)
		if by := then.changed(now); len(p.sentences) > 0 && by > changed {
			most, changed = p, by
		}
	}
	return most
}

// changed is by how much the ratio that failed is another now; 0 when it can't be told.
func (u under) changed(now under) float64 {
	then, after := u.failed(), now.failed()
	if then == nil || after == nil {
		return 0
	}
	return math.Abs(*after - *then)
}

// under is a run while a fault was in force.
type under struct {
	*reports.Report
	fault *reports.Fault
}

func (u under) phase() *reports.Phase {
	i := slices.IndexFunc(u.Phases, func(p reports.Phase) bool { return p.Name == u.fault.Phase })
	return &u.Phases[i]
}

// failed is the ratio of the phase's requests that failed; null of none sent.
func (u under) failed() *float64 {
	ok := u.phase().OKRatio
	if ok == nil {
		return nil
	}
	bad := 1 - *ok
	return &bad
}

// onset is the first sustained one that is counted from the fault, or nil.
func (u under) onset() *reports.Onset {
	for _, o := range u.OnsetsIn(u.fault.Phase) {
		if o.SustainedS != nil && u.FaultOf(o) == u.fault {
			return o
		}
	}
	return nil
}

// found is the figure if it is told that it changed.
func found(c *reports.Comparison, phase, dependency, figure string) *reports.Compared {
	for i := range c.Figures {
		f := &c.Figures[i]
		if f.Phase == phase && f.Request == "" && f.Dependency == dependency && f.Figure == figure &&
			f.Change != reports.Same && f.Change != reports.CantTell {
			return f
		}
	}
	return nil
}

// traffic says what requests met, if errors or their onset changed.
func (p *proof) traffic(c *reports.Comparison, before, after under) {
	phase, dependency := before.fault.Phase, before.fault.Dependency
	errors, onset := found(c, phase, "", errorsFigure), found(c, phase, dependency, "onset")
	if errors == nil && onset == nil || before.failed() == nil || after.failed() == nil {
		return
	}
	for _, f := range []*reports.Compared{errors, onset} {
		if f != nil {
			p.told[f.Name()] = true
		}
	}
	p.sentences = append(p.sentences, "Before, "+before.met(past, nil)+"; now "+after.met(present, before.onset()))
}

// tense is the words of a sentence on what was, or on what is.
type tense struct{ came, failed, answered string }

var (
	past    = tense{"came", "failed", "every request was answered"}
	present = tense{"come", "fail", "every request is answered"}
)

// met says what requests met while the fault was in force. said is the onset that was
// told just before, or nil.
func (u under) met(t tense, said *reports.Onset) string {
	bad, onset := *u.failed(), u.onset()
	text := ""
	switch {
	case bad == 0:
		text = t.answered
		if d := u.phase().DegradedRatio; d != nil && *d > 0 {
			text += fmt.Sprintf(", %s of them %s", words.Percent(*d), u.how())
		}
	case onset == nil:
		text = fmt.Sprintf("%s %s with %s", words.Percent(bad), t.failed, u.fault.State)
	case said != nil && said.Code == onset.Code:
		text = fmt.Sprintf("they %s after %s and %s %s", t.came, words.Span(*onset.AfterFaultS), words.Percent(bad), t.failed)
	default:
		text = fmt.Sprintf("%ds %s %s after %s %s and %s %s", onset.Code, t.came, words.Span(*onset.AfterFaultS),
			u.fault.Dependency, u.fault.Past, words.Percent(bad), t.failed)
	}
	return text
}

// how is what degraded answers were served without: the dependency, where none was
// degraded as long as it was well.
func (u under) how() string {
	for _, p := range u.Phases {
		faulted := slices.ContainsFunc(u.Faults, func(f reports.Fault) bool { return f.Phase == p.Name })
		if !p.Warmup && !faulted && p.Degraded > 0 {
			return "degraded"
		}
	}
	other := func(f reports.Fault) bool { return f.Phase == u.fault.Phase && f.Dependency != u.fault.Dependency }
	if slices.ContainsFunc(u.Faults, other) {
		return "degraded"
	}
	return "without " + u.fault.Dependency
}

// timeout says how the timeout changed, and up to which rate the new one holds
// where the run shows that it held what was asked.
func (p *proof) timeout(c *reports.Comparison, before *reports.Report, after under) {
	f := found(c, "", after.fault.Dependency, "timeout")
	if f == nil || f.Change == reports.Changed {
		return
	}
	p.told[f.Name()] = true
	name := "The timeout"
	if len(after.Dependencies) > 1 {
		name += " on " + after.fault.Dependency
	}
	text := name + " went from " + value(f, f.Before) + " to " + value(f, f.After)
	asked, failed, holds := after.phase().RateAskedHz, after.failed(), after.holds(before)
	if f.After != nil && failed != nil && *failed == 0 && asked != nil && holds >= *asked {
		text += fmt.Sprintf("; it holds up to %s (%s asked)", words.PerS(holds), words.Asked(*asked))
	}
	p.sentences = append(p.sentences, text)
}

// holds is the highest rate that the site carries with its timeout while no call is
// answered, per second, by the run itself or else with the workers, the own time and
// the calls that the run before told: workers/(own + calls*timeout). It is 0 when
// neither tells.
func (u under) holds(before *reports.Report) float64 {
	t := reports.TimeoutOn(u.Timeouts, u.fault.Dependency)
	if t == nil || t.ObservedS == nil {
		return 0
	}
	for _, r := range []*reports.Report{u.Report, before} {
		b, w := r.BudgetOf(u.fault.Dependency), r.Pool.Counted()
		if b == nil || w == nil || b.Assumes != "" || b.Calls <= 0 {
			continue
		}
		if n, exact := w.Exact(); exact {
			return float64(n) / (b.OwnS + b.Calls*t.WholeS())
		}
	}
	return 0
}
