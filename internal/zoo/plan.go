package zoo

import (
	"strings"
	"time"

	"github.com/tailback/tailback/configs"
)

// Plan is what was asked of a run.
type Plan struct {
	Name     string
	Seed     uint64
	Arrivals string        // configs.Uniform or configs.Poisson
	Patience time.Duration // T_c: how long a visitor waits
	Phases   []configs.Phase
	Visits   []Visit // none: requests by themselves, of the pages with a weight
	Ending   Ending
	EndsAt   time.Duration // when the run is cut short
}

// Real is what was built and played in a run on real servers, which a test has kept
// in its bundle as real.json.
type Real struct {
	Site *Site
	Plan Plan
}

// Ending says how a run ends.
type Ending int

// The endings.
const (
	Complete    Ending = iota
	Interrupted        // by a signal: faults are lifted, hits under way are cut off
	Killed             // SIGKILL: what was not on disk is lost
)

// Duration is the length of all phases together.
func (p Plan) Duration() time.Duration {
	e := configs.Experiment{Phases: p.Phases}
	return e.Duration()
}

// experiment is the plan as the file that a person would have written.
func (p Plan) experiment(s *Site) *configs.Experiment {
	e := &configs.Experiment{Version: 1, Name: p.Name, Seed: p.Seed, Arrivals: configs.Arrivals{Kind: p.Arrivals}, Phases: p.Phases,
		Target: configs.Target{URL: "http://" + s.host(), Timeout: p.Patience},
		Chaos:  configs.Chaos{Toxiproxy: configs.Embedded, Egress: configs.Egress{Listen: s.Egress}},
		Limits: configs.Limits{InFlight: 10000}}
	if s.Host != "" {
		e.Target.Allow = []string{strings.Split(s.Host, ":")[0]}
	}
	if e.Visits = p.visits(s); e.Visits == nil {
		for _, page := range s.Pages {
			if page.Weight > 0 {
				e.Requests = append(e.Requests, page.request(page.Name))
			}
		}
	}
	for i, d := range s.Dependencies {
		one := configs.Dependency{Name: d.Name, Host: d.Host}
		if d.Host == "" {
			one.Listen, one.Upstream = dependencyAddress(i, 9901), dependencyAddress(i, 9801)
		}
		e.Dependencies = append(e.Dependencies, one)
	}
	return e
}

// moment is something to do with a fault.
type moment struct {
	at    time.Duration
	turn  int
	fault int
	size  time.Duration
}

// The turns, in the order of those that meet.
const (
	lifting = iota
	stepping
	applying
)

// played is a fault of the plan, and the phase it is in.
type played struct {
	configs.Fault
	phase    string
	from, to time.Duration
}

// faults are those of the plan, in its order.
func (p Plan) faults() (list []played) {
	var start time.Duration
	for _, phase := range p.Phases {
		for _, f := range phase.Faults {
			from := start + f.After
			to := from + f.For
			if f.For == 0 {
				to = start + phase.Duration
			}
			list = append(list, played{f, phase.Name, from, to})
		}
		start += phase.Duration
	}
	return list
}

// moments are all of the faults'.
func (p Plan) moments() (list []moment) {
	for i, f := range p.faults() {
		list = append(list, moment{f.from, applying, i, 0}, moment{f.to, lifting, i, 0})
		if f.Latency == nil || f.Latency.Delay.Every == 0 {
			continue
		}
		d := f.Latency.Delay
		for at, size := f.from+d.Every, d.From; at < f.to && size != d.To; at += d.Every {
			if size < d.To {
				size = min(size+d.Step, d.To)
			} else {
				size = max(size-d.Step, d.To)
			}
			list = append(list, moment{at, stepping, i, size})
		}
	}
	return list
}
