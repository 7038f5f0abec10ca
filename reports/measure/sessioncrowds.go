package measure

import (
	"cmp"
	"slices"
	"time"
)

// sweep goes through a run in time, and keeps how many of each session are in the
// site that should have been at work by now.
type sweep struct {
	*sessionPairs
	inside  map[int32]int
	kinds   map[int32]int // by request, of the sessions that are crowded
	crowded int
	last    *sessionHit // whose answer came last
}

// moment is something that happens to a hit.
type moment struct {
	at   time.Duration
	what int
	hit  int32
}

// What happens to hits, in the order in which it does at one moment.
const (
	answered = iota
	shouldWork
	begins
)

// beside counts what went on beside requests of one session that waited for each other.
func (p *sessionPairs) beside(s *Sessions) {
	w := &sweep{sessionPairs: p, inside: map[int32]int{}, kinds: map[int32]int{}}
	met := p.met()
	for _, m := range p.moments() {
		h := &p.hits[m.hit]
		switch m.what {
		case begins:
			if met[m.hit] == 0 {
				w.sent(h, &s.Beside)
			}
		case shouldWork:
			w.enter(h)
		case answered:
			w.answer(h, &s.Between)
		}
	}
}

// moments are those of all hits that may take a worker, in their order.
func (p *sessionPairs) moments() []moment {
	var all []moment
	for i := range p.hits {
		h, own := &p.hits[i], p.own[p.hits[i].request]
		if own.N == 0 || own.Low < byItself {
			continue
		}
		all = append(all, moment{h.sent, begins, int32(i)}, moment{h.done, answered, int32(i)})
		if at := h.sent + part(own.Mid, aged); p.locks(h) && at < h.done {
			all = append(all, moment{at, shouldWork, int32(i)})
		}
	}
	slices.SortFunc(all, func(x, y moment) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.what, y.what), cmp.Compare(x.hit, y.hit))
	})
	return all
}

// enter has one more of a session be in the site.
func (w *sweep) enter(h *sessionHit) {
	if w.inside[h.session]++; w.inside[h.session] == turns {
		w.crowded++
	}
	w.kinds[h.request]++
}

// others is how many sessions are crowded, but for the hit's own.
func (w *sweep) others(h *sessionHit) int {
	if w.locks(h) && w.inside[h.session] >= turns {
		return w.crowded - 1
	}
	return w.crowded
}

// sent counts a request that comes while others wait: it is free if it is answered
// about as fast as by itself.
func (w *sweep) sent(h *sessionHit, b *Meanwhile) {
	if w.others(h) == 0 || !h.good {
		return
	}
	b.count(h.done-h.sent <= part(w.own[h.request].Mid, 1.5)+20*time.Millisecond, w.kinds[h.request] > 0)
}

// answer counts an answer that came next after one of another session, where others
// of one of the two waited: it is free if it can't have begun when that was done.
func (w *sweep) answer(h *sessionHit, b *Meanwhile) {
	own := w.own[h.request]
	if before := w.last; before != nil && (w.waitedFor(h, turns) || w.waitedFor(before, turns-1)) && !w.sameTurn(h, before) &&
		before.done-h.sent >= part(own.Mid, aged) && h.served {
		b.count(h.done-before.done < part(own.Low, apart), before.request == h.request)
	}
	if w.last = h; w.locks(h) && h.sent+part(own.Mid, aged) < h.done {
		if w.inside[h.session]--; w.inside[h.session] == turns-1 {
			w.crowded--
		}
		w.kinds[h.request]--
	}
}

// waitedFor reports whether so many of the hit's session are in the site.
func (w *sweep) waitedFor(h *sessionHit, n int) bool { return w.locks(h) && w.inside[h.session] >= n }

// sameTurn reports whether two hits take turns with each other.
func (w *sweep) sameTurn(x, y *sessionHit) bool {
	return x.session == y.session && w.locks(x) && w.locks(y)
}

func (b *Meanwhile) count(free, alike bool) {
	b.N++
	if free {
		b.Free++
	}
	if alike {
		b.Alike++
		if free {
			b.FreeAlike++
		}
	}
}
