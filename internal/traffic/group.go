package traffic

import "slices"

// group is the requests of one template.
type group struct {
	method   string
	key      string // the template
	count    int
	statuses [6]int // by their first digit; [0] without one
	example  example
	numbers  span   // of the path's only number
	single   bool   // the path has one number, and no other mark
	secret   bool   // its path may hold a key
	queries  []span // of the values of the query, when all are numbers
	merged   int    // how many templates it is made of, when more than one
}

// example is the target that is most of a group's, if more than half are the same,
// and else one of them (Boyer and Moore, A Fast Majority Vote Algorithm, 1981).
type example struct {
	text  string
	votes int
}

func (e *example) add(target []byte) {
	switch {
	case e.votes == 0:
		e.text, e.votes = string(target), 1
	case e.text == string(target):
		e.votes++
	default:
		e.votes--
	}
}

// span is where whole numbers lie.
type span struct {
	low, high int64
	seen      []int64 // sorted, at most maxSeen of them
	full      bool    // there were more
	other     bool    // there was something that is no number
}

// maxSeen is how many numbers are told apart, so that the memory is bounded.
const maxSeen = 128

func (s *span) add(n int64) {
	at, found := slices.BinarySearch(s.seen, n)
	switch {
	case found:
		return
	case len(s.seen) == maxSeen:
		s.full = true
		return // low and high stay those of what is told apart
	}
	if len(s.seen) == 0 {
		s.low, s.high = n, n
	}
	s.low, s.high = min(s.low, n), max(s.high, n)
	s.seen = slices.Insert(s.seen, at, n)
}

// dense reports whether at least every second number was seen, so that one drawn
// from low to high is most likely there.
func (s *span) dense() bool {
	return len(s.seen) >= 3 && int64(2*len(s.seen)) >= s.high-s.low+1
}

func (g *group) add(t *template, target []byte, status int) {
	g.count++
	g.statuses[statusClass(status)]++
	g.example.add(target)
	if g.single {
		g.numbers.add(t.number)
	}
	for i, value := range t.values[:min(len(t.values), len(g.queries))] {
		if q := &g.queries[i]; !q.other {
			if len(value) == 0 || len(value) > 6 || !digits(value) {
				q.other, q.seen = true, nil
			} else {
				q.add(number(value))
			}
		}
	}
}

func statusClass(status int) int {
	if class := status / 100; class >= 1 && class <= 5 {
		return class
	}
	return 0
}

// absorb takes another group in, whose requests are counted as this one's.
func (g *group) absorb(o *group) {
	g.merged += max(o.merged, 1)
	g.count += o.count
	for i := range g.statuses {
		g.statuses[i] += o.statuses[i]
	}
	if o.example.votes > g.example.votes || g.example.text == "" {
		g.example = o.example
	}
	g.secret = g.secret || o.secret
}
