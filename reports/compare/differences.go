package compare

import (
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
	calls  string            // why no figure of the site can: it was asked something else
}

// any reports whether the experiments differ in what matters, or a run can't be trusted.
func (s *spoils) any() bool { return s.all != "" || s.calls != "" || len(s.phases) > 0 }

// phase says why nothing of a phase can be compared; it is empty when it can.
func (s *spoils) phase(name string) string {
	if s.all != "" {
		return s.all
	}
	return s.phases[name]
}

// The first name of a key that says where a run was, or how it was judged or
// watched, and not what was asked of the site.
var elsewhere = []string{"version", "name", "seed", "objectives", "abort_when", "capacity", "audit", "chaos", "site", "limits"}

// elsewhereKeys are the last names of such keys.
var elsewhereKeys = map[string][]string{
	"target":       {"url", "host", "allow", "self", "ca_file", "insecure", "user", "password", "use_proxy"},
	"dependencies": {"listen", "upstream", "host"},
	"requests":     {"headers"}, // tokens and names of hosts, as a rule
}

// spoilsOf holds the experiments of all runs against the first one's.
func spoilsOf(runs []Run) spoils {
	s := spoils{phases: map[string]string{}}
	first := runs[0].Report
	for _, r := range runs[1:] {
		s.differ(flat(first.Experiment), flat(r.Report.Experiment))
	}
	for _, r := range runs {
		if !r.Report.Fidelity.OK && s.all == "" {
			s.all = "the load of a run was not as asked: " + r.Report.Fidelity.Why
		}
		for _, p := range r.Report.Phases {
			if p.CutShort && !p.Warmup {
				s.phases[p.Name] = "it was cut short in a run"
			}
		}
	}
	s.follow(first)
	return s
}

// follow spoils what comes behind a phase with a fault that can't be compared, up
// to the next one with a fault: it is what that fault left.
func (s *spoils) follow(r *reports.Report) {
	why := ""
	for _, p := range r.Phases {
		faulted := slices.ContainsFunc(r.Faults, func(f reports.Fault) bool { return f.Phase == p.Name })
		switch {
		case faulted && s.phases[p.Name] != "":
			why = "it follows phase " + p.Name + ", which can't be compared"
		case faulted:
			why = ""
		case why != "" && s.phases[p.Name] == "":
			s.phases[p.Name] = why
		}
	}
}

// differ names what two experiments differ in.
func (s *spoils) differ(before, after []setting) {
	for _, key := range keysOf(before, after) {
		b, a := valueOf(before, key), valueOf(after, key)
		if b == a || isElsewhere(key) {
			continue
		}
		d := reports.Differs{What: named(key), Before: b, After: a, Spoils: s.spoil(key, before, after)}
		if !slices.Contains(s.list, d) {
			s.list = append(s.list, d)
		}
	}
}

// spoil notes what a difference spoils, and returns it in words; "" is nothing.
func (s *spoils) spoil(key []string, before, after []setting) string {
	if key[0] == "phases" && len(key) > 1 {
		name := key[1]
		warmup := func(in []setting) bool { return valueOf(in, []string{"phases", name, "warmup"}) == "true" }
		if warmup(before) && warmup(after) {
			return ""
		}
		s.phases[name] = "the experiments differ in " + named(key)
		return "phase " + name
	}
	s.all = "the experiments differ in " + named(key)
	if key[0] == "requests" || key[0] == "dependencies" {
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
	one := map[string]string{"phases": "phase", "requests": "request", "dependencies": "dependency"}[key[0]]
	switch {
	case one != "" && len(key) == 2:
		return one + " " + key[1]
	case one != "" && len(key) > 2:
		return one + " " + key[1] + ": " + strings.Join(key[2:], ".")
	}
	return strings.Join(key, ".")
}

// setting is a key of an experiment, by the names on the way to it, and its value.
type setting struct {
	key   []string
	value string
}

func valueOf(all []setting, key []string) string {
	for _, s := range all {
		if slices.Equal(s.key, key) {
			return s.value
		}
	}
	return ""
}

// keysOf are the keys of both, in the order of the first; of what only one has as
// a whole, a phase say, only that.
func keysOf(before, after []setting) (keys [][]string) {
	for _, s := range slices.Concat(before, after) {
		key := s.key
		if len(key) > 2 && (valueOf(before, key[:2]) == "") != (valueOf(after, key[:2]) == "") {
			key = key[:2]
		}
		if !slices.ContainsFunc(keys, func(k []string) bool { return slices.Equal(k, key) }) {
			keys = append(keys, key)
		}
	}
	return keys
}

// flat lists all settings of an experiment as it was run. One that can't be read
// has none: a report tells all else.
func flat(text string) (all []setting) {
	var root yaml.Node
	if yaml.Unmarshal([]byte(text), &root) != nil || len(root.Content) == 0 {
		return nil
	}
	var walk func(key []string, n *yaml.Node)
	walk = func(key []string, n *yaml.Node) {
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				walk(append(slices.Clone(key), n.Content[i].Value), n.Content[i+1])
			}
		case yaml.SequenceNode:
			for i, item := range n.Content {
				name := nameOf(item)
				if name == "" {
					name = fmt.Sprint(i + 1)
				}
				below := append(slices.Clone(key), name)
				if len(below) == 2 {
					all = append(all, setting{below, "there"})
				}
				walk(below, item)
			}
		default:
			if key[len(key)-1] != "name" {
				all = append(all, setting{key, n.Value})
			}
		}
	}
	walk(nil, root.Content[0])
	return all
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
