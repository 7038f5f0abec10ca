package configs

import (
	"bytes"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// hidden stands in AsRun's output for a secret that was written in the file itself.
const hidden = "[hidden]"

// AsRun returns the experiment as it is run, defaults and overrides in it, as
// YAML that Load reads back to the same Experiment. Secrets are written as the
// variable or file they came from. Those that were plain text come as
// "[hidden]": headers with the name of a secret, and user names, passwords and
// keys in addresses and paths. Bodies are written as they are.
func (e *Experiment) AsRun() ([]byte, error) {
	shown := *e
	for _, address := range []*string{&shown.Target.URL, &shown.Chaos.Toxiproxy, &shown.Chaos.Egress.Parent, &shown.Site.PHPFPMStatus.URL} {
		*address = hideURL(*address)
	}
	shown.Requests = slices.Clone(e.Requests)
	for i := range shown.Requests {
		r := &shown.Requests[i]
		r.Path = hideURL(r.Path)
		if r.BodyFile != "" {
			r.Body = "" // it was read from there
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

// secretName finds the names of headers and query values that are secrets. One
// that is hidden for nothing harms nobody.
var secretName = regexp.MustCompile(`(?i)auth|cookie|key|token|jwt|bearer|secret|pass|pwd|credential|session|signature|^sig$|^pin$`)

// hideURL hides the user and the secret-looking query values of an address.
func hideURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text // no target.url or path that Validate lets through
	}
	if u.User != nil {
		u.User = url.User(hidden)
	}
	pairs := strings.Split(u.RawQuery, "&")
	for i, pair := range pairs {
		name, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err != nil || secretName.MatchString(plain) {
			pairs[i] = name + "=" + url.QueryEscape(hidden)
		}
	}
	query := strings.Join(pairs, "&")
	if u.User == nil && query == u.RawQuery {
		return text
	}
	u.RawQuery = query
	return u.String()
}

// asNode encodes a value with the keys and the order of its type. What is zero
// is left out, except where Load would fill in something else.
func asNode(v reflect.Value) *yaml.Node {
	switch x := v.Interface().(type) {
	case time.Duration:
		return scalar("!!str", duration(x))
	case Size:
		return scalar("!!str", x.String())
	case Objective:
		return scalar("!!str", x.Text)
	case Rate:
		return x.node()
	case Dose:
		return x.node()
	case Header:
		return x.node()
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
		if f.IsZero() && k.name != "weight" && k.name != "seed" || f.Kind() == reflect.Slice && f.Len() == 0 {
			continue
		}
		n.Content = append(n.Content, scalar("!!str", k.name), asNode(f))
	}
	if len(n.Content) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n
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
		n.Content = append(n.Content, scalar("", "step"), scalar("", decimal(r.Step)), scalar("", "every"), scalar("", duration(r.Every)))
	}
	return n
}

func (d Dose) node() *yaml.Node {
	if d == (Dose{From: d.From, To: d.From}) {
		return scalar("", duration(d.From))
	}
	return fields(scalar("", "from"), scalar("", duration(d.From)), scalar("", "to"), scalar("", duration(d.To)),
		scalar("", "step"), scalar("", duration(d.Step)), scalar("", "every"), scalar("", duration(d.Every)))
}

func (h Header) node() *yaml.Node {
	value := scalar("!!str", h.Value.Text)
	switch {
	case h.Value.Env != "":
		value = fields(scalar("", "env"), scalar("!!str", h.Value.Env))
	case h.Value.File != "":
		value = fields(scalar("", "file"), scalar("!!str", h.Value.File))
	case secretName.MatchString(h.Name):
		value = scalar("!!str", hidden)
	}
	return fields(scalar("", "name"), scalar("!!str", h.Name), scalar("", "value"), value)
}
