package configs

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// logged writes an experiment beside a log of 8 requests in 4 s, and reads it. The
// log's times are those of lines: seconds after it began, and what was asked for.
func logged(t *testing.T, more string, set map[string]string) *Experiment {
	t.Helper()
	dir := t.TempDir()
	var log strings.Builder
	for _, line := range []string{"0 GET /product/7", "0 GET /product/8?token=hush-a+b", "0 GET /checkout", "1 GET /checkout?key=hush-2", "1 POST /checkout",
		"2 GET /product/9", "2 GET /", "3 HEAD /product/7", "3 GET /product/9"} {
		var at int
		var method, target string
		if _, err := fmt.Sscan(line, &at, &method, &target); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&log, "::1 - - [29/Nov/2026:09:22:0%d +0100] \"%s %s HTTP/1.1\" 200 5 \"-\" \"-\"\n", at, method, target)
	}
	file := filepath.Join(dir, "replay.yaml")
	for name, text := range map[string]string{filepath.Join(dir, "access.log"): log.String(), file: "version: 1\ntarget: {url: \"http://127.0.0.1:8081\"}\n" + more} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e, err := Load(file, set)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Without phases there is one as long as the log, and its load is the log's: 8
// requests in 4 s, 3 in the first second and 1 in the second.
func TestReplayWithoutPhases(t *testing.T) {
	e := logged(t, "arrivals: {replay: access.log}\n", nil)
	if len(e.Phases) != 1 || e.Phases[0].Name != "replay" || e.Phases[0].Duration != 4*time.Second || !e.Phases[0].Open() {
		t.Fatalf("the phases are %+v", e.Phases)
	}
	if r := e.Phases[0].Rate; r.From != 1 || r.To != 3 || r.Max() != 3 || r.mean(4*time.Second) != 2 || e.Hits(e.Phases[0]) != 8 {
		t.Errorf("the rate is %+v, %v on average, %v hits", r, r.mean(4*time.Second), e.Hits(e.Phases[0]))
	}
	var groups []string
	for _, q := range e.Requests {
		groups = append(groups, fmt.Sprintf("%d %s", q.Weight, q.Name))
	}
	want := []string{"4 GET /product/{id}", "2 GET /checkout", "1 GET /", "1 HEAD /product/{id}"}
	if !reflect.DeepEqual(groups, want) {
		t.Errorf("got %q", groups)
	}
}

// At speed 2 the log lasts 2 s: 1.5 s of it are 3 of its seconds, with 6 requests.
func TestReplayIsCutIntoPhases(t *testing.T) {
	e := logged(t, "arrivals: {replay: access.log, speed: 2}\nphases: [{name: a, duration: 500ms}, {name: b, duration: 1s}]\n", nil)
	if a, b := e.Hits(e.Phases[0]), e.Hits(e.Phases[1]); a != 3 || b != 3 {
		t.Errorf("%v and %v hits", a, b)
	}
	got := e.ReplayRemarks()
	want := []Mistake{
		{Path: "arrivals.methods", Text: "1 of the log's 9 lines is of other methods (POST 1) and left out"},
		{Path: "phases", Text: "end after 1.5s, and the log, at speed 2, goes on for 2s: its last 2 requests are not sent"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	e = logged(t, "arrivals: {replay: access.log, methods: [POST]}\nphases: [{name: a, duration: 9s}]\nrequests: [{path: /x}, {path: /checkout, method: POST, body: hi}]\n", nil)
	var texts []string
	for _, m := range e.ReplayRemarks() {
		texts = append(texts, m.Error())
	}
	text := strings.Join(texts, "\n")
	for _, want := range []string{"8 of the log's 9 lines are of other methods (GET 7, HEAD 1)", "requests[0]: GET /x is like no request of the log",
		"phases: last 9s, and the log only 4s: nothing is sent after that"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
	if strings.Contains(text, "holds no bodies") {
		t.Error("the one POST has a body by requests, and is said to have none")
	}
}

// The file's own requests are names for the log's, by method and path.
func TestReplayWithRequests(t *testing.T) {
	e := logged(t, `arrivals: {replay: access.log}
requests:
  - {name: product, path: "/product/*", headers: ["Accept: text/html"]}
  - {name: one, path: "/product/{{random 1 9}}", method: HEAD}
objectives: ["product p95 < 1s", "GET /checkout errors < 1%"]
`, nil)
	var groups []string
	for _, q := range e.Requests {
		groups = append(groups, fmt.Sprintf("%d %s %t", q.Weight, q.Name, q.Logged))
	}
	want := []string{"4 product false", "1 one false", "2 GET /checkout true", "1 GET / true"}
	if !reflect.DeepEqual(groups, want) {
		t.Errorf("got %q", groups)
	}
}

// What AsRun writes, Load reads back: the log's own groups and rates are not in it.
func TestReplayRoundTrip(t *testing.T) {
	for _, more := range []string{
		"arrivals: {replay: access.log}\n",
		"arrivals: {replay: access.log, speed: 0.5, methods: [GET, POST], spread: poisson}\nphases: [{name: a, duration: 1s}, {name: b, duration: 2s, warmup: true}]\nrequests: [{path: /checkout}]\n",
	} {
		want := logged(t, more, nil)
		run, err := want.AsRun()
		if err != nil {
			t.Fatal(err)
		}
		if text := string(run); strings.Contains(text, "hush") || strings.Contains(text, "{id}") || strings.Contains(text, "rate") {
			t.Errorf("wrote what is in no file:\n%s", text)
		}
		got := load(t, write(t, "experiment.yaml", string(run)), nil)
		unplaced(got)
		unplaced(want)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v, from\n%s", got, want, run)
		}
	}
}

// The values of secret-looking names in the log are known wherever a site repeats
// them, escaped or not.
func TestReplayHidesSecrets(t *testing.T) {
	e := logged(t, "arrivals: {replay: access.log}\n", nil)
	if got := e.Redactor().Text("the site said hush-a+b, hush-a b and hush-2 of 7"); got != "the site said [hidden], [hidden] and [hidden] of 7" {
		t.Errorf("got %q", got)
	}
}

func TestReplayCanBeOverridden(t *testing.T) {
	e := logged(t, "arrivals: {replay: access.log}\nrequests: [{path: /}]\nphases: [{name: a, duration: 4s}]\n", map[string]string{"seed": "7"})
	if e.Arrivals.Kind != Replay || e.Seed != 7 {
		t.Errorf("arrivals %q, seed %d", e.Arrivals.Kind, e.Seed)
	}
	file := write(t, "x.yaml", "version: 1\ntarget: {url: \"http://127.0.0.1:8081\"}\narrivals: {replay: nowhere.log}\nrequests: [{path: /}]\nphases: [{name: a, duration: 4s, rate: 1}]\n")
	if e := load(t, file, map[string]string{"arrivals": "poisson"}); e.Arrivals.Kind != Poisson || e.Arrivals.Log != nil {
		t.Errorf("arrivals are %+v", e.Arrivals)
	}
}

// Foresee knows the log's load: the hits of a phase, and that some have none.
func TestReplayIsForeseen(t *testing.T) {
	e := logged(t, "arrivals: {replay: access.log}\nphases: [{name: a, duration: 4s}, {name: late, duration: 4s}]\nobjectives: [\"a: p95 < 1s\", \"late: errors < 1%\"]\n", nil)
	got := e.Foresee()
	if len(got) != 2 || got[0].Never || !strings.Contains(got[0].Text, "the slowest of 8 requests") || !got[1].Never || !strings.Contains(got[1].Text, "the log has no request in phase late") {
		t.Errorf("got %+v", got)
	}
}
