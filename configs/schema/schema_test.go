package schema

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/tailback/tailback/configs"
)

// compile gives the schema to a validator that had no part in making it.
func compile(t testing.TB) *jsonschema.Schema {
	t.Helper()
	c, _ := compiler(t)
	s, err := c.Compile(File)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// compiler returns a validator that knows the schema, and the schema as data.
func compiler(t testing.TB) (*jsonschema.Compiler, any) {
	t.Helper()
	written, err := JSON()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(written))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(File, doc); err != nil {
		t.Fatal(err)
	}
	return c, doc
}

// instance reads a file as an editor does, with no knowledge of experiments.
func instance(file string) (any, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var value any
	switch filepath.Ext(file) {
	case ".yaml":
		err = yaml.Unmarshal(content, &value)
	case ".toml":
		err = toml.Unmarshal(content, &value)
	default:
		return jsonschema.UnmarshalJSON(bytes.NewReader(content))
	}
	if err != nil {
		return nil, err
	}
	written, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(written))
}

func files(t *testing.T, patterns ...string) (all []string) {
	t.Helper()
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: found %v, %v", pattern, found, err)
		}
		all = append(all, found...)
	}
	return all
}

// Both the schema's own library and another take the schema for one.
func TestSchemaIsWellFormed(t *testing.T) {
	compile(t)
	s, err := Of(configs.Keys())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Resolve(nil); err != nil {
		t.Error(err)
	}
}

// It is safe to print, and the same each time.
func TestSchemaIsPlain(t *testing.T) {
	first, err := JSON()
	if err != nil {
		t.Fatal(err)
	}
	if i := bytes.IndexFunc(first, func(r rune) bool { return r > '~' || r < ' ' && r != '\n' }); i >= 0 {
		t.Errorf("holds %q", first[max(0, i-20):i+20])
	}
	if again, _ := JSON(); !bytes.Equal(first, again) {
		t.Error("differs from one time to the next")
	}
}

// Each example and each default is a value that its key may have.
func TestExamplesAreGood(t *testing.T) {
	c, doc := compiler(t)
	examples, defaults := 0, 0
	var walk func(part any, at string)
	walk = func(part any, at string) {
		object, ok := part.(map[string]any)
		if !ok {
			return
		}
		if _, ok := object["description"].(string); ok && at != "#" {
			key, err := c.Compile(File + at)
			if err != nil {
				t.Fatal(err)
			}
			values, _ := object["examples"].([]any)
			examples += len(values)
			if value, ok := object["default"]; ok {
				values = append(values, value)
				defaults++
			}
			for _, value := range values {
				if err := key.Validate(value); err != nil {
					t.Errorf("%s: %v: %v", at, value, err)
				}
			}
		}
		for name, inner := range object {
			walk(inner, at+"/"+name)
		}
	}
	walk(doc, "#")
	if examples < 80 || defaults < 15 {
		t.Errorf("found %d examples and %d defaults", examples, defaults)
	}
}

// Whatever is shipped, and every form that a file may have, is good.
func TestSchemaAcceptsGoodFiles(t *testing.T) {
	s := compile(t)
	for _, file := range files(t, "../*.yaml", "../testdata/full.*", "../testdata/odd.yaml", "../testdata/values.yaml") {
		value, err := instance(file)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if err := s.Validate(value); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// Each mistake that stands in a file is seen by its schema, but for those of
// beyond, and for files that are no YAML, TOML or JSON in the first place.
func TestSchemaRefusesMistakes(t *testing.T) {
	s := compile(t)
	refused, left := 0, map[string]bool{}
	for _, file := range files(t, "../testdata/mistakes/*.yaml", "../testdata/mistakes/*.toml", "../testdata/mistakes/*.json") {
		name := filepath.Base(file)
		value, err := instance(file)
		if err != nil {
			continue
		}
		reason, known := beyond[name]
		switch accepted := s.Validate(value) == nil; {
		case accepted && !known:
			t.Errorf("%s is accepted: refuse it, or say in beyond why no schema can", name)
		case accepted:
			left[name] = true
		case known:
			t.Errorf("%s is refused, though %s", name, reason)
		default:
			refused++
		}
	}
	if refused < 120 {
		t.Errorf("only %d files are refused", refused)
	}
	for name := range beyond {
		if !left[name] {
			t.Errorf("beyond has %s, which is no file that could be read and was accepted", name)
		}
	}
}

// What the schema says of a default is what is filled in.
func TestDefaultsAreThoseThatAreFilledIn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bare.yaml")
	bare := `version: 1
target: {url: "http://127.0.0.1:1"}
requests: [{path: /}]
dependencies: [{name: db, listen: "127.0.0.1:2", upstream: "127.0.0.1:3"}]
phases: [{name: p, duration: 10s, rate: 1, faults: [{dependency: db, http_error: {}}]}, {name: q, duration: 10s, rate: 1, faults: [{dependency: db, latency: {delay: 1s}}]}]
site: {php_fpm_status: {url: "http://127.0.0.1:1/status"}}
`
	filled := filepath.Join(filepath.Dir(path), "filled.yaml")
	write(t, path, bare)
	write(t, filled, strings.NewReplacer(
		"version: 1\n", "version: 1\n"+fill("", "seed", "arrivals")+"chaos: {"+fill("chaos.", "toxiproxy")+"}\nlimits: {"+fill("limits.", "in_flight")+"}\n",
		`{url: "http://127.0.0.1:1"}`, `{url: "http://127.0.0.1:1", `+fill("target.", "timeout", "insecure", "follow_redirects", "use_proxy")+"}",
		"{path: /}", "{path: /, "+fill("requests[].", "method", "weight")+"}",
		"http_error: {}", fill("phases[].faults[].", "share", "after")+", http_error: {"+fill("phases[].faults[].http_error.", "status")+"}",
		"{delay: 1s}", "{delay: 1s, "+fill("phases[].faults[].latency.", "jitter", "direction")+"}",
		"rate: 1,", "rate: 1, "+fill("phases[].", "warmup")+",",
		`/status"`, `/status", `+fill("site.php_fpm_status.", "every"),
	).Replace(bare))
	one, other := load(t, path), load(t, filled)
	one.Name, one.Path, one.Source, other.Name, other.Path, other.Source = "", "", nil, "", "", nil
	if !reflect.DeepEqual(one, other) {
		t.Errorf("left out: %+v\nas told: %+v", one, other)
	}
}

// fill writes keys with their defaults, as the inside of a YAML map; at the top as lines.
func fill(within string, names ...string) string {
	var all []string
	for _, name := range names {
		all = append(all, name+": "+defaultOf(configs.Keys(), within+name))
	}
	if within == "" {
		return strings.Join(all, "\n") + "\n"
	}
	return strings.Join(all, ", ")
}

func defaultOf(keys []configs.Key, path string) string {
	for _, k := range keys {
		if k.Path == path {
			return k.Default
		}
		if found := defaultOf(k.Keys, path); found != "" {
			return found
		}
	}
	return ""
}

func load(t *testing.T, path string) *configs.Experiment {
	t.Helper()
	e, err := configs.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
