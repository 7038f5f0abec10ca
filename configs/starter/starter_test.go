package starter

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/configs/schema"
)

func written(t *testing.T, a Answers) (string, *configs.Experiment) {
	t.Helper()
	text, err := Write("dir/shop.yaml", schema.File, a)
	if err != nil {
		t.Fatal(err)
	}
	e, err := configs.LoadText("dir/shop.yaml", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), e
}

func TestWrite(t *testing.T) {
	text, e := written(t, Answers{URL: "https://staging.example.com/shop", Path: "/checkout?a=b", Expect: `says "thanks": yes #1`, Rate: 2.5,
		Dependencies: []Dependency{{"payments", "api.pay.example:443"}, {"mariadb", "10.0.0.7:3306"}, {"true", "localhost:80"}}})
	if want := []string{"staging.example.com"}; !reflect.DeepEqual(e.Target.Allow, want) {
		t.Errorf("allows %v, want %v", e.Target.Allow, want)
	}
	if r := e.Requests[0]; r.Path != "/checkout?a=b" || r.Expect.Body != `says "thanks": yes #1` {
		t.Errorf("requests %+v", r)
	}
	// What is called by HTTP elsewhere goes through the egress, all else by an address of its own.
	if want := []configs.Dependency{
		{Name: "payments", Host: "api.pay.example:443"},
		{Name: "mariadb", Listen: "127.0.0.1:9901", Upstream: "10.0.0.7:3306"},
		{Name: "true", Listen: "127.0.0.1:9902", Upstream: "localhost:80"},
	}; !reflect.DeepEqual(e.Dependencies, want) {
		t.Errorf("dependencies %+v, want %+v", e.Dependencies, want)
	}
	if e.Chaos.Egress.Listen != Egress {
		t.Errorf("egress at %q", e.Chaos.Egress.Listen)
	}
	var hung []string
	for _, p := range e.Phases {
		if p.Rate.From != 2.5 {
			t.Errorf("phase %s has %v/s", p.Name, p.Rate.From)
		}
		for _, f := range p.Faults {
			hung = append(hung, f.Dependency+" "+f.Kind())
		}
	}
	if want := []string{"payments hang", "mariadb hang", "true hang"}; !reflect.DeepEqual(hung, want) {
		t.Errorf("faults %v, want %v", hung, want)
	}
	if e.Audit.Rate != 2.5 || e.Audit.Horizon != 30*time.Second || e.Limits.Rate != 25 {
		t.Errorf("audit %+v, limits %+v", e.Audit, e.Limits)
	}
	// It says how long a run takes, and where its schema is.
	for _, want := range []string{"shop.yaml                 " + e.Duration().String(), "# yaml-language-server: $schema=tailback.schema.json\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("does not say %q:\n%s", want, text)
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") && len(line) > 81 {
			t.Errorf("is wider than 80 columns: %s", line)
		}
	}
}

func TestWriteForThisMachine(t *testing.T) {
	_, e := written(t, Answers{URL: "http://127.0.0.1:8081", Dependencies: []Dependency{{"db", "127.0.0.1:3306"}}})
	if e.Target.Allow != nil || e.Chaos.Egress.Listen != "" || e.Requests[0].Path != "/" || e.Phases[0].Rate.From != DefaultRate {
		t.Errorf("got %+v, %+v", e.Target, e.Chaos)
	}
}

// What stands behind # to be taken in is right too.
func TestCommentedKeysAreRight(t *testing.T) {
	t.Setenv("STAGING_TOKEN", "hush")
	text, _ := written(t, Answers{URL: "http://127.0.0.1:8081", Dependencies: []Dependency{{"db", "127.0.0.1:3306"}}})
	for _, key := range []string{"expect: ", "degraded: ", "headers: ", "site:", "  nginx_error_log: ", "  nginx_access_log: ", "  php_slow_log: "} {
		if strings.Count(text, "# "+key) != 1 {
			t.Errorf("has not one %q behind a #", key)
		}
		text = strings.Replace(text, "# "+key, key, 1)
	}
	e, err := configs.LoadText("shop.yaml", []byte(text), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if e.Requests[0].Expect.Body == "" || e.Requests[0].Degraded.Body == "" || len(e.Requests[0].Headers) != 1 || e.Site.PHPSlowLog.File == "" {
		t.Errorf("got %+v, %+v", e.Requests[0], e.Site)
	}
}

func TestTheSchemaAcceptsIt(t *testing.T) {
	text, _ := written(t, Answers{URL: "https://staging.example.com", Dependencies: []Dependency{{"payments", "api.pay.example:443"}, {"db", "10.0.0.7:3306"}}})
	content, err := schema.JSON()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schema.File, doc); err != nil {
		t.Fatal(err)
	}
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.MustCompile(schema.File).Validate(read); err != nil {
		t.Error(err)
	}
}

func TestWriteRefuses(t *testing.T) {
	db := []Dependency{{"db", "127.0.0.1:3306"}}
	for _, row := range []struct {
		a    Answers
		want string
	}{
		{Answers{}, "write experiment: it needs the site's address and a dependency"},
		{Answers{URL: "http://127.0.0.1:1"}, "write experiment: it needs the site's address and a dependency"},
		{Answers{URL: "localhost:8081", Dependencies: db}, "write experiment: target.url: needs to begin with http:// or https://"},
		{Answers{URL: "http://127.0.0.1:1", Path: "checkout", Dependencies: db}, `write experiment: requests[0].path: needs to begin with "/"; the host is that of target.url`},
		{Answers{URL: "http://127.0.0.1:1", Rate: -1, Dependencies: db}, "needs to be from 0 to 1000000 a second, not -1"},
		{Answers{URL: "http://127.0.0.1:1", Dependencies: append(db, db...)}, `"db" is the name of dependencies[0] already`},
		{Answers{URL: "http://127.0.0.1:1", Dependencies: []Dependency{{"db", "127.0.0.1:0"}}}, "write experiment: dependencies[0].upstream: needs a port from 1 to 65535"},
		{Answers{URL: "http://127.0.0.1:1", Expect: "caf\xe9", Dependencies: db}, `write "caf\xe9": it is no UTF-8 text`},
		{Answers{URL: "http://me:hush@127.0.0.1:1", Dependencies: db}, "write the address: it holds a secret; leave that out here"},
		{Answers{URL: "http://127.0.0.1:1", Path: "/?token=hush", Dependencies: db}, "write the path: it holds a secret"},
	} {
		text, err := Write("shop.yaml", schema.File, row.a)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%+v: got %v, want %s", row.a, err, row.want)
		}
		if text != nil {
			t.Errorf("%+v: wrote %s", row.a, text)
		}
	}
}

// Each answer is looked at by itself, as if the others were good.
func TestCheck(t *testing.T) {
	for _, row := range []struct {
		a    Answers
		want string // "" for good
	}{
		{Answers{}, ""},
		{Answers{URL: "https://staging.example.com"}, ""},
		{Answers{URL: "staging"}, "needs to begin with http:// or https://"},
		{Answers{Path: "a"}, `needs to begin with "/"; the host is that of target.url`},
		{Answers{Dependencies: []Dependency{{"a", "b:c"}}}, "needs a port from 1 to 65535 after the colon"},
	} {
		err := Check(row.a)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%+v: got %q, want %q", row.a, got, row.want)
		}
	}
}

func TestParseDependency(t *testing.T) {
	for text, want := range map[string]Dependency{
		"payments=api.pay.example:443": {"payments", "api.pay.example:443"},
		" db=[::1]:3306 ":              {"db", "[::1]:3306"},
		"payments":                     {},
		"=a:1":                         {},
		"db=a":                         {},
		"a:b=c:1":                      {},
	} {
		got, err := ParseDependency(text)
		if got != want || (err == nil) != (want != Dependency{}) {
			t.Errorf("%q: got %+v, %v; want %+v", text, got, err, want)
		}
	}
}
