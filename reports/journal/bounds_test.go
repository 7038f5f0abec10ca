package journal_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// withLine puts one line into a file of a small bundle, reads the bundle, and puts the file back.
func withLine(t *testing.T, dir, file, line string) error {
	t.Helper()
	path := filepath.Join(dir, file)
	was, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(line+"\n"), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer os.WriteFile(path, was, 0o644)
	return readAll(dir)
}

// A figure that no run can have is named, with its file and line.
func TestFiguresOutOfBounds(t *testing.T) {
	dir := small(t)
	manifest := `{"schema": 1, "requests": ["a", "b", "c"], "phases": [{"name": "x"}, {"name": "y", %s}], %s}`
	for _, row := range []struct{ file, line, want string }{
		{"events.jsonl", `{"at_ns":9223372036854775807,"kind":"warning"}`, "events.jsonl:1: at_ns is 9.22337e+18, and can only be from -8.64e+15 to 8.64e+15"},
		{"events.jsonl", "\n" + `{"at_ns":-9223372036854775808,"kind":"warning"}`, "events.jsonl:2: at_ns is -9.22337e+18"},
		{"events.jsonl", `{"kind":"usage","usage":{"seconds":1e18}}`, "events.jsonl:1: usage.seconds is 1e+18, and can only be from 0 to 8.64e+06"},
		{"events.jsonl", `{"kind":"usage","usage":{"held_ns":9223372036854775807}}`, "usage.held_ns is 9.22337e+18"},
		{"events.jsonl", `{"kind":"usage","usage":{"waits":{"9000":1}}}`, "usage.waits has a bucket 9000, and can only have 0 to 432"},
		{"events.jsonl", `{"kind":"usage","usage":{"waits":{"3":-1}}}`, "usage.waits is -1"},
		{"events.jsonl", `{"kind":"usage"}`, `event "usage" without its`},
		{"events.jsonl", `{"kind":"refused","refusals":{"x":-5}}`, "refusals is -5"},
		{"events.jsonl", `{"kind":"connection","connection":{"held_ns":-1}}`, "connection.held_ns is -1"},
		{"events.jsonl", `{"kind":"connection","connection":{"later_faults":[-1]}}`, "connection.later_faults is -1"},
		{"events.jsonl", `{"kind":"connection","connection":{"opened_ns":5000000000}}`, "connection.closed_ns is 0, before its opened_ns, 5000000000"},
		{"events.jsonl", `{"kind":"wait","wait":{"began_ns":5000000000}}`, "wait.ended_ns is 0, before its began_ns"},
		{"events.jsonl", `{"kind":"fault_applied","fault":{"share":2}}`, "fault.share is 2, and can only be from 0 to 1"},
		{"events.jsonl", `{"at_ns":-5000000000,"kind":"fault_applied","fault":{}}`, "at_ns of a fault is -5000000000, before the run"},
		{"events.jsonl", strings.Repeat(" ", 2<<20) + "{}", "events.jsonl:1: read line: it is longer than 1 MB"},
		{"observations.jsonl", `{"count":-1}`, "observations.jsonl:1: count is -1"},
		{"observations.jsonl", `{"times":{"upstream_sum_s":1e300}}`, "times.upstream_sum_s is 1e+300"},
		{"observations.jsonl", `{"code":100000}`, "code is 100000, and can only be from 0 to 999"},
		{"manifest.json", fmt.Sprintf(manifest, `"start_ns": -9223372036854775808`, `"seed": 1`), "manifest.json: phases.start_ns is -9.22337e+18"},
		{"manifest.json", fmt.Sprintf(manifest, `"start_ns": 5`, `"seed": 1`), "manifest.json: phases[1].end_ns is 0, before its start_ns, 5"},
		{"manifest.json", fmt.Sprintf(manifest, `"rate_to_hz": 1e300`, `"seed": 1`), "phases.rate_to_hz is 1e+300"},
		{"manifest.json", fmt.Sprintf(manifest, `"hits": 18446744073709551615`, `"seed": 1`), "phases.hits is 1.84467e+19"},
		{"manifest.json", fmt.Sprintf(manifest, `"end_ns": 1`, `"client_timeout_ns": -1`), "client_timeout_ns is -1"},
		{"manifest.json", fmt.Sprintf(manifest, `"end_ns": 1`, `"outcome": {"end_ns": 9000000000000000000}`), "outcome.end_ns is 9e+18"},
		{"manifest.json", fmt.Sprintf(manifest, `"end_ns": 1`, `"t0": "9999-01-01T00:00:00Z"`), "t0 is in the year 9999"},
		{"manifest.json", fmt.Sprintf(manifest, `"end_ns": 1`, `"objectives": ["x"`+strings.Repeat(`,"x"`, 10_000)+`]`), "it lists 10001 objectives, and can only list 10000"},
		{"manifest.json", fmt.Sprintf(manifest, `"end_ns": 1`, `"seed": 18446744073709551615`), ""},
		{"manifest.json", fmt.Sprintf(manifest, `"end_ns": 1`, `"visits": [{"name": "buy", "steps": 2, "weight": 1}]`), "manifest.json: its visits have 2 steps, and it names 3 requests"},
		// A run that is interrupted a quarter of a second before T0.
		{"manifest.json", fmt.Sprintf(manifest, `"end_ns": 1`, `"outcome": {"end_ns": -250000000}`), ""},
		{"manifest.json", fmt.Sprintf(manifest, `"end_ns": 1`, `"outcome": {"end_ns": -9000000000000000000}`), "outcome.end_ns is -9e+18"},
		{"events.jsonl", `{"at_ns":-1000000000,"kind":"usage","usage":{"seconds":1,"held_ns":86400000000000,"waits":{"0":1,"432":2}}}`, ""},
		{"events.jsonl", `{"at_ns":1,"kind":"from a later version"}`, ""},
	} {
		err := withLine(t, dir, row.file, row.line)
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%.200s\n gives %v\n want  %q", row.line, err, row.want)
		}
	}
}

// Every figure of every record has bounds, also one that is added tomorrow.
func TestEveryFigureIsBounded(t *testing.T) {
	none := map[string]bool{"seed": true, "schema": true} // any number; checked on its own
	seen := 0
	for _, record := range []func() (any, func() error){
		func() (any, func() error) {
			e := &journal.Event{}
			return e, func() error { return journal.CheckEvent(e) }
		},
		func() (any, func() error) {
			o := &journal.Observation{}
			return o, func() error { return journal.CheckObservation(o) }
		},
		func() (any, func() error) {
			m := &journal.Manifest{Phases: []journal.PhaseSpan{{}}, Outcome: &journal.Outcome{}}
			return m, func() error { return journal.CheckManifest(m) }
		},
	} {
		for i := 0; ; i++ {
			v, check := record()
			left := i
			name, ok := extreme(reflect.ValueOf(v).Elem(), &left)
			if !ok {
				break
			}
			seen++
			if !none[name] && check() == nil {
				t.Errorf("%T takes any %s", v, name)
			}
		}
	}
	if seen < 60 {
		t.Errorf("%d figures were tried, want those of all records", seen)
	}
}

// extreme sets the left-th figure of a record to what it can't be, and returns its name.
func extreme(v reflect.Value, left *int) (name string, ok bool) {
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		f := v.Field(i)
		if f.Kind() == reflect.Pointer {
			if f.IsNil() {
				f.Set(reflect.New(f.Type().Elem()))
			}
			f = f.Elem()
		}
		if f.Kind() == reflect.Slice && f.Len() > 0 {
			f = f.Index(0)
		}
		switch f.Kind() {
		case reflect.Struct:
			if f.Type() == reflect.TypeFor[time.Time]() {
				continue
			}
			if name, ok := extreme(f, left); ok {
				return name, true
			}
			continue
		case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint64, reflect.Float64:
		default:
			continue
		}
		if *left--; *left >= 0 {
			continue
		}
		switch f.Kind() {
		case reflect.Float64:
			f.SetFloat(math.MaxFloat64)
		case reflect.Uint64:
			f.SetUint(math.MaxUint64)
		case reflect.Int32:
			f.SetInt(math.MaxInt32)
		default:
			f.SetInt(math.MaxInt64)
		}
		return name, true
	}
	return "", false
}

// What no reader would take is not written, and the report hears of it.
func TestWriterTakesNoFigureOutOfBounds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bundle")
	w, stop := running(t, dir)
	w.Observe(journal.Observation{Source: journal.NginxAccessLog, Kind: journal.Access, Count: 1, Times: &journal.Times{N: 1, SumS: 1e18}})
	w.Observe(journal.Observation{Source: journal.NginxErrorLog, Kind: journal.OtherError, Count: 1, Text: strings.Repeat("x", 2<<20)})
	w.Event(journal.Event{AtNS: math.MinInt64, Kind: journal.Used, Usage: &journal.Usage{}})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(journal.Outcome{Status: "complete"}); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir)
	events, err := b.Events()
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range events {
		said = append(said, fmt.Sprint(e.Kind, " ", e.Text))
	}
	for i, want := range []string{`warning observation "access" of nginx_access_log could not be recorded: times.sum_s is 1e+18`,
		`warning observation "other_error" of nginx_error_log could not be recorded: it takes 2097`,
		`warning event "usage" could not be recorded: at_ns is -9.22337e+18`} {
		if len(said) != 3 || !strings.HasPrefix(said[i], want) {
			t.Errorf("the events are %q, want the %d. to be %q", said, i+1, want)
		}
	}
	if o, err := b.Observations(); err != nil || len(o) != 0 {
		t.Errorf("observations: %v, %v", o, err)
	}
}

// Whatever lies in the place of a bundle's file, reading ends, and names it.
func TestOddFilesAreRefused(t *testing.T) {
	dir := small(t)
	for _, name := range []string{"manifest.json", "experiment.yaml", "events.jsonl", "observations.jsonl", "hits.parquet", "segments"} {
		path, away := filepath.Join(dir, name), filepath.Join(dir, "away")
		hits := filepath.Join(dir, "hits.parquet")
		if name == "segments" { // they are read where there are no joined hits
			must(t, os.Rename(hits, away))
		} else {
			must(t, os.Rename(path, away))
		}
		for what, put := range map[string]func() error{
			"a pipe": func() error { return syscall.Mkfifo(path, 0o644) },
			"a link": func() error { return os.Symlink("/dev/zero", path) },
		} {
			must(t, put())
			if err := readAll(dir); err == nil || !strings.Contains(err.Error(), path+": it is "+what) {
				t.Errorf("%s is %s: %v", name, what, err)
			}
			must(t, os.Remove(path))
		}
		if name == "segments" {
			path = hits
		}
		must(t, os.Rename(away, path))
	}
	for _, one := range []struct{ name, want string }{ // events first: a bundle is not opened without its experiment
		{"events.jsonl", "events.jsonl:"}, {"experiment.yaml", "experiment.yaml: it holds more than 16 MB"},
	} {
		must(t, os.Truncate(filepath.Join(dir, one.name), 1<<40)) // takes no room
		if err := readAll(dir); err == nil || !strings.Contains(err.Error(), one.want) {
			t.Errorf("%s without end: %v", one.name, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
