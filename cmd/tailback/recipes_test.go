package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gosite"
)

// nights are the ways in which a run of a recipe can end: objectives met, one missed, a
// fault that touched nothing, and a site that is not there.
var nights = []struct {
	name, file string
	code       int
	verdict    string
}{
	{"met", recipeHead + `phases: [{name: work, duration: 1s, rate: 10}]
objectives: ["errors < 1%"]`, exitOK, "pass"},
	{"missed", recipeHead + `phases: [{name: work, duration: 1s, rate: 10}]
objectives: ["p50 < 1ms"]`, exitMissed, "fail"},
	{"untouched", recipeHead + `phases: [{name: hang, duration: 1s, rate: 10, faults: [{dependency: payments, hang: {}}]}]
objectives: ["errors < 1%"]`, exitFailed, "inconclusive"},
	{"away", strings.Replace(recipeHead, "$SITE", "http://$FREE", 1) + `phases: [{name: work, duration: 1s, rate: 10}]`, exitFailed, "inconclusive"},
}

const recipeHead = `version: 1
name: nightly
target: {url: "$SITE"}
requests: [{path: "/work?ms=10"}]
dependencies: [{name: payments, listen: "$PROXY", upstream: "$PAYMENTS"}]
`

// job is a machine of CI with a checkout on it.
type job struct {
	*testing.T
	dir string
	env []string
}

// onNights runs a recipe in each way that it can end.
func onNights(t *testing.T, recipe func(*testing.T, *job, int, string)) {
	t.Parallel()
	for _, night := range nights {
		t.Run(night.name, func(t *testing.T) {
			t.Parallel()
			proxy := ports.Test(t)
			site, err := gosite.Start(t.Context(), staging.Options{Dependency: proxy})
			if err != nil {
				t.Fatal(err)
			}
			defer site.Close()
			vars := map[string]string{"SITE": site.URL, "PROXY": proxy, "PAYMENTS": site.DependencyAddr, "FREE": ports.Test(t)}
			j := &job{T: t, dir: t.TempDir()}
			j.write("load/nightly.yaml", os.Expand(night.file, func(name string) string { return vars[name] }), 0o600)
			j.write("tools/go", goOfRecipes, 0o700)
			j.env = append(os.Environ(), "PATH="+filepath.Join(j.dir, "tools")+":"+os.Getenv("PATH"), "XDG_STATE_HOME="+j.dir, "EXPERIMENT=load/nightly.yaml")
			recipe(t, j, night.code, night.verdict)
		})
	}
}

// goOfRecipes is the go of a recipe: what it would install from elsewhere is this program.
const goOfRecipes = `#!/bin/sh
case "$*" in
"install github.com/tailback/tailback/cmd/tailback@latest")
	[ -z "$GOBIN" ] || { mkdir -p "$GOBIN"; ln -sf "$(command -v tailback)" "$GOBIN/tailback"; } ;;
"env GOPATH") echo /nowhere ;;
*) echo "go: not what a recipe does: $*"; exit 9 ;;
esac
`

func (j *job) write(name, text string, mode os.FileMode) {
	j.Helper()
	path := filepath.Join(j.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		j.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		j.Fatal(err)
	}
}

func (j *job) read(name string) string {
	text, _ := os.ReadFile(filepath.Join(j.dir, name))
	return string(text)
}

// sh runs a script as CI does, and returns how it ended and what it printed.
func (j *job) sh(script string, shell ...string) (int, string) {
	j.Helper()
	cmd := exec.CommandContext(j.Context(), shell[0], append(shell[1:], script)...)
	cmd.Dir, cmd.Env = j.dir, j.env
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		j.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// kept says that the night is kept, if there was one, and that its history was told.
func (j *job) kept(there bool) {
	j.Helper()
	found, _ := filepath.Glob(filepath.Join(j.dir, "nights", "*", "report.json"))
	if (len(found) == 1) != there {
		j.Errorf("kept nights: %v; a report is there: %v", found, there)
	}
}

// decoded reads a recipe in YAML.
func decoded[T any](t *testing.T, path string) (v T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", path))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

// step is a step of GitHub Actions.
type step struct {
	ID, Uses, Run, If string
	With, Env         map[string]string
}

type githubAction struct {
	Inputs map[string]struct{ Default string }
	Runs   struct{ Steps []step }
}

type githubWorkflow struct {
	Jobs map[string]struct {
		If    string
		Steps []step
	}
}

var expression = regexp.MustCompile(`\$\{\{ (\S+) \}\}`)

// steps runs the lines of steps, with values in the place of expressions, and returns
// the exit code of the first that failed, or 0.
func (j *job) steps(steps []step, values map[string]string) (int, string) {
	j.Helper()
	all := ""
	own := j.env
	defer func() { j.env = own }()
	for _, s := range steps {
		if s.Run == "" || strings.Contains(s.If, "hashFiles('out/report.json')") && j.read("out/report.json") == "" {
			continue
		}
		j.env = slices.Clone(own)
		for name, value := range s.Env {
			j.env = append(j.env, name+"="+expression.ReplaceAllStringFunc(value, func(e string) string {
				value, ok := values[expression.FindStringSubmatch(e)[1]]
				if !ok {
					j.Errorf("nothing is known of %s", e)
				}
				return value
			}))
		}
		code, out := j.sh(s.Run, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
		all += out
		if code != 0 {
			return code, all
		}
	}
	return 0, all
}

// The workflow for GitHub, with the action that it uses.
func TestGitHubRecipe(t *testing.T) {
	action := decoded[githubAction](t, ".github/actions/tailback/action.yml")
	flow := decoded[githubWorkflow](t, "configs/ci/github.yml")
	onNights(t, func(t *testing.T, j *job, code int, verdict string) {
		j.env = append(j.env, "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE="+j.dir, "GITHUB_OUTPUT="+filepath.Join(j.dir, "output"), "GITHUB_STEP_SUMMARY="+filepath.Join(j.dir, "step.md"),
			"GITHUB_RUN_ID=7", "GITHUB_RUN_ATTEMPT=1")
		values := map[string]string{}
		for name, in := range action.Inputs {
			values["inputs."+name] = in.Default
		}
		experiment := flow.Jobs["experiment"]
		i := slices.IndexFunc(experiment.Steps, func(s step) bool { return strings.Contains(s.Uses, "actions/tailback@") })
		for name, value := range experiment.Steps[i].With {
			if _, ok := action.Inputs[name]; !ok {
				t.Errorf("the action has no input %s", name)
			}
			values["inputs."+name] = value
		}
		values["inputs.experiment"] = "load/nightly.yaml"
		if got, out := j.steps(action.Runs.Steps, values); got != 0 {
			t.Fatalf("the action exits with %d:\n%s", got, out)
		} else if warned := strings.Contains(out, "\n::warning "); warned != (verdict == "inconclusive") {
			t.Errorf("a warning: %v, though the verdict is %s:\n%s", warned, verdict, out)
		}
		if got, want := j.read("output"), fmt.Sprintf("verdict=%s\nexit-code=%d\n", verdict, code); got != want {
			t.Errorf("outputs are %q, want %q", got, want)
		}
		there := j.read("out/report.json") != ""
		if strings.Contains(j.read("step.md"), ": nightly\n") != there {
			t.Errorf("the step's summary is %q", j.read("step.md"))
		}
		if got, out := j.steps(historyOnceItIsThere(experiment.Steps), values); got != 0 {
			t.Errorf("the workflow exits with %d:\n%s", got, out)
		}
		j.kept(there)
		// The job that is the verdict is left out where there is none.
		objectives := flow.Jobs["objectives"]
		if objectives.If != "needs.experiment.outputs.verdict != 'inconclusive'" {
			t.Errorf("the objectives are looked at if %s", objectives.If)
		}
		if got, _ := j.steps(objectives.Steps, map[string]string{"needs.experiment.outputs.verdict": verdict}); verdict != "inconclusive" && got != code {
			t.Errorf("the job of the objectives exits with %d, want %d", got, code)
		}
	})
}

// Used by itself the action fails when an objective is missed, and only then.
func TestGitHubActionAlone(t *testing.T) {
	action := decoded[githubAction](t, ".github/actions/tailback/action.yml")
	onNights(t, func(t *testing.T, j *job, code int, verdict string) {
		j.env = append(j.env, "GITHUB_ACTIONS=true", "GITHUB_OUTPUT="+filepath.Join(j.dir, "output"))
		values := map[string]string{"inputs.experiment": "load/nightly.yaml"}
		for name, in := range action.Inputs {
			if in.Default != "" {
				values["inputs."+name] = in.Default
			}
		}
		got, out := j.steps(action.Runs.Steps, values)
		if want := map[string]int{"fail": 1}[verdict]; got != want {
			t.Errorf("with the verdict %s it exits with %d, want %d:\n%s", verdict, got, want, out)
		}
	})
}

// historyOnceItIsThere leaves out a line of a command that this program does not have.
func historyOnceItIsThere(steps []step) []step {
	if cmd, _, err := newRoot().Find([]string{"history"}); err == nil && cmd.Name() == "history" {
		return steps
	}
	steps = slices.Clone(steps)
	for i := range steps {
		steps[i].Run = strings.ReplaceAll(steps[i].Run, "tailback history ", "true ")
	}
	return steps
}

// The job for GitLab: what it exits with is orange if that is 3, and then it has no tests.
func TestGitLabRecipe(t *testing.T) {
	type gitlabJob struct {
		Before       []string `yaml:"before_script"`
		Script       []string
		AllowFailure struct {
			Codes []int `yaml:"exit_codes"`
		} `yaml:"allow_failure"`
		Artifacts struct {
			When    string
			Reports map[string]string
		}
	}
	load := decoded[map[string]gitlabJob](t, "configs/ci/gitlab-ci.yml")["load"]
	if !slices.Equal(load.AllowFailure.Codes, []int{exitFailed}) || load.Artifacts.When != "always" {
		t.Errorf("it allows %v and keeps artifacts %s", load.AllowFailure.Codes, load.Artifacts.When)
	}
	onNights(t, func(t *testing.T, j *job, code int, verdict string) {
		j.env = append(j.env, "CI_JOB_ID=7")
		got, out := j.sh(strings.Join(append(load.Before, load.Script...), "\n"), "bash", "-eo", "pipefail", "-c")
		if got != code {
			t.Fatalf("it exits with %d, want %d:\n%s", got, code, out)
		}
		there := j.read("out/report.json") != ""
		j.kept(there)
		for name, file := range load.Artifacts.Reports {
			if is, want := j.read(file) != "", there && (name != "junit" || verdict != "inconclusive"); is != want {
				t.Errorf("the report %s is there: %v, want %v", name, is, want)
			}
		}
		if lines := strings.Split(strings.TrimSpace(out), "\n"); verdict == "inconclusive" && !regexp.MustCompile("(?i)touched no request|could not start").MatchString(lines[len(lines)-1]) {
			t.Errorf("the last line is no reason:\n%s", out)
		}
	})
}

// The shell's lines of the Jenkinsfile, in their order, and the line that it shows as
// the reason of an unstable build.
func TestJenkinsRecipe(t *testing.T) {
	text, err := os.ReadFile("../../configs/ci/Jenkinsfile")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`(?m)\s*// .*$|'[^'\n]*'|"[^"\n]*"`).ReplaceAllString(string(text), "")
	if strings.ContainsAny(code, `'"`) || strings.Count(code, "{") != strings.Count(code, "}") || strings.Count(code, "(") != strings.Count(code, ")") {
		t.Errorf("a quote or a bracket is open in\n%s", code)
	}
	lines := regexp.MustCompile(`sh(?: |\(returnStatus: true, script: )'([^']*)'`).FindAllStringSubmatch(string(text), -1)
	if len(lines) != 4 {
		t.Fatalf("there are %d shell steps: %q", len(lines), lines)
	}
	onNights(t, func(t *testing.T, j *job, code int, verdict string) {
		j.env = append(j.env, "BUILD_NUMBER=7", "WORKSPACE="+j.dir)
		for i, want := range []int{0, code, 0} {
			if i == 2 && j.read("out/report.json") == "" {
				break
			}
			if got, out := j.sh(lines[i][1], "sh", "-xec"); got != want {
				t.Fatalf("%s exits with %d, want %d:\n%s", lines[i][1], got, want, out)
			}
		}
		j.kept(j.read("out/report.json") != "")
		if summary := strings.Split(j.read("out/summary.md"), "\n"); len(summary) > 2 && verdict == "inconclusive" && !strings.Contains(summary[2], "touched no request") {
			t.Errorf("the reason would be %q", summary[2])
		}
	})
}
