package history

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

// Every member that a run is read from is needed, and no other.
func TestNeededIsWhatIsRead(t *testing.T) {
	var tags []string
	for f := range reflect.TypeFor[run]().Fields() {
		if tag := f.Tag.Get("json"); tag != "" {
			tags = append(tags, tag)
		}
	}
	if !slices.Equal(tags, needed) {
		t.Errorf("needed %q, read %q", needed, tags)
	}
}

// Whatever is JSON means the same with the other members left out; what is
// not never ends in a panic.
func FuzzParts(f *testing.F) {
	for _, text := range []string{
		"{}", "{ }", `{"name":"a"}`, " {\"timeline\" : {\"x\":[1,2,{\"y\":\"}\"}]}, \"name\":\t\"a\\\"}\\\\\" ,\"schema\":1 }\n", `{"phases":[{"name":"[{\"","warmup":true}],"x":null,"duration_s":1e3}`,
		`{"name":"a"`, `{"name"`, `{"name":`, `{`, ``, `[1]`, `{"name":"a"}x`, `{"name":"a",}`, `{,}`, `{"na\u006de":"b"}`, `{"schema":1"name":"a"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var small bytes.Buffer
		err := parts(text, &small)
		if !json.Valid(text) || len(blankOf(text)) == 0 || blankOf(text)[0] != '{' {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		var whole map[string]json.RawMessage
		var some map[string]json.RawMessage
		if err := json.Unmarshal(small.Bytes(), &some); err != nil {
			t.Fatalf("%q became %q: %v", text, small.Bytes(), err)
		}
		if err := json.Unmarshal(text, &whole); err != nil {
			t.Fatal(err)
		}
		for name, value := range some {
			if !slices.Contains(needed, name) || !bytes.Equal(bytes.TrimSpace(value), bytes.TrimSpace(whole[name])) {
				if !bytes.Contains(text, []byte(`\u`)) { // a name that is escaped is another, and given twice the last counts
					t.Errorf("%q: %s is %q, want %q", text, name, value, whole[name])
				}
			}
		}
	})
}

func blankOf(text []byte) []byte { return text[blank(text, 0):] }
