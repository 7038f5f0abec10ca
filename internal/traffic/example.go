package traffic

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// made is a value for a parameter or a body: one that was given, or a placeholder.
type made struct {
	value       any
	placeholder string
}

// text is the value as it stands in a path, a query or a header.
func (m made) text() string {
	switch v := m.value.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64, bool, int, int64, uint64, json.Number:
		return strings.Trim(jsonOf(v), `"`)
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, made{value: item}.text())
		}
		return strings.Join(all, ",")
	}
	return jsonOf(m.value)
}

func jsonOf(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// deepestExample bounds what is made up of schemas that hold themselves.
const deepestExample = 6

// exampleOf is the example that is given, else that of the schema; madeUp says that
// there is none.
func exampleOf(one any, several openapi3.Examples, schema *openapi3.SchemaRef, depth int) (m made, madeUp bool) {
	if one != nil {
		return made{value: one}, false
	}
	for _, name := range sortedKeys(several) {
		if e := several[name]; e != nil && e.Value != nil && e.Value.Value != nil {
			return made{value: e.Value.Value}, false
		}
	}
	return ofSchema(schema, depth)
}

func ofSchema(ref *openapi3.SchemaRef, depth int) (m made, madeUp bool) {
	if ref == nil || ref.Value == nil || depth > deepestExample {
		return made{value: "x"}, true
	}
	s := ref.Value
	given := []any{s.Example, s.Const, s.Default}
	given = append(append(given, s.Examples...), s.Enum...)
	for _, value := range given {
		if value != nil {
			return made{value: value}, false
		}
	}
	for _, alternatives := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
		if len(alternatives) > 0 {
			return ofSchema(alternatives[0], depth+1)
		}
	}
	switch {
	case s.Type.Includes("object") || len(s.Properties) > 0 || len(s.AllOf) > 0:
		return objectOf(s, depth)
	case s.Type.Includes("array"):
		item, madeUp := ofSchema(s.Items, depth+1)
		return made{value: []any{item.plain()}}, madeUp
	}
	return scalarOf(s), true
}

// plain is the value, or the placeholder as a text.
func (m made) plain() any {
	if m.placeholder != "" {
		return m.placeholder
	}
	return m.value
}

// maxProperties bounds what is made up of one schema.
const maxProperties = 50

// objectOf is an object with the properties that it needs, and those with examples.
func objectOf(s *openapi3.Schema, depth int) (m made, madeUp bool) {
	object := map[string]any{}
	parts := []*openapi3.Schema{s}
	for _, ref := range s.AllOf {
		if ref != nil && ref.Value != nil && ref.Value != s {
			parts = append(parts, ref.Value)
		}
	}
	for i, part := range parts {
		if i > 0 && len(part.AllOf) > 0 && depth < deepestExample {
			inner, none := objectOf(part, depth+1)
			madeUp = madeUp || none
			for name, value := range inner.value.(map[string]any) {
				object[name] = value
			}
			continue
		}
		required := map[string]bool{}
		for _, name := range part.Required {
			required[name] = true
		}
		for _, name := range sortedKeys(part.Properties) {
			ref := part.Properties[name]
			if ref == nil || ref.Value == nil || ref.Value.ReadOnly || len(object) >= maxProperties {
				continue
			}
			value, none := ofSchema(ref, depth+1)
			if required[name] || !none {
				object[name] = value.plain()
				madeUp = madeUp || none
			}
		}
	}
	return made{value: object}, madeUp
}

// scalarOf makes up a value of the type.
func scalarOf(s *openapi3.Schema) made {
	switch {
	case s.Type.Includes("integer") || s.Type.Includes("number"):
		n := 1.0
		if s.Min != nil {
			n = max(n, *s.Min)
		}
		if s.Max != nil {
			n = min(n, *s.Max)
		}
		return made{value: n}
	case s.Type.Includes("boolean"):
		return made{value: true}
	case s.Format == "uuid":
		return made{placeholder: "{{uuid}}"}
	case s.Format == "date-time":
		return made{placeholder: "{{now}}"}
	case s.Format == "date":
		return made{value: "2026-01-31"}
	case s.Format == "email":
		return made{value: "visitor@example.com"}
	}
	return made{value: strings.Repeat("x", int(min(max(s.MinLength, 1), 64)))}
}

// requestBody writes the body that an operation takes.
func (a *api) requestBody(r *Request, op *openapi3.Operation, what string) {
	if op.RequestBody == nil || op.RequestBody.Value == nil || r.Method == "GET" || r.Method == "HEAD" {
		return
	}
	content := op.RequestBody.Value.Content
	kind, media := preferred(content)
	if media == nil {
		return
	}
	example, none := exampleOf(media.Example, media.Examples, media.Schema, 0)
	if none {
		a.lacks = append(a.lacks, "the body")
	}
	put := func(name, value string) Value {
		if value == "{{uuid}}" || value == "{{now}}" { // put there above
			return Value{Text: value}
		}
		return a.v.value(name, value, what)
	}
	method := r.Method
	m := message{method: method, what: what}
	switch fields, isObject := example.value.(map[string]any); {
	case strings.Contains(kind, "json"):
		m.body = jsonOf(example.plain())
		if kind == "application/json" {
			kind = ""
		}
	case isObject && (kind == formType || kind == "multipart/form-data"):
		for _, name := range sortedKeys(fields) {
			if name != "" {
				m.form = append(m.form, field{name: name, value: made{value: fields[name]}.text()})
			}
		}
		if kind == "multipart/form-data" {
			m.form, m.parts = nil, m.form
		}
	default:
		m.body = example.text()
	}
	if !a.body(r, m, kind, put) && kind != "" && r.Body != nil {
		a.header(r, field{name: "Content-Type", value: kind}, false, what)
	}
	if r.Body == nil {
		r.Note = append(r.Note, fmt.Sprintf("CHANGE: it takes a body of the type %s.", comment(kind)))
	}
	if r.Method == "" {
		r.Method = method
	}
}

// preferred is the form of body that is written most readably.
func preferred(content openapi3.Content) (kind string, media *openapi3.MediaType) {
	for _, kind := range append([]string{"application/json", formType, "multipart/form-data"}, sortedKeys(content)...) {
		if media := content[kind]; media != nil {
			return kind, media
		}
	}
	return "", nil
}
