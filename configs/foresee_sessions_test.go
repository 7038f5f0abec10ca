package configs

import (
	"reflect"
	"strings"
	"testing"
)

// withSessions is a file whose visits think for 2 s, at 10 a second, and need a login.
const withSessions = `version: 1
target: {url: "http://127.0.0.1:1"}
data: [{name: member, file: members.csv}]
sessions:
  count: 20
  steps:
    - {path: /login, capture: [{name: csrf, html: "input[name=csrf]", attribute: value}]}
    - {path: /login, form: {csrf: "{{csrf}}", user: "{{member.name}}", password: "{{member.word}}"}}
visits:
  - {name: look, steps: [{path: /, headers: ["X-Csrf: {{csrf}}"]}, {path: /account, think: 2s}]}
phases: [{name: load, duration: 10s, rate: 10}]
`

func loadSessions(t *testing.T, rows int, change ...string) *Experiment {
	t.Helper()
	members := write(t, "members.csv", "name,word\n"+strings.Repeat("ann,hush-word\n", rows))
	return load(t, write(t, "x.yaml", strings.NewReplacer(append(change, "members.csv", members)...).Replace(withSessions)), nil)
}

func TestForeseeSessions(t *testing.T) {
	for _, row := range []struct {
		name   string
		rows   int
		change []string
		want   string // "" for nothing
	}{
		{"10/s for 2 s need 20", 20, nil, ""},
		{"one less", 20, []string{"count: 20", "count: 19"}, "sessions.count: is 19, and about 20 visits are under way at once in phase load"},
		{"a phase that is shorter than a visit", 20, []string{"duration: 10s", "duration: 1s", "count: 20", "count: 10"}, "visits[0].steps[1]: look/GET /account is hardly ever sent"},
		{"a burst", 20, []string{"rate: 10", "burst: 21"}, "sessions.count: is 20, and about 21 visits"},
		{"clients that wait", 20, []string{"rate: 10", "concurrency: 20"}, ""},
		{"rows that are used twice", 19, nil, "sessions.count: is 20, and data member has 19 rows"},
		{"any row", 19, []string{"{name: member,", "{name: member, order: random,"}, ""},
		{"a way out", 20, []string{"path: /account", "path: /user/logout"}, "visits[0].steps[1].path: logs out, it seems"},
		{"another", 20, []string{"path: /account", "path: \"/Sign-Off?now=1\""}, "visits[0].steps[1].path: logs out, it seems"},
		{"none", 20, []string{"path: /account", "path: /catalogout"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			for _, f := range loadSessions(t, row.rows, row.change...).Foresee() {
				got = append(got, f.Path+": "+f.Text)
			}
			if row.want == "" && len(got) > 0 || row.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], row.want)) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// The bundle's copy is read back as it was, and a column that is sent as a password is a secret.
func TestSessionsAsRun(t *testing.T) {
	want := loadSessions(t, 20)
	run, err := want.AsRun()
	if err != nil {
		t.Fatal(err)
	}
	got := load(t, write(t, "y.yaml", string(run)), nil)
	unplaced(got)
	unplaced(want)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v, from\n%s", got, want, run)
	}
	if got := want.Redactor().Text("no hush-word of ann"); got != "no [hidden] of ann" {
		t.Errorf("got %q, want the password hidden, and the name not", got)
	}
	if got := want.Redactor().With([]string{"token-1"}).Text("token-1 and hush-word"); got != "[hidden] and [hidden]" {
		t.Errorf("got %q, want what came about hidden as well", got)
	}
}
