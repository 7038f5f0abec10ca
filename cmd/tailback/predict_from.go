package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/campaign"
	"github.com/tailback/tailback/internal/files"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/words"
)

// readReport returns the report of a bundle, or of a report.json.
func readReport(path string) (*reports.Report, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read --from: %w", err)
	}
	if info.IsDir() {
		if bundle, err := journal.Open(path); err == nil {
			return analysis.Analyze(bundle)
		}
		path = filepath.Join(path, campaign.ReportJSON)
	}
	text, err := files.Read(filepath.Dir(path), filepath.Base(path), campaign.MaxReport)
	if err != nil {
		return nil, fmt.Errorf("read --from: %w; give the folder of a run, or its report.json", err)
	}
	var r reports.Report
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("read --from %s: %w; give the folder of a run, or its report.json", path, err)
	}
	return &r, nil
}

// figures collects what a report tells for the flags that were not given.
type figures struct {
	report     *reports.Report
	text       map[string]*string
	given      func(flag string) bool
	dependency string // of which the prediction is
	origins    []reports.Figure
	missing    mistakes
}

// set takes a figure of the report, unless the flag was given.
func (f *figures) set(flag, value, from string) {
	if !f.given(flag) {
		*f.text[flag] = value
		f.origins = append(f.origins, reports.Figure{Flag: flag, Value: value, From: from})
	}
}

// estimate takes an estimate; where there is none, the flag has to be given.
func (f *figures) estimate(flag, what string, e *reports.Estimate, write func(float64) string, like string) {
	switch {
	case f.given(flag):
	case e == nil:
		f.missing.add("predict: the run can't tell %s%s; give --%s, like --%s %s", what, f.why(what), flag, flag, like)
		*f.text[flag] = like
	case write(e.Low) == write(e.High):
		f.set(flag, write(e.Value), e.From)
	default:
		f.set(flag, write(e.Value), fmt.Sprintf("%s to %s, %s", write(e.Low), write(e.High), e.From))
	}
}

// why is the report's own reason.
func (f *figures) why(what string) string {
	for _, n := range f.report.NotKnown {
		if strings.Contains(strings.ToLower(n.What), what) {
			return " (" + n.Why + ")"
		}
	}
	return ""
}

// take takes what the report tells. hang is set when the run's fault was one
// and neither --hang nor --delay says otherwise.
func (f *figures) take(hang *bool) error {
	pool := f.report.Pool
	f.estimate("workers", "workers", pool.Workers, wholeText, "4")
	f.estimate("queue", "queue slots", pool.QueueSlots, wholeText, "17")
	if pool.GatewayTimeoutS != nil {
		f.estimate("gateway-timeout", "the gateway's timeout", pool.GatewayTimeoutS, durationText, "60s")
	} else if !f.given("gateway-timeout") {
		f.origins = append(f.origins, reports.Figure{Flag: "gateway-timeout", Value: *f.text["gateway-timeout"], From: "assumed: the run saw no visitor whom the gateway gave up on"})
	}
	if pool.Network != "" {
		f.set("network", pool.Network, "how a full queue answered")
	}
	f.dependency = f.fault(hang)
	f.service(f.calls(f.dependency))
	f.rate(f.dependency)
	return errors.Join(f.missing...)
}

// service takes a request's own work: what it holds a worker, less its calls.
// Where requests slow each other down, as where they compete for CPU, it is
// what they take when all workers are busy.
func (f *figures) service(calls float64) {
	pool, own := f.report.Pool, f.report.Pool.ServiceS
	if own != nil {
		own = &reports.Estimate{Value: own.Value, Low: own.Low, High: own.High, From: own.From}
		if w, c := pool.Workers, pool.CapacityHz; w != nil && c != nil && c.Low > 0 && math.Abs(math.Round(w.Value)/c.Value/own.Value-1) > 0.02 {
			n := math.Round(w.Value)
			own = &reports.Estimate{Value: n / c.Value, Low: n / c.High, High: n / c.Low,
				From: fmt.Sprintf("%s over the %s that they serve: requests slow each other down, and more workers may not help", words.Number(int64(n), "worker"), words.PerS(c.Value))}
		}
		if d := f.depends(f.dependency); d != nil && d.HeldMeanS != nil {
			for _, v := range []*float64{&own.Value, &own.Low, &own.High} {
				*v = max(*v-calls**d.HeldMeanS, float64(time.Millisecond)/float64(time.Second))
			}
			own.From += ", less its calls to " + f.dependency
		}
	}
	f.estimate("service", "service time", own, durationText, "100ms")
}

// fault takes the first fault of the run, and returns its dependency.
func (f *figures) fault(hang *bool) string {
	for _, fault := range f.report.Faults {
		chosen := f.given("hang") || f.given("delay")
		kind, _ := configs.KindOf(fault.Kind)
		everyCall := kind.At == configs.AtTrip // how many connects or bytes a call makes is not known
		switch {
		case chosen:
		case everyCall && kind.Wait == configs.WaitLifting:
			*hang = true
			f.origins = append(f.origins, reports.Figure{Flag: "hang", From: "the run's fault on " + fault.Dependency})
		case everyCall && kind.Wait == configs.WaitDelay && fault.SizeS != nil && *fault.SizeS > 0:
			f.set("delay", durationText(*fault.SizeS+f.held(fault.Dependency)), "the run's fault on "+fault.Dependency)
		default:
			continue
		}
		return fault.Dependency
	}
	if len(f.report.Dependencies) > 0 {
		return f.report.Dependencies[0].Name
	}
	return ""
}

// held is how long a call takes when all is well, in seconds; 0 when not known.
func (f *figures) held(name string) float64 {
	if d := f.depends(name); d != nil && d.HeldMeanS != nil {
		return *d.HeldMeanS
	}
	return 0
}

func (f *figures) depends(name string) *reports.Dependency {
	for i := range f.report.Dependencies {
		if f.report.Dependencies[i].Name == name {
			return &f.report.Dependencies[i]
		}
	}
	return nil
}

// calls takes the calls a request makes, each try of which may take the
// timeout, and that timeout. It returns the calls when all is well.
func (f *figures) calls(name string) float64 {
	calls, tries := 0.0, 1.0
	for _, t := range f.report.Timeouts {
		if t.Dependency == name && t.ObservedS != nil && t.Verdict == "app" {
			tries += float64(t.Retries)
			f.set("timeout", durationText(t.ObservedS.Value), fmt.Sprintf("%d waits for %s that the application ended", t.N, name))
			break
		}
	}
	if d := f.depends(name); d != nil && d.CallsPerHit != nil && *d.CallsPerHit > 0 {
		calls = *d.CallsPerHit
		for _, b := range f.report.Budget {
			if b.Dependency == name && b.Calls > 0 {
				calls = b.Calls
			}
		}
		from := "calls to " + name + " per request"
		if tries > 1 {
			from += fmt.Sprintf(" x %g tries", tries)
		}
		f.set("share", numberText(calls*tries), from)
	} else if !f.given("share") {
		f.missing.add("predict: the run can't tell how many calls a request makes to %q; give --share, like --share 1", name)
	}
	return calls
}

// rate takes the rate asked in the phase of the fault, or the first phase's.
func (f *figures) rate(dependency string) {
	phase := ""
	for _, fault := range f.report.Faults {
		if fault.Dependency == dependency {
			phase = fault.Phase
			break
		}
	}
	for _, p := range f.report.Phases {
		if !p.Warmup && p.RateAskedHz != nil && (phase == "" || p.Name == phase) {
			how := "asked in phase " + p.Name
			if w := p.Replayed; w != nil {
				how = fmt.Sprintf("asked in phase %s on average, %s to %s", p.Name, words.Asked(w.LowHz), words.Asked(w.HighHz))
			}
			if p.Visits != nil {
				how += ", if each of its visits is completed; visitors who wait send no next request, so that errors come later than this"
			}
			f.set("rate", strconv.FormatFloat(*p.RateAskedHz, 'f', -1, 64), how)
			return
		}
	}
	if !f.given("rate") {
		f.missing.add("predict: the run can't tell a rate, as no phase of it was open; give --rate, like --rate 8")
		*f.text["rate"] = "8"
	}
}

// numberText writes four digits, without commas: a flag takes it.
func numberText(v float64) string { return strings.ReplaceAll(words.Given(v), ",", "") }

func wholeText(v float64) string { return strconv.Itoa(int(math.Round(v))) }

// durationText writes four digits: no run tells more.
func durationText(s float64) string {
	if s > 0 {
		unit := math.Pow(10, 3-math.Floor(math.Log10(s)))
		s = math.Round(s*unit) / unit
	}
	return time.Duration(math.Round(s * 1e9)).String()
}
