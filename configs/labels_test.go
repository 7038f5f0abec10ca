package configs

import (
	"maps"
	"strings"
	"testing"
)

func envOf(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

var (
	github  = map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SHA": "3f9c2ab", "GITHUB_REF_NAME": "main", "GITHUB_RUN_ID": "77"}
	gitlab  = map[string]string{"GITLAB_CI": "true", "CI_COMMIT_SHA": "aa11", "CI_COMMIT_REF_NAME": "release/2", "CI_PIPELINE_ID": "9"}
	jenkins = map[string]string{"JENKINS_URL": "http://ci", "GIT_COMMIT": "bb22", "GIT_BRANCH": "origin/main", "BUILD_NUMBER": "5"}
)

func with(base map[string]string, more map[string]string) map[string]string {
	all := maps.Clone(base)
	maps.Copy(all, more)
	return all
}

func TestLabelsOfARun(t *testing.T) {
	for what, c := range map[string]struct {
		given []string
		env   map[string]string
		want  map[string]string
	}{
		"none":                        {nil, nil, map[string]string{}},
		"given":                       {[]string{"commit=abc", "branch=main"}, nil, map[string]string{"commit": "abc", "branch": "main"}},
		"a value with = in it":        {[]string{"flags=a=b"}, nil, map[string]string{"flags": "a=b"}},
		"GitHub":                      {nil, github, map[string]string{"commit": "3f9c2ab", "branch": "main", "build": "77"}},
		"a pull request on GitHub":    {nil, with(github, map[string]string{"GITHUB_REF_NAME": "12/merge", "GITHUB_HEAD_REF": "fix"}), map[string]string{"commit": "3f9c2ab", "branch": "fix", "build": "77"}},
		"GitLab":                      {nil, gitlab, map[string]string{"commit": "aa11", "branch": "release/2", "build": "9"}},
		"Jenkins, one branch":         {nil, jenkins, map[string]string{"commit": "bb22", "branch": "origin/main", "build": "5"}},
		"Jenkins, many branches":      {nil, with(jenkins, map[string]string{"BRANCH_NAME": "main"}), map[string]string{"commit": "bb22", "branch": "main", "build": "5"}},
		"GIT_COMMIT outside of CI":    {nil, map[string]string{"GIT_COMMIT": "bb22"}, map[string]string{}},
		"one system, not two":         {nil, with(gitlab, map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SHA": "cc"}), map[string]string{"commit": "cc"}},
		"a given one wins":            {[]string{"commit=mine"}, github, map[string]string{"commit": "mine", "branch": "main", "build": "77"}},
		"an empty one takes away":     {[]string{"build=", "none="}, github, map[string]string{"commit": "3f9c2ab", "branch": "main"}},
		"a broken one of CI left out": {nil, with(github, map[string]string{"GITHUB_REF_NAME": "ma\x1b[31min"}), map[string]string{"commit": "3f9c2ab", "build": "77"}},
	} {
		got, notes, err := ReadLabels(c.given, envOf(c.env))
		if err != nil || !maps.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", what, got, err, c.want)
		}
		if said := len(notes) > 0; said != strings.Contains(what, "left out") {
			t.Errorf("%s: notes %q", what, notes)
		}
	}
}

func TestWrongLabels(t *testing.T) {
	many := []string{}
	for c := 'a'; c <= 'u'; c++ { // 21
		many = append(many, string(c)+"=1")
	}
	for want, given := range map[string][]string{
		"it has no '='":                       {"commit"},
		"its name needs to be a letter":       {"=abc"},
		"its name needs":                      {"my label=abc"},
		"its name needs to be a letter and":   {strings.Repeat("n", 64) + "=abc"},
		"commit is given twice; leave one":    {"commit=a", "commit=b"},
		"is given twice":                      {"commit=a", "commit="},
		"a character that can't be printed":   {"commit=a\nb"},
		`"\x1b[31mred" holds a character`:     {"branch=\x1b[31mred"},
		`holds a character that can't`:        {"branch=\u202egnp"},
		"is no text in UTF-8":                 {"branch=\xff"},
		"of 257 bytes, and can be of up to 2": {"commit=" + strings.Repeat("c", 257)},
		"has a space at an end":               {"commit= abc"},
		"there are 21 labels, and a run take": many,
	} {
		if _, _, err := ReadLabels(given, envOf(nil)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v; want %q", given, err, want)
		}
	}
	longest := strings.Repeat("n", 63) + "=" + strings.Repeat("c", 256)
	if _, _, err := ReadLabels([]string{longest}, envOf(nil)); err != nil {
		t.Errorf("the longest: %v", err)
	}
}

// A label is in every report and bundle: no secret is in it.
func TestLabelsHoldNoSecret(t *testing.T) {
	e := &Experiment{Requests: []Request{{Headers: []Header{{Name: "Authorization", Value: Secret{Text: "Bearer hush-hush-1", Env: "STAGING_TOKEN"}}}}}}
	e.Label(map[string]string{
		"commit": "3f9c2ab", "note": "run with hush-hush-1", "deploy_token": "abc", "url": "https://me:pw@ci.example/7?token=xyz",
	})
	want := map[string]string{"commit": "3f9c2ab", "note": "run with [hidden]", "deploy_token": "[hidden]", "url": "https://ci.example/7?token=[hidden]"}
	if !maps.Equal(e.Labels, want) {
		t.Errorf("labels %v, want %v", e.Labels, want)
	}
}
