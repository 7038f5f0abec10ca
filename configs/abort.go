package configs

import (
	"fmt"
	"strings"
)

// ParseAbort reads a rule of abort_when, "metric op value over window": an objective
// on all hits that ended most recently. The run ends when it holds.
func ParseAbort(text string) (Objective, error) {
	o, err := parseObjective(text)
	switch {
	case err != nil:
	case o.Request != "":
		err = fmt.Errorf("%q names the request %q; here it needs to be without: a rule is about all requests", text, o.Request)
	case o.Over == 0 && o.OfHits() && !o.Baseline:
		err = fmt.Errorf(`%q has no window; write it like "errors > 50%% over 10s"`, text)
	default:
		err = anyLoad(o)
	}
	return o, err
}

// ParseObjectives reads objectives with commas between, "errors < 1%, p95 < 1s",
// as capacity has them: what can be told of any one load.
func ParseObjectives(text string) ([]Objective, error) {
	var all []Objective
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) == "" {
			return nil, fmt.Errorf(`%q has an empty part; write it like "errors < 1%%, p95 < 1s"`, text)
		}
		o, err := parseObjective(strings.TrimSpace(part))
		if err == nil {
			err = anyLoad(o)
		}
		if err == nil && o.Over != 0 {
			err = fmt.Errorf("%q: a trial is as long as the search needs it; write it without over", o.Text)
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
	case !o.OfHits():
		return fmt.Errorf("%q: %s is known only when a run is over", o.Text, o.Metric)
	case o.Baseline:
		return fmt.Errorf("%q: here there is no baseline; write a limit with its unit", o.Text)
	}
	return nil
}
