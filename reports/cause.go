package reports

// nameCauses says of each onset why it came, where that can be told.
func (a *analysis) nameCauses(r *Report, in input) {}
