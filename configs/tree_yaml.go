package configs

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

func (r *reader) yaml(source []byte) (*node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	var document, second yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return &node{kind: null}, nil
	} else if err != nil {
		return nil, err
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, Mistake{Line: second.Line, Text: "holds a second document; an experiment is one"}
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	return r.yamlNode(document.Content[0], "", 0)
}

func (r *reader) yamlNode(n *yaml.Node, path string, depth int) (*node, error) {
	if err := r.grow(n.Line, depth); err != nil {
		return nil, err
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.yamlNode(n.Alias, path, depth+1)
	case yaml.MappingNode:
		return r.yamlMap(n, path, depth)
	case yaml.SequenceNode:
		to := &node{line: n.Line, kind: list}
		for i, item := range n.Content {
			child, err := r.yamlNode(item, element(path, i), depth+1)
			if err != nil {
				return nil, err
			}
			child.line = item.Line
			to.items = append(to.items, child)
		}
		return to, nil
	}
	return yamlScalar(n)
}

func (r *reader) yamlMap(n *yaml.Node, path string, depth int) (*node, error) {
	to := &node{line: n.Line, kind: mapping}
	var merged []*node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			hint := ""
			if key.Kind == yaml.MappingNode {
				hint = "; text that begins with {{ needs quotes"
			}
			return nil, Mistake{Line: key.Line, Path: path, Text: "has a key that is no word" + hint}
		}
		child, err := r.yamlNode(value, join(path, key.Value), depth+1)
		if err != nil {
			return nil, err
		}
		if key.ShortTag() == "!!merge" {
			merged = append(merged, child)
			continue
		}
		child.line = key.Line
		if err := r.put(to, path, key.Value, child); err != nil {
			return nil, err
		}
	}
	return to, mergeYAML(to, merged)
}

// mergeYAML plays `<<: *anchor`: the fields of the anchored map, or maps, that
// are not given themselves.
func mergeYAML(to *node, merged []*node) error {
	for _, from := range merged {
		if from.kind == list {
			if err := mergeYAML(to, from.items); err != nil {
				return err
			}
			continue
		}
		if from.kind != mapping {
			return Mistake{Line: from.line, Text: "has a << that is no map"}
		}
		for _, f := range from.fields {
			if to.get(f.key) == nil {
				to.fields = append(to.fields, f)
			}
		}
	}
	return nil
}

func yamlScalar(n *yaml.Node) (*node, error) {
	to := &node{line: n.Line}
	if n.ShortTag() == "!!binary" {
		to.kind = binary
		return to, nil
	}
	var value any
	if err := n.Decode(&value); err != nil {
		return nil, Mistake{Line: n.Line, Text: "has a value that is not what its tag says"}
	}
	switch v := value.(type) {
	case nil:
		to.kind = null
	case bool:
		to.kind, to.value = boolean, v
	case int:
		to.kind, to.value = integer, int64(v)
	case int64, uint64:
		to.kind, to.value = integer, v
	case float64:
		to.kind, to.value = float, v
	case time.Time:
		to.kind, to.value = date, n.Value
	default:
		to.kind, to.value = text, n.Value
	}
	return to, nil
}

var yamlError = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(?:unknown anchor '(.*)')?`)

// syntaxMistake turns an error of reading into a Mistake. YAML's own errors
// leave out a line that is the first, and that of an anchor.
func syntaxMistake(err error, source []byte) Mistake {
	if m, ok := errors.AsType[Mistake](err); ok {
		return m
	}
	head := yamlError.FindStringSubmatch(err.Error())
	line, _ := strconv.Atoi(head[1]) // 0, no line, when there is none
	if line == 0 {
		line = linesOf(source).at(max(0, bytes.Index(source, []byte("*"+head[2]))))
	}
	message := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "yaml: "), "line "+head[1]+": ")
	return Mistake{Line: line, Text: "cannot be read: " + message + yamlHint(message)}
}

// yamlHint says what is usually behind YAML's least helpful messages.
func yamlHint(message string) string {
	switch {
	case strings.Contains(message, "cannot start any token"), strings.Contains(message, "tab character"):
		return "; is it indented with a tab? YAML needs spaces, and quotes around text that begins with @, ` or %"
	case strings.Contains(message, "mapping values are not allowed"):
		return "; text with a colon and a space in it needs quotes"
	case strings.Contains(message, "unexpected end of stream"), strings.Contains(message, "expected node content"):
		return "; is a quote, bracket or brace above not closed?"
	}
	return ""
}
