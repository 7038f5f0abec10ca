package configs

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Objective is a condition on the run's figures, "[phase:] metric op value".
type Objective struct {
	Text   string  // as written
	Phase  string  // if empty, all phases that are no warm-up
	Metric string  // one of Metrics
	Op     string  // < <= > >= ==
	Value  float64 // seconds, a ratio 0..1, a count, or a rate per second, as Unit says
	Unit   Unit
}

// Unit is what an objective's value is counted in.
type Unit string

// The units.
const (
	Seconds Unit = "s"
	Ratio   Unit = "ratio"
	Count   Unit = "count"
	Hertz   Unit = "/s"
)

// Metrics lists the metrics an objective may name. Response times are in
// seconds; errors, ok, degraded, 502, 503 and 504 are ratios of the hits sent
// when written with %, else counts; rate is good answers per second;
// recovered is the seconds from lifting to well again; onset is the seconds
// from the fault to the first 502, 503 or 504.
var Metrics = []string{"p50", "p90", "p95", "p99", "p999", "max", "errors", "ok", "degraded", "rate", "recovered", "onset", "502", "503", "504"}

// ops in the order in which they must be looked for.
var ops = []string{"<=", ">=", "==", "<", ">"}

// ParseObjective reads "[phase:] metric op value".
func ParseObjective(text string) (Objective, error) {
	o := Objective{Text: text}
	rest := strings.TrimSpace(text)
	if phase, after, ok := strings.Cut(rest, ":"); ok {
		o.Phase, rest = strings.TrimSpace(phase), after
		if o.Phase == "" {
			return o, fmt.Errorf("%q has no phase before its colon", text)
		}
	}
	value := ""
	for _, op := range ops {
		if metric, after, ok := strings.Cut(rest, op); ok {
			o.Metric, o.Op, value = strings.TrimSpace(metric), op, strings.TrimSpace(after)
			break
		}
	}
	if o.Op == "" {
		return o, fmt.Errorf("%q has no comparison; write it like \"hang: errors < 1%%\"", text)
	}
	return o, o.parseValue(value)
}

func (o *Objective) parseValue(value string) error {
	switch o.Metric {
	case "p50", "p90", "p95", "p99", "p999", "max", "recovered", "onset":
		o.Unit = Seconds
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 {
			return fmt.Errorf("%q: %s needs a duration such as 300ms, not %q", o.Text, o.Metric, value)
		}
		o.Value = d.Seconds()
		return nil
	case "rate":
		o.Unit = Hertz
		return o.parseNumber(strings.TrimSuffix(value, "/s"))
	case "errors", "ok", "degraded", "502", "503", "504":
		o.Unit = Count
		percent, isRatio := strings.CutSuffix(value, "%")
		if isRatio {
			o.Unit = Ratio
		}
		number := strings.TrimSpace(percent)
		if err := o.parseNumber(number); err != nil {
			return err
		}
		if isRatio {
			o.Value /= 100
			// 99.9/100 is a little more than 0.999, and 999 of 1000 would miss it.
			if exact, err := strconv.ParseFloat(number+"e-2", 64); err == nil {
				o.Value = exact
			}
			if o.Value > 1 {
				return fmt.Errorf("%q: more than 100%%", o.Text)
			}
		}
		return nil
	}
	return fmt.Errorf("%q: unknown metric %q; one of %s", o.Text, o.Metric, strings.Join(Metrics, " "))
}

func (o *Objective) parseNumber(s string) error {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0 && v <= 1e12) { // so written, it refuses NaN as well
		return fmt.Errorf("%q: %s needs a number that is not negative, not %q", o.Text, o.Metric, s)
	}
	o.Value = v
	return nil
}
