package attack

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
)

func open(d time.Duration, from, to float64) configs.Phase {
	return configs.Phase{Duration: d, Rate: &configs.Rate{From: from, To: to}}
}

func steps(d time.Duration, from, to, step float64, every time.Duration) configs.Phase {
	return configs.Phase{Duration: d, Rate: &configs.Rate{From: from, To: to, Step: step, Every: every}}
}

// due lists all due times and phases of a schedule.
func due(t *testing.T, s *Schedule) (at []time.Duration, phases []int32) {
	t.Helper()
	for k := uint64(0); k < 1_000_000; k++ {
		d, phase, ok := s.Due(k)
		if !ok {
			return at, phases
		}
		at, phases = append(at, d), append(phases, phase)
	}
	t.Fatal("the schedule has no end")
	return nil, nil
}

func TestSchedule(t *testing.T) {
	s := time.Second
	for _, c := range []struct {
		name   string
		phases []configs.Phase
		hits   []uint64              // a phase
		due    map[int]time.Duration // by seq
	}{
		{"8/s for 10 s is 80 hits, the first at once, one each 125 ms",
			[]configs.Phase{open(10*s, 8, 8)}, []uint64{80},
			map[int]time.Duration{0: 0, 1: 125 * time.Millisecond, 79: 9875 * time.Millisecond}},
		{"two phases: the hit due exactly at the boundary belongs to the second",
			[]configs.Phase{open(10*s, 8, 8), open(1*s, 2, 2)}, []uint64{80, 2},
			map[int]time.Duration{80: 10 * s, 81: 10500 * time.Millisecond}},
		{"fractions carry over: 0.25/s for 2 s and again is one hit in all, in the first phase",
			[]configs.Phase{open(2*s, .25, .25), open(2*s, .25, .25)}, []uint64{1, 0},
			map[int]time.Duration{0: 0}},
		{"0.5/s for 3 s and for 1 s more: A(3 s) = 1.5, so a third hit would be due at 4 s, past the end",
			[]configs.Phase{open(3*s, .5, .5), open(1*s, .5, .5)}, []uint64{2, 0}, nil},
		{"a pause sends nothing, and the next hit is due at its end",
			[]configs.Phase{open(1*s, 4, 4), open(5*s, 0, 0), open(1*s, 4, 4)}, []uint64{4, 0, 4},
			map[int]time.Duration{3: 750 * time.Millisecond, 4: 6 * s}},
		// The slope is 100/s², so A(t) = 50 t²: A(2 s) = 200, hit 50 at 1 s, hit 8 at 0.4 s.
		{"a ramp from 0 to 200/s in 2 s is its integral, 200 hits",
			[]configs.Phase{open(2*s, 0, 200)}, []uint64{200},
			map[int]time.Duration{0: 0, 50: s, 8: 400 * time.Millisecond}},
		// down: r = 20 - 2t, A = 20 t - t²; A(10) = 100; A = 36 at t = 2.
		{"a ramp down to 0 ends with its last hit",
			[]configs.Phase{open(10*s, 20, 0)}, []uint64{100}, map[int]time.Duration{36: 2 * s, 99: 9 * s}},
		{"steps 2, 4, 6 a second, a second each, the last until the end: 2+4+6+6",
			[]configs.Phase{steps(4*s, 2, 6, 2, s)}, []uint64{18},
			map[int]time.Duration{0: 0, 1: 500 * time.Millisecond, 2: s, 6: 2 * s}},
		{"steps that do not divide the span end at its end: 2, 4, 5, 5",
			[]configs.Phase{steps(4*s, 2, 5, 2, s)}, []uint64{16}, map[int]time.Duration{6: 2 * s, 11: 3 * s}},
		{"and downwards: 20, 10, 5, never 0 or less",
			[]configs.Phase{steps(4*s, 20, 5, 10, s)}, []uint64{40}, map[int]time.Duration{30: 2 * s, 35: 3 * s}},
		{"steps downwards 6, 4, 2",
			[]configs.Phase{steps(3*s, 6, 2, 2, s)}, []uint64{12}, map[int]time.Duration{6: s, 10: 2 * s}},
	} {
		t.Run(c.name, func(t *testing.T) {
			schedule := NewSchedule(c.phases, 0, 0, configs.Uniform, 1)
			at, phases := due(t, schedule)
			seen := make([]uint64, len(c.phases))
			for _, p := range phases {
				seen[p]++
			}
			for i, want := range c.hits {
				if seen[i] != want || schedule.Hits(int32(i)) != want {
					t.Errorf("phase %d: %d hits due, Hits says %d, want %d", i, seen[i], schedule.Hits(int32(i)), want)
				}
			}
			for k, want := range c.due {
				if diff := at[k] - want; diff < -time.Nanosecond || diff > time.Nanosecond {
					t.Errorf("hit %d is due at %v, want %v", k, at[k], want)
				}
			}
		})
	}
}

// randomPhases draws up to 6 phases of all kinds of rate.
func randomPhases(rng *rand.Rand) []configs.Phase {
	var phases []configs.Phase
	for range 1 + rng.IntN(6) {
		d := time.Duration(1+rng.IntN(5000)) * time.Millisecond
		switch from, to := rng.Float64()*300, rng.Float64()*300; rng.IntN(4) {
		case 0:
			phases = append(phases, open(d, from, from))
		case 1:
			phases = append(phases, open(d, from, to))
		case 2:
			phases = append(phases, open(d, 0, 0))
		default:
			step := 1 + rng.Float64()*50
			n := rng.IntN(4)
			phases = append(phases, steps(time.Duration(n+1)*d, from, from+float64(n)*step, step, d))
		}
	}
	return phases
}

// TestScheduleProperties holds, for any phases and both arrivals: due times
// never go back, lie in their half-open phase, and Hits counts them exactly;
// for uniform arrivals the number due is the ceiling of the rate's integral.
func TestScheduleProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		phases := randomPhases(rng)
		integral := 0.0
		for _, p := range phases {
			mean := (p.Rate.From + p.Rate.To) / 2 // also of whole steps of equal length
			integral += mean * p.Duration.Seconds()
		}
		for _, arrivals := range []string{configs.Uniform, configs.Poisson} {
			s := NewSchedule(phases, 0, 0, arrivals, rng.Uint64())
			at, in := due(t, s)
			counts := make([]uint64, len(phases))
			exp := &configs.Experiment{Phases: phases}
			for k := range at {
				if k > 0 && at[k] < at[k-1] {
					t.Fatalf("%s: hit %d is due before the one before it", arrivals, k)
				}
				if i := int(in[k]); at[k] < exp.Start(i) || at[k] >= exp.Start(i+1) {
					t.Fatalf("%s: hit %d, at %v, lies outside its phase %d", arrivals, k, at[k], i)
				}
				counts[in[k]]++
			}
			for i := range phases {
				if got := s.Hits(int32(i)); got != counts[i] {
					t.Fatalf("%s: Hits(%d) = %d, but %d are due", arrivals, i, got, counts[i])
				}
			}
			if want := math.Ceil(snap(integral)); arrivals == configs.Uniform && float64(len(at)) != want {
				t.Fatalf("%d hits due, the integral of the rate is %v", len(at), integral)
			}
		}
	}
}

// A Poisson process of rate r over T has r·T hits give or take sqrt(r·T), and
// its gaps have the mean 1/r and, unlike evenly spaced ones, a standard
// deviation equal to it. 40,000 hits: 5 sigma are 1,000 hits, and 2.5% of the gap.
func TestPoissonArrivals(t *testing.T) {
	s := NewSchedule([]configs.Phase{open(200*time.Second, 200, 200)}, 0, 0, configs.Poisson, 7)
	at, _ := due(t, s)
	if n := len(at); n < 39_000 || n > 41_000 {
		t.Errorf("%d hits, want 40,000 ± 1,000", n)
	}
	var sum, squares float64
	for k := 1; k < len(at); k++ {
		gap := (at[k] - at[k-1]).Seconds()
		sum, squares = sum+gap, squares+gap*gap
	}
	n := float64(len(at) - 1)
	mean := sum / n
	if sd := math.Sqrt(squares/n - mean*mean); math.Abs(mean*200-1) > 0.025 || math.Abs(sd*200-1) > 0.04 {
		t.Errorf("gaps have mean %v and deviation %v, want 5 ms both", mean, sd)
	}
}

func TestPoissonIsAFunctionOfSeed(t *testing.T) {
	phases := []configs.Phase{open(60*time.Second, 200, 200)}
	a, b := NewSchedule(phases, 0, 0, configs.Poisson, 7), NewSchedule(phases, 0, 0, configs.Poisson, 7)
	other := NewSchedule(phases, 0, 0, configs.Poisson, 8)
	same := true
	for k := uint64(11_000); k > 0; k -= 500 { // backwards over three blocks: the order of asking does not matter
		da, _, _ := a.Due(k)
		b.Due(11_500 - k)
		db, _, _ := b.Due(k)
		do, _, _ := other.Due(k)
		if da != db {
			t.Fatalf("hit %d: %v and %v from the same seed", k, da, db)
		}
		same = same && da == do
	}
	if same {
		t.Error("another seed gave the same arrivals")
	}
}

func BenchmarkDue(b *testing.B) {
	for _, arrivals := range []string{configs.Uniform, configs.Poisson} {
		b.Run(arrivals, func(b *testing.B) {
			s := NewSchedule([]configs.Phase{open(time.Hour*24, 0, 2000), open(time.Hour*24, 2000, 2000)}, 0, 0, arrivals, 1)
			b.ReportAllocs()
			for k := uint64(0); b.Loop(); k++ {
				s.Due(k)
			}
		})
	}
}
