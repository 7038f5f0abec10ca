package traffic

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tailback/tailback/configs"
)

// Whatever is read, and as whatever it is taken: it does not panic, and it is refused,
// or what is written loads, as it stands and when the file is read again.
func FuzzRead(f *testing.F) {
	kinds := append([]Kind{""}, Kinds()...)
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) < 5 {
		f.Fatalf("found %v, %v", files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for i := range kinds {
			f.Add(uint8(i), content, i%2 == 0)
		}
	}
	for i, text := range []string{
		"", "curl $'http://127.0.0.1/\\u007b\\x7b${A}' -d '{\"a\": 1e400, \"<<\": {{}}}' -H $'X: \\x01'", `{"log":{"entries":[{"request":{"url":"http://a/","method":"GET"},"response":{"status":200}}]}}`,
		"GET http://[::1]:80//%zz?{{a}}=${b}#c\nHost: other.example\n", `1 - - [29/Nov/2026:09:00:00 +0100] "GET /\xE2\x82\xAC;jsessionid=1?a={{b}}&%zz=1 HTTP/1.1" 200 1`,
		`{"time":"2026-11-29T09:00:00Z","request":{"method":"GET","uri":"/a b"},"status":200}`, "openapi: 3.0.0\ninfo: {title: x, version: y}\npaths: {/a/{b}: {get: {responses: {}}}}",
	} {
		f.Add(uint8(i), []byte(text), true)
	}
	f.Fuzz(func(t *testing.T, kind uint8, content []byte, keep bool) {
		if strings.Contains(string(content), "@/") || strings.Contains(string(content), "../") {
			return // files of this machine
		}
		d, err := Read(bytes.NewReader(content), Options{Name: "fuzzed", Kind: kinds[int(kind)%len(kinds)], KeepQueries: keep})
		if err != nil {
			return
		}
		text, err := d.YAML("imported.yaml")
		if err != nil {
			if known(err) {
				return
			}
			t.Fatalf("%v in\n%s", err, d.text("imported.yaml", true))
		}
		for _, v := range d.Needed() {
			t.Setenv(v.Name, "secret")
		}
		if _, err := configs.LoadText("imported.yaml", text, nil); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	})
}

// known reports whether an experiment can't be made of what was asked for, and the
// reason is not in how it was written.
func known(err error) bool {
	for _, reason := range []string{"body_file", "file: cannot be read", "larger than"} {
		if strings.Contains(err.Error(), reason) {
			return true
		}
	}
	return false
}
