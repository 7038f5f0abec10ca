// Package schema writes the JSON Schema of experiment files, which editors
// complete and check them by. It is made from configs.Keys, and knows only what
// stands in the file: `tailback check` knows more.
package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/tailback/tailback/configs"
)

// File is the schema's usual name, beside the experiment.
const File = "tailback.schema.json"

// draft is the one that every editor knows.
const draft = "http://json-schema.org/draft-07/schema#"

// JSON returns the schema, indented. The same version gives the same bytes.
func JSON() ([]byte, error) {
	s, err := Of(configs.Keys())
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		return nil, fmt.Errorf("write schema: %w", err)
	}
	return ascii(out.String()), nil
}

// ascii escapes what is no ASCII, all of which stands within texts: patterns
// hold characters that turn the line around them.
func ascii(text string) []byte {
	var out []byte
	for _, r := range text {
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	return out
}

// Of returns the schema of a file that has the keys.
func Of(keys []configs.Key) (*jsonschema.Schema, error) {
	b := builder{definitions: map[string]*jsonschema.Schema{}}
	root := b.object(keys, "Experiment")
	root.Schema, root.Title, root.Definitions = draft, "Tailback experiment", b.definitions
	root.Description = "What a run, an audit or a search for the capacity does. `tailback help experiment` tells more, `tailback check` checks more."
	return root, b.err
}

// builder collects what several places of the file share.
type builder struct {
	definitions map[string]*jsonschema.Schema // by type
	err         error                         // the first
}

// object returns the schema of a map with the keys and no others.
func (b *builder) object(keys []configs.Key, of string) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Properties: map[string]*jsonschema.Schema{}, AdditionalProperties: never()}
	for _, k := range keys {
		s.Properties[k.Name] = b.key(k)
		s.PropertyOrder = append(s.PropertyOrder, k.Name)
		if k.Required {
			s.Required = append(s.Required, k.Name)
		}
	}
	if rule, ok := rules[of]; ok {
		rule(s)
	}
	return s
}

// key returns the schema of a key's value, with what editors show of it.
func (b *builder) key(k configs.Key) *jsonschema.Schema {
	s := b.value(k)
	s.Description = k.Doc
	if k.Unit != "" {
		s.Description += " (" + k.Unit + ")"
	}
	if k.Default != "" && k.Default[0] == '(' {
		s.Description += "; left out: " + k.Default[1:len(k.Default)-1]
	} else if k.Default != "" {
		s.Default, _ = json.Marshal(b.yaml(k, k.Default))
	}
	if k.Example != "" {
		s.Examples = []any{b.yaml(k, k.Example)}
	}
	return s
}

// value returns the schema of a key's value as such.
func (b *builder) value(k configs.Key) *jsonschema.Schema {
	switch k.Form {
	case configs.FormMap:
		return b.object(k.Keys, k.Type)
	case configs.FormFault:
		return b.fault(k)
	case configs.FormArrivals:
		return anyOf(scalar(k), b.object(k.Keys, k.Type))
	case configs.FormList:
		if b.definitions[k.Type] == nil {
			b.definitions[k.Type] = b.object(k.Keys, k.Type)
		}
		s := &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{Ref: "#/definitions/" + k.Type}}
		if rule, ok := listRules[k.Path]; ok {
			rule(s)
		}
		return s
	}
	return scalar(k)
}

// fault is a map which, where it needs no parameters, may be left empty, and
// where it has none, be true.
func (b *builder) fault(k configs.Key) *jsonschema.Schema {
	s := b.object(k.Keys, k.Type)
	switch {
	case len(k.Keys) == 0:
		s.Type, s.Types, s.Not = "", []string{"object", "null", "boolean"}, constant(false)
	case len(s.Required) == 0 && len(s.OneOf) == 0:
		s.Type, s.Types = "", []string{"object", "null"}
	}
	return s
}
