package configs

import (
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
)

// unfoldRequests writes out the short forms of requests: a header as "Name:
// value", a form as a map, and json, whose keys are the site's and not ours, as
// the text that is sent. It returns what cannot be written so.
func (n *node) unfoldRequests() (found Mistakes) {
	for path, r := range n.requests() {
		if headers := r.get("headers"); headers != nil {
			for j, h := range headers.items {
				if !h.unfoldHeader() {
					found.add(element(path+".headers", j), `needs a colon behind its name, such as "Accept: text/html"`)
				}
			}
		}
		if form := r.get("form"); form != nil && form.kind == mapping {
			form.unfoldForm()
		}
		if body := r.get("json"); body != nil && body.kind != null {
			written, problem := body.json(nil)
			if problem != "" {
				found.add(path+".json", "%s", problem)
			}
			*body = node{line: body.line, kind: text, value: string(written)}
		}
	}
	return found
}

// requests yields all requests of a file, with the path where each stands: those of the
// mix, and the steps of visits and sessions.
func (n *node) requests() iter.Seq2[string, *node] {
	return func(yield func(string, *node) bool) {
		going := n.get("requests").each("requests", yield)
		visits := n.get("visits")
		for i := 0; going && visits != nil && i < len(visits.items); i++ {
			going = visits.items[i].get("steps").each(element("visits", i)+".steps", yield)
		}
		if sessions := n.get("sessions"); going && sessions != nil {
			sessions.get("steps").each("sessions.steps", yield)
		}
	}
}

// each yields the items of a list, and reports whether more are wanted.
func (n *node) each(path string, yield func(string, *node) bool) bool {
	if n == nil {
		return true
	}
	for i, item := range n.items {
		if !yield(element(path, i), item) {
			return false
		}
	}
	return true
}

// unfoldHeader lets "Name: value" stand for {name: Name, value: value}. A text
// without a colon is neither.
func (n *node) unfoldHeader() bool {
	written, _ := n.value.(string)
	if n.kind != text {
		return true
	}
	name, value, ok := strings.Cut(written, ":")
	if !ok {
		*n = node{line: n.line, kind: mapping}
		return false
	}
	*n = node{line: n.line, kind: mapping, fields: []field{
		{"name", &node{line: n.line, kind: text, value: strings.TrimSpace(name)}},
		{"value", &node{line: n.line, kind: text, value: strings.TrimSpace(value)}},
	}}
	return true
}

// unfoldForm makes a list of a map of names to values, or to lists of them.
func (n *node) unfoldForm() {
	var items []*node
	for _, f := range n.fields {
		values := []*node{f.node}
		if f.node.kind == list {
			values = f.node.items
		}
		for _, v := range values {
			v.asText()
			name := &node{line: v.line, kind: text, value: f.key}
			items = append(items, &node{line: v.line, kind: mapping, fields: []field{{"name", name}, {"value", v}}})
		}
	}
	*n = node{line: n.line, kind: list, items: items}
}

// asText makes a text of a number or a truth, which a form has no other way to send.
func (n *node) asText() {
	switch n.kind {
	case boolean, integer, float, date:
		n.kind, n.value = text, plainText(n.value)
	case null:
		n.kind, n.value = text, ""
	}
}

func plainText(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// json appends the value as JSON, its keys in the order of the file.
func (n *node) json(to []byte) (written []byte, problem string) {
	switch n.kind {
	case mapping:
		to = append(to, '{')
		for i, f := range n.fields {
			if i > 0 {
				to = append(to, ',')
			}
			to = append(append(to, jsonText(f.key)...), ':')
			if to, problem = f.node.json(to); problem != "" {
				return to, problem
			}
		}
		return append(to, '}'), ""
	case list:
		to = append(to, '[')
		for i, item := range n.items {
			if i > 0 {
				to = append(to, ',')
			}
			if to, problem = item.json(to); problem != "" {
				return to, problem
			}
		}
		return append(to, ']'), ""
	}
	return n.jsonScalar(to)
}

func (n *node) jsonScalar(to []byte) (written []byte, problem string) {
	switch v := n.value.(type) {
	case string:
		return append(to, jsonText(v)...), ""
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return to, "holds a number that JSON cannot write (infinity, or none at all)"
		}
		return append(to, plainText(v)...), ""
	case nil:
		if n.kind == binary {
			return to, "holds binary data, which JSON cannot write; use body_file"
		}
		return append(to, "null"...), ""
	}
	return append(to, fmt.Sprint(n.value)...), ""
}
