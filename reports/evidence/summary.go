package evidence

import (
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// maxKinds bounds what is told apart in one second: a log that says something
// new in every line is no log of the kind it is taken for.
const maxKinds = 256

// entry is what one line says.
type entry struct {
	kind           journal.Kind // "" when it is known and says nothing of interest
	code, upstream int32
	text           []byte // to be shown; it is cleaned when it is the first of its second
	silent         bool   // the upstream gave no header
	apart          bool   // entries with different texts are counted apart
	shape          string // entries of different shapes are counted apart
	guessed        bool   // the line may be a wrapping of one that says more
	stamp          stamp

	took, upstreamTook, cpu float64 // seconds; negative when the log does not say
}

// line is an entry of no times.
func line(kind journal.Kind, text []byte) entry {
	return entry{kind: kind, text: text, took: -1, upstreamTook: -1, cpu: -1}
}

type key struct {
	second         int64
	kind           journal.Kind
	code, upstream int32
	text           string
}

// summary sums up entries by second, kind and code.
type summary struct {
	source journal.Source
	emit   func(journal.Observation)
	open   map[key]*journal.Observation
	order  []key
}

func newSummary(source journal.Source, emit func(journal.Observation)) *summary {
	return &summary{source: source, emit: emit, open: map[key]*journal.Observation{}}
}

// add counts an entry that came at that time, give or take doubt.
func (s *summary) add(at, doubt time.Duration, e *entry) {
	k := key{second: int64(at / time.Second), kind: e.kind, code: e.code, upstream: e.upstream, text: e.shape}
	if e.apart {
		k.text = clean(e.text)
	}
	o := s.open[k]
	if o == nil {
		if len(s.order) >= maxKinds {
			k = key{second: k.second, kind: journal.Unparsed}
		}
		if o = s.open[k]; o == nil {
			o = &journal.Observation{AtNS: int64(at), Source: s.source, Kind: k.kind, Code: k.code, UpstreamCode: k.upstream, Text: clean(e.text)}
			s.open[k] = o
			s.order = append(s.order, k)
		}
	}
	o.Count++
	o.AtNS = min(o.AtNS, int64(at))
	o.ErrorNS = max(o.ErrorNS, int64(doubt))
	if e.kind == journal.Access {
		addTimes(o, e)
	}
}

// idleFrom and idleShare tell a request that waited from one that computed:
// the article's "sub-50% CPU usage", of those that took long enough to measure.
const (
	idleFrom  = 1.0 // seconds
	idleShare = 0.5
)

func addTimes(o *journal.Observation, e *entry) {
	if e.took < 0 && e.upstreamTook < 0 {
		return
	}
	if o.Times == nil {
		o.Times = &journal.Times{}
	}
	t := o.Times
	if e.took >= 0 {
		t.N++
		t.SumS += e.took
		t.SquaresS2 += e.took * e.took
		t.MaxS = max(t.MaxS, e.took)
	}
	if e.upstreamTook >= 0 {
		t.UpstreamN++
		t.UpstreamSumS += e.upstreamTook
		t.UpstreamMaxS = max(t.UpstreamMaxS, e.upstreamTook)
	}
	if e.took >= 0 && e.cpu >= 0 {
		t.CPUN++
		t.CPUSumS += e.cpu
		if e.took >= idleFrom && e.cpu < idleShare*e.took {
			t.Idle++
		}
	}
}

// flush hands over what came before that second.
func (s *summary) flush(second int64) {
	later := s.order[:0]
	for _, k := range s.order {
		if k.second >= second {
			later = append(later, k)
			continue
		}
		s.emit(*s.open[k])
		delete(s.open, k)
	}
	s.order = later
}
