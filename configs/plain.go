package configs

import (
	"net/url"
	"os"
	"strings"
)

// PlainSecrets lists the secrets that stand in the file as plain text, each
// with what to write instead, and those that a bundle has hidden. They are no
// mistakes: AsRun hides them, but the file itself goes to version control. A
// secret that is too short to be found in text is listed wherever it is.
func (e *Experiment) PlainSecrets() []Mistake {
	var p plainSecrets
	p.address(e.Target.URL, "target.url", "write target: {user: NAME, password: {env: VARIABLE}} instead of the user info")
	p.address(e.Chaos.Toxiproxy, "chaos.toxiproxy", "set TAILBACK_CHAOS_TOXIPROXY in the environment instead")
	p.address(e.Chaos.Egress.Parent, "chaos.egress.parent", "set TAILBACK_CHAOS_EGRESS_PARENT in the environment instead")
	p.address(e.Site.PHPFPMStatus.URL, "site.php_fpm_status.url", "set TAILBACK_SITE_PHP_FPM_STATUS_URL in the environment instead")
	p.secret("password", e.Target.Password, "target.password")
	p.secret("token", e.Chaos.Token, "chaos.token")
	for path, r := range e.written() {
		p.query(r.Path, path+".path", "move it to query: [{name: NAME, value: {env: VARIABLE}}]")
		for j, q := range r.Query {
			p.secret(q.Name, q.Value, element(path+".query", j)+".value")
		}
		for j, q := range r.Form {
			p.secret(q.Name, q.Value, element(path+".form", j)+".value")
		}
		for j, q := range r.Multipart {
			p.secret(q.Name, q.Value, element(path+".multipart", j)+".value")
		}
		if text := string(r.JSON); hideBody(text) != text || strings.Contains(text, hidden) {
			p.add(text, path+".json", "write {{env VARIABLE}} instead of the value")
		}
		for j, h := range r.Headers {
			p.secret(h.Name, h.Value, element(path+".headers", j)+".value")
		}
		if r.Body.Env == "" && r.Body.File == "" && r.BodyFile == "" && (hideBody(r.Body.Text) != r.Body.Text || strings.Contains(r.Body.Text, hidden)) {
			p.add(r.Body.Text, path+".body", "move the whole body to {env: VARIABLE} or {file: path}")
		}
		p.short(r.Body.Secret, path+".body")
	}
	for _, log := range e.Site.Logs() {
		if command := log.Command; hideCommand(command) != command {
			p.add(command, "site."+log.Key+".command", "export it and write $VARIABLE: the command gets the environment, and its text is in the list of processes")
		}
	}
	return p
}

// SecretOverride returns the variable to set instead of giving a value on the
// command line, which everybody on the machine can read, when it is or holds a
// secret; else "".
func SecretOverride(key, value string) string {
	if key == "target.password" || key == "chaos.token" || hideCommand(value) != value {
		return envName(key)
	}
	return ""
}

type plainSecrets []Mistake

func (p *plainSecrets) add(value, path, instead string) {
	text := "holds a secret in plain text; " + instead
	if strings.Contains(value, hidden) || strings.Contains(value, url.QueryEscape(hidden)) {
		text = "holds " + hidden + ", where a bundle hid a secret; put it back, and better not as plain text: " + instead
	}
	*p = append(*p, Mistake{Path: path, Text: text})
}

// secret looks at a value that may be given as {env: VARIABLE}.
func (p *plainSecrets) secret(name string, s Secret, path string) {
	if s.Env == "" && s.File == "" && s.Text != "" && (secretName.MatchString(name) && !openText(s.Text) || strings.Contains(s.Text, hidden)) {
		p.add(s.Text, path, "write {env: VARIABLE} or {file: path} instead")
	}
	p.short(s, path)
}

func (p *plainSecrets) short(s Secret, path string) {
	if (s.Env != "" || s.File != "") && len(s.Text) < leastSecret {
		*p = append(*p, Mistake{Path: path, Text: "is too short to be told from other text, so that it can't be hidden where a log or an error quotes it"})
	}
}

// address looks at a URL of the file; one from the environment is where it belongs.
func (p *plainSecrets) address(text, path, instead string) {
	if text == "" || os.Getenv(envName(path)) == text {
		return
	}
	if u, err := url.Parse(text); err == nil && u.User != nil {
		p.add(text, path, instead)
		return
	}
	p.query(text, path, "set "+envName(path)+" in the environment instead")
}

func (p *plainSecrets) query(text, path, instead string) {
	if hideURL(text) != text || strings.Contains(text, url.QueryEscape(hidden)) {
		p.add(text, path, instead)
	}
}
