package words_test

import (
	"testing"

	"github.com/tailback/tailback/reports/words"
)

// The expected texts follow by hand from the form's own rule: how many digits it
// keeps at that size, a half up, and zeros at the end where it keeps them.
func TestForms(t *testing.T) {
	type is map[float64]string
	for name, form := range map[string]struct {
		write func(float64) string
		want  is
	}{
		"Span": {words.Span, is{0: "0 s", 0.00002: "<0.1 ms", 0.00005: "0.1 ms", 0.00042: "0.4 ms", 0.001: "1 ms", 0.0024: "2.4 ms", 0.00994: "9.9 ms", 0.00995: "10 ms",
			0.0625: "63 ms", 0.1024: "102 ms", 0.459: "459 ms", 0.812: "812 ms", 0.9994: "999 ms", 0.9996: "1 s", 2.626: "2.6 s", 8: "8 s", 8.44: "8.4 s", 9.96: "10 s", 99.94: "99.9 s", 99.95: "100 s",
			1234.5: "1,235 s", -0.002: "-2 ms"}},
		"After":   {words.After, is{0: "at once", 0.8: "+800 ms", 2.626: "+2.6 s"}},
		"Moment":  {words.Moment, is{0: "0 s", 0.04: "0 s", -0.04: "0 s", 0.3: "0.3 s", 7.626: "7.6 s", 15: "15 s", 1234.56: "1,234.6 s"}},
		"Lasted":  {words.Lasted, is{0: "0 s", 25.01: "25 s", 119.94: "119.9 s", 120: "2 min 0 s", 725: "12 min 5 s", 3599.4: "59 min 59 s", 3599.6: "1 h 0 min", 5400: "1 h 30 min", 7199: "2 h 0 min"}},
		"Held":    {words.Held, is{0.085: "85 ms", 0.0994: "99 ms", 0.0996: "0.10 s", 0.35: "0.35 s", 0.994: "0.99 s", 0.996: "1.0 s", 1: "1.0 s", 9.94: "9.9 s", 9.96: "10 s", 12: "12 s", 12.54: "12.5 s"}},
		"Timeout": {words.Timeout, is{0.085: "85 ms", 0.1: "0.1 s", 0.25: "0.25 s", 0.5: "0.5 s", 1: "1 s", 2.5: "2.5 s", 10: "10 s", 60: "60 s", 1500: "1,500 s"}},
		// 1% of 0.397 is 0.004, which reaches 0.40; 1% of 0.394 does not.
		"Limit":      {words.Limit, is{0.397: "0.40 s", 0.394: "0.39 s", 0.4: "0.40 s", 0.0857: "86 ms", 0.0852: "86 ms", 0.0848: "85 ms", 1.07: "1.0 s", 1.09: "1.1 s", 12.8: "12 s", 12.9: "13 s", 0.0001: "1 ms"}},
		"PerS":       {words.PerS, is{0: "0/s", 0.001: "<0.01/s", 0.25: "0.25/s", 0.994: "0.99/s", 0.996: "1.0/s", 8: "8.0/s", 99.94: "99.9/s", 99.96: "100/s", 411.6: "412/s", 12345: "12,345/s"}},
		"Asked":      {words.Asked, is{8: "8/s", 0.25: "0.25/s", 12.75: "12.75/s", 37.2834: "37.28/s", 1500: "1,500/s", 1e6: "1,000,000/s", 0.000001: "0.000001/s"}},
		"Given":      {words.Given, is{0: "0", 1: "1", 0.125: "0.125", 1234.5: "1,235"}},
		"Percent":    {words.Percent, is{0: "0%", 1e-5: "<0.01%", 0.0001: "0.01%", 0.0005: "0.05%", 0.001: "0.1%", 0.005: "0.5%", 0.01: "1%", 0.044: "4.4%", 0.0994: "9.9%", 0.0996: "10%", 0.2875: "29%", 0.714: "71%", 0.894: "89%", 0.9: "90%", 0.9875: "98.8%", 0.995: "99.5%", 0.9995: "99.95%", 0.9999: "99.99%", 0.99996: ">99.99%", 1: "100%"}},
		"Things":     {words.Things, is{0: "0", 2.54: "2.5", 4: "4", 3.96: "4", 120.4: "120", 1234: "1,234"}},
		"Calls":      {words.Calls, is{1: "1", 0.333: "0.33", 2.5: "2.5"}},
		"Confidence": {words.Confidence, is{0.97: "0.97", 1: "1.00", 0.666: "0.67"}},
	} {
		for v, want := range form.want {
			if got := form.write(v); got != want {
				t.Errorf("%s(%v) = %q, want %q", name, v, got, want)
			}
		}
	}
}

func TestCounts(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{words.Count(0), "0"}, {words.Count(999), "999"}, {words.Count(1000), "1,000"}, {words.Count(-1234567), "-1,234,567"},
		{words.Number(1, "worker"), "1 worker"}, {words.Number(0, "worker"), "0 workers"}, {words.Number(2000, "request"), "2,000 requests"},
		{words.Digits(1204.5, 3), "1,204.5"}, {words.Digits(100, 0), "100"}, {words.Digits(-0.04, 1), "0"}, {words.Digits(1.25, 1), "1.3"}, {words.Digits(2.5, 0), "3"}, {words.Digits(-2.5, 0), "-3"},
		{words.Bytes(999), "999 B"}, {words.Bytes(1000), "1 kB"}, {words.Bytes(1240), "1.2 kB"}, {words.Bytes(999_600), "1 MB"}, {words.Bytes(34_500_000), "35 MB"}, {words.Bytes(5e12), "5,000 GB"},
		{words.Measured(0.111, "s"), "111 ms"}, {words.Measured(0.7125, "ratio"), "71%"}, {words.Measured(8, "/s"), "8.0/s"}, {words.Measured(1200, "count"), "1,200"},
		{words.Join(nil), ""}, {words.Join([]string{"a"}), "a"}, {words.Join([]string{"a", "b"}), "a and b"}, {words.Join([]string{"a", "b", "c"}), "a, b and c"},
		{words.Or(nil), ""}, {words.Or([]string{"a"}), "a"}, {words.Or([]string{"a", "b", "c"}), "a, b or c"},
		{words.Number(1, "dependency"), "1 dependency"}, {words.Number(3, "dependency"), "3 dependencies"}, {words.Number(2, "delay"), "2 delays"},
		{words.Amount(1.04, "worker"), "1 worker"}, {words.Amount(0.96, "worker"), "1 worker"}, {words.Amount(2.5, "worker"), "2.5 workers"}, {words.Amount(0, "worker"), "0 workers"},
		{words.Either(1, "is", "are"), "is"}, {words.Either(0, "is", "are"), "are"}, {words.Either(2, "is", "are"), "are"},
		{words.Sentences(nil), ""}, {words.Sentences([]string{"a", "", "b?", "c"}), "a. B? C"}, {words.Sentences([]string{"", "a"}), "a"},
		{words.Sentence("is it?"), "Is it?"}, {words.Sentence("it is"), "It is."}, {words.Sentence("It is."), "It is."}, {words.Sentence(""), ""},
		{words.Capital("élan"), "Élan"}, {words.Capital(""), ""},
		{words.Both("a", ""), "a"}, {words.Both("", "b"), "b"}, {words.Both("a", "b"), "a; b"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestDifferences(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{words.By(0.122, 0.134, "s"), "+9.8%"},
		{words.By(0.122, 0.122, "s"), "0%"},
		{words.By(3.4, 2.8, "s"), "-18%"},
		{words.By(1, 3.5, "/s"), "+250%"},
		{words.By(0, 0.5, "s"), "+500 ms"},
		{words.By(0.64, 0, "ratio"), "-64 points"},
		{words.By(0.005, 0.0172, "ratio"), "+1.2 points"},
		{words.By(0.005, 0.0051, "ratio"), "+<0.1 points"},
		{words.By(8, 7, "count"), "-1"},
		{words.By(8, 8, "count"), "0"},
		{words.Difference(-1.25, "s"), "-1.3 s"},
		{words.Part(0.0004), "+0.04%"},
		{words.Figure(0.35, "timeout", "s"), "0.35 s"},
		{words.Figure(0.35, "p95", "s"), "350 ms"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestUnknownIsNeverZero(t *testing.T) {
	zero := 0.0
	if got := words.Known(&zero, words.Span); got != "0 s" {
		t.Errorf("0 reads %q", got)
	}
	if got := words.Known(nil, words.Span); got != words.Unknown {
		t.Errorf("what is not known reads %q", got)
	}
}
