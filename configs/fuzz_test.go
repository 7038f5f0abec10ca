package configs

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever the bytes, Load does not panic. What it accepts is valid, and what
// AsRun writes of it is accepted again and written as the same.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"*.yaml", "testdata/full.*", "testdata/odd.yaml", "testdata/mistakes/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("found %v, %v", files, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(content, filepath.Ext(file))
		}
	}
	f.Setenv("STAGING_TOKEN", "hush")
	folder := f.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "ca.pem"), readFile(f, "testdata/ca.pem"), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte, extension string) {
		switch extension {
		case ".yaml", ".toml", ".json":
		default:
			return
		}
		path := filepath.Join(folder, "fuzzed"+extension)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := Load(path, nil)
		if err != nil {
			return
		}
		if err := e.Validate(); err != nil {
			t.Fatalf("loaded, but %v", err)
		}
		first, again := rewritten(t, e, folder)
		if first != again {
			t.Errorf("first\n%s\nand then\n%s", first, again)
		}
	})
}

// rewritten returns what AsRun writes of e, and what it writes of that.
func rewritten(t *testing.T, e *Experiment, folder string) (first, again string) {
	t.Helper()
	run, err := e.AsRun()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "rewritten.yaml")
	if err := os.WriteFile(path, run, 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := Load(path, nil)
	if err != nil {
		t.Fatalf("%v in\n%s", err, run)
	}
	second, err := read.AsRun()
	if err != nil {
		t.Fatal(err)
	}
	return string(run), string(second)
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// Whatever the texts of a valid experiment, Load reads back what AsRun writes.
// Here they are set as they are, so that each one is valid YAML in the end.
func FuzzAsRun(f *testing.F) {
	f.Add("hang", "a\nbody", "text/html", "/a?b=c", "^ok$")
	f.Add("yes", " \t\n", "' \"", "/%20", "(?i)~")
	f.Add("1e3", "\u2028\u0085\ufeff", ": #", "/a:b", "")
	f.Fuzz(func(t *testing.T, name, body, value, path, pattern string) {
		e := &Experiment{
			Version: Version, Name: "x", Arrivals: Arrivals{Kind: Poisson}, Chaos: Chaos{Toxiproxy: Embedded}, Limits: Limits{InFlight: 1},
			Target: Target{URL: "http://localhost", Timeout: 1, Host: "a.example"},
			Requests: []Request{{Name: name, Method: "PUT", Path: path, Body: Body{Secret{Text: body}}, Weight: 1,
				Headers: []Header{{Name: "X-Value", Value: Secret{Text: value}}},
				Expect:  Expect{Match: Match{Body: body, BodyMatches: pattern}}}},
			Phases: []Phase{{Name: name, Duration: 1, Rate: &Rate{}}},
			Site:   Site{PHPSlowLog: Source{Command: body}},
		}
		if path != hideURL(path) || body != hideBody(body) || body != hideCommand(body) || !utf8.ValidString(strings.Join([]string{name, body, value, path, pattern}, "|")) || e.Validate() != nil {
			return
		}
		run, err := e.AsRun()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "x.yaml")
		if err := os.WriteFile(file, run, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Load(file, nil)
		if err != nil {
			t.Fatalf("%v in\n%s", err, run)
		}
		unplaced(got)
		if !reflect.DeepEqual(got, e) {
			t.Errorf("got %+v, want %+v, from\n%s", got, e, run)
		}
	})
}
