package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tailback/tailback/reports"
)

// spoils are what the experiments differ in, and what can't be compared for it.
type spoils struct {
	list   []reports.Differs
	all    string            // why no traffic can be compared; empty: some can
	phases map[string]string // why that of a phase can't
	late   map[string]string // likewise, since the load was not as asked in a run
	calls  string            // why no figure of the site can: it was asked something else
}

// any reports whether the experiments differ in what matters, or a run was cut short.
func (s *spoils) any() bool { return s.all != "" || s.calls != "" || len(s.phases) > 0 }

// phase says why nothing of a phase can be compared; it is empty when it can.
func (s *spoils) phase(name string) string {
	if s.all != "" {
		return s.all
	}
	return cmp.Or(s.phases[name], s.late[name])
}

// The first name of a key that says where a run was, or how it was judged or
// watched, and not what was asked of the site.
var elsewhere = []string{"version", "name", "seed", "objectives", "abort_when", "capacity", "audit", "chaos", "site", "limits"}

// elsewhereKeys are the last names of such keys.
var elsewhereKeys = map[string][]string{
	"target":       {"url", "host", "allow", "self", "ca_file", "insecure", "user", "password", "use_proxy"},
	"dependencies": {"listen", "upstream", "host"},
	"requests":     {"headers"}, // tokens and names of hosts, as a rule
	"visits":       {"headers"},
}

// spoilsOf holds the experiments of all runs against the first one's.
func spoilsOf(runs []Run) spoils {
	s := spoils{phases: map[string]string{}, late: map[string]string{}}
	first := runs[0].Report
	asked := flat(first.Experiment)
	for _, r := range runs[1:] {
		s.differ(asked, flat(r.Report.Experiment))
	}
	for _, r := range runs {
		for _, p := range r.Report.Phases {
			switch {
			case p.Warmup:
			case p.CutShort:
				s.phases[p.Name] = "it was cut short in a run"
			case p.Doubt != "":
				s.late[p.Name] = "its load was not as asked in a run: " + p.Doubt
			}
		}
	}
	follow(first, s.phases)
	follow(first, s.late)
	return s
}

// follow spoils what comes behind a phase with a fault that can't be compared, up
// to the next one with a fault: it is what that fault left.
func follow(r *reports.Report, spoiled map[string]string) {
	why := ""
	for _, p := range r.Phases {
		faulted := slices.ContainsFunc(r.Faults, func(f reports.Fault) bool { return f.Phase == p.Name })
		switch {
		case faulted && spoiled[p.Name] != "":
			why = "it follows phase " + p.Name + ", which can't be compared"
		case faulted:
			why = ""
		case why != "" && spoiled[p.Name] == "":
			spoiled[p.Name] = why
		}
	}
}

// mostDiffers bounds the list of what experiments differ in.
const mostDiffers = 100

// differ names what two experiments differ in.
func (s *spoils) differ(before, after *settings) {
	for _, key := range keysOf(before, after) {
		b, a := before.value(key...), after.value(key...)
		if b == a || isElsewhere(key) {
			continue
		}
		d := reports.Differs{What: named(key), Before: b, After: a, Spoils: s.spoil(key, before, after)}
		if !slices.Contains(s.list, d) && len(s.list) < mostDiffers {
			s.list = append(s.list, d)
		}
	}
}

// spoil notes what a difference spoils, and returns it in words; "" is nothing.
func (s *spoils) spoil(key []string, before, after *settings) string {
	if key[0] == "phases" && len(key) > 1 {
		name := key[1]
		if before.value("phases", name, "warmup") == "true" && after.value("phases", name, "warmup") == "true" {
			return ""
		}
		s.phases[name] = "the experiments differ in " + named(key)
		return "phase " + name
	}
	s.all = "the experiments differ in " + named(key)
	if key[0] == "requests" || key[0] == "visits" || key[0] == "dependencies" {
		s.calls = s.all
		return "all figures"
	}
	return "all phases"
}

func isElsewhere(key []string) bool {
	return slices.Contains(elsewhere, key[0]) || len(key) > 1 && slices.ContainsFunc(key[1:], func(part string) bool {
		return slices.Contains(elsewhereKeys[key[0]], part)
	})
}

// named is a key for people: "phase hang: rate", "request checkout: path", "arrivals".
func named(key []string) string {
	one := map[string]string{"phases": "phase", "requests": "request", "visits": "visit", "dependencies": "dependency"}[key[0]]
	switch {
	case one != "" && len(key) == 2:
		return one + " " + key[1]
	case one != "" && len(key) > 2:
		return one + " " + key[1] + ": " + strings.Join(key[2:], ".")
	}
	return strings.Join(key, ".")
}

// settings are the keys of an experiment, each by the names on the way to it, in the
// order of the file, and their values.
type settings struct {
	keys   [][]string
	values map[string]string // by the whole key
}

// id is a key as one text: no name has a byte of 0 in it.
func id(key []string) string { return strings.Join(key, "\x00") }

func (s *settings) value(key ...string) string { return s.values[id(key)] }

func (s *settings) put(key []string, value string) {
	s.keys = append(s.keys, key)
	s.values[id(key)] = value
}

// keysOf are the keys of both, in the order of the first; of what only one has as
// a whole, a phase say, only that.
func keysOf(before, after *settings) (keys [][]string) {
	known := map[string]bool{}
	for _, key := range slices.Concat(before.keys, after.keys) {
		if len(key) > 2 && (before.value(key[:2]...) == "") != (after.value(key[:2]...) == "") {
			key = key[:2]
		}
		if !known[id(key)] {
			known[id(key)] = true
			keys = append(keys, key)
		}
	}
	return keys
}

// there is the value of what has no value of its own: a phase, a kind of fault.
const there = "there"

// flat lists all settings of an experiment as it was run. One that can't be read
// has none: a report tells all else.
func flat(text string) *settings {
	s := &settings{values: map[string]string{}}
	var root yaml.Node
	if yaml.Unmarshal([]byte(text), &root) == nil && len(root.Content) > 0 && root.Content[0].Kind == yaml.MappingNode {
		s.walk(nil, root.Content[0])
	}
	return s
}

// walk puts all settings below a key.
func (s *settings) walk(key []string, n *yaml.Node) {
	below := func(name string) []string { return append(slices.Clone(key), name) }
	switch n.Kind {
	case yaml.MappingNode:
		if len(n.Content) == 0 && len(key) > 2 { // as of hang: {}
			s.put(key, there)
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			s.walk(below(n.Content[i].Value), n.Content[i+1])
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			name := nameOf(item)
			if name == "" {
				name = fmt.Sprint(i + 1)
			}
			if len(key) == 1 {
				s.put(below(name), there)
			}
			s.walk(below(name), item)
		}
	default:
		if key[len(key)-1] != "name" {
			s.put(key, n.Value)
		}
	}
}

// nameOf is the name that an item of a list has.
func nameOf(n *yaml.Node) string {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "name" {
			return n.Content[i+1].Value
		}
	}
	return ""
}
