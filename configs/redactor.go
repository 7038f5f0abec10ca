package configs

import (
	"encoding/base64"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/tailback/tailback/internal/redact"
)

const (
	// leastSecret is how long a value must be to be looked for in text: a shorter
	// one is in many a word.
	leastSecret = 4
	// leastPart is the same for the parts of a value.
	leastPart = 6
)

// Redactor hides an experiment's secrets in text that leaves the program: its
// values wherever they stand, and what looks like a secret as Hide does.
type Redactor struct {
	hider *redact.Hider
	table *redact.Table // of data, which may have a great many
	more  *redact.Table // that came about since; nil for none
}

// With returns a Redactor that hides these values as well.
func (r *Redactor) With(values []string) *Redactor {
	if len(values) == 0 {
		return r
	}
	return &Redactor{r.hider, r.table, redact.NewTable(values, leastSecret)}
}

// variable finds the environment's variables in a shell command.
var variable = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)`)

// Redactor returns what hides the experiment's secrets: those from variables
// and files, secret-looking variables of commands, and plain text that AsRun hides.
func (e *Experiment) Redactor() *Redactor {
	c := &secrets{}
	if user, password, given := e.Target.Login(); given {
		c.named("user", e.Target.User)
		c.add(password)
		c.add(base64.StdEncoding.EncodeToString([]byte(user + ":" + password)))
	}
	c.add(e.Target.Cert.Key.Text)
	c.named("token", e.Chaos.Token)
	for _, address := range e.addresses() {
		c.address(*address)
	}
	for _, q := range e.written() {
		c.request(q)
	}
	for _, f := range e.faults() {
		if f.HTTPError != nil {
			for _, h := range f.HTTPError.Headers {
				c.named(h.Name, h.Value)
			}
		}
	}
	for _, command := range e.commands() {
		for _, m := range variable.FindAllStringSubmatch(*command, -1) {
			if secretName.MatchString(m[1]) {
				c.add(os.Getenv(m[1]))
			}
		}
	}
	slices.Sort(c.found)
	return &Redactor{hider: redact.New(slices.Compact(c.found), leastSecret), table: redact.NewTable(e.secretValues(), leastSecret)}
}

// request adds what is secret in a request.
func (c *secrets) request(q *Request) {
	c.address(q.Path)
	c.variables(q.Path)
	for _, list := range [][]Param{q.Query, q.Form} {
		for _, p := range list {
			c.named(p.Name, p.Value)
		}
	}
	for _, h := range q.Headers {
		c.named(h.Name, h.Value)
	}
	for _, p := range q.Multipart {
		c.named(p.Name, p.Value)
	}
	c.body(q.Body)
	c.body(Body{Secret{Text: string(q.JSON)}})
}

// variables adds what {{env NAME}} stands for in a text.
func (c *secrets) variables(text string) {
	pieces, _ := Pieces(text)
	for _, p := range pieces {
		if p.Kind == fromEnv {
			c.add(p.Text)
			c.parts(p.Text)
		}
	}
}

// secretValues are the values of columns that are secret: by data.secret, by name, or
// since they are sent as what has the name of a secret.
func (e *Experiment) secretValues() (all []string) {
	all = e.Arrivals.secretValues()
	sent := e.sentAsSecret()
	for _, d := range e.Data {
		for i, column := range d.Columns {
			if !slices.Contains(d.Secret, column) && !secretName.MatchString(column) && !sent[Piece{Data: d.Name, Column: column}] {
				continue
			}
			for _, row := range d.Rows {
				all = append(all, row[i])
			}
		}
	}
	return all
}

// sentAsSecret are the columns that are sent under the name of a secret, by their Data
// and Column.
func (e *Experiment) sentAsSecret() map[Piece]bool {
	columns := map[Piece]bool{}
	for _, r := range e.written() {
		for _, p := range slices.Concat(r.Query, r.Form) {
			if pieces, _ := p.Value.pieces(); secretName.MatchString(p.Name) {
				for _, one := range pieces {
					columns[Piece{Data: one.Data, Column: one.Column}] = true
				}
			}
		}
	}
	return columns
}

// Text returns a text without secrets, in whatever form package redact knows.
func (r *Redactor) Text(text string) string {
	if text == "" {
		return ""
	}
	text = r.table.Hide(r.hider.Hide(text, hidden), hidden)
	if r.more != nil {
		text = r.more.Hide(text, hidden)
	}
	return Hide(text)
}

// Error returns an error that says what err says, without secrets, and that
// errors.Is and errors.As see through; nil for nil.
func (r *Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	if text := r.Text(err.Error()); text != err.Error() {
		return &redacted{text, err}
	}
	return err
}

type redacted struct {
	text string
	err  error
}

func (r *redacted) Error() string { return r.text }
func (r *redacted) Unwrap() error { return r.err }

// secrets collects values.
type secrets struct{ found []string }

// add adds a value, and the lines of one that has several, such as a key: the
// ends of lines change on the way.
func (c *secrets) add(value string) {
	if len(value) < leastSecret || value == hidden {
		return
	}
	c.found = append(c.found, value)
	for line := range strings.Lines(value) {
		if line = strings.TrimSpace(line); len(line) >= leastPart {
			c.found = append(c.found, line)
		}
	}
}

// parts adds what a header, a cookie or a list is made of: "Bearer x" is x as well,
// and "Basic x" is a user and a password.
func (c *secrets) parts(value string) {
	if scheme, login, _ := strings.Cut(value, " "); strings.EqualFold(scheme, "basic") {
		plain, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(login))
		_, password, _ := strings.Cut(string(plain), ":")
		c.add(password)
	}
	for _, part := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" ;,=\"'", r) }) {
		if len(part) >= leastPart && !strings.EqualFold(part, "bearer") {
			c.add(part)
		}
	}
}

// named adds a value that comes from elsewhere, or that has the name of a secret.
func (c *secrets) named(name string, s Secret) {
	if elsewhere := s.Env != "" || s.File != ""; elsewhere || secretName.MatchString(name) && !openText(s.Text) {
		c.add(s.Text)
		c.parts(s.Text)
	} else {
		c.variables(s.Text)
	}
}

// address adds user info and the secret-looking query values of a URL or path.
func (c *secrets) address(text string) {
	u, err := url.Parse(text)
	if err != nil {
		return
	}
	if u.User != nil {
		password, _ := u.User.Password()
		c.add(u.User.Username())
		c.add(password)
	}
	c.pairs(u.RawQuery)
}

func (c *secrets) pairs(query string) {
	replacePairs(query, func(name, value string) string {
		if isSecret(name) && !openText(value) {
			c.add(value)
			if plain, err := url.QueryUnescape(value); err == nil {
				c.add(plain)
			}
		}
		return value
	})
}

// body adds the fields of a body that are secret by their names; of one that is
// secret as a whole, all that are long enough to be told from words, and itself.
func (c *secrets) body(b Body) {
	whole := b.Env != "" || b.File != ""
	if whole {
		c.add(b.Text)
	} else {
		c.variables(b.Text)
	}
	replaceFields(b.Text, func(name, value string) string {
		if isSecret(name) && !openText(value) || whole && len(value) >= leastPart {
			c.add(value)
			if plain, err := url.QueryUnescape(value); err == nil {
				c.add(plain)
			}
		}
		return value
	})
}

// faults are those of all phases and of capacity.
func (e *Experiment) faults() []Fault {
	var all []Fault
	for _, p := range e.Phases {
		all = append(all, p.Faults...)
	}
	if e.Capacity != nil {
		all = append(all, e.Capacity.Faults...)
	}
	return all
}

// addresses are the URLs of the experiment that may hold secrets.
func (e *Experiment) addresses() []*string {
	return []*string{&e.Target.URL, &e.Chaos.Toxiproxy, &e.Chaos.Egress.Parent, &e.Site.PHPFPMStatus.URL}
}

// commands are those that follow logs.
func (e *Experiment) commands() []*string {
	var all []*string
	for _, log := range e.Site.Logs() {
		all = append(all, &log.Command)
	}
	return all
}
