package configs

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseObjective(t *testing.T) {
	for _, row := range []struct {
		text string
		want Objective // without Text
	}{
		{"baseline: p99 < 300ms", Objective{Phase: "baseline", Metric: "p99", Op: "<", Value: 0.3, Unit: Seconds}},
		{"p999<=1m", Objective{Metric: "p999", Op: "<=", Value: 60, Unit: Seconds}},
		{"max < 0s", Objective{Metric: "max", Op: "<", Value: 0, Unit: Seconds}},
		{"at once: errors < 1%", Objective{Phase: "at once", Metric: "errors", Op: "<", Value: 0.01, Unit: Ratio}},
		{"errors == 0", Objective{Metric: "errors", Op: "==", Value: 0, Unit: Count}},
		{"ok >= 99.9 %", Objective{Metric: "ok", Op: ">=", Value: 0.999, Unit: Ratio}},
		{"hang: 502 < 10", Objective{Phase: "hang", Metric: "502", Op: "<", Value: 10, Unit: Count}},
		{"504 == 0%", Objective{Metric: "504", Op: "==", Value: 0, Unit: Ratio}},
		{"degraded > 5%", Objective{Metric: "degraded", Op: ">", Value: 0.05, Unit: Ratio}},
		{"rate >= 7.5", Objective{Metric: "rate", Op: ">=", Value: 7.5, Unit: Hertz}},
		{"rate >= 7.5/s", Objective{Metric: "rate", Op: ">=", Value: 7.5, Unit: Hertz}},
		{" recovery :  recovered<5s ", Objective{Phase: "recovery", Metric: "recovered", Op: "<", Value: 5, Unit: Seconds}},
	} {
		row.want.Text = row.text
		got, err := ParseObjective(row.text)
		if err != nil || got != row.want {
			t.Errorf("%q: got %+v, %v, want %+v", row.text, got, err, row.want)
		}
	}
}

func TestParseObjectiveRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "has no comparison",
		"p99":              "has no comparison",
		"p99 = 1s":         "has no comparison",
		": p99 < 1s":       "has no phase before its colon",
		"p98 < 1s":         `unknown metric "p98"`,
		"< 1s":             `unknown metric ""`,
		"P99 < 1s":         `unknown metric "P99"`,
		"p99 =< 1s":        `unknown metric "p99 ="`,
		"p99 < 300":        "needs a duration",
		"p99 < -1s":        "needs a duration",
		"p99 < 5%":         "needs a duration",
		"p99 < 1s < 2s":    "needs a duration",
		"errors < few":     "needs a number",
		"errors < -1":      "needs a number",
		"errors < NaN":     "needs a number",
		"errors < Inf":     "needs a number",
		"errors < 101%":    "more than 100%",
		"errors < %":       "needs a number",
		"rate > 5/m":       "needs a number",
		"recovered < soon": "needs a duration",
	} {
		if got, err := ParseObjective(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %+v, %v, want %s", text, got, err, want)
		}
	}
}

// What is accepted has a metric, an operator and a value in its unit's range,
// and reads the same with its parts put together again.
func FuzzParseObjective(f *testing.F) {
	for _, text := range []string{"baseline: p99 < 300ms", "errors < 1%", "502 == 0", "rate >= 7.5/s", "a:b: max <= 1h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseObjective(text)
		if err != nil {
			return
		}
		if !(o.Value >= 0) || o.Unit == Ratio && o.Value > 1 || o.Op == "" || o.Text != text {
			t.Errorf("%q: %+v", text, o)
		}
		again := o.Metric + o.Op + text[strings.LastIndex(text, o.Op)+len(o.Op):]
		if o.Phase != "" {
			again = o.Phase + ":" + again
		}
		same, err := ParseObjective(again)
		same.Text = text
		if err != nil || same != o {
			t.Errorf("%q: %+v; %q: %+v, %v", text, o, again, same, err)
		}
	})
}

func TestParseAbort(t *testing.T) {
	want := Abort{Objective{Text: "errors > 50% over 10s", Metric: "errors", Op: ">", Value: 0.5, Unit: Ratio}, 10 * time.Second}
	if got, err := ParseAbort("errors > 50% over 10s"); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for text, want := range map[string]string{
		"errors > 50%":               "has no window",
		"errors > 50% over 0s":       "needs a duration of 1s or more",
		"errors > 50% over ":         "needs a duration of 1s or more",
		"hang: errors > 50% over 9s": "names a phase",
		"onset < 5s over 9s":         "is known only when a run is over",
		"eror > 5 over 9s":           "unknown metric",
	} {
		if got, err := ParseAbort(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %+v, %v, want %s", text, got, err, want)
		}
	}
}

func TestParseObjectives(t *testing.T) {
	got, err := ParseObjectives("errors < 1%, p95 < 1s")
	want := []Objective{
		{Text: "errors < 1%", Metric: "errors", Op: "<", Value: 0.01, Unit: Ratio},
		{Text: "p95 < 1s", Metric: "p95", Op: "<", Value: 1, Unit: Seconds},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, text := range []string{"", "errors < 1%,", "a: errors < 1%", "recovered < 1s"} {
		if got, err := ParseObjectives(text); err == nil {
			t.Errorf("%q: got %+v, want an error", text, got)
		}
	}
}
