package configs

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const visitsYAML = `version: 1
target: {url: "http://127.0.0.1:8081"}
visits:
  - name: buy
    weight: 3
    steps:
      - {name: cart, path: /cart, capture: [{name: csrf, html: "input[name=_token]", attribute: value}, {name: order, json: /id}]}
      - {name: pay, method: POST, path: /pay, form: {_token: "{{csrf}}"}, think: 2s, expect: {body: "order {{order}}"}}
      - {path: /thanks, think: {from: 1s, to: 3s}}
  - name: look
    steps:
      - path: /
      - {path: /a, think: {mean: 2s}}
      - {path: /b, think: {median: 2s, p95: 10s}}
phases: [{name: load, duration: 10s, rate: 8}]
`

const visitsTOML = `version = 1
target = {url = "http://127.0.0.1:8081"}
phases = [{name = "load", duration = "10s", rate = 8}]
[[visits]]
name = "buy"
weight = 3
[[visits.steps]]
name = "cart"
path = "/cart"
capture = [{name = "csrf", html = "input[name=_token]", attribute = "value"}, {name = "order", json = "/id"}]
[[visits.steps]]
name = "pay"
method = "POST"
path = "/pay"
form = {_token = "{{csrf}}"}
think = "2s"
expect = {body = "order {{order}}"}
[[visits.steps]]
path = "/thanks"
think = {from = "1s", to = "3s"}
[[visits]]
name = "look"
[[visits.steps]]
path = "/"
[[visits.steps]]
path = "/a"
think = {mean = "2s"}
[[visits.steps]]
path = "/b"
think = {median = "2s", p95 = "10s"}
`

const visitsJSON = `{"version": 1, "target": {"url": "http://127.0.0.1:8081"},
 "visits": [
  {"name": "buy", "weight": 3, "steps": [
   {"name": "cart", "path": "/cart", "capture": [{"name": "csrf", "html": "input[name=_token]", "attribute": "value"}, {"name": "order", "json": "/id"}]},
   {"name": "pay", "method": "POST", "path": "/pay", "form": {"_token": "{{csrf}}"}, "think": "2s", "expect": {"body": "order {{order}}"}},
   {"path": "/thanks", "think": {"from": "1s", "to": "3s"}}]},
  {"name": "look", "steps": [{"path": "/"}, {"path": "/a", "think": {"mean": "2s"}}, {"path": "/b", "think": {"median": "2s", "p95": "10s"}}]}],
 "phases": [{"name": "load", "duration": "10s", "rate": 8}]}
`

// The three forms of a file say the same, and so does the file as it was run.
func TestVisitsInEachForm(t *testing.T) {
	load := func(name, text string) *Experiment {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := Load(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	want := load("a.yaml", visitsYAML)
	again, err := want.AsRun()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a.toml": visitsTOML, "a.json": visitsJSON, "asrun.yaml": string(again)} {
		if got := load(name, text); !reflect.DeepEqual(got.Visits, want.Visits) {
			t.Errorf("%s has %+v, want %+v", name, got.Visits, want.Visits)
		}
	}
	var names []string
	for i, r := range want.Mix() {
		names = append(names, r.Name)
		if wantOf := i / 3; want.VisitOf(i) != wantOf {
			t.Errorf("request %d is of visit %d, want %d", i, want.VisitOf(i), wantOf)
		}
	}
	if got := strings.Join(names, ", "); got != "buy/cart, buy/pay, buy/GET /thanks, look/GET /, look/GET /a, look/GET /b" {
		t.Errorf("the steps are %s", got)
	}
}

// Of 8 visits a second for 10 s, 3 of 4 buy: 60 of them, and 20 look. So 240 requests
// are due, 60 of each step of buy and 20 of each of look.
func TestForeseeCountsSteps(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yaml")
	for objective, want := range map[string]string{
		"p95 < 1s":             "", // needs 20
		"look/GET /a p90 < 1s": "", // needs 10
		"p999 < 1s":            "the slowest of 240 requests",
		"buy/pay p999 < 1s":    "the slowest of 60 requests",
		"look/GET /a p99 < 1s": "the slowest of 20 requests",
	} {
		if err := os.WriteFile(file, []byte(visitsYAML+"objectives: [\""+objective+"\"]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := Load(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, f := range e.Foresee() {
			text += f.Text
		}
		if (text == "") != (want == "") || !strings.Contains(text, want) {
			t.Errorf("%s: %q, want %q", objective, text, want)
		}
	}
}

// Drawn evenly, u gives the distribution: its median is at 1/2, and its 95th percentile
// at 0.95. The mean over many even u is MeanTime.
func TestThink(t *testing.T) {
	s := time.Second
	for _, row := range []struct {
		think    Think
		u        float64
		at, mean time.Duration
	}{
		{Think{}, 0.5, 0, 0},
		{Think{From: 2 * s, To: 2 * s}, 0.9, 2 * s, 2 * s},
		{Think{From: s, To: 3 * s}, 0.25, 1500 * time.Millisecond, 2 * s},
		{Think{Mean: 2 * s}, 0.5, 1386294361, 2 * s},                                                    // 2 s · ln 2
		{Think{Median: 2 * s, P95: 10 * s}, 0.5, 2 * s, time.Duration(2e9 * math.Exp(0.9785*0.9785/2))}, // σ = ln 5 / 1.6449
		{Think{Median: 2 * s, P95: 10 * s}, 0.95, 10 * s, time.Duration(2e9 * math.Exp(0.9785*0.9785/2))},
		{Think{Mean: 20 * time.Hour}, 0.9999999, maxThink, 20 * time.Hour},
	} {
		if got := row.think.At(row.u); (got - row.at).Abs() > time.Microsecond {
			t.Errorf("%+v at %v is %v, want %v", row.think, row.u, got, row.at)
		}
		if got := row.think.MeanTime(); (got - row.mean).Abs() > 2*time.Millisecond {
			t.Errorf("%+v is %v on average, want %v", row.think, got, row.mean)
		}
	}
	sum, think := time.Duration(0), Think{Median: 2 * s, P95: 10 * s}
	const n = 100_000
	for i := range n {
		sum += think.At((float64(i) + 0.5) / n)
	}
	if got := sum / n; (got - think.MeanTime()).Abs() > 10*time.Millisecond {
		t.Errorf("the average is %v, want %v", got, think.MeanTime())
	}
}
