package measure

import (
	"slices"
	"testing"
)

func TestCallsOfEachRequest(t *testing.T) {
	second := func(calls float64, of ...float64) quietSecond { return quietSecond{calls: calls, of: of} }
	for _, test := range []struct {
		name    string
		seconds []quietSecond
		sent    []int64
		want    []float64
	}{
		// 1 of 2, 5 of 3, 4 of 0 and 2 of 3: two calls of the first.
		{"two calls of one", []quietSecond{second(2, 1, 2), second(10, 5, 3), second(8, 4, 0), second(4, 2, 3)}, []int64{40, 60}, []float64{2, 0}},
		// A call is made in one second, and its request answered in the next.
		{"across seconds", []quietSecond{second(4, 3, 2), second(4, 5, 3), second(5, 4, 0), second(1, 1, 3), second(6, 6, 1)}, []int64{40, 60}, []float64{1, 0}},
		// Either makes the calls of a mix that never changes: of the run's own mix too.
		{"either, of the same mix", []quietSecond{second(4, 4, 4), second(4, 4, 4), second(4, 4, 4)}, []int64{50, 50}, []float64{1, 0}},
		{"either, of another mix", []quietSecond{second(4, 4, 4), second(4, 4, 4), second(4, 4, 4)}, []int64{90, 10}, nil},
		// Half of the first: no whole number.
		{"some of each", []quietSecond{second(20, 40, 10), second(30, 60, 20), second(50, 100, 30), second(20, 40, 40)}, []int64{50, 50}, nil},
		// 4 x 3 + 2 x 5 = 22, and so on: a page that asks a database three times, and one that asks five times.
		{"many calls", []quietSecond{second(22, 4, 2), second(13, 1, 2), second(9, 3, 0), second(28, 1, 5)}, []int64{40, 60}, []float64{3, 5}},
		{"too few seconds", []quietSecond{second(2, 1, 2), second(10, 5, 3)}, []int64{40, 60}, nil},
		{"one request", []quietSecond{second(2, 2), second(2, 2)}, []int64{40}, nil},
	} {
		if got := callsOfEach(test.seconds, test.sent); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v calls, want %v", test.name, got, test.want)
		}
	}
}
