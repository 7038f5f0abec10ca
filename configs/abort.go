package configs

import (
	"fmt"
	"strings"
	"time"
)

// Abort is a condition that ends a run early, "metric op value over duration".
type Abort struct {
	Objective               // without a phase; the run ends when it holds
	Over      time.Duration // of the most recent hits
}

// ParseAbort reads "errors > 50% over 10s". The metrics are those of an
// Objective that can be told while the run goes on: not recovered and onset.
func ParseAbort(text string) (Abort, error) {
	condition, over, ok := cutLast(text, " over ")
	if !ok {
		return Abort{}, fmt.Errorf(`%q has no window; write it like "errors > 50%% over 10s"`, text)
	}
	o, err := ParseObjective(condition)
	if err != nil {
		return Abort{}, err
	}
	if err := anyLoad(o); err != nil {
		return Abort{}, err
	}
	window, err := time.ParseDuration(strings.TrimSpace(over))
	if err != nil || window < time.Second || window > maxDuration {
		return Abort{}, fmt.Errorf("%q: over needs a duration of 1s or more, not %q", text, over)
	}
	o.Text = text
	return Abort{o, window}, nil
}

// ParseObjectives reads objectives with commas between, "errors < 1%, p95 < 1s",
// as capacity has them: without phases, and none that needs a fault's end.
func ParseObjectives(text string) ([]Objective, error) {
	var all []Objective
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) == "" {
			return nil, fmt.Errorf(`%q has an empty part; write it like "errors < 1%%, p95 < 1s"`, text)
		}
		o, err := ParseObjective(strings.TrimSpace(part))
		if err == nil {
			err = anyLoad(o)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// anyLoad refuses what only a whole run with phases can tell.
func anyLoad(o Objective) error {
	switch {
	case o.Phase != "":
		return fmt.Errorf("%q names a phase; here it needs to be without", o.Text)
	case o.Metric == "recovered" || o.Metric == "onset":
		return fmt.Errorf("%q: %s is known only when a run is over", o.Text, o.Metric)
	}
	return nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
