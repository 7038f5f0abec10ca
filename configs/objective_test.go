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

		// A request stands before the metric, and behind the phase's colon.
		{"checkout p95 < 1s", Objective{Request: "checkout", Metric: "p95", Op: "<", Value: 1, Unit: Seconds}},
		{"hang: checkout p95 < 1s", Objective{Phase: "hang", Request: "checkout", Metric: "p95", Op: "<", Value: 1, Unit: Seconds}},
		{"home: home errors < 1%", Objective{Phase: "home", Request: "home", Metric: "errors", Op: "<", Value: 0.01, Unit: Ratio}},
		{"errors errors == 0", Objective{Request: "errors", Metric: "errors", Op: "==", Value: 0, Unit: Count}},
		{"timeout p95 < 1s", Objective{Request: "timeout", Metric: "p95", Op: "<", Value: 1, Unit: Seconds}},
		{"GET /checkout.php?a=1  p95<1s", Objective{Request: "GET /checkout.php?a=1", Metric: "p95", Op: "<", Value: 1, Unit: Seconds}},
		{"GET /?q=a<b>=c p95 <= 1s", Objective{Request: "GET /?q=a<b>=c", Metric: "p95", Op: "<=", Value: 1, Unit: Seconds}},
		{`"GET /a:b" p95 < 1s`, Objective{Request: "GET /a:b", Metric: "p95", Op: "<", Value: 1, Unit: Seconds}},
		{`hang: "GET /a:b" ok > 9`, Objective{Phase: "hang", Request: "GET /a:b", Metric: "ok", Op: ">", Value: 9, Unit: Count}},
		{"hang: GET /a:b ok > 9", Objective{Phase: "hang", Request: "GET /a:b", Metric: "ok", Op: ">", Value: 9, Unit: Count}},

		{"errors < 5% over 10s", Objective{Metric: "errors", Op: "<", Value: 0.05, Unit: Ratio, Over: 10 * time.Second}},
		{"hang: checkout p95 < 1s over 1m30s", Objective{Phase: "hang", Request: "checkout", Metric: "p95", Op: "<", Value: 1, Unit: Seconds, Over: 90 * time.Second}},
		{"rate > 7/s over 1s", Objective{Metric: "rate", Op: ">", Value: 7, Unit: Hertz, Over: time.Second}},

		{"payments timeout < 400ms", Objective{Dependency: "payments", Metric: "timeout", Op: "<", Value: 0.4, Unit: Seconds}},
		{"the bank budget > 1s", Objective{Dependency: "the bank", Metric: "budget", Op: ">", Value: 1, Unit: Seconds}},
		{"payments retries <= 1", Objective{Dependency: "payments", Metric: "retries", Op: "<=", Value: 1, Unit: Count}},
		{"capacity > 30/s", Objective{Metric: "capacity", Op: ">", Value: 30, Unit: Hertz}},
		{"workers >= 8", Objective{Metric: "workers", Op: ">=", Value: 8, Unit: Count}},
		{"queue_slots == 17", Objective{Metric: "queue_slots", Op: "==", Value: 17, Unit: Count}},
		{"gateway_timeout >= 60s", Objective{Metric: "gateway_timeout", Op: ">=", Value: 60, Unit: Seconds}},

		{"p95 < 1.2x baseline", Objective{Metric: "p95", Op: "<", Value: 1.2, Unit: Seconds, Baseline: true}},
		{"hang: errors <= 1x baseline", Objective{Phase: "hang", Metric: "errors", Op: "<=", Value: 1, Unit: Ratio, Baseline: true}},
		{"hang: checkout p95 < 1.1 x  baseline", Objective{Phase: "hang", Request: "checkout", Metric: "p95", Op: "<", Value: 1.1, Unit: Seconds, Baseline: true}},
		{"capacity > .9x baseline", Objective{Metric: "capacity", Op: ">", Value: 0.9, Unit: Hertz, Baseline: true}},
		{"payments retries == 1x baseline", Objective{Dependency: "payments", Metric: "retries", Op: "==", Value: 1, Unit: Count, Baseline: true}},
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
		"p99 =< 1s":        `"=" is no metric; the metric comes just before`,
		"p99 < 300":        "needs a duration",
		"p99 < -1s":        "needs a duration",
		"p99 < 5%":         "needs a duration",
		"p99 < 1s < 2s":    `the metric comes just before the comparison`,
		"errors < few":     "needs a number",
		"errors < -1":      "needs a number",
		"errors < NaN":     "needs a number",
		"errors < Inf":     "needs a number",
		"errors < 101%":    "more than 100%",
		"errors < %":       "needs a number",
		"rate > 5/m":       "needs a number",
		"recovered < soon": "needs a duration",

		"eror < 1%":                   `unknown metric "eror"; did you mean "errors"?`,
		"p95 checkout < 1s":           `"checkout" is no metric; the metric comes just before the comparison, as in "checkout p95 < 1s"`,
		"checkout < 1s":               `unknown metric "checkout"; one of p50 p90`,
		`"GET /a:b p95 < 1s`:          "a quote that is not closed",
		`"" p95 < 1s`:                 "a quote that is not closed, or nothing within",
		"checkout recovered < 5s":     `recovered is of the whole site; write it without "checkout"`,
		"checkout capacity > 3":       `capacity is of the whole site; write it without "checkout"`,
		"timeout < 1s":                `timeout needs the dependency before it, as in "payments timeout < ..."`,
		"hang: payments timeout < 1s": "timeout is worked out of the whole run; write it without a phase",
		"hang: workers > 1":           "workers is worked out of the whole run",
		"payments timeout < 5%":       "timeout needs a duration",
		"payments retries < 1s":       "retries needs a number",
		"workers > 8/s":               "workers needs a number",
		"capacity > 30s":              "capacity needs a number",
		"errors < 5% over 900ms":      `over needs a duration of 1s or more, not "900ms"`,
		"errors < 5% over ten":        `over needs a duration of 1s or more, not "ten"`,
		"errors < 5% over 721h":       "over needs a duration", // 30 days are 720 h
		"recovered < 5s over 10s":     "recovered is one figure of the run, and has none of a window",
		"workers > 3 over 10s":        "workers is one figure of the run",
		"p95 < baseline":              `like 1.2x baseline, not "baseline"`,
		"p95 < 120% baseline":         `like 1.2x baseline, not "120% baseline"`,
		"p95 < 1.2 baseline":          "like 1.2x baseline",
		"p95 < 0x baseline":           "a factor needs to be a number above 0",
		"p95 < -1x baseline":          "a factor needs to be a number above 0",
		"p95 < NaNx baseline":         "a factor needs to be a number above 0",
		"p95 == 1x baseline":          "what was measured twice is never equal",
		"capacity == 1x baseline":     "what was measured twice is never equal",
		"recovered < 1x baseline":     "recovered is held against a duration; `tailback compare`",
		"p95 < 2x baseline over 10s":  "leave out either over or baseline",
	} {
		if got, err := ParseObjective(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %+v, %v, want %s", text, got, err, want)
		}
	}
}

// What is accepted has a metric, an operator and a value in its unit's range,
// and reads the same with its parts put together again.
func FuzzParseObjective(f *testing.F) {
	for _, text := range []string{"baseline: p99 < 300ms", "errors < 1%", "502 == 0", "rate >= 7.5/s", "a:b: max <= 1h", `"a:b" p95 < 1s over 10s`,
		"hang: x y errors < 5% over 1m", "payments timeout < 400ms", "workers >= 8", "p95 < 1.2x baseline", "the bank retries == 1x baseline"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseObjective(text)
		if err != nil {
			return
		}
		if !(o.Value >= 0) || o.Unit == Ratio && !o.Baseline && o.Value > 1 || o.Op == "" || o.Text != text || o.Over != 0 && o.Over < time.Second {
			t.Errorf("%q: %+v", text, o)
		}
		again := o.Metric + o.Op + text[strings.LastIndex(text, o.Op)+len(o.Op):]
		if name := o.Request + o.Dependency; name != "" {
			again = `"` + name + `" ` + again
		}
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
	want := Objective{Text: "errors > 50% over 10s", Metric: "errors", Op: ">", Value: 0.5, Unit: Ratio, Over: 10 * time.Second}
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
		"home errors > 5% over 9s":   `names the request "home"; here it needs to be without`,
		"workers < 3":                "is known only when a run is over",
		"db timeout > 3s over 9s":    "is known only when a run is over",
		"errors > 2x baseline":       "here there is no baseline",
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
	if got, err := ParseObjectives("checkout p95 < 1s"); err != nil || len(got) != 1 || got[0].Request != "checkout" {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, text := range []string{"", "errors < 1%,", "a: errors < 1%", "recovered < 1s", "errors < 1% over 10s", "workers > 3", "db timeout < 1s", "p95 < 2x baseline"} {
		if got, err := ParseObjectives(text); err == nil {
			t.Errorf("%q: got %+v, want an error", text, got)
		}
	}
}
