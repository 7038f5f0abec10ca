package tailback

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/tailback/tailback"

// rules say which of our packages each may import, outside its tests, and why
// no others. A package that is not listed fails the test: give it a rule.
var rules = map[string]struct {
	may []string
	why string
}{
	"configs":                   {nil, "what was asked stands by itself, so that everything may read it"},
	"internal/guards":           {[]string{"internal/state", "configs", "reports/journal"}, "a guard judges what a run has recorded, and drives nothing"},
	"internal/state":            {nil, "a folder is a folder, whoever keeps something there"},
	"internal/stats":            {nil, "statistics know nothing of sites"},
	"reports/journal":           {[]string{"configs"}, "the record of a run must be readable without what made it"},
	"attack":                    {[]string{"reports/journal", "configs"}, "traffic and faults must not know of each other, or one could shade the other's figures"},
	"attack/search":             {nil, "a search is told how each trial went, and knows nothing of how it was made"},
	"chaos/egress":              {[]string{"configs"}, "the forward proxy reads heads and connects; it must not know what is done to what it carries"},
	"chaos":                     {[]string{"internal/state", "chaos/egress", "reports/journal", "configs"}, "traffic and faults must not know of each other, or one could shade the other's figures"},
	"reports":                   {[]string{"reports/journal", "configs", "internal/stats", "reports/poolmodel"}, "analysis is a function of the bundle alone"},
	"reports/evidence":          {[]string{"reports/journal", "configs"}, "what the site says must not be coloured by what was done to it"},
	"reports/poolmodel":         {[]string{"internal/stats"}, "the model knows figures, and nothing of runs or reports"},
	"reports/render":            {[]string{"reports"}, "rendering adds no facts"},
	"":                          {[]string{"internal/guards", "attack", "chaos", "reports/evidence", "reports/journal", "configs"}, "the conductor runs the parts and leaves their meaning to reports"},
	"internal/staging":          {[]string{"configs"}, "the staging site is a site like any other"},
	"internal/staging/gosite":   {[]string{"internal/staging", "configs"}, "the staging site is a site like any other"},
	"internal/staging/gunicorn": {[]string{"internal/staging", "configs"}, "the staging site is a site like any other"},
	"internal/staging/phpfpm":   {[]string{"internal/staging", "configs"}, "the staging site is a site like any other"},
	"internal/workers":          {nil, "what the kernel says of workers is read without knowing of runs"},
	"internal/zoo":              {[]string{"configs", "reports/journal"}, "a simulated run must not share the model that its report rests on"},
	"internal/accuracy":         {[]string{"", "configs", "reports", "reports/journal", "internal/staging", "internal/staging/gunicorn", "internal/staging/phpfpm"}, "it holds what the reports say against the sites that were run"},
	"cmd/tailback":              {[]string{"", "internal/guards", "attack/search", "configs", "reports", "reports/journal", "reports/poolmodel", "reports/render", "internal/staging", "internal/staging/gosite", "internal/staging/gunicorn", "internal/staging/phpfpm", "internal/workers"}, "the command line talks to people; the conductor runs the parts"},
}

// homes say which packages may import a library, and why no others.
var homes = map[string]struct {
	homes []string
	why   string
}{
	"github.com/tsenart/vegeta/v12/lib":      {[]string{"attack"}, "Vegeta's types stay behind the attack"},
	"github.com/tsenart/vegeta/v12/lib/plot": {[]string{"reports/render"}, "only for its copy of uPlot"},
	"github.com/Shopify/toxiproxy/":          {[]string{"chaos"}, "Toxiproxy's types stay behind chaos"},
	"github.com/spf13/viper":                 {[]string{"configs", "cmd/tailback"}, "the file's format is the business of configs"},
	"github.com/prometheus/procfs":           {[]string{"internal/workers"}, "only it reads other processes"},
	"github.com/vishvananda/netlink":         {[]string{"internal/workers"}, "only it reads other processes"},
	"github.com/parquet-go/":                 {[]string{"reports/journal"}, "the bundle's format is the business of the journal"},
	"net/http":                               {[]string{"attack", "chaos", "chaos/egress", "reports/evidence", "internal/staging", "internal/staging/gosite", "internal/staging/phpfpm", "reports/render"}, "analysis never touches a network (chaos: Toxiproxy's API, reading requests; render: http.FileSystem of the embedded assets)"},
}

type goPackage struct {
	ImportPath string
	Doc        string
	Imports    []string
}

func packages(t *testing.T) map[string]goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Doc,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string]goPackage{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[ours(p.ImportPath)] = p
	}
}

// ours returns an import path of this module without the module's name.
func ours(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
}

func in(name string, list []string) bool {
	for _, l := range list {
		if l == name {
			return true
		}
	}
	return false
}

func TestImportsGoOneWay(t *testing.T) {
	all := packages(t)
	for name, p := range all {
		rule, ok := rules[name]
		if !ok {
			t.Errorf("package %q has no rule: say in imports_test.go what it may import, and why", name)
		}
		for _, path := range p.Imports {
			if strings.HasPrefix(path, module) && !in(ours(path), rule.may) {
				t.Errorf("%q imports %q, but %s", name, ours(path), rule.why)
			}
		}
	}
	for name := range rules {
		if _, ok := all[name]; !ok {
			t.Errorf("the rule for %q is about no package", name)
		}
	}
}

func TestLibrariesStayAtHome(t *testing.T) {
	for name, p := range packages(t) {
		for _, path := range p.Imports {
			for lib, h := range homes {
				if (path == lib || strings.HasSuffix(lib, "/") && strings.HasPrefix(path, lib)) && !in(name, h.homes) {
					t.Errorf("%q imports %q, but %s", name, path, h.why)
				}
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for name, p := range packages(t) {
		if p.Doc == "" {
			t.Errorf("package %q has no package comment", name)
		}
	}
}
