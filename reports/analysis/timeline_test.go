package analysis

import (
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/journal"
)

func total(perSecond []float64, bucket float64) float64 {
	sum := 0.0
	for _, v := range perSecond {
		sum += v * bucket
	}
	return sum
}

// The run of hang is 38 s long, so buckets are half a second: 76 of them, with
// 4 hits due in each.
func TestTimelineOfAHang(t *testing.T) {
	l := reportOf(madeup.Hang(), t).Timeline
	if l.BucketS != 0.5 || len(l.StartS) != 76 {
		t.Fatalf("%d buckets of %v s, want 76 of 0.5 s", len(l.StartS), l.BucketS)
	}
	for i, hz := range l.AskedHz {
		if hz != 8 || l.SentHz[i] != 8 {
			t.Errorf("bucket %d: asked, sent = %v, %v, want 8, 8", i, hz, l.SentHz[i])
		}
	}
	if got := total(l.CodesHz["502"], l.BucketS); got != 59 {
		t.Errorf("%v 502s in all, want 59", got)
	}
	if got := total(l.OKHz, l.BucketS); got != 304-59 {
		t.Errorf("%v good answers in all, want %d", got, 304-59)
	}
	// 15 s .. 15.5 s is bucket 30. In the ones of the hang, 4 more come in each
	// half second, looked at before the hit due at the next bucket's start:
	// 4, 8, 12, 16, 20, then 21 until it is lifted at 25 s (bucket 50).
	want := []int64{4, 8, 12, 16, 20, 21, 21, 21, 21, 21}
	if got := l.InFlight[30:40]; !slices.Equal(got, want) {
		t.Errorf("in flight from 15 s on: %v, want %v", got, want)
	}
	// The hit due at 15 s waits for the lifting at 25 s.
	if got := l.MaxS[30]; !near(got, 10) {
		t.Errorf("the slowest due from 15 s on took %v s, want 10", show(got))
	}
}

func TestTimelineSplitsAnswers(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("load", madeup.Second)) // hits 0 to 7, all done in the first second
	r := reportOf(s.Drive(func(h *journal.Hit) {
		h.Done = h.Due + madeup.Millisecond
		switch h.Seq {
		case 0:
			h.Degraded = true
		case 1:
			madeup.Bad(h, 404)
		case 2:
			h.Class = journal.ClassBody // a 200 with the wrong body
		case 3:
			h.Code, h.Class = 0, journal.ClassRefused
		case 4:
			h.Code, h.Class = 0, journal.ClassDropped
		case 5:
			h.Code, h.Class = 0, journal.ClassCanceled
		}
	}), t)
	l := r.Timeline
	for _, sum := range []struct {
		name string
		got  []float64
		want float64
	}{
		{"asked", l.AskedHz, 8}, {"sent, all but the dropped", l.SentHz, 7}, {"ok", l.OKHz, 2}, {"degraded", l.Degraded, 1},
		{"404", l.CodesHz["404"], 1}, {"other: the wrong body and the refused", l.OtherHz, 2},
	} {
		if got := total(sum.got, l.BucketS); got != sum.want {
			t.Errorf("%s: %v, want %v", sum.name, got, sum.want)
		}
	}
	if len(l.CodesHz) != 1 {
		t.Errorf("codes are %v, want 404 alone", l.CodesHz)
	}
}

// A longer run gets wider buckets and, from 34 minutes on, a coarser grid: the
// sums stay.
func TestTimelineOfALongRun(t *testing.T) {
	load := madeup.Phase("load", 3*time.Hour) // 10,800 s: buckets of 8 s, 1350 of them
	load.Hits = 10_800
	l := reportOf(madeup.NewScenario(load).Drive(func(h *journal.Hit) { h.Done = h.Due + 2*madeup.Second + madeup.Millisecond }), t).Timeline
	if l.BucketS != 8 || len(l.StartS) != 1351 { // the last is answered 2 s after the end
		t.Fatalf("%d buckets of %v s, want 1351 of 8 s", len(l.StartS), l.BucketS)
	}
	if got := total(l.OKHz, 8); got != 10_800 {
		t.Errorf("%v good answers, want 10800", got)
	}
	// One a second, each in flight for 2.001 s: 2, and 3 for the first ms of each second.
	for i, n := range l.InFlight[:1350] {
		if n < 2 || n > 3 {
			t.Fatalf("bucket %d: %d in flight, want 2 or 3", i, n)
		}
	}
}
