package configs

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The labels that a CI system gives a run by itself.
const (
	LabelCommit = "commit"
	LabelBranch = "branch"
	LabelBuild  = "build"
)

const (
	maxLabels     = 20  // of a run
	maxLabelValue = 256 // bytes: a branch may have 250
)

// labelName is what a label may be called: it is a word in tables, files and addresses.
var labelName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,62}$`)

// ciSystems say by which variable a CI system is known, and where it keeps what a
// run is of; of several, the first that is set.
var ciSystems = []struct {
	known  string
	labels map[string][]string
}{
	// A pull request's GITHUB_REF_NAME is "12/merge".
	{"GITHUB_ACTIONS", map[string][]string{LabelCommit: {"GITHUB_SHA"}, LabelBranch: {"GITHUB_HEAD_REF", "GITHUB_REF_NAME"}, LabelBuild: {"GITHUB_RUN_ID"}}},
	{"GITLAB_CI", map[string][]string{LabelCommit: {"CI_COMMIT_SHA"}, LabelBranch: {"CI_COMMIT_REF_NAME"}, LabelBuild: {"CI_PIPELINE_ID"}}},
	// A job that is not of many branches has GIT_BRANCH alone.
	{"JENKINS_URL", map[string][]string{LabelCommit: {"GIT_COMMIT"}, LabelBranch: {"BRANCH_NAME", "GIT_BRANCH"}, LabelBuild: {"BUILD_NUMBER"}}},
}

// ReadLabels returns the labels of a run: those that the CI system's variables
// give, and over them those given as name=value, of which an empty value takes a
// label away. What a variable holds that can be no label is left out, and said in notes.
func ReadLabels(given []string, getenv func(string) string) (labels map[string]string, notes []string, err error) {
	labels, notes = ciLabels(getenv)
	seen := map[string]bool{}
	for _, text := range given {
		name, value, ok := strings.Cut(text, "=")
		switch {
		case !ok:
			return nil, nil, fmt.Errorf("read --label %q: it has no '='; write it like --label commit=abc, or --label commit= for none", text)
		case !labelName.MatchString(name):
			return nil, nil, fmt.Errorf("read --label %q: its name needs to be a letter and then up to 62 letters, digits, '_', '-' or '.'", text)
		case seen[name]:
			return nil, nil, fmt.Errorf("read --label %q: %s is given twice; leave one", text, name)
		}
		if wrong := wrongLabel(value); wrong != "" {
			return nil, nil, fmt.Errorf("read --label %s: %s", name, wrong)
		}
		seen[name] = true
		if labels[name] = value; value == "" {
			delete(labels, name)
		}
	}
	if len(labels) > maxLabels {
		return nil, nil, fmt.Errorf("read --label: there are %d labels, and a run takes up to %d; leave some out", len(labels), maxLabels)
	}
	return labels, notes, nil
}

// ciLabels are the labels that the variables of a CI system give.
func ciLabels(getenv func(string) string) (labels map[string]string, notes []string) {
	labels = map[string]string{}
	for _, ci := range ciSystems {
		if getenv(ci.known) == "" {
			continue
		}
		for _, name := range []string{LabelCommit, LabelBranch, LabelBuild} {
			for _, variable := range ci.labels[name] {
				value := getenv(variable)
				if value == "" {
					continue
				}
				if wrong := wrongLabel(value); wrong != "" {
					notes = append(notes, fmt.Sprintf("the run has no label %s, since %s is no value for one: %s", name, variable, wrong))
				} else {
					labels[name] = value
				}
				break
			}
		}
		break
	}
	return labels, notes
}

// wrongLabel says what is wrong with a label's value; nothing is with an empty one.
func wrongLabel(value string) string {
	switch {
	case len(value) > maxLabelValue:
		return fmt.Sprintf("its value is of %d bytes, and can be of up to %d; shorten it", len(value), maxLabelValue)
	case !utf8.ValidString(value):
		return "its value is no text in UTF-8; write it so"
	case strings.ContainsFunc(value, unprintable):
		return fmt.Sprintf("its value %q holds a character that can't be printed; leave it out", value)
	case strings.TrimSpace(value) != value:
		return fmt.Sprintf("its value %q has a space at an end; leave it out", value)
	}
	return ""
}

// Label gives the runs of the experiment labels, without the secrets in them: they
// are written into bundles and reports. A value whose name is that of a secret is hidden whole.
func (e *Experiment) Label(labels map[string]string) {
	r := e.Redactor()
	e.Labels = map[string]string{}
	for name, value := range labels {
		if e.Labels[name] = r.Text(value); secretName.MatchString(name) {
			e.Labels[name] = hidden
		}
	}
}
