package attack

import (
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
)

// ownRate is a request with a rate of its own.
func ownRate(name string, hz configs.Hz) configs.Request {
	return configs.Request{Name: name, Method: "GET", Path: "/" + name, Rate: &hz}
}

// For any phases, rates and both arrivals: due times never go back, lie in their phase,
// and are those of all streams put in order; Hits counts them, of each stream they are as
// many as its own schedule has, and hit k is the same in whatever order it is asked for.
func TestMergedProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for n := range 120 {
		exp := &configs.Experiment{Phases: randomPhases(rng), Arrivals: configs.Arrivals{Kind: []string{configs.Uniform, configs.Poisson}[n%2]}}
		if n%3 > 0 {
			exp.Requests = append(exp.Requests, configs.Request{Name: "weighted", Weight: 1})
		}
		for range 1 + rng.IntN(4) {
			exp.Requests = append(exp.Requests, ownRate("own", configs.Hz(0.01+rng.Float64()*80)))
		}
		seed, last := rng.Uint64(), len(exp.Phases)-1
		m := newTimetable(exp, 0, last, 0, seed)
		counts, of := make([]uint64, len(exp.Phases)), map[int32]uint64{}
		var at []time.Duration
		for k := uint64(0); ; k++ {
			due, phase, ok := m.Due(k)
			if !ok {
				break
			}
			if k > 0 && due < at[k-1] || due < exp.Start(int(phase)) || due >= exp.Start(int(phase)+1) {
				t.Fatalf("hit %d is due at %s in phase %d, and the one before it at %s", k, due, phase, at[k-1])
			}
			at = append(at, due)
			counts[phase]++
			of[m.Request(k)]++
		}
		var apart []time.Duration
		for _, s := range newStreams(exp, 0, last, 0, seed) {
			own, _ := due(t, s.Schedule)
			apart = append(apart, own...)
			if n := of[s.request]; n != uint64(len(own)) {
				t.Fatalf("request %d is sent %d times, its own schedule has %d", s.request, n, len(own))
			}
		}
		if slices.Sort(apart); !slices.Equal(at, apart) {
			t.Fatalf("%d hits are not those of all streams in order, %d", len(at), len(apart))
		}
		for i, n := range counts {
			if got := m.Hits(int32(i)); got != n {
				t.Fatalf("Hits(%d) = %d, but %d are due", i, got, n)
			}
		}
		again := newTimetable(exp, 0, last, 0, seed)
		for range min(len(at), 50) {
			k := rng.IntN(len(at))
			if due, _, _ := again.Due(uint64(k)); due != at[k] || again.Request(uint64(k)) != m.Request(uint64(k)) {
				t.Fatalf("hit %d is due at %s, and asked for by itself at %s", k, at[k], due)
			}
		}
	}
}

// Requests of one rate are not sent all at once, and a schedule without such requests is
// what it was.
func TestMergedStreamsAreApart(t *testing.T) {
	exp := &configs.Experiment{Phases: []configs.Phase{open(2*time.Second, 0, 0)}, Arrivals: configs.Arrivals{Kind: configs.Uniform},
		Requests: []configs.Request{ownRate("a", 1), ownRate("b", 1), ownRate("c", 2), ownRate("d", 1)}}
	m := newTimetable(exp, 0, 0, 0, 1)
	var got []float64
	var of []int32
	for k := uint64(0); ; k++ {
		due, _, ok := m.Due(k)
		if !ok {
			break
		}
		got, of = append(got, due.Seconds()), append(of, m.Request(k))
	}
	// a at 0, b a quarter of its second later, c half of its half second, d three quarters; of
	// b and c, which are due together, b is the former.
	if want := []float64{0, .25, .25, .75, .75, 1, 1.25, 1.25, 1.75, 1.75}; !slices.Equal(got, want) {
		t.Errorf("due at %v, want %v", got, want)
	}
	if want := []int32{0, 1, 2, 2, 3, 0, 1, 2, 2, 3}; !slices.Equal(of, want) {
		t.Errorf("sends %v, want %v", of, want)
	}
	exp.Requests, exp.Phases = []configs.Request{{Name: "a", Weight: 1}}, []configs.Phase{open(time.Second, 4, 4)}
	if _, ok := newTimetable(exp, 0, 0, 0, 1).(*Schedule); !ok {
		t.Error("a mix of weights alone has another schedule")
	}
}

// A request keeps its rate whatever the phase's: 5/s in a warm-up, a ramp and a pause. The
// rates of the spans are the sums, and those of a steady phase are equal.
func TestOwnRateIsSent(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer site.Close()
	warm := open(400*time.Millisecond, 10, 10)
	warm.Warmup = true
	exp := experiment(site.URL, warm, open(400*time.Millisecond, 0, 50), open(400*time.Millisecond, 0, 0))
	exp.Requests = append(exp.Requests, configs.Request{Name: "often", Method: "GET", Path: "/often", Weight: 3}, ownRate("steady", 5), ownRate("slow", 0.1))
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	spans := a.Spans()
	for i, want := range [][3]float64{{15.1, 15.1, 15.1}, {5.1, 55.1, 30.1}, {5.1, 5.1, 5.1}} {
		if s := spans[i]; s.RateFrom != want[0] || s.RateTo != want[1] || math.Abs(s.RateMean-want[2]) > 1e-9 {
			t.Errorf("phase %d is asked from %v to %v/s, %v on average, want %v", i, s.RateFrom, s.RateTo, s.RateMean, want)
		}
	}
	hits := drive(t, exp)
	got := map[[2]int32]uint64{}
	byPhase := make([]uint64, len(spans))
	for _, h := range hits {
		got[[2]int32{h.Phase, h.Request}]++
		byPhase[h.Phase]++
	}
	for i, s := range spans {
		if byPhase[i] != s.Hits {
			t.Errorf("phase %d has %d hits, and says %d", i, byPhase[i], s.Hits)
		}
		// 5/s begins a third of its 200 ms in: at 67, 267 | 467, 667 | 867, 1067 ms.
		if n := got[[2]int32{int32(i), 2}]; n != 2 {
			t.Errorf("phase %d: %d hits at 5/s in 400 ms", i, n)
		}
	}
	// 4 of the warm-up and 10 of the ramp are by weight.
	if n := len(hits); n != 14+6 {
		t.Errorf("%d hits", n)
	}
}

func BenchmarkMergedDue(b *testing.B) {
	exp := &configs.Experiment{Phases: []configs.Phase{open(time.Hour*24, 2000, 2000)}, Arrivals: configs.Arrivals{Kind: configs.Poisson},
		Requests: []configs.Request{{Weight: 1}, ownRate("a", 100), ownRate("b", 1000), ownRate("c", 7)}}
	m := newTimetable(exp, 0, 0, 0, 1)
	b.ReportAllocs()
	for k := uint64(0); b.Loop(); k++ {
		m.Due(k)
		m.Request(k)
	}
}
