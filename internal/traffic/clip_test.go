package traffic

import (
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// Whatever JSON it is, it stays JSON; no text is longer than what is let through and
// the escape at its end; and with nothing too long nothing is changed.
func FuzzClipper(f *testing.F) {
	f.Add(`{"a": "\\\"\u00e4", "b": ["x", 1, "\ud83d\ude00"]}`, 3)
	f.Add(`"\\"`, 1)
	f.Add(`"abc\"def"`, 4)
	f.Fuzz(func(t *testing.T, text string, most int) {
		if !json.Valid([]byte(text)) || most < 0 {
			return
		}
		got, err := io.ReadAll(&clipper{in: iotest.OneByteReader(strings.NewReader(text)), most: most})
		if err != nil {
			t.Fatal(err)
		}
		whole, _ := io.ReadAll(&clipper{in: strings.NewReader(text), most: most})
		if string(got) != string(whole) {
			t.Errorf("byte by byte %q, at once %q", got, whole)
		}
		if !json.Valid(got) {
			t.Fatalf("%q becomes %q", text, got)
		}
		for _, s := range jsonStrings(string(got)) {
			if len(s) > most+5 && most < 1<<20 { // \u00e4 begins within
				t.Errorf("%q has %q, of %d", got, s, most)
			}
		}
		if most >= len(text) && string(got) != text {
			t.Errorf("%q becomes %q", text, got)
		}
	})
}

// jsonStrings are the texts as they are written, without their quotes.
func jsonStrings(text string) (all []string) {
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		start := i + 1
		for i++; text[i] != '"'; i++ {
			if text[i] == '\\' {
				i++
			}
		}
		all = append(all, text[start:i])
	}
	return all
}

// largest is a recording whose bodies are made as they are read.
type largest struct {
	parts []string
	fill  int // bytes of a body
	at    int
}

func (l *largest) Read(p []byte) (int, error) {
	if l.at == len(l.parts) {
		return 0, io.EOF
	}
	if l.parts[l.at] == "" { // a body
		n := min(len(p), l.fill)
		for i := range n {
			p[i] = 'x'
		}
		if l.fill -= n; l.fill == 0 {
			l.at++
		}
		return n, nil
	}
	n := copy(p, l.parts[l.at])
	if l.parts[l.at] = l.parts[l.at][n:]; l.parts[l.at] == "" {
		l.at++
	}
	return n, nil
}

// A body of 50 MB is read past, and what is behind it is read.
func TestHARIsNotKept(t *testing.T) {
	in := &largest{fill: 50 << 20, parts: []string{
		`{"log":{"entries":[{"request":{"method":"GET","url":"http://127.0.0.1/a","headers":[]},"response":{"status":200,"content":{"mimeType":"text/html","text":"`,
		"", `"}}},{"request":{"method":"GET","url":"http://127.0.0.1/b"},"response":{"status":200}},{"request":7},{"request":{"method":"GET","url":"http://127.0.0.1/c"},"response":{"status":200}}]}}`}}
	var sizes, paths []any
	n, broken, err := eachEntry(in, func(e *harEntry) {
		sizes = append(sizes, len(e.Response.Content.Text))
		paths = append(paths, e.Request.URL[len("http://127.0.0.1"):])
	})
	if n != 4 || broken != 1 || err != nil {
		t.Errorf("%d entries, %d broken, %v", n, broken, err)
	}
	if want := []any{maxClip, 0, 0}; !reflect.DeepEqual(sizes, want) || !reflect.DeepEqual(paths, []any{"/a", "/b", "/c"}) {
		t.Errorf("got %v, %v", sizes, paths)
	}
}

func TestHARRefuses(t *testing.T) {
	for in, want := range map[string]string{
		`{"log": {"entries": 7}}`:                    "its log.entries is no list",
		`{"log": {"entries": [{"request": {}}`:       "it ends too early",
		`{"log": {"entries": [{"request": {}}, oh]}`: "entry 2: it is no JSON",
		`{"log": 7}`: "it is no HAR: it has no log.entries",
	} {
		_, err := Read(strings.NewReader(in), Options{Name: "x", Kind: HAR})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", in, err, want)
		}
	}
}
