package measure

import (
	"strconv"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// A run is cut into buckets of half a second, or of a second from a minute on.
// Buckets beyond maxBuckets make all of them twice as wide, as often as needed.
const (
	shortRun   = time.Minute
	maxBuckets = 1800
)

// timelineCounter counts hits in the buckets of a run.
type timelineCounter struct{ Timeline }

// Timeline is the run cut into buckets of the same width, from T0 to its end.
type Timeline struct {
	Width   time.Duration
	Buckets []Bucket
}

type Bucket struct {
	due, sent, Ok, Degraded, other int64
	codes                          CodeCounts
	response                       stats.Histogram // ns
}

func newTimelineCounter(planned time.Duration) *timelineCounter {
	if planned < shortRun {
		return &timelineCounter{Timeline{Width: time.Second / 2}}
	}
	return &timelineCounter{Timeline{Width: time.Second}}
}

// at returns the bucket of moment d. It is valid until at is called again.
func (t *timelineCounter) at(d time.Duration) *Bucket {
	i := int(max(d, 0) / t.Width)
	for i >= maxBuckets {
		t.fold()
		i = int(max(d, 0) / t.Width)
	}
	if i >= len(t.Buckets) {
		t.Buckets = append(t.Buckets, make([]Bucket, i+1-len(t.Buckets))...)
	}
	return &t.Buckets[i]
}

// fold makes the buckets twice as wide.
func (t *timelineCounter) fold() {
	t.Width *= 2
	for i := range t.Buckets {
		b := t.Buckets[i]
		t.Buckets[i] = Bucket{}
		t.Buckets[i/2].merge(&b)
	}
	t.Buckets = t.Buckets[:(len(t.Buckets)+1)/2]
}

func (b *Bucket) merge(o *Bucket) {
	b.due += o.due
	b.sent += o.sent
	b.Ok += o.Ok
	b.Degraded += o.Degraded
	b.other += o.other
	b.codes.merge(o.codes)
	b.response.Merge(&o.response)
}

func (t *timelineCounter) add(h *journal.Hit) {
	due := t.at(h.Due)
	due.due++
	if !h.Class.Ours() {
		due.response.Add(int64(h.Response()))
	}
	if inFlight(h) {
		t.at(h.Sent).sent++
	}
	if h.Class.Ours() {
		return
	}
	done := t.at(h.Done)
	switch {
	case h.Class == journal.ClassOK && h.Degraded:
		done.Degraded++
	case h.Class == journal.ClassOK:
		done.Ok++
	case h.Code >= 400:
		done.codes.add(h.Code)
	default:
		done.other++
	}
}

// finish makes the buckets last to the end of the run.
func (t *timelineCounter) finish(end time.Duration) *Timeline {
	if end > 0 {
		t.at(end - 1)
	}
	return &t.Timeline
}

// figures are the buckets as the report shows them.
func (t *Timeline) figures(g *Cells) reports.Timeline {
	width := t.Width.Seconds()
	f := reports.Timeline{BucketS: width, CodesHz: map[string][]float64{}, InFlight: g.mostInFlight(t.Width, len(t.Buckets))}
	f.StartS, f.AskedHz, f.SentHz, f.OKHz, f.Degraded, f.OtherHz = []float64{}, []float64{}, []float64{}, []float64{}, []float64{}, []float64{}
	f.P50S, f.P95S, f.MaxS = []*float64{}, []*float64{}, []*float64{}
	for i := range t.Buckets {
		b := &t.Buckets[i]
		hz := func(n int64) float64 { return float64(n) / width }
		f.StartS = append(f.StartS, float64(i)*width)
		f.AskedHz = append(f.AskedHz, hz(b.due))
		f.SentHz = append(f.SentHz, hz(b.sent))
		f.OKHz = append(f.OKHz, hz(b.Ok))
		f.Degraded = append(f.Degraded, hz(b.Degraded))
		f.OtherHz = append(f.OtherHz, hz(b.other))
		for _, c := range b.codes {
			key := strconv.Itoa(int(c.code))
			if f.CodesHz[key] == nil {
				f.CodesHz[key] = make([]float64, len(t.Buckets))
			}
			f.CodesHz[key][i] = hz(c.n)
		}
		if b.sent > 0 {
			f.InFlight[i] = max(f.InFlight[i], 1)
		}
		q := Quantiles(&b.response)
		f.P50S, f.P95S, f.MaxS = append(f.P50S, q.P50), append(f.P95S, q.P95), append(f.MaxS, q.Max)
	}
	return f
}
