package reports

// notKnown is what the run could not tell, and what would.
func (a *analysis) notKnown(r *Report) []NotKnown { return []NotKnown{} }

// advice is what to do about what was seen.
func (a *analysis) advice(r *Report) []Advice { return []Advice{} }
