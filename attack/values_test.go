package attack

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// asked is what a site was asked, as it reads it.
type asked struct {
	path, query, header, body string
	form                      map[string][]string
}

// site writes down what it is asked.
func site(t *testing.T) (url string, all func() []asked) {
	var mu sync.Mutex
	var list []asked
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a := asked{path: r.URL.Path, query: r.URL.RawQuery, header: r.Header.Get("X-Value"), body: string(body)}
		if kind, of, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
			form, err := multipart.NewReader(bytes.NewReader(body), of["boundary"]).ReadForm(1 << 20)
			if err != nil {
				t.Error(err)
				return
			}
			a.form = form.Value
			for name, files := range form.File {
				f, _ := files[0].Open()
				content, _ := io.ReadAll(f)
				a.form[name] = []string{files[0].Filename, files[0].Header.Get("Content-Type"), fmt.Sprint(len(content)), string(content[:5])}
			}
		}
		mu.Lock()
		defer mu.Unlock()
		list = append(list, a)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []asked {
		mu.Lock()
		defer mu.Unlock()
		slices.SortFunc(list, func(a, b asked) int { return strings.Compare(a.path+a.query, b.path+b.query) })
		return list
	}
}

// loaded is an experiment from a file of these lines, with the other files beside it.
func loaded(t *testing.T, url, lines string, files map[string]string) *configs.Experiment {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	exp, err := configs.LoadText(filepath.Join(dir, "x.yaml"), []byte("version: 1\nseed: 7\ntarget: {url: \""+url+"\"}\n"+lines), nil)
	if err != nil {
		t.Fatal(err)
	}
	return exp
}

const cards = "number,name\n1,Ann\n2,\"O'Neil & Söhne\"\n3,\"a/b?c \"\"d\"\"\"\n"

// Two values of one request are of one row; each row comes as it is to a site that
// undoes the escapes of the place; and after the last row comes the first.
func TestRowsArriveWhole(t *testing.T) {
	url, all := site(t)
	drive(t, loaded(t, url, `
data: [{name: card, file: cards.csv}]
requests:
  - path: "/{{seq}}/{{card.name}}?number={{card.number}}&name={{card.name}}"
    headers: ["X-Value: {{card.name}}"]
    json: {name: "{{card.name}}"}
phases: [{name: p, duration: 1s, burst: 4}]
`, map[string]string{"cards.csv": cards}))
	for i, want := range []asked{
		{path: "/0/Ann", query: "number=1&name=Ann", header: "Ann", body: `{"name":"Ann"}`},
		{path: "/1/O'Neil & Söhne", query: "number=2&name=O%27Neil+%26+S%C3%B6hne", header: "O'Neil & Söhne", body: `{"name":"O'Neil & Söhne"}`},
		{path: `/2/a/b?c "d"`, query: "number=3&name=a%2Fb%3Fc+%22d%22", header: `a/b?c "d"`, body: `{"name":"a/b?c \"d\""}`},
		{path: "/3/Ann", query: "number=1&name=Ann", header: "Ann", body: `{"name":"Ann"}`},
	} {
		if got := all(); len(got) != 4 || got[i].path != want.path || got[i].query != want.query || got[i].header != want.header || got[i].body != want.body {
			t.Errorf("request %d: got %+v, want %+v", i, got[min(i, len(got)-1)], want)
		}
	}
}

// A file is sent whole, also one that is long enough to be shared by all requests.
func TestFilesInMultipart(t *testing.T) {
	url, all := site(t)
	drive(t, loaded(t, url, `
data: [{name: card, file: cards.csv, order: once}]
requests:
  - path: "/{{card.number}}"
    multipart: [{name: note, value: "for {{card.name}}"}, {name: photo, file: photo.bin, type: image/png}, {name: last, value: "{{card.number}}"}]
phases: [{name: p, duration: 1s, burst: 3}]
`, map[string]string{"cards.csv": cards, "photo.bin": "photo" + strings.Repeat("{{x}}", 20_000)}))
	for i, name := range []string{"Ann", "O'Neil & Söhne", `a/b?c "d"`} {
		want := fmt.Sprint(map[string][]string{"note": {"for " + name}, "photo": {"photo.bin", "image/png", "100005", "photo"}, "last": {fmt.Sprint(i + 1)}})
		if got := all(); len(got) != 3 || fmt.Sprint(got[i].form) != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}

// A run repeats: what is drawn depends on the seed and the request's number alone.
func TestARunRepeats(t *testing.T) {
	lines := `
data: [{name: card, file: cards.csv, order: random}]
requests:
  - {name: a, path: "/a?s={{seq}}&u={{uuid}}&v={{uuid}}&n={{random 1 6}}&m={{random 1 6}}&c={{card.number}}"}
  - {name: b, path: "/b?s={{seq}}&u={{uuid}}&c={{card.number}}"}
phases: [{name: p, duration: 1s, rate: 50}, {name: q, duration: 200ms, burst: 50}]
`
	run := func(seed uint64) []asked {
		url, all := site(t)
		exp := loaded(t, url, lines, map[string]string{"cards.csv": cards})
		exp.Seed = seed
		drive(t, exp)
		return all()
	}
	first, again, other := run(7), run(7), run(8)
	if fmt.Sprint(first) != fmt.Sprint(again) {
		t.Errorf("with one seed\n%v\nand\n%v", first, again)
	}
	if fmt.Sprint(first) == fmt.Sprint(other) {
		t.Error("with another seed it is the same")
	}
	uuids, rows, same := map[string]bool{}, map[string]int{}, 0
	for _, a := range first {
		q := queryOf(a.query)
		uuids[q["u"]] = true
		rows[q["c"]]++
		if a.path == "/a" && q["u"] != q["v"] {
			t.Errorf("one request has two UUIDs: %s", a.query)
		}
		if q["n"] == q["m"] {
			same++
		}
	}
	if len(first) != 100 || len(uuids) != 100 || len(rows) != 3 {
		t.Errorf("%d requests, %d UUIDs, rows %v; want 100, 100 and all 3", len(first), len(uuids), rows)
	}
	// Two places are drawn apart: about half of the requests have both, of which a sixth are alike.
	if same > 60+20 {
		t.Errorf("%d requests have the same number in both places", same)
	}
}

func queryOf(raw string) map[string]string {
	all := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		all[name] = value
	}
	return all
}

// Numbers are even over their range, ends included, and a UUID has its version and variant.
func TestDraws(t *testing.T) {
	b := blank{Piece: configs.Piece{Kind: configs.Random, Low: -1, High: 2}, salt: 9}
	counts := map[string]int{}
	for seq := range uint64(4000) {
		v := &values{seed: 3, seq: seq}
		n, err := b.value(v)
		if err != nil {
			t.Fatal(err)
		}
		counts[n]++
		if id := v.uuid(); len(id) != 36 || id[14] != '4' || !strings.ContainsRune("89ab", rune(id[19])) || id[8] != '-' || id[23] != '-' {
			t.Fatalf("%q is no UUID of version 4", id)
		}
	}
	for _, n := range []string{"-1", "0", "1", "2"} { // each 1000, with a standard deviation of sqrt(4000 x 1/4 x 3/4) = 27
		if counts[n] < 860 || counts[n] > 1140 {
			t.Errorf("%s was drawn %d times of 4000", n, counts[n])
		}
	}
	wide := blank{Piece: configs.Piece{Kind: configs.Random, Low: -1 << 63, High: 1<<63 - 1}, salt: 9}
	if one, _ := wide.value(&values{seq: 1}); len(one) < 15 {
		t.Errorf("of all whole numbers %s was drawn", one)
	}
}

func TestNow(t *testing.T) {
	v := &values{now: time.Date(2024, 5, 1, 14, 0, 0, 7e6, time.FixedZone("", 7200))}
	for kind, want := range map[configs.PieceKind]string{configs.Now: "2024-05-01T12:00:00.007Z", configs.NowUnix: "1714564800"} {
		b := blank{Piece: configs.Piece{Kind: kind}}
		if got, err := b.value(v); err != nil || got != want {
			t.Errorf("%s: got %q (%v), want %q", kind, got, err, want)
		}
	}
}

// Rows go on from one group of phases to the next, and each is sent once.
func TestRowsAcrossPhases(t *testing.T) {
	url, all := site(t)
	var file strings.Builder
	file.WriteString("id\n")
	for i := range 40 {
		fmt.Fprintf(&file, "%02d\n", i)
	}
	drive(t, loaded(t, url, `
data: [{name: x, file: x.csv, order: once}]
requests: [{path: "/{{x.id}}"}]
phases: [{name: a, duration: 300ms, rate: 50}, {name: b, duration: 300ms, burst: 10}, {name: c, duration: 300ms, rate: 50}]
`, map[string]string{"x.csv": file.String()}))
	got := all()
	if len(got) != 40 {
		t.Fatalf("%d requests, want 15 + 10 + 15", len(got))
	}
	for i, a := range got {
		if want := fmt.Sprintf("/%02d", i); a.path != want {
			t.Fatalf("request %d of those sorted is %s, want %s: a row twice, or left out", i, a.path, want)
		}
	}
}

// Where the number of requests is not known beforehand, the run ends with the rows.
func TestRowsUsedUp(t *testing.T) {
	url, all := site(t)
	exp := loaded(t, url, `
data: [{name: card, file: cards.csv, order: once}]
requests: [{path: "/{{card.number}}"}]
phases: [{name: p, duration: 5s, concurrency: 2}]
`, map[string]string{"cards.csv": cards})
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	err = a.Run(t.Context(), begun, func(journal.Hit) {}, func(journal.Event) {})
	if err == nil || !strings.Contains(err.Error(), "every row of data card was sent once (cards.csv has 3): add rows, or write order: next") {
		t.Errorf("the run ended with %v", err)
	}
	// The end comes with the fourth hit, of one client, and may cut off the third, of the other.
	if n := len(all()); n < 2 || n > 3 || time.Since(begun) > 4*time.Second {
		t.Errorf("%d requests in %v, want 3, or 2 and one cut off, and then the end", n, time.Since(begun))
	}
}

// The row that a run sends once is not sent by the probe before it.
func TestTheProbeLeavesRows(t *testing.T) {
	url, all := site(t)
	exp := loaded(t, url, `
data: [{name: card, file: cards.csv, order: once}]
requests: [{path: "/{{card.number}}"}]
phases: [{name: p, duration: 1s, burst: 3}]
`, map[string]string{"cards.csv": cards})
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := all(); len(got) != 1 || got[0].path != "/" {
		t.Errorf("the probe asked for %v", got)
	}
}

// BenchmarkRequest is what it costs to prepare a request, without and with values.
func BenchmarkRequest(b *testing.B) {
	for name, path := range map[string]string{"same": "/pay?id=1", "values": "/pay?id={{uuid}}&card={{card.number}}&n={{random 1 1000}}"} {
		b.Run(name, func(b *testing.B) {
			exp := experiment("http://127.0.0.1:1")
			exp.Requests[0].Path = path
			exp.Data = []configs.Data{{Name: "card", Order: configs.NextRow, Columns: []string{"number"}, Rows: [][]string{{"4111"}, {"4222"}}}}
			m, err := newMix(exp)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for seq := uint64(0); b.Loop(); seq++ {
				s, err := m.at(&journal.Hit{Seq: seq})
				if err != nil || s.request() == nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A reader of several parts allocates 32 KB when it is sent; a request without a body,
// or with one part, is sent without.
func TestBodiesAreLight(t *testing.T) {
	for _, p := range []payload{nil, {[]byte("a")}} {
		if _, ok := p.reader().(*bytes.Reader); !ok {
			t.Errorf("a body of %d parts is read by a %T", len(p), p.reader())
		}
	}
}
