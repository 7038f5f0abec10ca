package replay

import (
	"cmp"
	"slices"
	"strings"
)

// MostGroups is how many groups the requests of a log are put into at most,
// besides those that somebody has named.
const MostGroups = 40

// Own is a group that somebody has named: the requests of a method whose path is
// like a pattern, in which * stands for any text.
type Own struct{ Method, Path string }

// Group is what figures are given of together.
type Group struct {
	Own    bool // it is the one of the same index that was given
	Method string
	Path   string // the pattern of its paths, or "" for those that are left
	Hits   int
	sample int // the request of it that is sent most, or -1
}

// Sample returns the request of a group that is sent most; ok is false when there is none.
func (l *Log) Sample(group int) (method, target string, ok bool) {
	if group >= len(l.samples) || l.samples[group] < 0 {
		return "", "", false
	}
	r := &l.requests[l.samples[group]]
	return r.method, r.target, true
}

// Group puts each request into the first group of own that it is like, and the
// others into groups by method and path, of which what looks like an identifier is
// left out. There are at most MostGroups of those: the rarest share the last.
func (l *Log) Group(own []Own) []Group {
	groups := make([]Group, len(own))
	for i, o := range own {
		groups[i] = Group{Own: true, Method: o.Method, Path: o.Path, sample: -1}
	}
	left := map[Own][]int{}
	for i := range l.requests {
		r := &l.requests[i]
		path, _, _ := strings.Cut(r.target, "?")
		at := slices.IndexFunc(own, func(o Own) bool { return o.Method == r.method && like(path, o.Path) })
		if at < 0 {
			name := Own{r.method, pattern(path)}
			left[name] = append(left[name], i)
			continue
		}
		l.put(&groups[at], at, []int{i})
	}
	if len(left) > MostGroups {
		left = folded(left)
	}
	groups = l.groupRest(groups, left)
	l.samples = nil
	for _, g := range groups {
		l.samples = append(l.samples, g.sample)
	}
	return groups
}

// manyPages are so many below one path that they are told together, where there
// are too many groups.
const manyPages = 5

// folded puts paths that differ in their last part alone, such as /blog/this and
// /blog/that, together as /blog/*.
func folded(left map[Own][]int) map[Own][]int {
	parent := func(o Own) Own { return Own{o.Method, o.Path[:strings.LastIndexByte(o.Path, '/')] + "/*"} }
	pages := map[Own]int{}
	for o := range left {
		pages[parent(o)]++
	}
	folded := map[Own][]int{}
	for o, requests := range left {
		if p := parent(o); p.Path != "/*" && pages[p] >= manyPages {
			o = p
		}
		folded[o] = append(folded[o], requests...)
	}
	return folded
}

// groupRest appends the groups of what is in none of those that were given.
func (l *Log) groupRest(groups []Group, left map[Own][]int) []Group {
	var rest []Group
	members := map[Own][]int{}
	for name, requests := range left {
		g := Group{Method: name.Method, Path: name.Path}
		for _, i := range requests {
			g.Hits += int(l.requests[i].count)
		}
		rest, members[name] = append(rest, g), requests
	}
	slices.SortFunc(rest, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Hits, a.Hits), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	others := Group{sample: -1}
	var rare []int
	for i, g := range rest {
		requests := members[Own{g.Method, g.Path}]
		if len(rest) > MostGroups && i >= MostGroups-1 {
			rare = append(rare, requests...)
			continue
		}
		groups = append(groups, Group{Method: g.Method, Path: g.Path, sample: -1})
		l.put(&groups[len(groups)-1], len(groups)-1, requests)
	}
	if rare != nil {
		l.put(&others, len(groups), rare)
		groups = append(groups, others)
	}
	return groups
}

// put puts requests into a group, whose index is at.
func (l *Log) put(g *Group, at int, requests []int) {
	for _, i := range requests {
		r := &l.requests[i]
		r.group = int32(at)
		g.Hits += int(r.count)
		most := int32(-1)
		if g.sample >= 0 {
			most = l.requests[g.sample].count
		}
		if r.count > most || r.count == most && i < g.sample {
			g.sample = i
		}
	}
}

// like reports whether a path is what the pattern says, in which * stands for any text.
func like(path, pattern string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return path == pattern
	}
	first, last := parts[0], parts[len(parts)-1]
	path, ok := strings.CutPrefix(path, first)
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, behind, found := strings.Cut(path, part)
		if !found {
			return false
		}
		path = behind
	}
	return strings.HasSuffix(path, last)
}

// static are the endings of files that a site serves without work.
var static = strings.Fields(".css .js .mjs .map .png .jpg .jpeg .gif .webp .avif .svg .ico .woff .woff2 .ttf .eot .mp4 .webm")

const (
	maxSegments = 4  // of a pattern
	maxSegment  = 24 // bytes: longer ones are no words
	maxPattern  = 64 // bytes
)

// pattern is the path without what looks like an identifier: {id} stands for it.
// All static files of a kind are one.
func pattern(path string) string {
	lower := strings.ToLower(path)
	if i := strings.LastIndexByte(lower, '.'); i >= 0 && slices.Contains(static, lower[i:]) {
		return "/*" + lower[i:]
	}
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	short := len(segments) <= maxSegments
	segments = segments[:min(len(segments), maxSegments)]
	for i, s := range segments {
		if isID(s) {
			segments[i] = "{id}"
		}
	}
	text := "/" + strings.Join(segments, "/")
	if !short || len(text) > maxPattern {
		return text[:min(len(text), maxPattern)] + "/*"
	}
	return text
}

// isID reports whether a part of a path looks like an identifier: it is long, or
// more than a third of it are digits, or it is escaped.
func isID(segment string) bool {
	digits := 0
	for i := range len(segment) {
		if c := segment[i]; '0' <= c && c <= '9' {
			digits++
		} else if c == '%' || c == '@' || c == '=' || c == ':' {
			return true
		}
	}
	if len(segment) > maxSegment { // words have something between them
		return digits > 0 || len(segment) > 2*maxSegment || !strings.ContainsAny(segment, "-_.+")
	}
	version := len(segment) <= 3 && segment[:min(len(segment), 1)] == "v"
	return 3*digits > len(segment) && !version
}
