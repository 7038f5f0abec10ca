package accuracy

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// Variant is what an analysis is given of the logs.
type Variant struct {
	Kind  string // "no logs", "some", "all" or "another host's"
	Own   []journal.Source
	Other *Recording // whose logs it has in the place of Foreign
	// Foreign are the sources that are of the other host.
	Foreign []journal.Source
}

// String names the logs.
func (v Variant) String() string {
	text := fmt.Sprintf("given %v", v.Own)
	if v.Other != nil {
		text += fmt.Sprintf(" and %v of %q", v.Foreign, v.Other.Name)
	}
	return text
}

// The kinds of variants, in the order of the table.
const (
	noLogs   = "no logs"
	someLogs = "some logs"
	allLogs  = "all logs"
	otherLog = "another host's"
)

var kinds = [...]string{noLogs, someLogs, allLogs, otherLog}

// Variants are those of the recording: each choice of its logs, and each choice
// with the other logs from other hosts.
func (r *Recording) Variants(others []*Recording) (list []Variant) {
	sources := slices.DeleteFunc([]journal.Source{journal.NginxErrorLog, journal.NginxAccessLog, journal.PHPAccessLog}, func(s journal.Source) bool {
		return r.Python && s == journal.PHPAccessLog
	})
	for choice := range 1 << len(sources) {
		v := Variant{Kind: someLogs}
		for i, s := range sources {
			if choice&(1<<i) != 0 {
				v.Own = append(v.Own, s)
			} else {
				v.Foreign = append(v.Foreign, s)
			}
		}
		missing := v.Foreign
		switch v.Foreign = nil; len(v.Own) {
		case 0:
			v.Kind = noLogs
		case len(sources):
			v.Kind = allLogs
		}
		list = append(list, v)
		for _, other := range others {
			if len(missing) > 0 {
				list = append(list, Variant{otherLog, v.Own, other, missing})
			}
		}
	}
	return list
}

// Answer is a cause that a report gives, and whether a person says the same.
type Answer struct {
	What       string // as in Labels
	Cause      reports.Cause
	Confidence float64 // 0 when no cause is named
	Right      bool
	Evidence   []string
}

// Answers are those of the report on the recording in one of its variants.
func (r *Recording) Answers(v Variant) ([]Answer, error) {
	observed, given := r.of(v.Own), slices.Concat(v.Own, v.Foreign)
	if v.Other != nil {
		observed = append(observed, v.Other.of(v.Foreign)...)
	}
	report, err := r.Analyze(observed, given)
	if err != nil {
		return nil, err
	}
	var list []Answer
	add := func(what string, cause reports.Cause, confidence *float64, evidence []string) {
		a := Answer{What: what, Cause: cause, Right: slices.Contains(r.Labels[what], cause), Evidence: evidence}
		if confidence != nil {
			a.Confidence = *confidence
		}
		list = append(list, a)
	}
	for _, o := range report.Onset {
		add(r.Labels.what(o.Code, o.Phase), o.Cause, o.Confidence, o.Evidence)
	}
	for _, s := range report.Slowdowns {
		add("slow", s.Cause, s.Confidence, s.Evidence)
	}
	return list, nil
}

// Judged is a recording with the answers to each of its variants.
type Judged struct {
	*Recording
	Variants []Variant
	Answers  [][]Answer // by variant
}

// Mean is the mean confidence in the right causes of the onsets over the
// variants of a kind, 0 for a cause that is wrong or not named; ok is false when
// there is nothing to name.
func (j *Judged) Mean(kind string) (mean float64, ok bool) {
	n := 0
	for i, v := range j.Variants {
		for _, a := range j.Answers[i] {
			if v.Kind != kind || a.What == "slow" || j.Labels[a.What] == nil || j.Labels[a.What][0] == reports.Unknown {
				continue
			}
			n++
			if a.Right {
				mean += a.Confidence
			}
		}
	}
	return mean / float64(max(n, 1)), n > 0
}

// Bucket counts the causes that were given with a confidence from From on, up to the next bucket's.
type Bucket struct {
	From         float64
	Right, Given map[string]int // by kind of variant
}

// Buckets are those from 0.6 on, below which no cause is named.
func Buckets(all []*Judged) []Bucket {
	var list []Bucket
	for _, from := range []float64{0.6, 0.7, 0.8, 0.9} {
		list = append(list, Bucket{from, map[string]int{}, map[string]int{}})
	}
	for _, j := range all {
		for i, v := range j.Variants {
			for _, a := range j.Answers[i] {
				b, _ := slices.BinarySearchFunc(list, a.Confidence, func(b Bucket, c float64) int {
					return cmp.Or(cmp.Compare(b.From, c), -1)
				})
				if a.Confidence == 0 {
					continue
				}
				one := list[max(b-1, 0)]
				one.Given[v.Kind]++
				one.Right[v.Kind] += count(a.Right)
			}
		}
	}
	return list
}

// All sums up the kinds.
func (b Bucket) All() (right, given int) {
	for kind := range maps.Keys(b.Given) {
		right, given = right+b.Right[kind], given+b.Given[kind]
	}
	return right, given
}

// WriteCauses writes both tables in Markdown: how often a cause of each
// confidence is right, and how sure the right cause of each situation is.
func WriteCauses(w io.Writer, all []*Judged) {
	fmt.Fprint(w, "| confidence | right, of all |")
	for _, k := range kinds {
		fmt.Fprintf(w, " %s |", k)
	}
	fmt.Fprint(w, "\n|---|---|---|---|---|---|\n")
	for _, b := range Buckets(all) {
		right, given := b.All()
		fmt.Fprintf(w, "| from %.1f on | %s |", b.From, share(right, given))
		for _, k := range kinds {
			fmt.Fprintf(w, " %s |", share(b.Right[k], b.Given[k]))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, "\n| situation |")
	for _, k := range kinds {
		fmt.Fprintf(w, " %s |", k)
	}
	fmt.Fprint(w, "\n|---|---|---|---|---|\n")
	for _, j := range all {
		fmt.Fprintf(w, "| %s |", j.Name)
		for _, k := range kinds {
			if mean, ok := j.Mean(k); ok {
				fmt.Fprintf(w, " %.2f |", mean)
			} else {
				fmt.Fprint(w, " – |")
			}
		}
		fmt.Fprintln(w)
	}
}

// share writes "9 of 10, 90%".
func share(n, of int) string {
	if of == 0 {
		return "–"
	}
	return fmt.Sprintf("%d of %d, %.0f%%", n, of, 100*float64(n)/float64(of))
}
