package manual

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/tailback/tailback/configs"
)

// example is a fenced block of a page.
type example struct{ topic, kind, text string }

var fence = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")

func examples(t *testing.T, kind string) (all []example) {
	t.Helper()
	for _, topic := range Topics() {
		for _, m := range fence.FindAllStringSubmatch(page(t, topic.Name), -1) {
			switch m[1] {
			case kind:
				all = append(all, example{topic.Name, m[1], m[2]})
			case "yaml", "sh", "php", "ini": // sh: see cmd/tailback/help_test.go
			default:
				t.Errorf("the page %s has an example of the kind %q, which no test runs:\n%s", topic.Name, m[1], m[2])
			}
		}
	}
	if len(all) == 0 {
		t.Fatalf("found no example of the kind %s", kind)
	}
	return all
}

// around is the file that an example of some of its keys is a part of.
const around = `
version: 1
target: {url: "http://127.0.0.1:8081"}
requests: [{name: checkout, path: /}]
dependencies: [{name: payments, listen: "127.0.0.1:9901", upstream: "127.0.0.1:9900"}]
phases:
  - {name: baseline, duration: 10s, rate: 8}
  - {name: hang, duration: 10s, rate: 8, faults: [{dependency: payments, hang: {}, for: 9s}]}
  - {name: recovery, duration: 10s, rate: 8}
`

// Each YAML on a page is an experiment, or some of its keys.
func TestExperimentsOnPages(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"STAGING_TOKEN", "PREVIEW_KEY", "CHECKOUT_BODY", "SHOP_PASSWORD"} {
		t.Setenv(name, "hush")
	}
	for name, text := range map[string]string{"password.txt": "hush\n", "photo.jpg": "photo", "cards.csv": "number,session\n4111,hush\n", "sessions.csv": "id\nhush\n", "users.csv": "email,name,password\neva@example.com,eva,hush\n",
		"access.log": "::1 - - [29/Nov/2026:09:22:27 +0100] \"GET /checkout HTTP/1.1\" 200 5\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"client.pem", "client.key"} {
		text, err := os.ReadFile("../../configs/testdata/cert/" + name)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range examples(t, "yaml") {
		text := []byte(x.text)
		if !strings.HasPrefix(x.text, "version: ") {
			text = within(t, x.text)
		}
		if _, err := configs.LoadText(filepath.Join(dir, "x.yaml"), text, nil); err != nil {
			t.Errorf("the page %s: %v in\n%s", x.topic, err, x.text)
		}
	}
}

// within puts some keys into the file around them. Dependencies other than that
// file's have no fault in it, and visits stand in the place of requests.
func within(t *testing.T, text string) []byte {
	t.Helper()
	var whole, part map[string]any
	for to, from := range map[*map[string]any]string{&whole: around, &part: text} {
		if err := yaml.Unmarshal([]byte(from), to); err != nil {
			t.Fatalf("%v in\n%s", err, from)
		}
	}
	if part["visits"] != nil {
		delete(whole, "requests")
	}
	if part["dependencies"] != nil {
		whole["phases"] = []any{map[string]any{"name": "p", "duration": "10s", "rate": 8}}
	}
	if part["visits"] != nil {
		delete(whole, "requests")
	}
	maps.Copy(whole, part)
	written, err := yaml.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return written
}

// The lines in the table of the egress are YAML where they say so.
func TestContainersOnPages(t *testing.T) {
	n := 0
	for _, m := range regexp.MustCompile("`((?:environment|extra_hosts|env): .*?)`").FindAllStringSubmatch(page(t, "egress"), -1) {
		var value map[string]any
		if err := yaml.Unmarshal([]byte(m[1]), &value); err != nil || len(value) != 1 {
			t.Errorf("%s: %v", m[1], err)
		}
		n++
	}
	if n != 3 {
		t.Errorf("found %d lines for containers, want 3", n)
	}
}

// The pool's lines are such as php-fpm takes.
func TestPoolsOnPages(t *testing.T) {
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	found, _ := filepath.Glob("/usr/sbin/php-fpm*")
	if len(found) == 0 {
		t.Skip("not run: install php-fpm")
	}
	for _, x := range examples(t, "ini") {
		conf := filepath.Join(t.TempDir(), "fpm.conf")
		text := "[site]\nlisten = 127.0.0.1:9\nuser = nobody\npm = static\npm.max_children = 4\n" + strings.ReplaceAll(x.text, "/var/log/", filepath.Dir(conf)+"/")
		if err := os.WriteFile(conf, []byte("[global]\nerror_log = "+filepath.Dir(conf)+"/error.log\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(found[0], "-t", "-R", "-y", conf).CombinedOutput(); err != nil {
			t.Errorf("the page %s: %v\n%s in\n%s", x.topic, err, out, x.text)
		}
	}
}
