package reports

// budgets are the timeouts that would hold the rate.
func (a *analysis) budgets(r *Report) []Budget { return []Budget{} }
