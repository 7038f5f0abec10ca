package traffic

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// templates adds targets to a mix, and returns the templates with their numbers.
func templates(m *mix, targets ...string) (all []string) {
	for _, t := range targets {
		m.add([]byte("GET"), []byte(t), 200)
	}
	for _, g := range m.sorted() {
		all = append(all, fmt.Sprintf("%d %s", g.count, strings.TrimPrefix(g.key, "GET ")))
	}
	return all
}

func TestTemplates(t *testing.T) {
	for target, want := range map[string]string{
		"/":              "/",
		"/v1/product/17": "/v1/product/{n}",
		"/product/17/":   "/product/{n}/",
		"/a/2f1c9a6e-3b1d-4c5e-9f7a-0123456789ab":     "/a/{uuid}",
		"/reset/2f1c9a6e-3b1d-4c5e-9f7a-0123456789ab": "/reset/{key}",
		"/f/d41d8cd98f00b204e9800998ecf8427e":         "/f/{key}",
		"/f/aGVsbG8gd29ybGQgMTIz":                     "/f/{key}",
		"/u/anna@example.com":                         "/u/{key}",
		"/card/4111111111111111":                      "/card/{key}", // 16 digits are no id
		"/p/a-very-long-name-of-a-blue-shirt-2":       "/p/a-very-long-name-of-a-blue-shirt-2",
		"/token/abc12345":                             "/token/{key}",
		"/token/refresh":                              "/token/refresh",
		"/cart;jsessionid=0123456789ABCDEF":           "/cart",
		"/s?q=a&page=2&utm_source=x&gclid=y":          "/s?q=&page=",
		"/s?page=2&q=a":                               "/s?page=&q=",
		"/s?&=&q":                                     "/s?q=",
	} {
		if got := templates(newMix(), target); !reflect.DeepEqual(got, []string{"1 " + want}) {
			t.Errorf("%s is %q, want %s", target, got, want)
		}
	}
}

// A number is drawn where at least every second one was asked for, at least three of
// them; else the request is one of those that were.
func TestNumbers(t *testing.T) {
	for _, row := range []struct {
		ids  []int
		want string
	}{
		{[]int{1, 2, 3, 5}, "/p/{{random 1 5}}"},
		{[]int{10, 12, 14}, "/p/{{random 10 14}}"}, // 3 of 5
		{[]int{10, 12, 16}, "/p/16"},               // 3 of 7
		{[]int{7, 7, 7}, "/p/7"},
		{[]int{7, 9000, 7}, "/p/7"}, // the most frequent
	} {
		m := newMix()
		for _, id := range row.ids {
			m.add([]byte("GET"), fmt.Appendf(nil, "/p/%d", id), 200)
		}
		d := &Draft{}
		if sent := d.mix(m, Options{}); sent != len(row.ids) || len(d.Requests) != 1 || d.Requests[0].Path != row.want {
			t.Errorf("%v: got %+v, want %s", row.ids, d.Requests, row.want)
		}
	}
}

// Pages of which there are many, each a small part, are one request; a section of the
// site is not, and neither is a page that many ask for.
func TestSiblings(t *testing.T) {
	m := newMix()
	for i := range 40 {
		m.add([]byte("GET"), fmt.Appendf(nil, "/p/shirt-%c%c", 'a'+i%20, 'a'+i/20), 200)
		m.add([]byte("GET"), []byte("/p/best"), 200)
		m.add([]byte("GET"), fmt.Appendf(nil, "/section-%c", 'a'+i%20), 200)
	}
	m.join()
	all := templates(m)
	if want := []string{"40 /p/best", "40 /p/{any}"}; len(all) != 22 || !reflect.DeepEqual(all[:2], want) {
		t.Errorf("got %q", all)
	}
}

// However many paths there are, so many are told apart at a time, and each request is
// counted once. What most ask for is told apart to the end.
func TestMixIsBounded(t *testing.T) {
	m := newMix()
	m.limit = 100
	const n = 20_000
	for i := range n {
		m.add([]byte("GET"), fmt.Appendf(nil, "/%x/%x/%x", i*7919%4099+10, i*31%977+10, i), 200)
		m.add([]byte("GET"), []byte("/home"), 200)
		if len(m.groups) > m.limit+1 {
			t.Fatalf("%d groups", len(m.groups))
		}
	}
	m.join()
	total := m.rare
	for _, g := range m.groups {
		total += g.count
	}
	if total != 2*n || m.groups["GET /home"].count != n {
		t.Errorf("counted %d of %d requests, and %+v", total, 2*n, m.groups["GET /home"])
	}
}

func TestCurve(t *testing.T) {
	c := newCurve()
	zone := time.FixedZone("", 3600)
	at := time.Date(2026, 11, 29, 9, 0, 0, 0, zone)
	add := func(c *curve, t time.Time) { c.add(t.Unix(), 3600) }
	for i := range 3600 { // one a second from 9 to 10
		add(c, at.Add(time.Duration(i)*time.Second))
	}
	for i := range 120 { // and two more a second in one minute of it
		add(c, at.Add(30*time.Minute+time.Duration(i/2)*time.Second))
	}
	for i := range 1800 { // and one every two seconds from 10 to 11
		add(c, at.Add(time.Hour+time.Duration(2*i)*time.Second))
	}
	hour, hourAt := c.busiest(3600)
	minute, minuteAt := c.busiest(60)
	if want := 3720.0 / 3600; math.Abs(hour-want) > 1e-9 || clock(hourAt).Format("15:04") != "09:00" {
		t.Errorf("busiest hour %v at %s, want %v", hour, clock(hourAt), want)
	}
	if minute != 3 || clock(minuteAt).Format("15:04") != "09:30" {
		t.Errorf("busiest minute %v at %s, want 3", minute, clock(minuteAt))
	}
	if want := 5520.0 / 7200; math.Abs(c.mean()-want) > 1e-9 {
		t.Errorf("mean %v, want %v", c.mean(), want)
	}
	widened := newCurve()
	for i := range 3 * maxBuckets {
		add(widened, at.Add(time.Duration(i)*time.Minute))
	}
	if len(widened.counts) > maxBuckets || widened.timed != 3*maxBuckets || widened.width != 240 {
		t.Errorf("%d buckets of %d s", len(widened.counts), widened.width)
	}
	if rate, _ := widened.busiest(3600); rate != 1.0/60 {
		t.Errorf("one a minute is %v a second", rate)
	}
}

// lines is a log of so many lines, without one in memory.
type lines struct {
	left int
	part []byte
}

func (l *lines) Read(p []byte) (int, error) {
	if len(l.part) == 0 {
		if l.left == 0 {
			return 0, io.EOF
		}
		l.left--
		l.part = fmt.Appendf(l.part, "10.0.0.%d - - [29/Nov/2026:%02d:%02d:%02d +0100] \"GET /product/%d/reviews?page=%d HTTP/1.1\" 200 5120 \"https://shop.example/\" \"Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0\" 0.042\n",
			l.left%250, l.left/3600%24, l.left/60%60, l.left%60, l.left%5000, l.left%7)
	}
	n := copy(p, l.part)
	l.part = l.part[n:]
	return n, nil
}

// The figure of `tailback help import`: lines a second.
func BenchmarkAccessLog(b *testing.B) {
	var log bytes.Buffer
	if _, err := io.Copy(&log, &lines{left: 100_000}); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(log.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(bytes.NewReader(log.Bytes()), Options{Name: "x"}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
