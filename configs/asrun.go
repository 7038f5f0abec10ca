package configs

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// AsRun returns the experiment as it is run, defaults and overrides in it, as
// YAML that Load reads back to the same Experiment. Secrets are written as the
// variable or file they came from. Those that were plain text come as
// "[hidden]": headers and values with the name of a secret, user names,
// passwords and keys in addresses, paths, commands and bodies.
func (e *Experiment) AsRun() ([]byte, error) {
	shown := *e
	for _, address := range shown.addresses() {
		*address = hideURL(*address)
	}
	for _, command := range shown.commands() {
		*command = hideCommand(*command)
	}
	shown.Requests, shown.Phases = e.withoutLog()
	shown.Visits = slices.Clone(e.Visits)
	for i := range shown.Visits {
		shown.Visits[i].Steps = slices.Clone(shown.Visits[i].Steps)
	}
	if e.Sessions != nil {
		shown.Sessions = &Sessions{e.Sessions.Count, slices.Clone(e.Sessions.Steps)}
	}
	for _, r := range shown.written() {
		r.Path = hideURL(r.Path)
		if r.BodyFile != "" {
			r.Body = Body{} // it was read from there
		}
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(asNode(reflect.ValueOf(shown))); err != nil {
		return nil, fmt.Errorf("write experiment: %w", err)
	}
	return out.Bytes(), nil
}

// asNode encodes a value with the keys and the order of its type. What is zero
// is left out, except where Load would fill in something else.
func asNode(v reflect.Value) *yaml.Node {
	switch x := v.Interface().(type) {
	case time.Duration:
		return scalar("!!str", DurationText(x))
	case Size:
		return scalar("!!str", x.String())
	case Objective:
		return scalar("!!str", x.Text)
	case Rate:
		return x.node()
	case Dose:
		return x.node()
	case Think:
		return x.node()
	case Arrivals:
		return x.node()
	case Header:
		return pairNode(x.Name, x.Value)
	case Param:
		return pairNode(x.Name, x.Value)
	case JSON:
		return x.node()
	case Pairs:
		return x.node()
	case Body:
		return x.node(hideBody(x.Text))
	}
	switch v.Kind() {
	case reflect.Pointer:
		return asNode(v.Elem())
	case reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for i := range v.Len() {
			n.Content = append(n.Content, asNode(v.Index(i)))
		}
		return n
	case reflect.Struct:
		return structNode(v)
	case reflect.Bool:
		return scalar("!!bool", strconv.FormatBool(v.Bool()))
	case reflect.Int:
		return scalar("!!int", strconv.FormatInt(v.Int(), 10))
	case reflect.Uint64:
		return scalar("!!int", strconv.FormatUint(v.Uint(), 10))
	case reflect.Float64:
		return scalar("", decimal(v.Float()))
	}
	return scalar("!!str", v.String())
}

func structNode(v reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, k := range keysOf(v.Type()) {
		f := v.FieldByIndex(k.index)
		if f.IsZero() && k.name != "seed" && (k.name != "weight" || paced(v)) || f.Kind() == reflect.Slice && f.Len() == 0 {
			continue
		}
		value := asNode(f)
		if s, ok := f.Interface().(Secret); ok {
			value = s.named(k.name)
		}
		n.Content = append(n.Content, scalar("!!str", k.name), value)
	}
	if len(n.Content) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n
}

// paced reports whether v is a request with a rate of its own, and so none with the weight 0.
func paced(v reflect.Value) bool {
	r, ok := v.Interface().(Request)
	return ok && r.Rate != nil
}

func scalar(tag, value string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
	if strings.ContainsFunc(value, unprintable) { // the encoder's blocks of lines lose some white space
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// fields is a map of pairs of keys and values.
func fields(pairs ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle, Content: pairs}
}

func (r Rate) node() *yaml.Node {
	if r == (Rate{From: r.From, To: r.From}) {
		return scalar("", decimal(r.From))
	}
	n := fields(scalar("", "from"), scalar("", decimal(r.From)), scalar("", "to"), scalar("", decimal(r.To)))
	if r.Step != 0 {
		n.Content = append(n.Content, scalar("", "step"), scalar("", decimal(r.Step)), scalar("", "every"), scalar("", DurationText(r.Every)))
	}
	return n
}

func (d Dose) node() *yaml.Node {
	if d == (Dose{From: d.From, To: d.From}) {
		return scalar("", DurationText(d.From))
	}
	return fields(scalar("", "from"), scalar("", DurationText(d.From)), scalar("", "to"), scalar("", DurationText(d.To)),
		scalar("", "step"), scalar("", DurationText(d.Step)), scalar("", "every"), scalar("", DurationText(d.Every)))
}

// node writes the body as keys and values again. JSON is YAML.
func (j JSON) node() *yaml.Node {
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(hideBody(string(j))), &n); err != nil || len(n.Content) == 0 {
		return scalar("!!str", hidden)
	}
	return n.Content[0]
}

// node writes a list, in which a name may come more than once.
func (f Pairs) node() *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for _, p := range f {
		n.Content = append(n.Content, pairNode(p.Name, p.Value))
	}
	return n
}

// pairNode writes a header or a query value.
func pairNode(name string, value Secret) *yaml.Node {
	return fields(scalar("", "name"), scalar("!!str", name), scalar("", "value"), value.named(name))
}

// named writes a value of that name; plain text with the name of a secret is hidden.
func (s Secret) named(name string) *yaml.Node {
	if secretName.MatchString(name) && !openText(s.Text) {
		return s.node(hidden)
	}
	return s.node(s.Text)
}

// node writes where the value comes from, or, when it is plain text, what is shown of it.
func (s Secret) node(shown string) *yaml.Node {
	switch {
	case s.Env != "":
		return fields(scalar("", "env"), scalar("!!str", s.Env))
	case s.File != "":
		return fields(scalar("", "file"), scalar("!!str", s.File))
	}
	return scalar("!!str", shown)
}
