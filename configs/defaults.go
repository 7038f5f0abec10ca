package configs

import (
	"fmt"
	"time"
)

// The defaults of what an experiment leaves out.
const (
	DefaultSeed     = 1
	DefaultTimeout  = 30 * time.Second
	DefaultInFlight = 10_000
	DefaultEvery    = time.Second // between two readings of a status page
	DefaultStatus   = 500         // of an http_error
)

// fill puts in the defaults. given reports whether a value was given, so that a
// zero that somebody wrote stays, and is judged as what it is.
func (e *Experiment) fill(given func(path string) bool) {
	if !given("seed") {
		e.Seed = DefaultSeed
	}
	if !given("target.timeout") {
		e.Target.Timeout = DefaultTimeout
	}
	if !given("limits.in_flight") {
		e.Limits.InFlight = DefaultInFlight
	}
	if e.Site.PHPFPMStatus.URL != "" && !given("site.php_fpm_status.every") {
		e.Site.PHPFPMStatus.Every = DefaultEvery
	}
	setDefault(&e.Name, nameOf(e.Path))
	e.Arrivals.fill(given)
	setDefault(&e.Chaos.Toxiproxy, Embedded)
	e.Target.Cert.keyFile()
	for i := range e.Data {
		setDefault(&e.Data[i].Order, NextRow)
	}
	for i := range e.Requests {
		if !given(fmt.Sprintf("requests[%d].weight", i)) && e.Requests[i].Rate == nil {
			e.Requests[i].Weight = 1
		}
	}
	e.fillRates(given)
	for i := range e.Visits {
		if !given(fmt.Sprintf("visits[%d].weight", i)) {
			e.Visits[i].Weight = 1
		}
	}
	for _, r := range e.written() {
		if r.JSON != "" || len(r.Form) > 0 || len(r.Multipart) > 0 {
			setDefault(&r.Method, "POST")
		}
		setDefault(&r.Method, "GET")
		setDefault(&r.Name, r.Method+" "+hideURL(r.Path)) // it goes into every report
	}
	for i, p := range e.Phases {
		fillFaults(p.Faults, p.Duration, fmt.Sprintf("phases[%d].faults", i), given)
	}
	if e.Capacity != nil {
		fillFaults(e.Capacity.Faults, 0, "capacity.faults", given)
	}
}

// fillFaults lets each fault last until the end of its phase. Capacity has no
// phases; its faults last as long as the load, which For = 0 stands for.
func fillFaults(faults []Fault, phase time.Duration, path string, given func(path string) bool) {
	for i := range faults {
		f := &faults[i]
		at := element(path, i)
		if !given(at + ".share") {
			f.Share = 1
		}
		if !given(at+".for") && phase > f.After {
			f.For = phase - f.After
		}
		if f.Latency != nil {
			setDefault(&f.Latency.Direction, Downstream)
		}
		if f.HTTPError != nil && !given(at+".http_error.status") {
			f.HTTPError.Status = DefaultStatus
		}
	}
}

func setDefault(s *string, to string) {
	if *s == "" {
		*s = to
	}
}
