package configs

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOverridableKeys(t *testing.T) {
	got := Overridable()
	for _, key := range []string{"version", "name", "seed", "arrivals", "target.url", "target.timeout", "target.insecure", "chaos.toxiproxy",
		"chaos.egress.listen", "limits.rate", "limits.in_flight", "site.php_fpm_status.every", "capacity.from", "audit.horizon"} {
		if !slices.Contains(got, key) {
			t.Errorf("%s is not overridable", key)
		}
	}
	for _, key := range got {
		if strings.Contains(key, "phases") || strings.Contains(key, "requests") || key == "target" || key == "target.allow" {
			t.Errorf("%s is overridable", key)
		}
	}
}

// Every overridable key takes a text that Load understands, and has it then.
func TestEachKeyIsOverridden(t *testing.T) {
	certificates, err := filepath.Abs("testdata/ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	pair := strings.TrimSuffix(certificates, "ca.pem") + "cert/client"
	values := map[string]string{
		"version": "1", "name": "other", "seed": "77", "arrivals": "poisson", "target.url": "http://localhost:12", "target.timeout": "9s",
		"target.user": "bob", "target.password": "pw",
		"target.host": "a.example", "target.ca_file": certificates, "target.client_cert.cert": pair + ".pem", "target.client_cert.key": pair + ".key",
		"target.protocol": "h2", "target.socket": "/run/a.sock", "target.insecure": "true", "target.follow_redirects": "true",
		"target.use_proxy": "true", "chaos.toxiproxy": "http://localhost:8474", "chaos.token": "t0ken", "chaos.egress.listen": "127.0.0.1:13", "chaos.egress.parent": "http://proxy.example:3128", "limits.rate": "100.5",
		"limits.in_flight": "50", "site.php_fpm_status.url": "http://localhost:1/s", "site.php_fpm_status.every": "2s",
		"site.nginx_error_log.file": "/a.log", "site.nginx_error_log.command": "tail a", "site.nginx_access_log.file": "/b.log",
		"site.nginx_access_log.command": "tail b", "site.php_access_log.file": "/c.log", "site.php_access_log.command": "tail c",
		"site.php_access_log.format": "in %s",
		"site.php_slow_log.file":     "/d.log", "site.php_slow_log.command": "tail d", "capacity.from": "5.5", "capacity.to": "6.5",
		"site.php_error_log.file": "/e.log", "site.php_error_log.command": "tail e", "site.gunicorn_error_log.file": "/f.log",
		"site.gunicorn_error_log.command": "tail f", "site.apache_error_log.file": "/g.log", "site.apache_error_log.command": "tail g",
		"capacity.objective": "errors < 1%", "audit.rate": "14", "audit.horizon": "15s", "sessions.count": "7",
	}
	path := write(t, "x.yaml", small+"dependencies: [{name: db, listen: \"127.0.0.1:1\", upstream: \"127.0.0.1:2\"}]\n"+
		"capacity: {from: 5, to: 6, objective: \"p95 < 1s\"}\naudit: {rate: 1, horizon: 1s}\nsite: {php_fpm_status: {url: \"http://localhost:1/t\"}}\n"+
		"chaos: {egress: {listen: \"127.0.0.1:9\"}}\n")
	for _, key := range Overridable() {
		t.Run(key, func(t *testing.T) {
			value, ok := values[key]
			if !ok {
				t.Fatal("no value to try it with")
			}
			path := path
			if strings.HasPrefix(key, "sessions.") {
				path = write(t, "visits.yaml", strings.Replace(small, "requests: [{path: /}]", "visits: [{name: buy, steps: [{path: /}]}]\nsessions: {count: 2, steps: [{path: /login}]}", 1))
			}
			t.Setenv(envName(key), value)
			set := map[string]string{}
			switch {
			case key == "target.password":
				set["target.user"] = "bob"
			case strings.HasPrefix(key, "target.client_cert"):
				set["target.client_cert.cert"], set["target.client_cert.key"] = values["target.client_cert.cert"], values["target.client_cert.key"]
				delete(set, key)
				set["target.url"] = "https://localhost"
			case key == "target.protocol":
				set["target.url"] = "https://localhost"
			}
			run, err := load(t, path, set).AsRun()
			if err != nil {
				t.Fatal(err)
			}
			if key == "target.password" || key == "chaos.token" {
				value = "'[hidden]'"
			}
			last := key[strings.LastIndex(key, ".")+1:]
			if key == "target.client_cert.key" { // from there it was read
				value = "{file: " + value + "}"
			}
			if want := last + ": " + value + "\n"; !strings.Contains(string(run), want) {
				t.Errorf("%q is not in\n%s", want, run)
			}
		})
	}
}

func TestPrecedence(t *testing.T) {
	path := write(t, "x.yaml", small+"seed: 2\nlimits: {rate: 50}\n")
	t.Setenv("TAILBACK_SEED", "3")
	t.Setenv("TAILBACK_TARGET_TIMEOUT", "9s") // not in the file
	t.Setenv("TAILBACK_LIMITS_RATE", "60")
	t.Setenv("TAILBACK_NAME", "") // empty is as good as unset
	e := load(t, path, map[string]string{"seed": "18446744073709551615"})
	if e.Seed != 18446744073709551615 {
		t.Errorf("seed %d, want the command line's", e.Seed)
	}
	if e.Target.Timeout != 9*time.Second || e.Limits.Rate != 60 || e.Name != "x" {
		t.Errorf("timeout %s, rate %g, name %q, want the environment's", e.Target.Timeout, e.Limits.Rate, e.Name)
	}
}

func TestWrongOverrides(t *testing.T) {
	path := write(t, "x.yaml", small)
	for _, row := range []struct{ reads, key, value, want string }{
		{"a misspelt variable", "TAILBACK_TARGT_URL", "http://localhost", `TAILBACK_TARGT_URL: no such key; did you mean "TAILBACK_TARGET_URL"?`},
		{"a variable for a list", "TAILBACK_PHASES", "x", "TAILBACK_PHASES: phases is a list, and lists cannot be overridden; change it in the file"},
		{"a variable for a section", "TAILBACK_TARGET", "x", "TAILBACK_TARGET: is a section; override its keys, such as target.url"},
		{"a variable of the wrong type", "TAILBACK_SEED", "-1", `TAILBACK_SEED: seed: needs a whole number that is not negative, not "-1"`},
		{"a variable that fails validation", "TAILBACK_TARGET_TIMEOUT", "0s", "TAILBACK_TARGET_TIMEOUT: target.timeout: needs to be longer than 0s, such as 10s"},
		{"a variable with no duration", "TAILBACK_TARGET_TIMEOUT", "9", `TAILBACK_TARGET_TIMEOUT: target.timeout: needs a unit, such as 9s`},
		{"a variable that is no truth", "TAILBACK_TARGET_INSECURE", "yes please", `TAILBACK_TARGET_INSECURE: target.insecure: needs true or false, not "yes please"`},
		{"a misspelt flag", "target.ulr", "x", `command line: target.ulr: no such key; did you mean "target.url"?`},
		{"a flag into a list", "phases[0].rate", "9", "command line: phases[0].rate: phases is a list, and lists cannot be overridden; change it in the file"},
		{"a flag for a section", "limits", "9", "command line: limits: is a section; override its keys, such as limits.rate"},
		{"a flag that is no number", "limits.rate", "many", `command line: limits.rate: needs a number, not "many"`},
		{"a flag with a huge number", "limits.in_flight", "99999999999999999999", `command line: limits.in_flight: needs a whole number, not "99999999999999999999"`},
	} {
		t.Run(row.reads, func(t *testing.T) {
			set := map[string]string{}
			if strings.HasPrefix(row.key, EnvPrefix) {
				t.Setenv(row.key, row.value)
			} else {
				set[row.key] = row.value
			}
			if _, err := Load(path, set); err == nil || err.Error() != row.want {
				t.Errorf("got  %v\nwant %s", err, row.want)
			}
		})
	}
}

// Two keys with one variable's name would overwrite each other.
func TestVariableNamesAreUnique(t *testing.T) {
	seen := map[string]string{}
	for _, key := range Overridable() {
		if other, ok := seen[envName(key)]; ok {
			t.Errorf("%s and %s are both %s", key, other, envName(key))
		}
		seen[envName(key)] = key
	}
}
