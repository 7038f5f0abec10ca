package configs

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Objective is a condition on the run's figures,
// "[phase:] [request, visit or dependency] metric op value [over window]".
//
// What stands before the first colon is a phase; what stands between it and the
// metric is a dependency, where the metric is of one (timeout, retries, budget),
// and else a request or a visit. A time of a visit is that of the whole of it. A name with a colon in it, or a blank at an end, is put in
// double quotes.
type Objective struct {
	Text       string        // as written
	Line       int           // of the file that it is written on, from 1; 0 when that is not known
	Phase      string        // if empty, all phases that are no warm-up
	Request    string        // or visit; if empty, all of them
	Dependency string        // that Metric is of; empty for a metric that is of none
	Metric     string        // one of Metrics
	Op         string        // < <= > >= ==
	Value      float64       // seconds, a ratio 0..1, a count, or a rate per second, as Unit says
	Unit       Unit          // of the figure
	Over       time.Duration // if not 0, it must hold in each window of that length
	Baseline   bool          // Value is a factor: the limit is Value times what the baseline had
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

// operator finds the comparison: the last one, as a request's name may hold others.
var operator = regexp.MustCompile(`^(?s:(.*?))(<=|>=|==|<|>)([^<>=]*)$`)

// ParseObjective reads an objective. The error says what would be right.
func ParseObjective(text string) (Objective, error) {
	o, err := parseObjective(text)
	if err == nil && o.Over != 0 && !o.OfHits() {
		err = fmt.Errorf("%q: %s is one figure of the run, and has none of a window; write it without over", text, o.Metric)
	}
	return o, err
}

// parseObjective is ParseObjective of which the metric may not go with a window.
func parseObjective(text string) (Objective, error) {
	o := Objective{Text: text}
	parts := operator.FindStringSubmatch(text)
	if parts == nil {
		return o, fmt.Errorf("%q has no comparison; write it like \"hang: errors < 1%%\"", text)
	}
	o.Op = parts[2]
	if err := o.parseSubject(strings.TrimSpace(parts[1])); err != nil {
		return o, err
	}
	return o, o.parseLimit(parts[3])
}

// parseSubject reads what stands before the comparison.
func (o *Objective) parseSubject(subject string) error {
	if !strings.HasPrefix(subject, `"`) {
		if phase, after, ok := strings.Cut(subject, ":"); ok {
			o.Phase, subject = strings.TrimSpace(phase), strings.TrimSpace(after)
			if o.Phase == "" {
				return fmt.Errorf("%q has no phase before its colon", o.Text)
			}
		}
	}
	if fields := strings.Fields(subject); len(fields) > 0 {
		o.Metric = fields[len(fields)-1]
	}
	name := strings.TrimSpace(strings.TrimSuffix(subject, o.Metric))
	m, known := metricNamed(o.Metric)
	if !known {
		return o.unknownMetric(name)
	}
	o.Unit = m.unit
	if quoted, ok := strings.CutPrefix(name, `"`); ok {
		if name, ok = strings.CutSuffix(quoted, `"`); !ok || name == "" {
			return fmt.Errorf("%q has a quote that is not closed, or nothing within; write it like %s", o.Text, `"GET /a:b" p95 < 1s`)
		}
	}
	return o.parseName(m, name)
}

// unknownMetric says what may have been meant by a metric that is none, behind name.
func (o *Objective) unknownMetric(name string) error {
	first, _, _ := strings.Cut(name, " ")
	if _, ok := metricNamed(first); ok {
		return fmt.Errorf("%q: %q is no metric; the metric comes just before the comparison, as in \"checkout p95 < 1s\"", o.Text, o.Metric)
	}
	known := Metrics()
	right := didYouMean(o.Metric, known)
	if right == "" {
		right = "; one of " + strings.Join(known, " ")
	}
	return fmt.Errorf("%q: unknown metric %q%s", o.Text, o.Metric, right)
}

// parseName says whose the metric is. name is what stood before it.
func (o *Objective) parseName(m metric, name string) error {
	switch {
	case m.of == ofHits || m.of == ofVisits:
		o.Request = name
	case m.of == ofDependency && name == "":
		return fmt.Errorf("%q: %s needs the dependency before it, as in \"payments %s %s ...\"", o.Text, m.name, m.name, o.Op)
	case m.of == ofDependency:
		o.Dependency = name
	case name != "":
		return fmt.Errorf("%q: %s is of the whole site; write it without %q", o.Text, m.name, name)
	}
	if o.Phase != "" && (m.of == ofDependency || m.of == ofSite) {
		return fmt.Errorf("%q: %s is worked out of the whole run; write it without a phase", o.Text, m.name)
	}
	return nil
}

// parseLimit reads what stands behind the comparison.
func (o *Objective) parseLimit(limit string) error {
	value, over, slides := cutLast(limit, " over ")
	if slides {
		if err := o.parseOver(strings.TrimSpace(over)); err != nil {
			return err
		}
	}
	value = strings.TrimSpace(value)
	if strings.HasSuffix(value, "baseline") {
		return o.parseFactor(value)
	}
	return o.parseValue(value)
}

// parseOver reads a window.
func (o *Objective) parseOver(over string) error {
	d, err := time.ParseDuration(over)
	if err != nil || d < time.Second || d > maxDuration {
		return fmt.Errorf("%q: over needs a duration of 1s or more, not %q", o.Text, over)
	}
	o.Over = d
	return nil
}

var factor = regexp.MustCompile(`^(\S+?)\s*x\s+baseline$`)

// parseFactor reads "1.2x baseline".
func (o *Objective) parseFactor(value string) error {
	m, _ := metricNamed(o.Metric)
	parts := factor.FindStringSubmatch(value)
	switch {
	case parts == nil:
		return fmt.Errorf("%q: write a limit that the baseline gives like 1.2x baseline, not %q", o.Text, value)
	case m.of == ofFault:
		return fmt.Errorf("%q: %s is held against a duration; `tailback compare` tells it beside a baseline's", o.Text, o.Metric)
	case o.Over != 0:
		return fmt.Errorf("%q: a baseline's report has no figures of windows; leave out either over or baseline", o.Text)
	case o.Op == "==" && m.unit != Count:
		return fmt.Errorf("%q: what was measured twice is never equal; write it with <= and >=", o.Text)
	}
	o.Baseline = true
	if err := o.parseNumber(parts[1]); err != nil || o.Value == 0 {
		return fmt.Errorf("%q: a factor needs to be a number above 0, not %q", o.Text, parts[1])
	}
	return nil
}

// parseValue reads a limit in the metric's unit.
func (o *Objective) parseValue(value string) error {
	switch o.Unit {
	case Seconds:
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 {
			return fmt.Errorf("%q: %s needs a duration such as 300ms, not %q", o.Text, o.Metric, value)
		}
		o.Value = d.Seconds()
		return nil
	case Hertz:
		return o.parseNumber(strings.TrimSuffix(value, "/s"))
	case Ratio:
		if percent, ok := strings.CutSuffix(value, "%"); ok {
			return o.parsePercent(strings.TrimSpace(percent))
		}
		o.Unit = Count
	}
	return o.parseNumber(value)
}

func (o *Objective) parsePercent(number string) error {
	if err := o.parseNumber(number); err != nil {
		return err
	}
	o.Value /= 100
	// 99.9/100 is a little more than 0.999, and 999 of 1000 would miss it.
	if exact, err := strconv.ParseFloat(number+"e-2", 64); err == nil {
		o.Value = exact
	}
	if o.Value > 1 {
		return fmt.Errorf("%q: more than 100%%", o.Text)
	}
	return nil
}

func (o *Objective) parseNumber(s string) error {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0 && v <= 1e12) { // so written, it refuses NaN as well
		return fmt.Errorf("%q: %s needs a number that is not negative, not %q", o.Text, o.Metric, s)
	}
	o.Value = v
	return nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
