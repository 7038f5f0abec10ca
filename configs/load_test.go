package configs

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// load loads a file that must be good.
func load(t *testing.T, path string, set map[string]string) *Experiment {
	t.Helper()
	e, err := Load(path, set)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// write puts an experiment into a folder of its own.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// unplaced takes from an experiment where it was read.
func unplaced(e *Experiment) {
	e.Source, e.Path = nil, ""
	for i := range e.Objectives {
		e.Objectives[i].Line = 0
	}
}

// small is the least that is an experiment.
const small = `version: 1
target: {url: "http://127.0.0.1:8081"}
requests: [{path: /}]
phases: [{name: only, duration: 10s, rate: 8}]
`

func TestFullYAML(t *testing.T) {
	t.Setenv("STAGING_TOKEN", "Bearer hush\n")
	e := load(t, "testdata/full.yaml", nil)
	folder, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		what      string
		got, want any
	}{
		{"the file's folder holds the certificates", e.Target.CAFile, filepath.Join(folder, "ca.pem")},
		{"a secret of the environment loses its line end", e.Requests[0].Headers[0].Value, Secret{Text: "Bearer hush", Env: "STAGING_TOKEN"}},
		{"a plain header", e.Requests[0].Headers[1].Value, Secret{Text: "text/html"}},
		{"statuses", e.Requests[0].Expect, Expect{Status: []string{"2xx", "3xx"}, Match: Match{Body: "ok"}}},
		{"a rate without a unit is per second", *e.Phases[1].Rate, Rate{From: 8, To: 8}},
		{"a fault", e.Phases[2].Faults, []Fault{{Dependency: "payments", Hang: &Hang{}, After: 2 * time.Second, For: 10 * time.Second, Share: 1},
			{Dependency: "payments", HTTPError: &HTTPError{Status: 429, Body: "slow down", Headers: []Header{{Name: "Retry-After", Value: Secret{Text: "5"}}}},
				After: 12 * time.Second, For: 3 * time.Second, Share: 1}}},
		{"an objective", e.Objectives[1], Objective{Text: "hang: errors < 1%", Line: 49, Phase: "hang", Metric: "errors", Op: "<", Value: 0.01, Unit: Ratio}},
		{"a fault of capacity lasts as long as its load", e.Capacity.Faults[0], Fault{Dependency: "payments", Share: 1,
			Latency: &Latency{Delay: Dose{From: time.Second, To: time.Second}, Direction: Downstream}}},
		{"audit", *e.Audit, Audit{Rate: 8, Horizon: 30 * time.Second}},
		{"a log's path", e.Site.NginxErrorLog.File, filepath.Join(folder, "error.log")},
		{"all phases together", e.Duration(), 40 * time.Second},
	}
	for _, w := range want {
		if !reflect.DeepEqual(w.got, w.want) {
			t.Errorf("%s: got %#v, want %#v", w.what, w.got, w.want)
		}
	}
}

func TestFormatsAreEqual(t *testing.T) {
	t.Setenv("STAGING_TOKEN", "hush")
	want := load(t, "testdata/full.yaml", nil)
	unplaced(want)
	for _, file := range []string{"testdata/full.toml", "testdata/full.json"} {
		got := load(t, file, nil)
		unplaced(got)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", file, got, want)
		}
	}
}

func TestDefaults(t *testing.T) {
	path := write(t, "small.yaml", `version: 1
target: {url: "http://127.0.0.1:8081"}
requests: [{path: /a}, {path: /b, method: POST, weight: 0}]
dependencies: [{name: db, listen: "127.0.0.1:1", upstream: "127.0.0.1:2"}]
phases: [{name: only, duration: 10s, rate: 8, faults: [{dependency: db, after: 4s, latency: {delay: 1s}}]}]
site: {php_fpm_status: {url: "http://127.0.0.1:8081/status"}}
`)
	got := load(t, path, nil)
	want := &Experiment{
		Version: 1, Name: "small", Seed: 1, Arrivals: Arrivals{Kind: Uniform},
		Target: Target{URL: "http://127.0.0.1:8081", Timeout: 30 * time.Second},
		Requests: []Request{
			{Name: "GET /a", Method: "GET", Path: "/a", Weight: 1},
			{Name: "POST /b", Method: "POST", Path: "/b", Weight: 0}, // zero was asked for
		},
		Dependencies: []Dependency{{Name: "db", Listen: "127.0.0.1:1", Upstream: "127.0.0.1:2"}},
		Chaos:        Chaos{Toxiproxy: Embedded},
		Limits:       Limits{InFlight: 10000},
		Phases: []Phase{{Name: "only", Duration: 10 * time.Second, Rate: &Rate{From: 8, To: 8}, Faults: []Fault{{
			Dependency: "db", After: 4 * time.Second, For: 6 * time.Second, Share: 1, // 10 s - 4 s
			Latency: &Latency{Delay: Dose{From: time.Second, To: time.Second}, Direction: Downstream},
		}}}},
		Site:   Site{PHPFPMStatus: Status{URL: "http://127.0.0.1:8081/status", Every: time.Second}},
		Source: got.Source, Path: path,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestShortForms(t *testing.T) {
	fault := func(kind string) string {
		return small[:len(small)-len("rate: 8}]\n")] + "rate: 8, faults: [{dependency: db, " + kind + "}]}]\n" +
			"dependencies: [{name: db, listen: \"127.0.0.1:1\", upstream: \"127.0.0.1:2\"}]\n"
	}
	rate := func(r string) string { return strings.Replace(small, "rate: 8", "rate: "+r, 1) }
	first := func(e *Experiment) Fault { return e.Phases[0].Faults[0] }
	for _, row := range []struct {
		reads, file string
		got         func(*Experiment) any
		want        any
	}{
		{"a rate per second", rate(`"8/s"`), func(e *Experiment) any { return *e.Phases[0].Rate }, Rate{From: 8, To: 8}},
		{"a rate per minute", rate("480/m"), func(e *Experiment) any { return *e.Phases[0].Rate }, Rate{From: 8, To: 8}},
		{"a rate in any time, as vegeta's", rate("480/1m"), func(e *Experiment) any { return *e.Phases[0].Rate }, Rate{From: 8, To: 8}},
		{"a rate in a part of a second", rate("5/500ms"), func(e *Experiment) any { return *e.Phases[0].Rate }, Rate{From: 10, To: 10}},
		{"a rate per hour", rate("1800/h"), func(e *Experiment) any { return *e.Phases[0].Rate }, Rate{From: 0.5, To: 0.5}},
		{"no load at all", rate("0"), func(e *Experiment) any { return *e.Phases[0].Rate }, Rate{}},
		{"a ramp", rate("{from: 0, to: 20}"), func(e *Experiment) any { return *e.Phases[0].Rate }, Rate{To: 20}},
		{"steps", rate("{from: 2, to: 6, step: 2, every: 2s}"), func(e *Experiment) any { return *e.Phases[0].Rate },
			Rate{From: 2, To: 6, Step: 2, Every: 2 * time.Second}},
		{"a kind with nothing", fault("hang: "), func(e *Experiment) any { return *first(e).Hang }, Hang{}},
		{"a kind that is true", fault("hang: true"), func(e *Experiment) any { return *first(e).Hang }, Hang{}},
		{"a kind with an empty map", fault("down: {}"), func(e *Experiment) any { return *first(e).Down }, Down{}},
		{"a stepped delay", fault("latency: {delay: {from: 0s, to: 1s, step: 500ms, every: 2s}}"), func(e *Experiment) any { return first(e).Latency.Delay },
			Dose{To: time.Second, Step: 500 * time.Millisecond, Every: 2 * time.Second}},
		{"a stepped delay in short", fault("latency: {from: 0s, to: 1s, step: 500ms, every: 2s, jitter: 100ms}"), func(e *Experiment) any { return *first(e).Latency },
			Latency{Delay: Dose{To: time.Second, Step: 500 * time.Millisecond, Every: 2 * time.Second}, Jitter: 100 * time.Millisecond, Direction: Downstream}},
		{"a bandwidth", fault("bandwidth: {rate: 100KB/s}"), func(e *Experiment) any { return first(e).Bandwidth.Rate }, Size(100_000)},
		{"a size in bytes", fault("limit: {bytes: 100}"), func(e *Experiment) any { return first(e).Limit.Bytes }, Size(100)},
		{"a size with B", fault("slice: {size: 100B}"), func(e *Experiment) any { return first(e).Slice.Size }, Size(100)},
		{"a size with MB", fault("limit: {bytes: 1MB}"), func(e *Experiment) any { return first(e).Limit.Bytes }, Size(1_000_000)},
		{"one status", strings.Replace(small, "path: /", "path: /, expect: {status: 404}", 1), func(e *Experiment) any { return e.Requests[0].Expect.Status }, []string{"404"}},
		{"statuses and classes", strings.Replace(small, "path: /", "path: /, expect: {status: [204, 3xx]}", 1), func(e *Experiment) any { return e.Requests[0].Expect.Status }, []string{"204", "3xx"}},
		{"a YAML anchor", strings.Replace(small, "[{name: only, duration: 10s, rate: 8}]", "[&p {name: a, duration: 10s, rate: 8}, {<<: *p, name: b}]", 1),
			func(e *Experiment) any { return e.Phases[1] }, Phase{Name: "b", Duration: 10 * time.Second, Rate: &Rate{From: 8, To: 8}}},
	} {
		t.Run(row.reads, func(t *testing.T) {
			e := load(t, write(t, "x.yaml", row.file), nil)
			if got := row.got(e); !reflect.DeepEqual(got, row.want) {
				t.Errorf("got %#v, want %#v", got, row.want)
			}
		})
	}
}

// The short form of a stepped delay is the long one, in every format, and AsRun writes that.
func TestStepsInShort(t *testing.T) {
	const ms = time.Millisecond
	want := Dose{From: 100 * ms, To: 900 * ms, Step: 200 * ms, Every: 2 * time.Second}
	for name, text := range map[string]string{
		"x.yaml": fileHead + "dependencies: [{name: db, listen: \"127.0.0.1:1\", upstream: \"127.0.0.1:2\"}]\n" +
			"phases: [{name: p, duration: 10s, rate: 8, faults: [{dependency: db, latency: {from: 100ms, to: 900ms, step: 200ms, every: 2s}}]}]\n",
		"x.toml": "version = 1\ntarget = {url = \"http://127.0.0.1:1\"}\nrequests = [{path = \"/\"}]\ndependencies = [{name = \"db\", listen = \"127.0.0.1:1\", upstream = \"127.0.0.1:2\"}]\n" +
			"[[phases]]\nname = \"p\"\nduration = \"10s\"\nrate = 8\n[[phases.faults]]\ndependency = \"db\"\nlatency.from = \"100ms\"\nlatency.to = \"900ms\"\nlatency.step = \"200ms\"\nlatency.every = \"2s\"\n",
		"x.json": `{"version": 1, "target": {"url": "http://127.0.0.1:1"}, "requests": [{"path": "/"}], "dependencies": [{"name": "db", "listen": "127.0.0.1:1", "upstream": "127.0.0.1:2"}],
			"phases": [{"name": "p", "duration": "10s", "rate": 8, "faults": [{"dependency": "db", "latency": {"from": "100ms", "to": "900ms", "step": "200ms", "every": "2s"}}]}]}`,
	} {
		e := load(t, write(t, name, text), nil)
		if got := e.Phases[0].Faults[0].Latency.Delay; got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
		run, err := e.AsRun()
		if err != nil {
			t.Fatal(err)
		}
		if again := load(t, write(t, "again.yaml", string(run)), nil); again.Phases[0].Faults[0].Latency.Delay != want {
			t.Errorf("%s: AsRun writes %s", name, run)
		}
	}
}

const fileHead = "version: 1\ntarget: {url: \"http://127.0.0.1:1\"}\nrequests: [{path: /}]\n"

func TestReferencedFiles(t *testing.T) {
	path := write(t, "x.yaml", strings.Replace(small, "path: /", "path: /, body_file: in/body.json, headers: [{name: X-Key, value: {file: in/key}}]", 1))
	folder := filepath.Join(filepath.Dir(path), "in")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"body.json": "{\"a\": 1}\n", "key": "hush\r\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := load(t, path, nil).Requests[0]
	if r.Body.Text != "{\"a\": 1}\n" || r.BodyFile != filepath.Join(folder, "body.json") {
		t.Errorf("body %q from %s", r.Body.Text, r.BodyFile)
	}
	if got, want := r.Headers[0].Value, (Secret{Text: "hush", File: filepath.Join(folder, "key")}); got != want {
		t.Errorf("got %q from %s", got.Text, got.File)
	}
}

func TestShipped(t *testing.T) {
	files, err := fs.Glob(Shipped(), "*")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"demo.yaml", "nightly.yaml", "pre-release.yaml", "verify-timeouts.yaml"}; !reflect.DeepEqual(files, want) {
		t.Fatalf("shipped %v, want %v", files, want)
	}
	for _, file := range files {
		content, err := fs.ReadFile(Shipped(), file)
		if err != nil {
			t.Fatal(err)
		}
		e := load(t, write(t, file, string(content)), nil)
		if e.Name+".yaml" != file {
			t.Errorf("%s is named %s", file, e.Name)
		}
		if err := e.Validate(); err != nil {
			t.Error(err)
		}
		playable(t, file, e)
		for _, call := range calls.FindAllStringSubmatch(string(content), -1) {
			if !slices.Contains([]string{"run", "check", "report", "history", "demo", "staging"}, call[1]) {
				t.Errorf("%s tells of tailback %s, which does not exist", file, call[1])
			}
		}
	}
}

// calls finds the commands that a comment tells of: in backquotes, or on a line of their own.
var calls = regexp.MustCompile("(?m)(?:`|^#\\s+)tailback ([a-z]+)")

// playable checks that an experiment holds nothing that a run would refuse or ignore.
func playable(t *testing.T, file string, e *Experiment) {
	t.Helper()
	for what, used := range map[string]bool{
		"no phases":          len(e.Phases) == 0,
		"abort_when":         len(e.AbortWhen) > 0,
		"a toxiproxy server": e.Chaos.Toxiproxy != Embedded,
		"site":               e.Site != (Site{}),
		"capacity":           e.Capacity != nil,
		"audit":              e.Audit != nil,
	} {
		if used {
			t.Errorf("%s has %s, which this version does not run", file, what)
		}
	}
}

func TestMissingFile(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := Load("x.yaml", nil)
	if want := "read experiment: open x.yaml: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestTooLarge(t *testing.T) {
	_, err := Load(write(t, "x.yaml", small+strings.Repeat("#", maxBytes)), nil)
	if err == nil || !strings.Contains(err.Error(), "x.yaml: is larger than 1 MiB") {
		t.Errorf("got %v", err)
	}
}

// Each of these files is small, and grows or nests without bound in a reader
// that trusts it.
func TestBombs(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 12 {
		to, from := string(rune('a'+i+1)), string(rune('a'+i))
		bomb += to + "0: &" + to + "0 [" + strings.Repeat("*"+from+"0, ", 9) + "*" + from + "0]\n"
	}
	deep := maxBytes/2 - 10
	for name, content := range map[string]string{
		"aliases.yaml": bomb,
		"itself.yaml":  "phases: &a [*a]\n",
		"deep.yaml":    "a: " + strings.Repeat("[", 9000),
		"deep.json":    `{"a": ` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + "}",
		"deep.toml":    "a = " + strings.Repeat("[", deep) + strings.Repeat("]", deep),
		"wide.yaml":    strings.Repeat("phases: x\n", 100_000),
		"keys.json":    `{"a": [` + strings.Repeat(`{"a":1},`, 120_000) + `1]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if e, err := Load(write(t, name, content), nil); err == nil {
				t.Errorf("loaded as %+v", e)
			} else if len(err.Error()) > 20*maxBytes {
				t.Errorf("%d bytes of error", len(err.Error()))
			}
		})
	}
}
