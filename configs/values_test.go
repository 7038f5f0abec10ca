package configs

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// shownPieces writes pieces with what is filled in later in angle brackets.
func shownPieces(pieces []Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		switch p.Kind {
		case Plain:
			b.WriteString(p.Text)
		case Column:
			fmt.Fprintf(&b, "<%s.%s %d>", p.Data, p.Column, p.Escape)
		case Random:
			fmt.Fprintf(&b, "<%d to %d %d>", p.Low, p.High, p.Escape)
		default:
			fmt.Fprintf(&b, "<%s %d>", p.Kind, p.Escape)
		}
	}
	return b.String()
}

func values(t *testing.T) *Experiment {
	t.Helper()
	t.Setenv("STAGING_TOKEN", "hush /&\"")
	return load(t, "testdata/values.yaml", nil)
}

// Each text is escaped as the place asks in which it stands (1 in a path, 2 in a
// query or a form, 3 in JSON, 0 as it is), and so is what is the same in each request.
func TestWhatRequestsAreMadeOf(t *testing.T) {
	e := values(t)
	body := func(name string) string {
		for _, r := range e.Requests {
			if r.Name == name {
				pieces, contentType := r.Payload()
				return contentType + ": " + shownPieces(pieces)
			}
		}
		return "no such request"
	}
	pay := &e.Requests[0]
	for _, row := range []struct{ what, got, want string }{
		// url.PathEscape leaves & alone, and makes %2F of a slash; QueryEscape makes + of a space.
		{"path", shownPieces(pay.PathPieces()), "/pay/<card.name 1>/a%20b%3F"},
		{"query", shownPieces(pay.QueryPieces()), "id=<uuid 2>&token=hush+%2F%26%22&n=<-5 to 5 2>&q=x+<seq 2>%26&token=hush+%2F%26%22"},
		{"header", shownPieces(pay.Headers[0].Value.Pieces(AsIs)), "<now 0>"},
		{"a header of a variable", shownPieces(pay.Headers[1].Value.Pieces(AsIs)), `Bearer hush /&"`},
		// The keys are in the file's order; only " and \ and what JSON must are escaped.
		{"json", body("pay"), `application/json: {"b":"<card.name 3>","a":{"list":[1,2.5,true,null,"x\"<&>\u2028<note.note 3>"],"when":"2024-05-01","Password":"hush /&\""},"k <id.id 3>":1000000000000000000000}`},
		{"form", body("form"), "application/x-www-form-urlencoded: a+b=<card.name 2>&a+b=%C3%A9%26&n=5&yes=true&none=&secret=hush+%2F%26%22"},
		{"form as a list", body("list"), "application/x-www-form-urlencoded: a=1&a=<seq 2>"},
		{"text", body("text"), ": card=<card.name 0> ${x}"},
		{"a body that is JSON", body("written"), `: {"card": "<card.name 3>", "n": <1 to 3 3>}`},
		{"a body that is said to be a form", body("by type"), ": card=<card.name 2>"},
	} {
		if row.got != row.want {
			t.Errorf("%s: got\n%s\nwant\n%s", row.what, row.got, row.want)
		}
	}
	if pay.Method != "POST" || e.Requests[2].Method != "PUT" {
		t.Errorf("methods %s and %s, want POST, which json asks for, and PUT, which is given", pay.Method, e.Requests[2].Method)
	}
}

func TestMultipart(t *testing.T) {
	e := values(t)
	pieces, contentType := e.Requests[3].Payload()
	_, boundary, _ := strings.Cut(contentType, "multipart/form-data; boundary=")
	cards, err := os.ReadFile("testdata/data/cards.csv")
	if err != nil || len(boundary) < 20 {
		t.Fatal(contentType, err)
	}
	want := strings.ReplaceAll("--B\nContent-Disposition: form-data; name=\"no%22te\"\n\nfor <card.name 0>\n"+
		"--B\nContent-Disposition: form-data; name=\"cards\"; filename=\"cards.csv\"\nContent-Type: text/csv\n\nCARDS\n"+
		"--B\nContent-Disposition: form-data; name=\"more\"; filename=\"x%22.bin\"\nContent-Type: application/octet-stream\n\nid\r1\r\n--B--\n", "\n", "\r\n")
	want = strings.NewReplacer("--B", "--"+boundary, "CARDS", string(cards), "id\r1\r\r\n", "id\n1\n\r\n").Replace(want)
	if got := shownPieces(pieces); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	if _, again := e.Requests[3].Payload(); again != contentType {
		t.Error("the boundary differs from one time to the next")
	}
}

// What AsRun writes is the same experiment, and holds no secret; placeholders of
// secrets are none, so that they stay.
func TestValuesAsRun(t *testing.T) {
	want := values(t)
	run, err := want.AsRun()
	if err != nil {
		t.Fatal(err)
	}
	got := load(t, write(t, "experiment.yaml", string(run)), nil)
	got.Source, got.Path = want.Source, want.Path
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v\nfrom\n%s", got, want, run)
	}
	if text := string(run); strings.Contains(text, "hush") || strings.Contains(text, "hidden") {
		t.Errorf("holds a secret, or hid what is none:\n%s", text)
	}
	if plain := want.PlainSecrets(); len(plain) > 0 {
		t.Errorf("takes placeholders for plain secrets: %v", plain)
	}
}

// Beside a placeholder, what has the name of a secret is one.
func TestSecretsBesidePlaceholders(t *testing.T) {
	for text, open := range map[string]bool{
		"Bearer {{env TOKEN}}":                 true,
		"{{env TOKEN}}":                        true,
		"PHPSESSID={{card.id}}; csrf={{uuid}}": true,
		"PHPSESSID=hush; csrf={{uuid}}":        false,
		"hush{{uuid}}":                         false,
		"Bearer hush":                          false,
		`{{"hush"}}`:                           false,
		"Basic {{env TOKEN}}":                  true,
		"Bearer {{env TOKEN}} hush":            false,
		"":                                     false,
		"__Host-sid={{user.sid}};a.b={{random 1 2}}": true,
	} {
		if openText(text) != open {
			t.Errorf("%q: open is %v", text, !open)
		}
	}
}

// What data and variables hold is hidden in texts, also as it was sent.
func TestValuesAreHidden(t *testing.T) {
	r := values(t).Redactor()
	for text, want := range map[string]string{
		"GET /pay?card=4111&x":      "GET /pay?card=[hidden]&x",
		"4111, 4222 and 43331":      "[hidden], [hidden] and [hidden]1",
		"card 411":                  "card 411", // less than four characters of it
		"to Ann":                    "to Ann",   // a column that is no secret
		"token was hush+%2F%26%22.": "token was [hidden].",
	} {
		if got := r.Text(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestTables(t *testing.T) {
	e := values(t)
	for _, row := range []struct {
		name string
		want [][]string
	}{
		{"card", [][]string{{"number", "name"}, {"4111", "Ann"}, {"4222", "O'Neil, Bob"}, {"4333", "Zoë"}}},
		{"note", [][]string{{"id", "note", "ok", "more"}, {"7", `say "hi"`, "true", `{"a": [1]}`}, {"8.5", "é", "false", "[]"}}},
		{"id", [][]string{{"id"}, {"1"}}},
	} {
		d := e.data(row.name)
		if got := append([][]string{d.Columns}, d.Rows...); !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
	for text, want := range map[string][]string{
		"\ufeffa,b\r\n1,2\r\n": {"1", "2"},   // as Excel saves it
		"a;b\n1,5;2\n":         {"1,5", "2"}, // and where a comma is in numbers
		" a , b \n 1,\n":       {" 1", ""},   // values are as they are, names without the space around them
	} {
		d := Data{File: "x.CSV"}
		if err := d.table([]byte(text)); err != nil || !reflect.DeepEqual(d.Rows, [][]string{want}) || !reflect.DeepEqual(d.Columns, []string{"a", "b"}) {
			t.Errorf("%q: got %q of %q (%v), want %q", text, d.Rows, d.Columns, err, want)
		}
	}
}

// A table with as many rows as a run has requests is enough, and one fewer is not.
func TestRowsForEachRequest(t *testing.T) {
	dir := t.TempDir()
	for rows, enough := range map[int]bool{20: true, 19: false} { // 8/s for 2 s, and 4 at once
		file := filepath.Join(dir, "x.yaml")
		put := func(name, text string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		put("x.csv", "id\n"+strings.Repeat("1\n", rows))
		put("x.yaml", "version: 1\ntarget: {url: \"http://127.0.0.1:1\"}\ndata: [{name: x, file: x.csv, order: once}]\nrequests: [{path: \"/{{x.id}}\"}]\n"+
			"phases: [{name: a, duration: 2s, rate: 8, warmup: true}, {name: b, duration: 1s, burst: 4}]\n")
		if _, err := Load(file, nil); (err == nil) != enough {
			t.Errorf("%d rows for 20 requests: %v", rows, err)
		}
	}
}

// Whatever a text holds, its pieces put together are that text, unless it is said to be wrong.
func FuzzPieces(f *testing.F) {
	for _, text := range []string{"/a?b={{card.number}}", "{{\"{{x}}\"}}${y}", "{{random 1 2}}{{", "{{env HOME}}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pieces, wrong := Pieces(text)
		if len(wrong) > 0 {
			return
		}
		plain := ""
		for _, p := range pieces {
			if p.Kind == Plain {
				plain += p.Text
			}
		}
		if want := placeholderForm.ReplaceAllString(text, ""); plain != want {
			t.Errorf("%q: the plain parts are %q, want %q", text, plain, want)
		}
		if strings.Contains(plain, "{{") {
			t.Errorf("%q would be sent with {{ in it", text)
		}
	})
}

// Whatever a file holds, each of its rows has a value for each column.
func FuzzTable(f *testing.F) {
	for _, text := range []string{"a,b\n1,2\n", "{\"a\": 1}\n{\"a\": \"x\"}\n", "\ufeffa;b\n\"x\ny\";2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"x.csv", "x.tsv", "x.jsonl"} {
			d := Data{File: name}
			if err := d.table([]byte(text)); err != nil {
				continue
			}
			for _, row := range d.Rows {
				if len(row) != len(d.Columns) || len(row) == 0 {
					t.Fatalf("%s: a row of %d values in %d columns", name, len(row), len(d.Columns))
				}
			}
		}
	})
}
