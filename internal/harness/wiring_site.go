package harness

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// dependencies are how each was called by the requests.
func (s *seen) dependencies(requests []WiredRequest) []WiredDependency {
	good := slices.ContainsFunc(requests, func(r WiredRequest) bool { return r.Class == journal.ClassOK })
	unsent := slices.ContainsFunc(requests, func(r WiredRequest) bool { return r.Unsent })
	var list []WiredDependency
	for _, d := range s.exp.Dependencies {
		w := WiredDependency{Name: d.Name, Faulted: s.faulted(d.Name)}
		var calls, opened int64
		for _, r := range requests {
			for _, c := range r.Calls {
				if c.Dependency == d.Name {
					calls, opened = calls+c.Calls, opened+c.Opened
				}
			}
		}
		switch {
		case !s.counted:
			w.Remarks = []Remark{{false, "a plain Toxiproxy server counts nothing: whether the site calls it is not known"}}
		case calls+opened == 0 && !good:
			w.Calls, w.Remarks = &calls, []Remark{{false, "nothing called it, which tells little: no request was answered well"}}
		case calls+opened == 0 && unsent:
			w.Calls, w.Remarks = &calls, []Remark{{false, "nothing called it, which tells little: steps that may call it were not sent"}}
		case calls+opened == 0:
			w.Calls, w.Remarks = &calls, []Remark{s.uncalled(d, w.Faulted)}
		default:
			w.Calls = &calls
		}
		list = append(list, w)
	}
	return list
}

// faulted reports whether the experiment has a fault on the dependency.
func (s *seen) faulted(name string) bool {
	return slices.ContainsFunc(s.exp.Phases, func(p configs.Phase) bool {
		return slices.ContainsFunc(p.Faults, func(f configs.Fault) bool { return f.Dependency == name })
	})
}

// uncalled says what to do about a dependency that no request called.
func (s *seen) uncalled(d configs.Dependency, faulted bool) Remark {
	way := fmt.Sprintf("in the site's configuration put %s, its listen, in the place of its address", d.Listen)
	if d.Host != "" {
		way = fmt.Sprintf("point the site's workers at the egress (http_proxy and https_proxy: http://%s), and reload them", s.exp.Chaos.Egress.Listen)
	}
	if strings.HasSuffix(d.Upstream, ":3306") {
		way += "; MySQL's clients take the host localhost for a socket, so write 127.0.0.1"
	}
	if !faulted {
		return Remark{false, "nothing called it, and no fault is on it; if it is to be watched: " + way}
	}
	return Remark{true, "nothing called it when each request was sent once, so a fault on it may touch nothing: " + way + "; or the answers came from a cache, or these requests can do without it"}
}

// others are what the proxies said besides.
func (s *seen) others() []Remark {
	var list []Remark
	refused := map[string]int64{}
	for _, e := range s.events {
		if e.Kind == journal.Warning {
			list = append(list, Remark{false, e.Text})
		}
		for class, n := range e.Refusals {
			refused[class] += n
		}
	}
	for class, n := range refused {
		list = append(list, Remark{false, fmt.Sprintf("the egress refused %d of the site's calls (%s)", n, class)})
	}
	slices.SortFunc(list, func(a, b Remark) int { return strings.Compare(a.Text, b.Text) })
	return slices.Compact(list)
}

// sources are what each source of evidence said.
func (s *seen) sources() []WiredSource {
	var list []WiredSource
	of := func(source journal.Source) *WiredSource {
		i := slices.IndexFunc(list, func(w WiredSource) bool { return w.Source == source })
		if i < 0 {
			i, list = len(list), append(list, WiredSource{Source: source})
		}
		return &list[i]
	}
	for _, source := range s.watched {
		of(source)
	}
	unread := map[journal.Source]string{}
	for _, o := range s.observed {
		w := of(o.Source)
		switch o.Kind {
		case journal.Lost, journal.Skew:
			if said := (Remark{false, o.Text}); !slices.Contains(w.Remarks, said) { // each second it may say so again
				w.Remarks = append(w.Remarks, said)
			}
		case journal.Unparsed:
			w.Unread += o.Count
			unread[o.Source] = o.Text
		case journal.Gauge:
			w.Says = fmt.Sprintf("%d workers (%s), %d at work", o.Pool.Total, o.Pool.Manager, o.Pool.Active)
		default:
			w.Lines += o.Count
			if o.Kind != journal.Access && w.Says == "" {
				w.Says = o.Text
			}
		}
	}
	for i := range list {
		s.judge(&list[i], unread[list[i].Source])
	}
	return list
}

// judge says what to do about a source that did not say what it should.
func (s *seen) judge(w *WiredSource, unread string) {
	access := strings.HasSuffix(string(w.Source), "_access_log")
	switch {
	case w.Unread > 0:
		w.Remarks = append(w.Remarks, Remark{false, fmt.Sprintf("%d of its %d lines can't be read, such as %q; give it a format that is known", w.Unread, w.Lines+w.Unread, unread)})
	case access && w.Lines == 0:
		// What the sensor says of it speaks of a run.
		w.Remarks = []Remark{{false, fmt.Sprintf("none of the %d requests was logged: it is another site's log, it is written late (buffer=), or none of them came so far", len(s.tried))}}
	case access && w.Lines < int64(len(s.tried)):
		w.Says = "the others were answered before they came there, or are written late"
	}
	for i := range w.Remarks {
		if strings.HasSuffix(w.Remarks[i].Text, "it answered 404") {
			w.Remarks[i].Text += "; set pm.status_path in php-fpm's pool, and let the web server pass that path on"
		}
	}
}
