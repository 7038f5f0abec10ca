package reports

// slowdowns are where good answers were slow, and why.
func (a *analysis) slowdowns(r *Report, in input) []Slowdown { return []Slowdown{} }
