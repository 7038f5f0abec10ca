package reports

// pool is what the run tells of the workers.
func (a *analysis) pool(r *Report, in input) Pool { return Pool{} }
