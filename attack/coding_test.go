package attack

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// code puts a coding on a text.
func code(t testing.TB, coding, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&out)
	case "deflate":
		w = zlib.NewWriter(&out)
	case "raw":
		w, _ = flate.NewWriter(&out, 6)
	case "br":
		w = brotli.NewWriter(&out)
	case "zstd":
		w, _ = zstd.NewWriter(&out)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// expect reads what is under a coding that the file's own header asks for; the
// bytes that came are the wire's.
func TestCodedBodiesAreRead(t *testing.T) {
	text := "Thank you, " + strings.Repeat("and again ", 2000)
	for _, row := range []struct{ head, codings string }{{"gzip", "gzip"}, {"X-GZIP", "gzip"}, {"deflate", "deflate"}, {"deflate", "raw"}, {"br", "br"}, {"zstd", "zstd"}, {"identity", ""}, {"gzip, br", "gzip br"}} {
		body := text
		for coding := range strings.FieldsSeq(row.codings) {
			body = string(code(t, coding, body))
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", row.head)
			io.WriteString(w, body)
		}))
		exp := experiment(server.URL, burst(1))
		exp.Requests[0].Headers = []configs.Header{{Name: "Accept-Encoding", Value: configs.Secret{Text: "gzip, deflate, br, zstd"}}}
		exp.Requests[0].Expect.Body = "Thank you"
		if h := drive(t, exp)[0]; h.Class != journal.ClassOK || h.BytesIn != int64(len(body)) {
			t.Errorf("%s (%s): class %v, %d bytes; want ok, %d", row.head, row.codings, h.Class, h.BytesIn, len(body))
		}
		server.Close()
	}
}

// A page that nobody asked to search is read all the same: an error's title says who wrote it.
func TestCodedErrorPage(t *testing.T) {
	page := "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center>" + strings.Repeat("<!-- padding -->", 20_000) + "</body></html>"
	for _, coding := range []string{"gzip", "br", "zstd"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", coding)
			w.WriteHeader(http.StatusBadGateway)
			w.Write(code(t, coding, page))
		}))
		exp := experiment(server.URL, burst(1))
		exp.Requests[0].Headers = []configs.Header{{Name: "Accept-Encoding", Value: configs.Secret{Text: coding}}}
		if h := drive(t, exp)[0]; h.Answerer != journal.AnswererGateway {
			t.Errorf("%s: written by %v, want the gateway", coding, h.Answerer)
		}
		if got := tried(t, exp); got.Page != `title "502 Bad Gateway"` || got.Coding != "" {
			t.Errorf("%s: page %s, left in %q", coding, got.Page, got.Coding)
		}
		server.Close()
	}
}

// However much a body unpacks to, no more than what is searched of it is kept.
func TestDecodingIsBounded(t *testing.T) {
	for _, coding := range []string{"gzip", "deflate", "raw", "br", "zstd"} {
		bomb := code(t, coding, strings.Repeat("\x00", 16<<20)) // some 64 KB or less
		list := []string{strings.Replace(coding, "raw", "deflate", 1)}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		text, left := decode(bomb, list, maxJudged)
		runtime.ReadMemStats(&after)
		if len(text) != maxJudged || left != "" {
			t.Errorf("%s: %d bytes, left %q", coding, len(text), left)
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 16*maxJudged { // io.ReadAll doubles its buffer until it holds 1 MB; zstd has its window
			t.Errorf("%s: decoding allocates %d bytes", coding, allocated)
		}
	}
}

// What can't be read is left as it came, and said.
func TestCodingsThatAreLeft(t *testing.T) {
	for _, row := range []struct {
		codings []string
		body    string
		text    string
		left    string
	}{
		{[]string{"compress"}, "abc", "abc", "compress"},
		{[]string{"gzip"}, "no gzip", "no gzip", "gzip"},
		{[]string{"br"}, "\xff\xff\xff", "\xff\xff\xff", "br"},
		{[]string{"gzip", "gzip", "gzip", "gzip"}, "abc", "abc", "gzip, gzip, gzip, gzip"},
		{nil, "abcdef", "abcd", ""},
		{[]string{"gzip"}, "", "", ""},
		{[]string{"gzip"}, string(code(t, "gzip", "Thank you"))[:22], "Th", ""}, // cut off: what there is of it
	} {
		most := 4
		if row.left != "" {
			most = 100
		}
		text, left := decode([]byte(row.body), row.codings, most)
		if row.codings != nil && row.left == "" && row.body != "" {
			if left != "" || len(text) == 0 || !strings.HasPrefix("Thank you", string(text)) {
				t.Errorf("%v: %q left %q", row.codings, text, left)
			}
			continue
		}
		if string(text) != row.text || left != row.left {
			t.Errorf("%v %q: got %q left %q, want %q left %q", row.codings, row.body, text, left, row.text, row.left)
		}
	}
}

// No bytes make decoding panic, or return more than was asked for.
func FuzzDecode(f *testing.F) {
	for _, coding := range []string{"gzip", "deflate", "raw", "br", "zstd"} {
		f.Add(code(f, coding, "Thank you"), strings.Replace(coding, "raw", "deflate", 1))
	}
	f.Add([]byte("\x1f\x8b"), "gzip, br")
	f.Fuzz(func(t *testing.T, body []byte, head string) {
		list := codings(http.Header{"Content-Encoding": {head}})
		if text, _ := decode(body, list, 1000); len(text) > 1000 {
			t.Errorf("%d bytes", len(text))
		}
	})
}
