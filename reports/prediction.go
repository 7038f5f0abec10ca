package reports

// prediction is what the model says of this run.
func (a *analysis) prediction(r *Report, in input) Prediction { return Prediction{Series: []Moment{}} }
