package traffic

import (
	"fmt"
	"strings"
)

// DefaultTop is how many requests of a log are written.
const DefaultTop = 20

// leastShare is that of all requests, as one in so many, that is written.
const leastShare = 1000

// mix writes the most frequent requests of a log, and returns how many of its
// requests those are that are sent.
func (d *Draft) mix(m *mix, o Options) (sent int) {
	m.join()
	w := mixWriter{Draft: d, v: newVault(), keep: o.KeepQueries, all: m.all, names: map[string]bool{}}
	top := o.Top
	if top == 0 {
		top = DefaultTop
	}
	var on, off []Request
	for _, g := range m.sorted() {
		switch why := w.leftOut(g); {
		case why == refused:
			w.refused += g.count
		case len(on) >= top && why == "" || len(off) >= top && why != "" || len(on) > 0 && leastShare*g.count < m.all:
			w.rare += g.count
			w.paths += max(g.merged, 1)
		case why == "":
			on = append(on, w.request(g))
			sent += g.count
		default:
			off = append(off, w.off(g, why))
		}
	}
	if len(on) == 0 {
		d.note("nothing of the log can be sent as it stands: the first request is made up")
		on = []Request{{Name: unique(w.names, "home"), Path: "/", Weight: 1, Short: "CHANGE"}}
		sent = m.all
	}
	off = append(off, w.static(m)...)
	d.Requests = append(on, off...)
	d.Secrets = w.v.list
	w.sends(m)
	return sent
}

// mixWriter writes groups as requests.
type mixWriter struct {
	*Draft
	v       *vault
	keep    bool // the values of queries
	all     int
	names   map[string]bool
	refused int // requests that were mostly answered with 4xx
	rare    int
	paths   int  // templates in rare
	blank   bool // values of queries are left out
	several bool // a request stands for others
}

// Why a group is not sent.
const (
	refused = "refused"
	changes = "it may change something on the site"
	holds   = "its path holds what may be a key or somebody's address, and is not shown: put one of the staging site's in the place of KEY"
)

func (w *mixWriter) leftOut(g *group) string {
	answered := w.answered(g)
	switch {
	case answered > 0 && 2*g.statuses[4] > answered:
		return refused
	case g.secret:
		return holds
	case g.method != "GET" && g.method != "HEAD":
		return changes
	}
	return ""
}

func (w *mixWriter) answered(g *group) int { return g.count - g.statuses[0] }

func (w *mixWriter) request(g *group) Request {
	path, note := w.target(g)
	r := Request{Method: g.method, Path: path, Weight: max(1, (1000*g.count+w.all/2)/w.all), Note: note}
	r.Name = unique(w.names, nameOf(g.method, shownKey(g.key)))
	r.Short = count(g.count) + ", " + percent(g.count, w.all)
	if answered := w.answered(g); answered > 0 {
		for class, what := range map[int]string{3: "redirects", 5: "errors (5xx)"} {
			if 2*g.statuses[class] > answered {
				r.Short += ", mostly answered with " + what
			}
		}
	}
	return r
}

// shownKey is a template's path for a name.
func shownKey(key string) string {
	_, path, _ := strings.Cut(key, " ")
	return strings.NewReplacer(numberMark, "id", uuidMark, "id", keyMark, "key", anyMark, "any").Replace(path)
}

func (w *mixWriter) off(g *group, why string) Request {
	r := w.request(g)
	r.Off = true
	r.Note = append([]string{"Not sent: " + why + "."}, r.Note...)
	return r
}

// target is the path of a group as it is sent, and what is to say of it.
func (w *mixWriter) target(g *group) (path string, note []string) {
	raw, query, _ := strings.Cut(g.example.text, "?")
	path = w.path(g, raw)
	switch n := g.numbers; {
	case g.merged > 1:
		note = append(note, fmt.Sprintf("One of %s like it.", counted(g.merged, "path", "paths")))
	case g.single && len(n.seen) > 1:
		note = append(note, numbersNote(n))
	case strings.Contains(g.key, uuidMark) || strings.Contains(g.key, numberMark) && !g.single:
		note = append(note, "One of those that were asked for.")
	}
	w.several = w.several || len(note) > 0
	if q := w.query(g, query); q != "" {
		path += "?" + q
	}
	return path, note
}

func numbersNote(n span) string {
	if n.dense() {
		return fmt.Sprintf("Numbers from %d to %d were asked for, and nearly all of them: one is drawn for each request.", n.low, n.high)
	}
	more := ""
	if n.full {
		more = ", and others"
	}
	return fmt.Sprintf("One of %s from %d to %d that were asked for%s, too far apart to draw any.", counted(len(n.seen), "number", "numbers"), n.low, n.high, more)
}

// path is the path of an example, with what is drawn and what is hidden.
func (w *mixWriter) path(g *group, raw string) string {
	segments := strings.Split(strings.TrimPrefix(raw, "/"), "/")
	before := ""
	for i, s := range segments {
		if at := strings.IndexByte(s, ';'); at >= 0 && strings.Contains(s[at:], "=") {
			s = s[:at]
		}
		switch m := mark([]byte(s), []byte(before)); {
		case m == keyMark:
			segments[i] = "KEY"
		case m == numberMark && g.single && g.merged == 0 && g.numbers.dense():
			segments[i] = fmt.Sprintf("{{random %d %d}}", g.numbers.low, g.numbers.high)
		default:
			segments[i] = escapeRest(strings.ReplaceAll(s, "#", "%23"))
		}
		before = s
	}
	return "/" + strings.TrimLeft(strings.Join(segments, "/"), "/")
}

// query is that of an example: its names, and values that are drawn, left out, kept
// when that is asked for, or variables where they are secrets.
func (w *mixWriter) query(g *group, raw string) string {
	if w.keep {
		return w.v.query(withoutCampaigns(raw), "a "+g.method)
	}
	var t template
	t.query([]byte(raw))
	_, names, _ := strings.Cut(string(t.key), "?")
	if names == "" {
		return ""
	}
	var pairs []string
	for i, name := range strings.Split(names, "&") {
		name = strings.TrimSuffix(name, "=")
		value := "x"
		switch plain := unescaped(name); {
		case secret(plain, "x"):
			value = "{{env " + w.v.name(plain, "", "the query's "+plain) + "}}"
		case i < len(g.queries) && !g.queries[i].other && len(g.queries[i].seen) > 0:
			value = drawn(g.queries[i])
		default:
			w.blank = true
		}
		pairs = append(pairs, cleanQuery(name)+"="+value)
	}
	return strings.Join(pairs, "&")
}

func drawn(s span) string {
	if s.low == s.high {
		return fmt.Sprint(s.low)
	}
	return fmt.Sprintf("{{random %d %d}}", s.low, s.high)
}

func withoutCampaigns(raw string) string {
	var kept []string
	for _, pair := range strings.Split(raw, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if pair != "" && !ofCampaign([]byte(name)) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// static is the request for static files, which is not sent unless somebody wants it.
func (w *mixWriter) static(m *mix) []Request {
	if m.static == 0 {
		return nil
	}
	raw, _, _ := strings.Cut(m.example.text, "?")
	path := w.path(&group{}, raw)
	if strings.Contains(path, "KEY") {
		path = "/favicon.ico"
	}
	return []Request{{Name: unique(w.names, "static"), Path: path, Weight: max(1, 1000*m.static/m.all), Off: true,
		Short: count(m.static) + ", " + percent(m.static, m.all),
		Note:  []string{"Not sent: static files, by their names. They seldom make a site break; this is one of them."}}}
}

// sends says what the mix is made of, and what is missing from it.
func (w *mixWriter) sends(m *mix) {
	w.Sends = append(w.Sends, "The most frequent requests, with their number and share of all; weights are per thousand.")
	if w.several {
		w.Sends = append(w.Sends, "Where one stands for several, data sends the others as well (tailback help experiment): data: [{name: id, file: ids.csv}] and {{id.id}} in the path.")
	}
	if w.blank {
		w.note("the values of queries are not shown: x stands where the site's own have to be put (--keep-queries keeps them as the log has them)")
	}
	if m.folded {
		w.note("there were more than %s paths at a time, so that the rarest were not told apart", count(m.limit))
	}
	if m.none > 0 {
		w.note("%s of clients that sent no HTTP request", counted(m.none, "line is", "lines are"))
	}
	for _, left := range []struct {
		n    int
		what string
	}{
		{w.rare + m.rare, fmt.Sprintf("they are of %s that are rarer", counted(w.paths+min(m.rare, 1), "other path", "other paths"))},
		{w.refused, "the site answered their paths with 4xx, as it does to those who look for holes"},
		{m.odd, "they have no path, or one of more than 1 KB"},
	} {
		if left.n > 0 {
			w.note("%s (%s) are left out: %s", counted(left.n, "request", "requests"), percent(left.n, w.all), left.what)
		}
	}
}
