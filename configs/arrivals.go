package configs

import (
	"errors"

	"go.yaml.in/yaml/v3"

	"github.com/tailback/tailback/internal/replay"
)

// The kinds of arrivals in an open phase.
const (
	Uniform = "uniform" // evenly spaced
	Poisson = "poisson" // exponential gaps, drawn from Experiment.Seed
	Replay  = "replay"  // when a log says
)

// Arrivals say how the requests of open phases follow on each other: by the
// phase's rate, or as in an access log, of which the phases are then parts. In a
// file it is a text, or a map for a log.
type Arrivals struct {
	Kind    string   `mapstructure:"-"`       // Uniform, Poisson or Replay
	Replay  string   `mapstructure:"replay"`  // the log's file
	Speed   float64  `mapstructure:"speed"`   // how many times as fast as it was logged; 1 if absent
	Methods []string `mapstructure:"methods"` // of which requests are sent; GET and HEAD if absent
	Spread  string   `mapstructure:"spread"`  // Uniform or Poisson: where in a second the requests of one are, if the log has no finer times

	Log *replay.Log `mapstructure:"-"` // what was read of it; nil without one
}

// Logged is what a log has for a phase.
type Logged struct{ Hits int }

// arrivalForms are how arrivals may be written.
const arrivalForms = "uniform, poisson or a map such as {replay: access.log, speed: 2}"

// defaultMethods are those whose requests change nothing on a site that keeps to
// RFC 9110, section 9.2.1.
func defaultMethods() []string { return []string{"GET", "HEAD"} }

// convertArrivals reads the two forms.
func convertArrivals(data any) (any, error) {
	switch v := data.(type) {
	case string:
		return Arrivals{Kind: v}, nil
	case map[string]any:
		if v["replay"] == nil {
			return nil, errors.New("needs the log that is replayed, such as {replay: access.log}")
		}
	}
	return data, nil
}

// fill puts in the defaults.
func (a *Arrivals) fill(given func(path string) bool) {
	if a.Replay == "" && a.Kind == "" && !given("arrivals.replay") {
		a.Kind = Uniform
	}
	if a.Kind != "" {
		return
	}
	a.Kind = Replay
	if !given("arrivals.speed") {
		a.Speed = 1
	}
	if !given("arrivals.methods") {
		a.Methods = defaultMethods()
	}
	setDefault(&a.Spread, Uniform)
}

// Replayed reports whether a log is replayed.
func (a Arrivals) Replayed() bool { return a.Kind == Replay }

// node writes the arrivals as they are read.
func (a Arrivals) node() *yaml.Node {
	if !a.Replayed() {
		return scalar("!!str", a.Kind)
	}
	methods := &yaml.Node{Kind: yaml.SequenceNode}
	for _, m := range a.Methods {
		methods.Content = append(methods.Content, scalar("!!str", m))
	}
	return fields(scalar("", "replay"), scalar("!!str", a.Replay), scalar("", "speed"), scalar("", decimal(a.Speed)),
		scalar("", "methods"), methods, scalar("", "spread"), scalar("!!str", a.Spread))
}
