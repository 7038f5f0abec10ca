package replay

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/accesslog"
)

// get is how most tests read a log.
var get = Options{Methods: []string{"GET", "HEAD"}, Speed: 1}

// line is a line of nginx's, so long after the test's day began.
func line(at time.Duration, request, behind string) string {
	t := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC).Add(at)
	return fmt.Sprintf("::1 - - [%s +0000] \"%s\" 200 5 \"-\" \"-\"%s\n", t.Format("02/Jan/2006:15:04:05"), request, behind)
}

// exact is a line with the time to the millisecond.
func exact(at time.Duration, request, took string) string {
	t := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC).Add(at)
	return line(at, request, fmt.Sprintf(" %s %d.%03d", took, t.Unix(), t.Nanosecond()/1e6))
}

func read(t testing.TB, text string, o Options) *Log {
	t.Helper()
	l, err := Read(strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// sent are the targets in the order in which they are sent, with when.
func sent(l *Log) (all []string) {
	for k := range l.Len() {
		_, target, _ := l.Request(k)
		all = append(all, fmt.Sprintf("%s %s", l.Due(k), target))
	}
	return all
}

func TestWholeSecondsAreSpread(t *testing.T) {
	text := line(5*time.Second, "GET /a HTTP/1.1", "") + line(5*time.Second, "GET /b HTTP/1.1", "") + line(5*time.Second, "GET /c HTTP/1.1", "") +
		line(5*time.Second, "GET /d HTTP/1.1", "") + line(8*time.Second, "GET /e HTTP/1.1", "") + line(8*time.Second, "GET /a HTTP/1.1", "")
	// Four in the first second: 1/4 s apart. Two in the fourth: 1/2 s apart.
	want := []string{"0s /a", "250ms /b", "500ms /c", "750ms /d", "3s /e", "3.5s /a"}
	l := read(t, text, get)
	if got := sent(l); !slices.Equal(got, want) || !l.Whole {
		t.Errorf("got %q, whole %t", got, l.Whole)
	}
	if l.Length != 4*time.Second { // from 5 s to the end of the 9th
		t.Errorf("the log is %s long", l.Length)
	}
	twice := get
	twice.Speed = 2
	l = read(t, text, twice)
	if got := sent(l); got[1] != "125ms /b" || got[5] != "1.75s /a" || l.Length != 2*time.Second {
		t.Errorf("at speed 2: %q, %s long", got, l.Length)
	}
}

// At random, the hits of a second stay in it and in the log's order, and another
// seed puts them elsewhere.
func TestWholeSecondsAreDrawn(t *testing.T) {
	var text strings.Builder
	for i := range 1000 {
		text.WriteString(line(time.Duration(i/100)*time.Second, fmt.Sprintf("GET /%d HTTP/1.1", i), ""))
	}
	o := get
	o.Poisson, o.Seed = true, 1
	first := read(t, text.String(), o)
	for k := range first.Len() {
		if _, target, _ := first.Request(k); target != fmt.Sprintf("/%d", k) || first.Due(k).Truncate(time.Second) != time.Duration(k/100)*time.Second {
			t.Fatalf("hit %d is %s at %s", k, target, first.Due(k))
		}
	}
	if !slices.Equal(sent(first), sent(read(t, text.String(), o))) {
		t.Error("the same seed draws other times")
	}
	if o.Seed = 2; slices.Equal(sent(first), sent(read(t, text.String(), o))) {
		t.Error("another seed draws the same times")
	}
}

// Nginx writes when a request has ended: one that took 4 s began before others
// that are above it.
func TestRequestsAreSentWhenTheyBegan(t *testing.T) {
	text := exact(10*time.Second, "GET /first HTTP/1.1", "0.000") +
		exact(11*time.Second, "GET /quick HTTP/1.1", "0.250") + exact(14*time.Second, "GET /slow HTTP/1.1", "3.500") +
		exact(12*time.Second, "GET /before HTTP/1.1", "9.000") // was under way when the log began
	want := []string{"0s /first", "0s /before", "500ms /slow", "750ms /quick"}
	if got := sent(read(t, text, get)); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// One of whole seconds that took 0.2 s, and ended somewhere in its second, began
// in it four times of five: it stays there.
func TestWholeSecondsLessWhatItTook(t *testing.T) {
	text := line(0, "GET /a HTTP/1.1", " 0.000") + line(5*time.Second, "GET /b HTTP/1.1", " 0.200") + line(5*time.Second, "GET /c HTTP/1.1", " 2.200")
	want := []string{"0s /a", "3s /c", "5s /b"}
	if got := sent(read(t, text, get)); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestWhatIsLeftOutIsCounted(t *testing.T) {
	text := "\n" + line(0, "GET /a HTTP/1.1", "") + "nonsense\n" + line(0, "POST /b HTTP/1.1", "") + line(0, "-", "") + line(0, "OPTIONS * HTTP/1.0", "") +
		line(0, "GET /%zz HTTP/1.1", "") + line(0, "GET http://shop.example/c?d HTTP/1.1", "") + strings.Repeat("x", 70<<10) + "\n" +
		line(0, "GET /a b\\xC3 HTTP/1.1", "") + line(0, "HEAD /a HTTP/1.1", "")
	l := read(t, text, get)
	// Lines 3 and 9 are broken; "-", * and %zz can't be sent; the empty line is none.
	if l.Lines != 10 || l.Broken != 2 || l.FirstBroken != 3 || l.Other["POST"] != 1 || l.Unsendable != 3 || l.Len() != 4 {
		t.Errorf("%+v, %d hits", l.Counts, l.Len())
	}
	want := []string{"0s /a", "250ms /c?d", "500ms /a%20b%C3", "750ms /a"}
	if got := sent(l); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	o := get
	if o.Methods = []string{"POST"}; read(t, text, o).Len() != 1 {
		t.Error("POST was asked for, and is not sent")
	}
}

func TestRefuses(t *testing.T) {
	for want, text := range map[string]string{
		"is empty": "\n\n",
		"3 of its 3 lines are none of an access log, the first is line 1":                                         "a\nb\nc",
		"line 2 is of 2026-11-29 00:00:00 UTC, and a line before it of 2026-11-29 02:00:00 UTC":                   line(2*time.Hour, "GET / HTTP/1.1", "") + line(0, "GET / HTTP/1.1", ""),
		"line 2 is of 2029-11-28 00:00:00 UTC, more than two years after the first, of 2026-11-29 00:00:00 UTC; ": line(0, "GET / HTTP/1.1", "") + line(3*365*24*time.Hour, "GET / HTTP/1.1", ""),
		"has no request to send in its 1 lines":                                                                   line(0, "POST / HTTP/1.1", ""),
		"decompress it":                                                                                           "\x1f\x8bx",
	} {
		if _, err := Read(strings.NewReader(text), get); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// A log with more requests that differ, or more at all, than are kept is refused,
// with the line up to which it would do.
func TestBounds(t *testing.T) {
	for want, log := range map[string]*Log{
		"up to line 8 there are 262144 requests that differ": {requests: make([]request, maxRequests)},
		"with line 8; cut the log":                           {hits: make([]hit, maxHits)},
	} {
		r := &reader{options: get, log: log, known: map[string]int32{}, number: 8}
		err := r.line(&accesslog.Line{Method: []byte("GET"), Target: []byte("/"), Took: -1})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "sed -n '1,7p'") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestReadsCompressed(t *testing.T) {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	fmt.Fprint(zip, line(0, "GET /a HTTP/1.1", ""))
	zip.Close()
	if l := read(t, b.String(), get); l.Len() != 1 {
		t.Errorf("%d hits", l.Len())
	}
}

// For any log, speed and moment: due times grow and none is beyond the log's length,
// every request that was logged is there, and what is due before a moment is what
// the due times say.
func TestPlanProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n, o := 1+rng.IntN(200), get
		o.Speed, o.Poisson, o.Seed = 0.25+4*rng.Float64(), rng.IntN(2) == 0, rng.Uint64()
		write, at := line, time.Duration(0)
		if rng.IntN(2) == 0 {
			write = exact
		}
		var text strings.Builder
		count := map[string]int{}
		for range n {
			at += time.Duration(rng.IntN(1500)) * time.Millisecond
			request := fmt.Sprintf("GET /%d HTTP/1.1", rng.IntN(9))
			count[request[4:6]]++
			text.WriteString(write(at, request, fmt.Sprintf(" %d.%03d", rng.IntN(3), rng.IntN(1000))))
		}
		l := read(t, text.String(), o)
		if l.Len() != n || l.Before(l.Length) != n {
			t.Fatalf("%d hits, %d of them within its %s, of %d lines", l.Len(), l.Before(l.Length), l.Length, n)
		}
		for k := range n {
			if k > 0 && l.Due(k) < l.Due(k-1) {
				t.Fatalf("hit %d is due at %s, before hit %d at %s", k, l.Due(k), k-1, l.Due(k-1))
			}
			if before := l.Before(l.Due(k)); before > k || before < k && l.Due(before) != l.Due(k) {
				t.Fatalf("%d hits are due before hit %d", before, k)
			}
			_, target, _ := l.Request(k)
			count[target]--
		}
		for target, left := range count {
			if left != 0 {
				t.Fatalf("%s is sent %d times too few", target, left)
			}
		}
		half := l.Length / 2
		first, low, high := l.Rates(0, half)
		second, _, _ := l.Rates(half, l.Length)
		if first+second != n || low > high {
			t.Fatalf("%d and %d hits in its halves, of %d; from %v to %v", first, second, n, low, high)
		}
	}
}

// Speed divides every due time: twice as fast is half as late, to the nanosecond
// that is rounded.
func TestSpeedScales(t *testing.T) {
	var text strings.Builder
	for i := range 500 {
		text.WriteString(exact(time.Duration(i*i)*time.Millisecond, "GET / HTTP/1.1", "0.010"))
	}
	slow, o := read(t, text.String(), get), get
	for _, o.Speed = range []float64{0.1, 2, 3, 100} {
		fast := read(t, text.String(), o)
		for k := range fast.Len() {
			if off := float64(fast.Due(k)) - float64(slow.Due(k))/o.Speed; off < -0.5 || off > 0.5 {
				t.Fatalf("hit %d at speed %v is due at %s, and at speed 1 at %s", k, o.Speed, fast.Due(k), slow.Due(k))
			}
		}
	}
}

func TestGroups(t *testing.T) {
	var text strings.Builder
	for _, target := range []string{"/checkout?step=1", "/checkout?token=hush", "/product/17", "/product/4ab3-9", "/api/v2/users/me@example.com/orders/9/lines",
		"/a/style.css", "/b/other.css?x", "/reset/AbCdEfGhIjKlMnOpQrStUvWxYz", "/", "/blog/how-to-make-bread-at-home"} {
		text.WriteString(line(0, "GET "+target+" HTTP/1.1", ""))
	}
	l := read(t, text.String(), get)
	var got []string
	for _, g := range l.Group([]Own{{"GET", "/checkout"}, {"GET", "/never*"}}) {
		got = append(got, fmt.Sprintf("%d %s", g.Hits, g.Path))
	}
	want := []string{"2 /checkout", "0 /never*", "2 /*.css", "2 /product/{id}", "1 /", "1 /api/v2/users/{id}/*", "1 /blog/how-to-make-bread-at-home", "1 /reset/{id}"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if _, target, ok := l.Sample(0); !ok || target != "/checkout?step=1" {
		t.Errorf("the sample of /checkout is %q", target)
	}
	if _, _, ok := l.Sample(1); ok {
		t.Error("there is a sample of what the log does not have")
	}
}

// Of 60 pages, 100 times the first, 99 times the second and so on, and a blog of 30
// posts, each 10 times: the posts are one group, and the rarest pages share the last.
func TestGroupsAreFew(t *testing.T) {
	var text strings.Builder
	names := []string{}
	for _, a := range "abcdefghij" {
		for _, b := range "uvwxyz" {
			names = append(names, "/"+string([]rune{a, b}))
		}
	}
	total := 0
	for i, name := range names {
		for range 100 - i {
			text.WriteString(line(0, "GET "+name+" HTTP/1.1", ""))
			total++
		}
		if i < 30 {
			text.WriteString(strings.Repeat(line(0, "GET /blog"+name+" HTTP/1.1", ""), 10))
			total += 10
		}
	}
	l := read(t, text.String(), get)
	groups := l.Group(nil)
	hits := 0
	for i, g := range groups {
		hits += g.Hits
		if last := i == len(groups)-1; last != (g.Path == "") {
			t.Errorf("group %d is %q", i, g.Path)
		}
	}
	// 60 pages and the blog are 61; 39 have a group.
	if len(groups) != MostGroups || hits != total || groups[0].Path != "/blog/*" || groups[0].Hits != 300 || groups[1].Path != names[0] {
		t.Errorf("%d groups of %d hits, the first %+v; there were %d", len(groups), hits, groups[0], total)
	}
	for k := range l.Len() {
		if _, target, group := l.Request(k); groups[group].Path != "" && !like(target, groups[group].Path) {
			t.Fatalf("%s is in the group %s", target, groups[group].Path)
		}
	}
}

func TestLike(t *testing.T) {
	for _, c := range []struct {
		path, pattern string
		want          bool
	}{
		{"/a", "/a", true}, {"/a/b", "/a", false}, {"/a/b", "/a*", true}, {"/a/b/c", "/a/*/c", true}, {"/a/c", "/a/*/c", false},
		{"/aXbXc", "/a*X*c", true}, {"/ab", "/ab*b", false}, {"/abb", "/ab*b", true}, {"/", "/*", true}, {"/x/1/y/2", "/x/*/y/*", true},
	} {
		if got := like(c.path, c.pattern); got != c.want {
			t.Errorf("%s like %s: %t", c.path, c.pattern, got)
		}
	}
}

// A log takes 8 bytes a line beside what differs.
func TestMemory(t *testing.T) {
	const n = 200_000
	var text bytes.Buffer
	for i := range n {
		text.WriteString(line(time.Duration(i/100)*time.Second, fmt.Sprintf("GET /%d HTTP/1.1", i%100), ""))
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l := read(t, text.String(), get)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8*n+256<<10 {
		t.Errorf("%d lines take %d bytes", n, grown)
	}
	runtime.KeepAlive(l)
}

func BenchmarkRead(b *testing.B) {
	var text bytes.Buffer
	for i := range 100_000 {
		text.WriteString(line(time.Duration(i/100)*time.Second, fmt.Sprintf("GET /product/%d?ref=abc HTTP/1.1", i%5000), " 0.101 0.100"))
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		read(b, text.String(), get)
	}
}

// Whatever a file holds, Read refuses it or makes a plan whose hits can be sent.
func FuzzRead(f *testing.F) {
	f.Add(line(0, "GET /a HTTP/1.1", "")+line(2*time.Second, "GET /%41 HTTP/1.1", " 0.5"), 2.0)
	f.Add(exact(0, "GET //x?y#z HTTP/1.1", "0.100")+"nonsense", 0.5)
	f.Add(`{"msec":1795940547.005,"request":"GET /a\u0026b HTTP/1.1","status":"200"}`, 1.0)
	f.Fuzz(func(t *testing.T, text string, speed float64) {
		if !(speed > 0.001 && speed < 1e6) {
			return
		}
		l, err := Read(strings.NewReader(text), Options{Methods: []string{"GET"}, Speed: speed})
		if err != nil {
			return
		}
		groups := l.Group([]Own{{"GET", "/a*"}})
		for k := range l.Len() {
			method, target, group := l.Request(k)
			if method != "GET" || target[0] != '/' || strings.ContainsFunc(target, func(r rune) bool { return r <= ' ' || r >= 0x7f }) || int(group) >= len(groups) {
				t.Fatalf("hit %d is %q %q of group %d", k, method, target, group)
			}
			if l.Due(k) < 0 || k > 0 && l.Due(k) < l.Due(k-1) || l.Due(k) > l.Length {
				t.Fatalf("hit %d is due at %s, after %s, in a log of %s", k, l.Due(k), l.Due(max(k-1, 0)), l.Length)
			}
		}
	})
}
