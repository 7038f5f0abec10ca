package configs

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// What AsRun writes, Load reads back to the same experiment.
func TestAsRunRoundTrip(t *testing.T) {
	t.Setenv("STAGING_TOKEN", "hush")
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("found %v, %v", files, err)
	}
	for _, file := range append(files, "testdata/full.yaml", "testdata/odd.yaml", "testdata/own_rates.yaml") {
		want := load(t, file, map[string]string{"seed": "99"})
		run, err := want.AsRun()
		if err != nil {
			t.Fatal(err)
		}
		got := load(t, write(t, "experiment.yaml", string(run)), nil)
		unplaced(got)
		unplaced(want)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v, from\n%s", file, got, want, run)
		}
	}
}

func TestAsRunText(t *testing.T) {
	run, err := load(t, write(t, "x.yaml", small+"dependencies: [{name: db, listen: \"127.0.0.1:1\", upstream: \"127.0.0.1:2\"}]\n"+
		"audit: {rate: 1, horizon: 90s}\n"), map[string]string{"limits.rate": "1000000"}).AsRun()
	if err != nil {
		t.Fatal(err)
	}
	// The order is that of the design; the defaults are those of an experiment that gives none.
	want := `version: 1
name: x
seed: 1
arrivals: uniform
target:
  url: http://127.0.0.1:8081
  timeout: 30s
requests:
  - name: GET /
    method: GET
    path: /
    weight: 1
dependencies:
  - name: db
    listen: 127.0.0.1:1
    upstream: 127.0.0.1:2
chaos:
  toxiproxy: embedded
limits:
  rate: 1000000
  in_flight: 10000
phases:
  - name: only
    duration: 10s
    rate: 8
audit:
  rate: 1
  horizon: 1m30s
`
	if string(run) != want {
		t.Errorf("got\n%s\nwant\n%s", run, want)
	}
}

func TestAsRunHidesSecrets(t *testing.T) {
	t.Setenv("HUSH", "hush-env")
	e := load(t, write(t, "x.yaml", `version: 1
target: {url: "http://me:hush-password@127.0.0.1:8081/shop?api_key=hush-key&page=2"}
requests:
  - path: /a?token=hush-token&page=3
    headers:
      - {name: Authorization, value: hush-header}
      - {name: cookie, value: hush-cookie}
      - {name: X-Api-Key, value: hush-api}
      - {name: X-Session, value: {env: HUSH}}
      - {name: Accept, value: text/html}
    query: [{name: api_key, value: hush-query}, {name: lang, value: en}]
  - {path: /json, method: POST, body: '{"user": "bob", "Pass\u0077ord": "hush-\"json", "pin": 1234, "list": [{"token": "hush-deep"}]}'}
  - {path: /form, method: POST, body: "user=bob&api%5Fkey=hush-form&page=4"}
  - {path: /xml, method: POST, body: "<login><user>bob</user><password>hush-xml</password></login>"}
  - {path: /env, method: POST, body: {env: HUSH}}
site: {nginx_error_log: {command: "curl -H 'Authorization: Bearer hush-command' http://me:hush-url@web1/log?token=hush-token"}}
chaos: {egress: {listen: "127.0.0.1:8888", parent: "http://me:hush-parent@proxy.example:3128"}}
phases: [{name: only, duration: 10s, rate: 8}]
`), nil)
	run, err := e.AsRun()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(run), "hush-") || strings.Contains(string(run), "//me") {
		t.Errorf("tells a secret:\n%s", run)
	}
	for _, want := range []string{"page=2", "page=3", "page=4", "body: {env: HUSH}", "{name: lang, value: en}", "<password>[hidden]</password>", `"pin": "[hidden]"`, `"user": "bob"`, "name: GET /a?token=%5Bhidden%5D", "{name: X-Session, value: {env: HUSH}}", "{name: Accept, value: text/html}", "{name: Authorization, value: '[hidden]'}"} {
		if !strings.Contains(string(run), want) {
			t.Errorf("%q is not in\n%s", want, run)
		}
	}
	if e.Requests[0].Headers[0].Value.Text != "hush-header" || !strings.Contains(e.Target.URL, "hush-key") {
		t.Error("the experiment itself lost its secrets")
	}
	again, err := load(t, write(t, "y.yaml", string(run)), nil).AsRun()
	if err != nil || string(again) != string(run) {
		t.Errorf("read back and written again: %v\n%s", err, again)
	}
}
