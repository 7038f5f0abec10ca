package chaos

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// A run holds the proxies of `tailback proxy` by one HTTP request that lasts as
// long as the run: JSON lines in both directions. The request is the lease. When
// it breaks, or is silent for leaseFor, the proxy ends the run's Play, which
// lifts every fault.
const (
	leasePath  = "/tailback/v1/play"
	leaseFor   = 2 * time.Second        // the proxy lifts after so long without a beat
	beatEvery  = 500 * time.Millisecond // the runner beats
	silenceFor = 5 * time.Second        // the runner gives the proxy up
	leaseLine  = 1 << 20                // bytes of one line at most
	protocol   = 1                      // of these lines
)

// ask is a line from the runner. One of its fields is set.
type ask struct {
	Plan   *plan  `json:"plan,omitempty"` // the first line
	Beat   int64  `json:"beat,omitempty"` // a number to be answered with
	PlayAt *int64 `json:"play_at_ns,omitempty"`
	Stop   bool   `json:"stop,omitempty"` // the Play, not the lease
}

// tell is a line from the proxy.
type tell struct {
	Beat    int64          `json:"beat,omitempty"`     // of the ask
	ClockNS int64          `json:"clock_ns,omitempty"` // the proxy's, since the lease began
	Event   *journal.Event `json:"event,omitempty"`
	Ended   bool           `json:"ended,omitempty"` // the Play has
	Error   string         `json:"error,omitempty"` // why, if not at its end
}

// plan is what a proxy needs to know of an experiment.
type plan struct {
	Protocol     int                  `json:"protocol"`
	Name         string               `json:"name"`
	Host         string               `json:"host"`
	PID          int                  `json:"pid"`
	Seed         uint64               `json:"seed"`
	Dependencies []configs.Dependency `json:"dependencies"` // the dependencies that have a fault
	Phases       []configs.Phase      `json:"phases"`       // their names, durations and faults
	Headers      [][][2]string        `json:"headers"`      // names and values of each http_error, in order
}

func planOf(exp *configs.Experiment) plan {
	p := plan{Protocol: protocol, Name: exp.Name, PID: os.Getpid(), Seed: exp.Seed}
	p.Host, _ = os.Hostname()
	faulted := map[string]bool{}
	for _, phase := range exp.Phases {
		p.Phases = append(p.Phases, configs.Phase{Name: phase.Name, Duration: phase.Duration, Faults: p.withoutHeaders(phase.Faults)})
		for _, f := range phase.Faults {
			faulted[f.Dependency] = true
		}
	}
	for _, d := range exp.Dependencies {
		if faulted[d.Name] {
			p.Dependencies = append(p.Dependencies, d)
		}
	}
	return p
}

// withoutHeaders keeps the headers of http_errors in the plan and returns the
// faults without them: in JSON their values would be hidden.
func (p *plan) withoutHeaders(faults []configs.Fault) []configs.Fault {
	faults = slices.Clone(faults)
	for i := range faults {
		if faults[i].HTTPError == nil {
			continue
		}
		bare, list := *faults[i].HTTPError, [][2]string{}
		for _, h := range bare.Headers {
			list = append(list, [2]string{h.Name, h.Value.Text})
		}
		bare.Headers = nil
		faults[i].HTTPError, p.Headers = &bare, append(p.Headers, list)
	}
	return faults
}

// putHeaders undoes withoutHeaders.
func (p *plan) putHeaders(faults []configs.Fault) {
	for _, f := range faults {
		if f.HTTPError == nil || len(p.Headers) == 0 {
			continue
		}
		for _, h := range p.Headers[0] {
			f.HTTPError.Headers = append(f.HTTPError.Headers, configs.Header{Name: h[0], Value: configs.Secret{Text: h[1]}})
		}
		p.Headers = p.Headers[1:]
	}
}

// experiment turns the plan back into an experiment on the proxies of own. The
// error says what can't be played there. The plan must keep all rules of an
// experiment file: some faults would crash the process.
func (p plan) experiment(own *configs.Experiment) (*configs.Experiment, error) {
	if p.Protocol != protocol {
		return nil, fmt.Errorf("the run speaks version %d of this proxy's language, not %d; use the same tailback at both ends", p.Protocol, protocol)
	}
	exp := *own
	exp.Name, exp.Seed, exp.Phases = p.Name, p.Seed, nil
	exp.Chaos.Toxiproxy = configs.Embedded
	exp.AbortWhen, exp.Objectives, exp.Capacity, exp.Audit = nil, nil, nil, nil
	// The traffic is the run's: what this file has of it, such as a log or rates, has no part in the plan.
	exp.Arrivals, exp.Data, exp.Visits, exp.Sessions = configs.Arrivals{Kind: configs.Uniform}, nil, nil, nil
	exp.Requests = []configs.Request{{Name: "any", Method: "GET", Path: "/", Weight: 1}}
	for _, phase := range p.Phases {
		p.putHeaders(phase.Faults)
		phase.Rate, phase.Concurrency, phase.Burst = &configs.Rate{From: 1, To: 1}, 0, 0
		exp.Phases = append(exp.Phases, phase)
	}
	if err := exp.Validate(); err != nil {
		return nil, err
	}
	for _, d := range p.Dependencies {
		for _, known := range own.Dependencies {
			if known.Name == d.Name && !sameDependency(known, d) {
				return nil, fmt.Errorf("dependency %s is another here (listen %q, upstream %q, host %q); restart tailback proxy with the file of the run",
					d.Name, known.Listen, known.Upstream, known.Host)
			}
		}
	}
	return &exp, nil
}

// holder is who holds the proxies.
type holder struct {
	name, host string
	pid        int
	since      time.Time
}

func (h holder) String() string {
	return fmt.Sprintf("run %s of %s, pid %d, since %s", plain(h.name), plain(h.host), h.pid, h.since.UTC().Format("15:04:05 UTC"))
}

// plain makes a stranger's text fit to be shown.
func plain(s string) string {
	return strings.Trim(fmt.Sprintf("%.100q", s), `"`)
}

// decodeLine reads one JSON line into v.
func decodeLine(line []byte, v any) error {
	d := json.NewDecoder(strings.NewReader(string(line)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value in a line")
	}
	return nil
}
