package journal

import "iter"

// Contents are all that a bundle holds, in memory but for its hits.
type Contents struct {
	Manifest     Manifest
	Experiment   []byte // the file as run, YAML
	Events       []Event
	Observations []Observation
	Baseline     Baseline
	// Hits yields the hits in batches, as Bundle.Hits does. It can be called more than once.
	Hits func() iter.Seq2[[]Hit, error]
}

// Contents reads the bundle. The error is that of its events or observations;
// that of its hits comes while they are read.
func (b *Bundle) Contents() (Contents, error) {
	events, err := b.Events()
	if err != nil {
		return Contents{}, err
	}
	observations, err := b.Observations()
	if err != nil {
		return Contents{}, err
	}
	return Contents{b.Manifest, b.Experiment, events, observations, b.Baseline(), b.Hits}, nil
}
