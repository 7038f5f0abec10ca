package schema

import (
	"fmt"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v3"

	"github.com/tailback/tailback/configs"
)

// The patterns of values that are written as text. They hold what Go's own
// parsers take, but for exotic numbers (0x1p-2), and are anchored where used.
const (
	number     = `[+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?`
	duration   = `[+]?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+|[-+]?0`
	rate       = `\s*` + number + `\s*(/\s*([smh]|` + duration + `)\s*)?`
	perNothing = `/[^1-9]*0[^1-9]*$` // so many in 0s
	size       = `[0-9]{1,15} ?[Bb]?(/s)?|[0-9]{1,15} ?[KkMmGg][Bb](/s)?`
	kilobytes  = `[0-9]{0,12}000 ?[Bb]?(/s)?|[0-9]{1,15} ?[KkMmGg][Bb](/s)?`
	notNothing = `[1-9]`

	// The parts of an objective. What is held against a baseline is not measured to be ==.
	op      = `\s*(<=|>=|==|<|>)\s*`
	beside  = `\s*(<=|>=|<|>)\s*` + factor
	factor  = number + `\s*x\s+baseline`
	spans   = `(p50|p90|p95|p99|p999|max)`
	counts  = `(errors|ok|degraded|502|503|504)`
	hits    = `(` + spans + op + `(` + duration + `)|` + counts + op + number + `\s*%?|rate` + op + number + `(/s)?)`
	ofHits  = `(` + hits + over + `?|(` + spans + `|` + counts + `|rate)` + beside + `)`
	ofFault = `(recovered|onset)` + op + `(` + duration + `)`
	ofCalls = `((timeout|budget)(` + op + `(` + duration + `)|` + beside + `)|retries` + op + number + `(\s*x\s+baseline)?)`
	ofSite  = `(capacity(` + op + number + `(/s)?|` + beside + `)|(workers|queue_slots)` + op + number + `(\s*x\s+baseline)?|gateway_timeout(` + op + `(` + duration + `)|` + beside + `))`
	visited = `(completed|abandoned)(` + op + number + `\s*%?|` + beside + `)`
	over    = `(\s+over\s+(` + duration + `))`
	phase   = `([^":\s]([^:]*[^:\s])?\s*:\s*)`
	name    = `(([^":\s]([^:]*[^:\s])?|".+")\s+)` // whose the metric is, in quotes where it holds a colon
	named   = `(([^"\s](.*\S)?|".+")\s+)`         // the same behind a phase, which ends at the first colon
	listed  = `(([^":,\s]([^:,]*[^:,\s])?|"[^",]+")\s+)`
)

// scalar returns the schema of a value without keys of its own.
func scalar(k configs.Key) *jsonschema.Schema {
	switch k.Form {
	case configs.FormText:
		return text(k)
	case configs.FormTruth:
		return &jsonschema.Schema{Type: "boolean"}
	case configs.FormInteger:
		return bounded("integer", k)
	case configs.FormNumber:
		return bounded("number", k)
	case configs.FormTexts:
		item := bounded("integer", k)
		item.Type, item.Types, item.Pattern = "", []string{"string", "integer"}, k.Pattern
		return oneOrMore(item)
	case configs.FormDuration:
		return span(k)
	case configs.FormSize:
		return sizeOf(k)
	case configs.FormRate:
		return anyOf(bounded("number", k), rateText(), steps(bounded("number", k), positiveNumber()))
	case configs.FormHz:
		return anyOf(bounded("number", k), aboveNothing(rateText()))
	case configs.FormDose:
		return anyOf(span(k), steps(span(configs.Key{}), span(configs.Key{Above: true})))
	case configs.FormThink:
		return anyOf(span(k), durations("from", "to"), durations("mean"), durations("median", "p95"))
	case configs.FormSecret:
		return anyOf(text(k), elsewhere())
	case configs.FormArrivals:
		return text(k)
	case configs.FormAny:
		return &jsonschema.Schema{Not: &jsonschema.Schema{Type: "null"}}
	case configs.FormPairs:
		return pairs()
	case configs.FormObjectives:
		form := strings.Join([]string{phase + named + `?` + ofHits, phase + named + `?` + visited, name + `?` + visited, phase + `?` + ofFault, name + `?` + ofHits, name + ofCalls, ofSite}, "|")
		return &jsonschema.Schema{Type: "array", Items: matching(`\s*(`+form+`)\s*`, `needs an objective such as "hang: errors < 1%"`)}
	case configs.FormObjective:
		return matching(`\s*`+listed+`?`+hits+`\s*(,\s*`+listed+`?`+hits+`\s*)*`, `needs objectives such as "errors < 1%, p95 < 1s"`)
	case configs.FormAborts:
		return oneOrMore(matching(`\s*`+hits+over+`\s*`, `needs a rule such as "errors > 50% over 10s"`))
	}
	panic(fmt.Sprintf("describe %s: no schema for the form %q", k.Path, k.Form)) // TestSchemaIsWellFormed
}

// text returns the schema of a text.
func text(k configs.Key) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string", Pattern: k.Pattern}
	for _, word := range k.Words {
		s.Enum = append(s.Enum, word)
	}
	if k.Not != "" {
		s.Not = &jsonschema.Schema{Pattern: k.Not}
	}
	if k.Most > 0 {
		s.MaxLength = new(int(k.Most))
	}
	return s
}

// bounded returns the schema of a number within the key's bounds.
func bounded(of string, k configs.Key) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: of, Minimum: new(k.Least)}
	if k.Above {
		s.Minimum, s.ExclusiveMinimum = nil, new(k.Least)
	}
	if k.Most > 0 {
		s.Maximum = new(k.Most)
	}
	return s
}

// durations returns the schema of a map with a duration for each of the keys.
func durations(keys ...string) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Properties: map[string]*jsonschema.Schema{}, AdditionalProperties: never(), Required: keys}
	for _, key := range keys {
		s.Properties[key] = span(configs.Key{})
	}
	return s
}

// pairs returns the schema of names and values, as a map or as a list.
func pairs() *jsonschema.Schema {
	value := anyOf(&jsonschema.Schema{Types: []string{"string", "number", "boolean", "null"}}, elsewhere())
	item := &jsonschema.Schema{
		Type: "object", Properties: map[string]*jsonschema.Schema{"name": {Type: "string", Pattern: "."}, "value": anyOf(&jsonschema.Schema{Type: "string"}, elsewhere())},
		PropertyOrder: []string{"name", "value"}, AdditionalProperties: never(), Required: []string{"name"},
	}
	return anyOf(
		&jsonschema.Schema{Type: "object", AdditionalProperties: anyOf(value, &jsonschema.Schema{Type: "array", Items: value.CloneSchemas()})},
		&jsonschema.Schema{Type: "array", Items: item})
}

// rateText returns the schema of a rate that is written as text.
func rateText() *jsonschema.Schema {
	s := matching(rate, `needs a rate such as 8 or "480/m"`)
	s.Not = &jsonschema.Schema{Pattern: perNothing}
	return s
}

// aboveNothing lets a rate's text not be 0: a digit of it, before what it is counted in, is another.
func aboveNothing(s *jsonschema.Schema) *jsonschema.Schema {
	s.AllOf = []*jsonschema.Schema{{Pattern: `^[^/eE]*[1-9]`}}
	return s
}

func positiveNumber() *jsonschema.Schema {
	return bounded("number", configs.Key{Above: true})
}

// span returns the schema of a duration. How long it is at most, no pattern tells.
func span(k configs.Key) *jsonschema.Schema {
	s := matching(duration, `needs a duration such as "300ms" or "1m30s"`)
	if k.Above {
		s.AllOf = []*jsonschema.Schema{{Pattern: notNothing}}
	}
	return s
}

// sizeOf returns the schema of a size. One that is at least a kilobyte is of whole kilobytes.
func sizeOf(k configs.Key) *jsonschema.Schema {
	whole, written := bounded("integer", k), matching(size, `needs a size such as 100, "100KB" or "1MB"`)
	if k.Least == 1000 {
		whole.MultipleOf = new(k.Least)
		written = matching(kilobytes, `needs whole kilobytes a second, such as "100KB/s"`)
	}
	written.AllOf = []*jsonschema.Schema{{Pattern: notNothing}}
	return anyOf(whole, written)
}

// steps returns the schema of a ramp, or of stairs, of levels of that kind.
func steps(level, step *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{
		Type:                 "object",
		PropertyOrder:        []string{"from", "to", "step", "every"},
		Properties:           map[string]*jsonschema.Schema{"from": level, "to": level.CloneSchemas(), "step": step, "every": span(configs.Key{Above: true})},
		AdditionalProperties: never(),
		Required:             []string{"from", "to"},
		DependencyStrings:    map[string][]string{"step": {"every"}, "every": {"step"}},
	}
}

// elsewhere returns the schema of {env: NAME} and {file: path}.
func elsewhere() *jsonschema.Schema {
	return &jsonschema.Schema{
		Type:          "object",
		PropertyOrder: []string{"env", "file"},
		Properties: map[string]*jsonschema.Schema{
			"env":  {Type: "string", Pattern: `^[A-Za-z_][A-Za-z0-9_]*$`, Description: "the name of an environment variable"},
			"file": {Type: "string", MinLength: new(1), Description: "the path of a file, whose last line break is left out"},
		},
		AdditionalProperties: never(),
		MinProperties:        new(1),
		MaxProperties:        new(1),
	}
}

// matching returns the schema of a text that matches the whole pattern.
// patternErrorMessage is what editors say where it does not.
func matching(pattern, otherwise string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: "^(" + pattern + ")$", Extra: map[string]any{"patternErrorMessage": otherwise}}
}

func oneOrMore(item *jsonschema.Schema) *jsonschema.Schema {
	return anyOf(&jsonschema.Schema{Type: "array", Items: item}, item.CloneSchemas())
}

func anyOf(all ...*jsonschema.Schema) *jsonschema.Schema { return &jsonschema.Schema{AnyOf: all} }

// yaml reads a value of the table as a file's reader would.
func (b *builder) yaml(k configs.Key, written string) any {
	var value any
	if err := yaml.Unmarshal([]byte(strings.TrimSpace(written)), &value); err != nil && b.err == nil {
		b.err = fmt.Errorf("read %q of %s: %w", written, k.Path, err)
	}
	return value
}
