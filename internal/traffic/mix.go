package traffic

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// mix counts requests by their templates, in bounded memory: when there are too many
// templates, the rarest are told apart no longer, first by their last segment, then
// at all.
type mix struct {
	groups  map[string]*group
	limit   int // of groups
	current template

	all     int
	static  int
	example example // of static files
	none    int     // lines of clients that sent no request; not in all
	odd     int     // too long, or no path at all
	rare    int     // requests of templates that are no longer told apart
	folded  bool    // some were
}

// maxGroups bounds the templates that are told apart: some 20 MB.
const maxGroups = 20_000

func newMix() *mix { return &mix{groups: map[string]*group{}, limit: maxGroups} }

func (m *mix) add(method, target []byte, status int) {
	m.all++
	if len(target) > maxTarget || target[0] != '/' {
		m.odd++
		return
	}
	if staticTarget(target) && (string(method) == "GET" || string(method) == "HEAD") {
		m.static++
		m.example.add(target)
		return
	}
	t := &m.current
	t.read(method, target)
	g := m.groups[string(t.key)]
	if g == nil {
		if len(m.groups) >= m.limit {
			m.fold()
		}
		g = &group{method: string(method), key: string(t.key), single: t.numbers == 1 && t.marks == 1, secret: t.secret, queries: make([]span, len(t.values))}
		m.groups[g.key] = g
	}
	g.add(t, target, status)
}

// staticTarget is static for bytes; a path with no dot in it is none.
func staticTarget(target []byte) bool {
	end := len(target)
	for i, c := range target {
		if c == '?' {
			end = i
			break
		}
	}
	for i := end - 1; i >= 0 && i > end-14; i-- {
		switch target[i] {
		case '.':
			return static(string(target[:end]))
		case '/':
			return false
		}
	}
	return false
}

// parent is the template with its last segment left open; "" when that is open already.
func parent(key string) string {
	path, query, found := strings.Cut(key, "?")
	at := strings.LastIndexByte(path, '/')
	if at < 0 || path[at+1:] == anyMark || path[at+1:] == "" {
		return ""
	}
	path = path[:at+1] + anyMark
	if found {
		return path + "?" + query
	}
	return path
}

// fold makes room: the rarer half goes to what it is under, and when that is not
// enough, to the rare.
func (m *mix) fold() {
	m.folded = true
	all := m.sorted()
	for _, g := range all[len(all)/2:] {
		delete(m.groups, g.key)
		m.under(g)
	}
	if len(m.groups) <= m.limit*3/4 {
		return
	}
	all = m.sorted()
	for _, g := range all[m.limit/4:] {
		delete(m.groups, g.key)
		m.rare += g.count
	}
}

// under counts a group with its siblings.
func (m *mix) under(g *group) {
	key := parent(g.key)
	if key == "" {
		m.groups[g.key] = g
		return
	}
	star := m.groups[key]
	if star == nil {
		star = &group{method: g.method, key: key, queries: make([]span, 0)}
		m.groups[key] = star
	}
	star.absorb(g)
}

// sorted are the groups, the most frequent first.
func (m *mix) sorted() []*group {
	return slices.SortedFunc(maps.Values(m.groups), func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.key, b.key))
	})
}

// siblings is how many rare requests beside each other make one of any.
const siblings = 8

// join puts siblings together that are each a small part of all that lie there, such
// as the pages of a shop's products. What lies at the top is told apart longer: that
// is a site's sections.
func (m *mix) join() {
	total, rare := map[string]int{}, map[string][]*group{}
	all := m.sorted()
	for _, g := range all {
		total[starOf(g)] += g.count
	}
	for _, g := range all {
		if key := starOf(g); key != g.key && 10*g.count < total[key] {
			rare[key] = append(rare[key], g)
		}
	}
	for key, groups := range rare {
		least := siblings
		if path, _, _ := strings.Cut(key, "?"); strings.Count(path, "/") == 1 {
			least = 10 * siblings
		}
		if len(groups) < least {
			continue
		}
		for _, g := range groups {
			delete(m.groups, g.key)
			m.under(g)
		}
	}
}

func starOf(g *group) string {
	if key := parent(g.key); key != "" {
		return key
	}
	return g.key
}
