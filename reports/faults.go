package reports

// Untold reports whether the run ended before it was told what the fault met.
func (f Fault) Untold() bool {
	cutOff := f.LiftedS == nil || f.UndoConfirmed != nil && !*f.UndoConfirmed
	return cutOff && !f.Exercised && !f.Uncounted && f.Connections == nil && f.RequestsHeld == nil
}
