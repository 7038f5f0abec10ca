package main

import (
	"testing"

	"github.com/tailback/tailback/reports"
)

// Of a series the last change counts, and of the nights those of its own experiment.
func TestWorseOfLate(t *testing.T) {
	h := &reports.History{Series: []reports.Series{{Name: "a"}, {Name: "a"}, {Name: "b"}}}
	for i := range 20 { // by turns: from night 10 on there are 5 of each
		h.Nights = append(h.Nights, reports.Night{Name: string("ab"[i%2])})
	}
	worse := func(series, night int) reports.ChangeMark {
		return reports.ChangeMark{Series: series, Night: night, Change: reports.Worse}
	}
	better := worse(0, 14)
	better.Change = reports.Improved
	for what, c := range map[string]struct {
		marks  []reports.ChangeMark
		nights int
		want   bool
	}{
		"no change":                   {nil, 7, false},
		"worse 5 nights ago":          {[]reports.ChangeMark{worse(0, 10)}, 5, true},
		"worse 5 nights ago, too old": {[]reports.ChangeMark{worse(0, 10)}, 4, false},
		"better":                      {[]reports.ChangeMark{better}, 7, false},
		"worse, and better since":     {[]reports.ChangeMark{better, worse(0, 10)}, 7, false},
		"better, another worse":       {[]reports.ChangeMark{better, worse(1, 10)}, 7, true},
		"better, worse since":         {[]reports.ChangeMark{worse(0, 18), better}, 7, true},
		"another experiment":          {[]reports.ChangeMark{worse(2, 11)}, 5, true},
	} {
		h.Marks = c.marks
		if got := worseOfLate(h, c.nights); got != c.want {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}
