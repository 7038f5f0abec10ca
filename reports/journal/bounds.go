package journal

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
)

// What a record may hold. A run lasts up to 30 days, and may wait as long for its
// last answer; the rest is room.
const (
	maxTime   = 100 * 24 * time.Hour   // from T0, in either direction
	maxText   = 16 << 20               // bytes of the manifest, or the experiment
	maxLine   = 1 << 20                // bytes of a line
	maxLines  = 10_000_000             // of a file
	maxNames  = 10_000                 // of a list in the manifest
	clockSlip = 100 * time.Millisecond // by which an end can come before its beginning, where two clocks are compared
	maxBucket = 8 * 54                 // of Usage.Waits: WaitBucket of the longest time that there is
)

// A figure is bounded by its unit, which its name tells; the first row that fits
// counts. Sums of as many of them as a file has lines are still numbers.
var bounds = []struct {
	fits      func(name string) bool
	low, high float64
}{
	{is("seed", "seq", "visit"), 0, math.Inf(1)},
	{is("share", "weight"), 0, 1},
	{is("code", "upstream_code"), 0, 999},
	{is("index", "fault", "later_faults"), 0, 1e6},
	{is("held_ns"), 0, 100 * float64(maxTime)}, // of many calls together
	{is("error_ns", "max_ns", "client_timeout_ns", "start_ns"), 0, float64(maxTime)},
	{is("end_ns", "stopped_ns"), -float64(time.Hour), float64(maxTime)}, // a run that is interrupted while it prepares ends before T0
	{is("lag_ns", "wait_ns", "receive_ns"), -float64(clockSlip), float64(maxTime)},
	{ends("_ns"), -float64(maxTime), float64(maxTime)},
	{ends("sum_s"), 0, 1e13},
	{ends("_s2"), 0, 1e26},
	{ends("_s", "seconds"), 0, maxTime.Seconds()},
	{ends("_hz"), 0, 1e9},
	{begins("bytes_"), 0, 1 << 50},
	{func(string) bool { return true }, 0, 1 << 40}, // a count
}

func is(names ...string) func(string) bool {
	return func(name string) bool {
		for _, n := range names {
			if n == name {
				return true
			}
		}
		return false
	}
}

func ends(suffixes ...string) func(string) bool {
	return func(name string) bool {
		for _, s := range suffixes {
			if strings.HasSuffix(name, s) {
				return true
			}
		}
		return false
	}
}

func begins(prefix string) func(string) bool {
	return func(name string) bool { return strings.HasPrefix(name, prefix) }
}

// hitBounds are those of a column of hits.
func hitBounds(column string) (low, high int64) {
	for _, b := range bounds {
		switch {
		case !b.fits(column):
		case b.high > math.MaxInt64:
			return math.MinInt64, math.MaxInt64
		default:
			return int64(b.low), int64(b.high)
		}
	}
	return math.MinInt64, math.MaxInt64
}

// within reports whether a figure of that name may be v. The error says what it may be.
func within(name string, v float64) error {
	for _, b := range bounds {
		if !b.fits(name) {
			continue
		}
		if v >= b.low && v <= b.high {
			return nil
		}
		return fmt.Errorf("%s is %.6g, and can only be from %.6g to %.6g", name, v, b.low, b.high)
	}
	return nil
}

// figures holds all figures of a record to their bounds. The error names the first beyond them.
func figures(record any) error { return figuresOf("", reflect.ValueOf(record)) }

func figuresOf(name string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return figuresOf(name, v.Elem())
		}
	case reflect.Struct:
		return figuresOfFields(name, v)
	case reflect.Slice:
		for i := range v.Len() {
			if err := figuresOf(name, v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			if err := figuresOf(name, entries.Value()); err != nil {
				return err
			}
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return within(name, float64(v.Int()))
	case reflect.Uint64:
		return within(name, float64(v.Uint()))
	case reflect.Float64:
		return within(name, v.Float())
	}
	return nil
}

func figuresOfFields(name string, v reflect.Value) error {
	if v.Type() == reflect.TypeFor[time.Time]() {
		return nil
	}
	for i := range v.NumField() {
		tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if err := figuresOf(tag, v.Field(i)); err != nil {
			if name != "" {
				return fmt.Errorf("%s.%w", name, err)
			}
			return err
		}
	}
	return nil
}

// check holds a manifest to what a run can write into one.
func (m *Manifest) check() error {
	for name, n := range map[string]int{"phases": len(m.Phases), "requests": len(m.Requests), "dependencies": len(m.Dependencies), "objectives": len(m.Objectives), "objective_lines": len(m.Lines), "labels": len(m.Labels), "visits": len(m.Visits)} {
		if n > maxNames {
			return fmt.Errorf("it lists %d %s, and can only list %d", n, name, maxNames)
		}
	}
	if err := figures(m); err != nil {
		return err
	}
	for i, p := range m.Phases {
		if p.EndNS < p.StartNS {
			return fmt.Errorf("phases[%d].end_ns is %d, before its start_ns, %d", i, p.EndNS, p.StartNS)
		}
	}
	if err := m.CheckVisits(); err != nil {
		return err
	}
	if y := m.T0.Year(); !m.T0.IsZero() && (y < 1970 || y > 2200) {
		return fmt.Errorf("t0 is in the year %d, and can only be from 1970 to 2200", y)
	}
	return nil
}

// CheckVisits holds the visits to the requests, which are their steps. The error says how they differ.
func (m *Manifest) CheckVisits() error {
	if len(m.Visits) == 0 {
		return nil
	}
	steps := 0
	for _, v := range m.Visits {
		if v.Steps < 1 || v.Steps > len(m.Requests) {
			return fmt.Errorf("visit %s has %d steps, and there are %d requests", v.Name, v.Steps, len(m.Requests))
		}
		steps += v.Steps
	}
	if steps != len(m.Requests) {
		return fmt.Errorf("its visits have %d steps, and it names %d requests", steps, len(m.Requests))
	}
	return nil
}

// check holds an event to what a run can write.
func (e *Event) check() error {
	var lacks bool
	switch e.Kind {
	case FaultApplied, FaultStepped, FaultLifted:
		lacks = e.Fault == nil
	case ConnClosed:
		lacks = e.Connection == nil
	case Waited:
		lacks = e.Wait == nil
	case Used:
		lacks = e.Usage == nil
	case WentAstray:
		lacks = e.Astray == nil
	}
	if lacks {
		return fmt.Errorf("event %q without its fault, connection, wait, usage or request", e.Kind)
	}
	if err := figures(e); err != nil {
		return err
	}
	if e.Fault != nil && e.AtNS < -int64(clockSlip) {
		return fmt.Errorf("at_ns of a fault is %d, before the run", e.AtNS)
	}
	if w := e.Wait; w != nil && w.BeganNS-w.EndedNS > int64(clockSlip) {
		return fmt.Errorf("wait.ended_ns is %d, before its began_ns, %d", w.EndedNS, w.BeganNS)
	}
	if c := e.Connection; c != nil && c.OpenedNS-c.ClosedNS > int64(clockSlip) {
		return fmt.Errorf("connection.closed_ns is %d, before its opened_ns, %d", c.ClosedNS, c.OpenedNS)
	}
	if u := e.Usage; u != nil {
		for bucket := range u.Waits {
			if bucket < 0 || bucket > maxBucket {
				return fmt.Errorf("usage.waits has a bucket %d, and can only have 0 to %d", bucket, maxBucket)
			}
		}
	}
	return nil
}

// check holds an observation to what a run can write.
func (o *Observation) check() error { return figures(o) }
