package house

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
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
	"configs":                   {[]string{"internal/redact", "internal/replay"}, "what was asked stands by itself, so that everything may read it"},
	"internal/accesslog":        {nil, "a line of a log is read the same way, whatever is made of it"},
	"internal/traffic":          {[]string{"configs", "internal/accesslog"}, "what people have becomes a file like any other, and nothing is sent"},
	"internal/build":            {nil, "a version is the same whoever tells it"},
	"configs/schema":            {[]string{"configs"}, "what editors are told of a file is made from what the file's types say"},
	"configs/starter":           {[]string{"configs"}, "a file to begin with is a file like any other"},
	"internal/files":            {nil, "a folder from elsewhere is read and written with the same care by everybody"},
	"internal/guards":           {[]string{"internal/state", "configs", "reports/journal"}, "a guard judges what a run has recorded, and drives nothing"},
	"internal/ports":            {nil, "a port is kept the same way for whoever will listen there"},
	"internal/state":            {nil, "a folder is a folder, whoever keeps something there"},
	"internal/replay":           {[]string{"internal/accesslog"}, "a log is a plan of what is due when, whoever sends it"},
	"internal/redact":           {nil, "a secret is a text, wherever it came from"},
	"internal/stats":            {nil, "statistics know nothing of sites"},
	"reports/journal":           {[]string{"internal/files", "configs"}, "the record of a run must be readable without what made it"},
	"attack":                    {[]string{"internal/build", "internal/redact", "internal/replay", "reports/journal", "configs"}, "traffic and faults must not know of each other, or one could shade the other's figures"},
	"attack/search":             {nil, "a search is told how each trial went, and knows nothing of how it was made"},
	"chaos/egress":              {[]string{"configs"}, "the forward proxy reads heads and connects; it must not know what is done to what it carries"},
	"chaos":                     {[]string{"internal/build", "internal/state", "chaos/egress", "reports/journal", "configs"}, "traffic and faults must not know of each other, or one could shade the other's figures"},
	"reports":                   {nil, "a reader of report.json needs its types, and nothing that made them"},
	"reports/words":             {nil, "a figure is written in one way, whoever writes it"},
	"reports/measure":           {[]string{"reports/journal", "configs", "internal/stats", "reports", "reports/words"}, "counting comes first: nothing inferred may colour it"},
	"reports/diagnose":          {[]string{"reports/measure", "reports/poolmodel", "reports/whatif", "reports/journal", "reports", "reports/words", "internal/stats"}, "what a run means is inferred from what was counted, before anybody asks whether it is good enough (whatif: what would hold the rate is asked of the model, with the figures that the run told)"},
	"reports/causes":            {[]string{"reports/measure", "reports/journal", "reports", "reports/words"}, "why errors came is weighed with the pool as it was worked out, and changes nothing of it"},
	"reports/claims":            {[]string{"reports/measure", "reports"}, "a claim is tested on what was counted, whatever it was worked out from"},
	"reports/judge":             {[]string{"reports/measure", "reports", "reports/words", "configs", "reports/journal"}, "objectives are judged on what was seen and on what was worked out of it, with its interval, and not on what a model foretells"},
	"reports/explain":           {[]string{"reports", "reports/words"}, "a sentence stands on what its reader has too: it never sees a hit"},
	"reports/analysis":          {[]string{"reports", "reports/measure", "reports/diagnose", "reports/causes", "reports/claims", "reports/judge", "reports/explain", "reports/journal"}, "it takes a bundle through the stages, and adds nothing of its own"},
	"reports/whatif":            {[]string{"reports", "reports/poolmodel", "reports/words"}, "a prediction from figures needs no run"},
	"reports/compare":           {[]string{"reports", "reports/words", "reports/journal", "internal/stats"}, "runs are held against each other by their reports and their hits; what each means was said before"},
	"reports/history":           {[]string{"internal/files", "internal/stats", "reports", "reports/journal", "reports/words"}, "many nights are told by their reports alone: no run is opened, of the journal it only asks whether one is being written"},
	"reports/evidence":          {[]string{"internal/build", "reports/journal", "configs"}, "what the site says must not be coloured by what was done to it"},
	"reports/poolmodel":         {[]string{"internal/stats"}, "the model knows figures, and nothing of runs or reports"},
	"reports/ci":                {[]string{"reports", "reports/words"}, "what CI reads is a form of a report, and adds no facts"},
	"reports/sheet":             {[]string{"reports", "reports/words"}, "all pages look alike, whatever they tell"},
	"reports/pages":             {[]string{"reports", "reports/sheet", "reports/words"}, "a page of several runs shows what was found, and finds nothing itself"},
	"reports/render":            {[]string{"reports", "reports/sheet", "reports/words"}, "rendering adds no facts"},
	"internal/manual":           {[]string{"configs", "reports/words"}, "the manual tells what the file's types say, in lines as everything else, and runs nothing"},
	"internal/house":            {nil, "it looks at the others from outside"},
	"internal/harness":          {[]string{"internal/build", "internal/guards", "attack", "chaos", "reports/evidence", "reports/journal", "reports/words", "configs"}, "one run is made of its parts; what came of it is for reports to say (words: a preflight and a report say the same of an answer that leads to a login)"},
	"internal/campaign":         {[]string{"internal/files", "internal/harness", "internal/stats", "attack/search", "configs", "reports", "reports/analysis", "reports/ci", "reports/compare", "reports/judge", "reports/journal", "reports/pages", "reports/render"}, "it asks for runs and reads their reports, and does neither itself"},
	"internal/browser":          {nil, "a page is looked at as its reader does, whoever wrote it"},
	"internal/madeup":           {[]string{"reports/journal"}, "a run made up for a test is a record like any other"},
	"internal/staging":          {[]string{"internal/ports", "configs"}, "the staging site is a site like any other"},
	"internal/staging/gosite":   {[]string{"internal/staging", "configs"}, "the staging site is a site like any other"},
	"internal/staging/gunicorn": {[]string{"internal/staging", "configs"}, "the staging site is a site like any other"},
	"internal/staging/phpfpm":   {[]string{"internal/staging", "configs"}, "the staging site is a site like any other"},
	"internal/mutate":           {nil, "it changes the code of any package, and so knows none"},
	"internal/zoo":              {[]string{"configs", "internal/stats", "reports/journal"}, "a simulated run is a record like any other, and must not lean on the model that the reports lean on"},
	"internal/workers":          {nil, "what the kernel says of workers is read without knowing of runs"},
	"internal/accuracy/drawn":   {[]string{"internal/zoo", "reports", "reports/analysis", "reports/journal"}, "it holds what the reports say against the sites that were simulated"},
	"internal/accuracy/pairs":   {[]string{"internal/harness", "internal/ports", "configs", "internal/staging", "internal/staging/phpfpm", "reports", "reports/compare", "internal/accuracy", "internal/campaign"}, "it holds what a comparison says against what was changed"},
	"internal/accuracy":         {[]string{"internal/harness", "internal/ports", "configs", "reports", "reports/analysis", "reports/journal", "internal/staging", "internal/staging/gunicorn", "internal/staging/phpfpm"}, "it holds what the reports say against the sites that were run"},
	"cmd/tailback":              {[]string{"internal/build", "internal/files", "internal/harness", "internal/campaign", "internal/guards", "internal/ports", "attack/search", "configs", "reports", "reports/analysis", "reports/ci", "reports/history", "reports/pages", "reports/compare", "reports/whatif", "reports/words", "reports/journal", "reports/render", "internal/staging", "internal/staging/gosite", "internal/staging/gunicorn", "internal/staging/phpfpm", "internal/workers", "configs/schema", "configs/starter", "internal/manual", "internal/traffic"}, "the command line talks to people; what it asks for is done elsewhere"},
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
	"github.com/google/jsonschema-go/":       {[]string{"configs/schema"}, "the form of a schema is the business of what writes it"},
	"github.com/prometheus/procfs":           {[]string{"internal/workers"}, "only it reads other processes"},
	"github.com/andybalholm/cascadia":        {[]string{"configs", "attack"}, "a file is wrong with a selector that can't be read, and answers are searched by it"},
	"github.com/go-openapi/jsonpointer":      {[]string{"attack"}, "values are taken out of answers there"},
	"github.com/getkin/kin-openapi/":         {[]string{"internal/traffic"}, "only it reads the descriptions of APIs"},
	"mvdan.cc/sh/":                           {[]string{"internal/traffic"}, "only it reads command lines, and runs none"},
	"github.com/chromedp/":                   {[]string{"internal/browser"}, "only tests look at pages"},
	"github.com/vishvananda/netlink":         {[]string{"internal/workers"}, "only it reads other processes"},
	"pgregory.net/changepoint":               {[]string{"internal/stats"}, "what it proposes is tested there before anybody hears of it"},
	"github.com/parquet-go/":                 {[]string{"reports/journal"}, "the bundle's format is the business of the journal"},
	"golang.org/x/perf/benchmath":            {[]string{"reports/compare"}, "only it holds several runs against several others"},
	"github.com/aclements/go-moremath/":      {[]string{"internal/stats"}, "quantiles of distributions are statistics"},
	"net/http":                               {[]string{"attack", "chaos", "chaos/egress", "reports/evidence", "internal/staging", "internal/staging/gosite", "internal/staging/phpfpm", "reports/render"}, "analysis never touches a network (chaos: Toxiproxy's API, reading requests; render: http.FileSystem of the embedded assets)"},
}

type goPackage struct {
	ImportPath string
	Doc        string
	Imports    []string
}

// root is the module's folder.
const root = "../.."

// packages are all packages of the module.
func packages(t *testing.T) map[string]goPackage {
	t.Helper()
	open(t)
	list := exec.Command("go", "list", "-json=ImportPath,Doc,Imports", "./...")
	list.Dir = root
	out, err := list.Output()
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

// open opens the module's folders: the go command then knows that this test is
// about them, and does not take its result of last time when a source has changed.
func open(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "tailback-out") {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
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
