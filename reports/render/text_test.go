package render

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

var update = flag.Bool("update", false, "write the golden files anew")

// samples are the runs that every form of the report is tried on.
var samples = map[string]func() *reports.Report{
	"hang": hang, "healthy": healthy, "empty": empty, "unfaithful": unfaithful, "hostile": hostile, "drill": drill,
	"diagnosed": diagnosed, "several": several, "four by six": fourBySix,
}

func rendered(t *testing.T, form func(io.Writer, *reports.Report) error, r *reports.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := form(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// golden compares got with a file under testdata that a person has read.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from its golden file; look at it, then run with -update:\n%s", path, got)
	}
}

func TestTextGolden(t *testing.T) {
	for _, name := range []string{"hang", "healthy", "empty", "unfaithful", "drill", "diagnosed", "several"} {
		golden(t, name+".txt", rendered(t, Text, samples[name]()))
	}
}

func TestTextFitsATerminal(t *testing.T) {
	for name, sample := range samples {
		r := sample()
		r.Summary += strings.Repeat(" and so on", 30) + strings.Repeat("x", 250)
		for _, code := range []string{"400", "404", "429", "500", "503", "508", "511", "520", "521"} {
			for i := range r.Phases {
				if r.Phases[i].Codes != nil {
					r.Phases[i].Codes[code] = 123456
				}
			}
		}
		for i, line := range strings.Split(rendered(t, Text, r), "\n") {
			if n := utf8.RuneCountInString(line); n > 80 && strings.Contains(strings.TrimSpace(line), " ") { // one word is left whole
				t.Errorf("%s: line %d has %d columns:\n%s", name, i+1, n, line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s: line %d ends in spaces: %q", name, i+1, line)
			}
		}
	}
}

func TestTextSaysWhatDidNotHappen(t *testing.T) {
	text := rendered(t, Text, drill())
	for _, want := range []string{
		"\n  ok latency: onset > 10s   none seen\n",
		"\n  not reached, since the run ended at 23.7 s: after, after all\n",
		"\n  latency (closed)      –  100%",
		"\n  payments down (16 s to 18 s): cut 2 open connections; refused connects leave\n    no trace here\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "the latency on inventory") {
		t.Errorf("the text tells of a recovery where nobody was ill:\n%s", text)
	}
}

func TestColourIsALayerOverTheSameText(t *testing.T) {
	escape := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for name, sample := range samples {
		coloured := rendered(t, TextColor, sample())
		if escape.ReplaceAllString(coloured, "") != rendered(t, Text, sample()) {
			t.Errorf("%s: without its colours the coloured text is another", name)
		}
		if !strings.Contains(coloured, "\x1b[") {
			t.Errorf("%s: no colours", name)
		}
	}
}

func TestTextLetsNoControlCharacterThrough(t *testing.T) {
	for _, c := range rendered(t, Text, hostile()) {
		if c != '\n' && (c < ' ' || c == 0x202e) {
			t.Fatalf("control character %U in the text", c)
		}
	}
}

func TestBrokenFidelityComesBeforeAnyOtherFigure(t *testing.T) {
	text := rendered(t, Text, unfaithful())
	digit := strings.IndexAny(text, "0123456789")
	if warned := strings.Index(text, "cannot be trusted"); warned < 0 || digit < warned {
		t.Errorf("a figure stands before the warning:\n%s", text)
	}
}

func TestJSONGolden(t *testing.T) {
	got := rendered(t, JSON, hang())
	golden(t, "hang.json", got)
	var back reports.Report
	if err := json.Unmarshal([]byte(got), &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&back, listsOf(hang())) {
		t.Error("report.json does not read back as the report it was written from")
	}
	for _, r := range []*reports.Report{diagnosed(), several()} {
		back = reports.Report{}
		if err := json.Unmarshal([]byte(rendered(t, JSON, r)), &back); err != nil {
			t.Fatal(err)
		}
		if again := rendered(t, JSON, &back); again != rendered(t, JSON, r) {
			t.Errorf("%s does not read back as it was written", r.Name)
		}
	}
}

func TestJSONHasNoNullLists(t *testing.T) {
	r := &reports.Report{Slowdowns: make([]reports.Slowdown, 1), Budget: make([]reports.Budget, 1), Dose: make([]reports.Dose, 1), Dependencies: make([]reports.Dependency, 1)}
	var back map[string]any
	if err := json.Unmarshal([]byte(rendered(t, JSON, r)), &back); err != nil {
		t.Fatal(err)
	}
	lists := []string{"phases", "faults", "onset", "recovery", "objectives", "warnings", "timeouts", "advice", "not_known", "evidence", "dependencies_seen",
		"slowdowns.0.evidence", "budget.0.choices", "dose.0.steps", "dependencies.0.open", "dependencies.0.waiting", "prediction.series"}
	for _, path := range lists {
		if list, ok := reach(back, strings.Split(path, ".")).([]any); !ok || len(list) != 0 {
			t.Errorf("%s is no empty list", path)
		}
	}
	for _, path := range []string{"pool.workers", "self_requests", "pool.fit_r2", "budget.0.max_timeout_s", "dose.0.size_s", "prediction.onset_s"} {
		if v := reach(back, strings.Split(path, ".")); v != nil {
			t.Errorf("%s is %v, want null for what is not known", path, v)
		}
	}
}

// reach follows a path of keys and indices.
func reach(v any, path []string) any {
	for _, key := range path {
		switch at := v.(type) {
		case map[string]any:
			v = at[key]
		case []any:
			i, _ := strconv.Atoi(key)
			v = at[i]
		}
	}
	return v
}

func TestJSONRefusesWhatIsNoNumber(t *testing.T) {
	r := hang()
	r.DurationS = math.NaN()
	if err := JSON(io.Discard, r); err == nil {
		t.Error("NaN was written")
	}
}

func TestWhatIsNotKnownIsNoFigure(t *testing.T) {
	v := 0.0
	for want, got := range map[string]string{"–": words.Known(nil, words.Span), "0 s": words.Known(&v, words.Span)} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// What a warning says is not said twice, and a line that can't be read is no
// reading matter.
func TestTextOfLogsIsBrief(t *testing.T) {
	r := healthy()
	r.Warnings = []string{"site.nginx_access_log: its command ended"}
	r.Evidence = []reports.Evidence{
		{Source: "nginx_access_log", Kind: "lost", Count: 1, Text: "its command ended"},
		{Source: "nginx_access_log", Kind: "unparsed", Count: 86, Text: "5 ` et"},
		{Source: "nginx_error_log", Kind: "queue_full", Count: 1, Text: `connect() failed (11), client: 127.0.0.1, request: "GET /a"`},
	}
	var b bytes.Buffer
	if err := Text(&b, r); err != nil {
		t.Fatal(err)
	}
	for text, times := range map[string]int{"its command ended": 1, "86 × unparsed, first at 0 s\n": 1, "5 ` et": 0, "connect() failed (11)\n": 1} {
		if n := strings.Count(b.String(), text); n != times {
			t.Errorf("%q is there %d times, want %d:\n%s", text, n, times, b.String())
		}
	}
}
