package reports

import "fmt"

// maxRemedies is how many dependencies a summary tells the timeout of.
const maxRemedies = 2

// remedies say of the dependencies that had faults which timeout was seen, and
// which would hold the rate.
func (r *Report) remedies() []string {
	var list []string
	said := map[string]bool{}
	for _, t := range r.Timeouts {
		said[t.Dependency] = true
	}
	alone := len(said) < 2
	clear(said)
	for _, t := range r.Timeouts {
		if said[t.Dependency] || len(said) == maxRemedies {
			continue
		}
		said[t.Dependency] = true
		list = append(list, r.remedy(timeoutOn(r.Timeouts, t.Dependency), alone)...)
	}
	for _, d := range r.Dose {
		list = append(list, d.sentence())
	}
	return list
}

// remedy says what was seen of one timeout, and what would hold the rate.
// alone is whether it is plain which dependency is meant.
func (r *Report) remedy(t *Timeout, alone bool) []string {
	on, kind := " on "+t.Dependency, "timeout"
	if alone {
		on = ""
	}
	if t.Connect {
		kind = "connect timeout"
	}
	b := r.budgetOf(t.Dependency)
	switch {
	case t.Verdict == byNobody:
		seen := fmt.Sprintf("No %s%s was seen within %s", kind, on, span(t.HorizonS))
		return append([]string{seen}, r.wouldHold(b)...)
	case t.Verdict == byWorker && t.ObservedS != nil:
		killed := fmt.Sprintf("The application gave up on no call to %s itself: workers were killed after %s", t.Dependency, held(t.ObservedS.Value))
		if r.firstCause(t.Dependency) == WorkerKilled {
			killed = "The application gave up on no call itself"
		}
		return append([]string{killed}, r.wouldHold(b)...)
	case t.Verdict == byApp && t.ObservedS != nil:
		return []string{r.judged(t, b, fmt.Sprintf("%s %s%s", held(t.ObservedS.Value), kind, on))}
	}
	return nil
}

// wouldHold says which timeout would hold the rate; nothing when that is not known.
func (r *Report) wouldHold(b *Budget) []string {
	if b == nil {
		return nil
	}
	need := ""
	if c := b.example(); c != nil {
		need = fmt.Sprintf("with a %s timeout it takes %s", digits(c.TimeoutS, 3)+" s", number(int64(c.WorkersNeeded), "worker"))
	}
	if b.MaxTimeoutS == nil {
		if need != "" {
			need = "; " + need
		}
		return []string{"No timeout would hold " + r.atRate(b) + " with these workers" + need}
	}
	return []string{"A timeout of at most " + limit(*b.MaxTimeoutS) + " would hold " + r.atRate(b) + b.headroom() + after("; ", need)}
}

// judged says whether the timeout that the application has is short enough.
func (r *Report) judged(t *Timeout, b *Budget, name string) string {
	the := "The " + name
	tries := ""
	if t.Retries > 0 {
		tries = fmt.Sprintf(", %d times over, holds a worker for %s and", t.Retries+1, held(t.WholeS()))
	}
	need := ""
	if b != nil && b.WorkersNeeded != nil && b.TimeoutS != nil {
		need = fmt.Sprintf("; with %s it takes %s", held(*b.TimeoutS), number(int64(*b.WorkersNeeded), "worker"))
	}
	switch {
	case b == nil && t.Retries > 0:
		return fmt.Sprintf("Calls to %s were given up after %d tries of %s, %s in all", t.Dependency, t.Retries+1, held(t.ObservedS.Value), held(t.WholeS()))
	case b == nil && r.heldRate(t) != "":
		return the + " was short enough for " + r.heldRate(t) + " in this run"
	case b == nil:
		return fmt.Sprintf("Calls to %s were given up after %s", t.Dependency, held(t.ObservedS.Value))
	case b.MaxTimeoutS == nil:
		return fmt.Sprintf("%s%s does not help: no timeout holds %s/s with these workers%s", the, tries, digits(b.RateHz, 1), need)
	}
	most := limit(*b.MaxTimeoutS) + " holds " + digits(b.RateHz, 1) + "/s" + b.headroom()
	switch tried := float64(t.Retries + 1); {
	case t.ObservedS.Low*tried > *b.MaxTimeoutS:
		return the + tries + " is too long: at most " + most + need
	case t.ObservedS.High*tried <= *b.MaxTimeoutS && !r.broke(t.Dependency):
		return the + tries + " is within the budget: at most " + most
	}
	return the + tries + " is at the edge of the budget: at most " + most
}

// firstCause is why the first error under a fault on the dependency came.
func (r *Report) firstCause(dependency string) Cause {
	for _, o := range r.Onset {
		if o.AfterFaultS != nil && o.Dependency == dependency {
			return o.Cause
		}
	}
	return Unknown
}

// heldRate is the rate at which every request was answered while t was tried;
// empty where one was not.
func (r *Report) heldRate(t *Timeout) string {
	for _, f := range r.Faults {
		if f.Dependency != t.Dependency || f.Kind != t.Fault {
			continue
		}
		for _, p := range r.Phases {
			if p.Name == f.Phase && p.OKRatio != nil && *p.OKRatio == 1 && p.RateAskedHz != nil {
				return digits(*p.RateAskedHz, 1) + "/s"
			}
		}
		break
	}
	return ""
}

// broke reports whether a full queue was seen under a fault on the dependency.
func (r *Report) broke(dependency string) bool {
	for _, o := range r.Onset {
		if o.Dependency == dependency && o.Cause == QueueFull {
			return true
		}
	}
	return false
}

// headroom is the timeout that leaves workers a fifth of their time, in brackets.
func (b *Budget) headroom() string {
	if b.WithHeadroomS == nil {
		return ""
	}
	return " (" + limit(*b.WithHeadroomS) + " with headroom)"
}

// example is the choice to show what a longer timeout takes: that of 1 s, which
// people ship, or else the shortest that does not hold with the workers there are.
func (b *Budget) example() *Choice {
	var shortest *Choice
	for i := range b.Choices {
		c := &b.Choices[i]
		switch {
		case c.Holds || c.WorkersNeeded <= 0:
		case c.TimeoutS == 1:
			return c
		case shortest == nil || c.TimeoutS < shortest.TimeoutS:
			shortest = c
		}
	}
	return shortest
}

// atRate is the rate of a budget, in short where the summary has just said it.
func (r *Report) atRate(b *Budget) string {
	for _, o := range r.Onset {
		if o.AfterFaultS != nil && o.RateHz != nil && distance(*o.RateHz, b.RateHz) < 0.05*b.RateHz {
			return "this rate"
		}
	}
	return digits(b.RateHz, 1) + "/s"
}

func (d Dose) sentence() string {
	switch {
	case d.SizeS == nil && d.QueuedS != nil:
		return fmt.Sprintf("Delays of %s up to %s did not break the site, but from %s on requests piled up: it would not have held for long", d.Dependency, span(d.MaxS), span(*d.QueuedS))
	case d.SizeS == nil:
		return fmt.Sprintf("The site held every delay of %s up to %s", d.Dependency, span(d.MaxS))
	}
	broke := fmt.Sprintf("The site first broke (%s) at a delay of %s", d.brokeWith(), span(*d.SizeS))
	if d.QueuedS != nil && *d.QueuedS < *d.SizeS {
		broke += fmt.Sprintf(", but requests piled up from %s on", span(*d.QueuedS))
	}
	return broke
}

func (d Dose) brokeWith() string {
	if words := map[string]string{"client_timeout": "no answer in time"}[d.Broke]; words != "" {
		return words
	}
	return d.Broke
}
