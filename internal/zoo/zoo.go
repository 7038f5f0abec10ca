package zoo

// Simulate plays the plan on the site. The same seed gives the same record.
func Simulate(site *Site, plan Plan, seed uint64) (*Record, *Truth) {
	w := newWorld(site, plan, seed)
	w.run()
	return w.record, w.truth(seed)
}
