package configs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlReader walks the parsed expressions of a document that is known to be valid.
type tomlReader struct {
	*reader
	parser unstable.Parser
	lines  lines
	line   int // of the last key or value that told its own
}

func (r *reader) toml(source []byte) (*node, error) {
	var valid map[string]any // go-toml's own decoder knows all of TOML's rules, the parser only its grammar
	if err := toml.Unmarshal(source, &valid); err != nil {
		line, message := 0, err.Error()
		if at, ok := errors.AsType[*toml.DecodeError](err); ok {
			line, _ = at.Position()
		}
		return nil, Mistake{Line: line, Text: fmt.Sprintf("cannot be read: %s", strings.TrimPrefix(message, "toml: "))}
	}
	t := &tomlReader{reader: r, lines: linesOf(source)}
	t.parser.Reset(source)
	root := &node{line: 1, kind: mapping}
	at := root
	for t.parser.NextExpression() {
		var err error
		if at, err = t.expression(root, at, t.parser.Expression()); err != nil {
			return nil, err
		}
	}
	return root, t.parser.Error()
}

// expression reads one line or table header, and returns the table that the
// next ones belong to.
func (t *tomlReader) expression(root, at *node, e *unstable.Node) (*node, error) {
	switch e.Kind {
	case unstable.Table:
		return t.descend(root, e.Key(), false)
	case unstable.ArrayTable:
		return t.descend(root, e.Key(), true)
	case unstable.KeyValue:
		return at, t.keyValue(at, e, 0)
	}
	return at, nil
}

// descend returns the table that a key leads to from n, made where it is
// missing. Of an array of tables it is the last, or with add a new one.
func (t *tomlReader) descend(n *node, keys unstable.Iterator, add bool) (*node, error) {
	for depth := 1; keys.Next(); depth++ {
		key := keys.Node()
		t.seen(key)
		child := n.get(string(key.Data))
		if child == nil {
			if err := t.grow(t.line, depth); err != nil {
				return nil, err
			}
			child = &node{line: t.line, kind: mapping}
			if add && keys.IsLast() {
				child.kind = list
			}
			if err := t.put(n, "", string(key.Data), child); err != nil {
				return nil, err
			}
		}
		if child.kind == list {
			if add && keys.IsLast() || len(child.items) == 0 {
				child.items = append(child.items, &node{line: t.line, kind: mapping})
			}
			child = child.items[len(child.items)-1]
		}
		n = child
	}
	return n, nil
}

func (t *tomlReader) keyValue(to *node, e *unstable.Node, depth int) error {
	keys := e.Key()
	for keys.Next() {
		key := keys.Node()
		t.seen(key)
		line := t.line
		if !keys.IsLast() {
			inner := to.get(string(key.Data))
			if inner == nil {
				inner = &node{line: line, kind: mapping}
				if err := t.put(to, "", string(key.Data), inner); err != nil {
					return err
				}
			}
			to = inner
			continue
		}
		value, err := t.value(e.Value(), depth+1)
		if err != nil {
			return err
		}
		value.line = line
		if err := t.put(to, "", string(key.Data), value); err != nil {
			return err
		}
	}
	return nil
}

func (t *tomlReader) value(v *unstable.Node, depth int) (*node, error) {
	t.seen(v)
	to := &node{line: t.line}
	if err := t.grow(t.line, depth); err != nil {
		return nil, err
	}
	switch v.Kind {
	case unstable.String:
		to.kind, to.value = text, string(v.Data)
	case unstable.Bool:
		to.kind, to.value = boolean, string(v.Data) == "true"
	case unstable.Integer, unstable.Float:
		return number(t.line, tomlDigits(v)), nil
	case unstable.Array, unstable.InlineTable:
		return t.children(to, v, depth)
	default:
		to.kind, to.value = date, string(v.Data)
	}
	return to, nil
}

func (t *tomlReader) children(to *node, v *unstable.Node, depth int) (*node, error) {
	to.kind = mapping
	if v.Kind == unstable.Array {
		to.kind = list
	}
	for it := v.Children(); it.Next(); {
		if to.kind == mapping {
			if err := t.keyValue(to, it.Node(), depth); err != nil {
				return nil, err
			}
			continue
		}
		child, err := t.value(it.Node(), depth+1)
		if err != nil {
			return nil, err
		}
		to.items = append(to.items, child)
	}
	return to, nil
}

// seen notes the line of a key or value. Arrays tell none and keep the last.
func (t *tomlReader) seen(n *unstable.Node) {
	if n.Raw.Length > 0 {
		t.line = t.lines.at(int(n.Raw.Offset))
	}
}

// tomlDigits returns a number without the underscores that strconv would refuse.
func tomlDigits(v *unstable.Node) string { return strings.ReplaceAll(string(v.Data), "_", "") }
