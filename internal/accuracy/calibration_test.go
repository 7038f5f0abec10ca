package accuracy

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var situations = flag.String("situations", "", "only situations whose name has this in it")

// TestCauses runs what can go wrong on a real site, and what only looks like it,
// once each with all logs followed. Then it takes logs away, and puts those of
// another host in their place: what is said with confidence must be right. The
// short form, which runs in CI, runs the most telling situations. It is not
// parallel to the other tests: so many analyses would disturb their sites.
func TestCauses(t *testing.T) {
	if !*long {
		t.Log("the short form: all situations, and a table in ACCURACY.md, with -long")
	}
	all := judge(t, record(t))
	var table strings.Builder
	WriteCauses(&table, all)
	t.Log("\n" + table.String())
	spoilt := 0
	for _, j := range all {
		if wrong := checkSituation(t, j); len(wrong) > 0 {
			t.Log(strings.Join(wrong, "\n"))
			spoilt++
		}
	}
	if spoilt > len(all)/10 {
		t.Errorf("%d of %d situations are not told right, see above", spoilt, len(all))
	}
	if *situations == "" {
		checkCalibration(t, all)
	}
	if *long && *situations == "" && !t.Failed() {
		write(t, "How sure the reports are of a cause, and how often they are right",
			"Made by `make accuracy`: situations on real nginx with php-fpm or gunicorn, each run once with all its logs\n"+
				"followed, and analysed with each choice of them, and with those of two other hosts in the place of the rest,\n"+
				"which had their own troubles in the very same seconds. A person has named the cause of each. Of onsets and\n"+
				"slow phases, how many of the causes given with a confidence are right:\n\n"+table.String())
	}
}

// checkSituation holds the answers to what a person says. A decoy is never taken
// for what it imitates, and on a site that is well there is no cause. What else
// is wrong is returned: a machine busy with other things may spoil a run.
func checkSituation(t *testing.T, j *Judged) (wrong []string) {
	t.Helper()
	for i, v := range j.Variants {
		right := map[string]bool{}
		for _, a := range j.Answers[i] {
			right[a.What] = right[a.What] || a.Right
			switch {
			case j.Labels == nil && a.Confidence > 0:
				t.Errorf("%s, %v: %+v on a site that is well", j.Name, v, a)
			case slices.Contains(j.Imitates, a.Cause) && a.Confidence >= 0.8:
				t.Errorf("%s, %v: taken for what it imitates: %+v", j.Name, v, a)
			}
		}
		for what, want := range j.Labels {
			if must := v.Kind == allLogs || j.Outside && v.Kind == noLogs; must && what != "slow" && !right[what] {
				wrong = append(wrong, fmt.Sprintf("%s, %v: %s: got %+v, want %v", j.Name, v, what, j.Answers[i], want))
			}
		}
	}
	without, some := j.Mean(noLogs)
	if with, _ := j.Mean(allLogs); some && with <= without {
		wrong = append(wrong, fmt.Sprintf("%s: sure by %.3f with all logs, by %.3f with none: want more with them", j.Name, with, without))
	}
	return wrong
}

// checkCalibration: of the causes given with at least 0.9 nine in ten are right,
// and there are such; and the fewer the logs, the less sure.
func checkCalibration(t *testing.T, all []*Judged) {
	t.Helper()
	buckets := Buckets(all)
	right, given := buckets[len(buckets)-1].All()
	if given < 3*len(all) || right*10 < given*9 {
		t.Errorf("%d of %d causes given with a confidence of 0.9 or more are right, want at least nine in ten of at least %d", right, given, 3*len(all))
	}
	mean := map[string]float64{}
	for _, j := range all {
		for _, kind := range kinds {
			confidence, _ := j.Mean(kind)
			mean[kind] += confidence
		}
	}
	if !(mean[allLogs] > mean[someLogs] && mean[someLogs] > mean[noLogs]) {
		t.Errorf("sure by %v together: want the less the fewer the logs", mean)
	}
}

// record runs the situations side by side.
func record(t *testing.T) []*Recording {
	list := slices.DeleteFunc(Situations(), func(s Situation) bool {
		return !*long && !s.Short && *situations == "" || *situations != "all" && !strings.Contains(s.Name, *situations)
	})
	dir := t.TempDir()
	if *keep != "" {
		dir = *keep
	}
	recordings := make([]*Recording, len(list))
	t.Run("run", func(t *testing.T) {
		for i, s := range list {
			t.Run(s.Name, func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(dir, fmt.Sprint("situation-", i))
				if err := os.MkdirAll(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				var err error
				if recordings[i], err = s.Record(t.Context(), dir); err != nil {
					t.Fatal(err)
				}
			})
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	return recordings
}

// judge analyses each recording in all of its variants; the logs of another
// host are those of two other situations.
func judge(t *testing.T, recordings []*Recording) []*Judged {
	t.Helper()
	var all []*Judged
	n := len(recordings)
	for i, r := range recordings {
		j := &Judged{Recording: r, Variants: r.Variants([]*Recording{recordings[(i+1)%n], recordings[(i+n/2)%n]})}
		for _, v := range j.Variants {
			answers, err := r.Answers(v)
			if err != nil {
				t.Fatal(err)
			}
			j.Answers = append(j.Answers, answers)
			for _, a := range answers {
				if v.Kind == noLogs || v.Kind == allLogs || !a.Right && a.Confidence > 0 {
					t.Logf("%s, %v: %+v", r.Name, v, a)
				}
			}
		}
		all = append(all, j)
	}
	return all
}
