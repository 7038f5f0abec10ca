package configs

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// maxReferenced bounds each file that an experiment names.
const maxReferenced = 16 << 20

// resolve reads what the experiment refers to: variables, secret files, bodies
// and certificates. Relative paths start at the experiment's folder.
func (e *Experiment) resolve() Mistakes {
	r := resolver{folder: filepath.Dir(e.Path)}
	if absolute, err := filepath.Abs(r.folder); err == nil {
		r.folder = absolute
	}
	r.certificates(&e.Target.CAFile)
	r.clientCert(&e.Target.Cert)
	r.locate(&e.Target.Socket)
	r.secret(&e.Target.User, "target.user")
	r.secret(&e.Target.Password, "target.password")
	if e.Chaos.Token == (Secret{}) && e.Chaos.Toxiproxy != Embedded && os.Getenv(AuthTokenVariable) != "" {
		e.Chaos.Token.Env = AuthTokenVariable
	}
	r.secret(&e.Chaos.Token, "chaos.token")
	for i := range e.Data {
		r.data(&e.Data[i], element("data", i))
	}
	for path, q := range e.written() {
		r.request(q, path)
	}
	for i, p := range e.Phases {
		r.faults(p.Faults, element("phases", i))
	}
	r.replay(e)
	if e.Capacity != nil {
		r.faults(e.Capacity.Faults, "capacity")
	}
	for _, log := range e.Site.Logs() {
		r.locate(&log.File)
	}
	return r.found
}

type resolver struct {
	folder string
	found  Mistakes
}

// locate makes a path that was given absolute.
func (r *resolver) locate(path *string) {
	if *path != "" && !filepath.IsAbs(*path) {
		*path = filepath.Join(r.folder, *path)
	}
}

// read returns a file's contents, or adds a mistake and returns nil.
func (r *resolver) read(file, path string) []byte {
	content, err := readLimited(file, maxReferenced)
	if err != nil {
		r.found.add(path, "cannot be read: %v", err)
		return nil
	}
	if len(content) > maxReferenced {
		r.found.add(path, "names a file larger than 16 MiB")
		return nil
	}
	return content
}

func (r *resolver) certificates(file *string) {
	if *file == "" {
		return
	}
	r.locate(file)
	known := len(r.found)
	content := r.read(*file, "target.ca_file")
	if len(r.found) == known && !x509.NewCertPool().AppendCertsFromPEM(content) {
		r.found.add("target.ca_file", "holds no certificate; it needs to be in PEM form (-----BEGIN CERTIFICATE-----)")
	}
}

func (r *resolver) request(q *Request, path string) {
	given := q.bodyKeys()
	if q.BodyFile != "" && q.Body != (Body{}) {
		given = append([]string{"body"}, given...)
	}
	for _, key := range given[min(1, len(given)):] {
		r.found.add(path+"."+key, "is given besides %s; give one of them", given[0])
	}
	if q.BodyFile != "" {
		r.locate(&q.BodyFile)
		q.Body.Text = string(r.read(q.BodyFile, path+".body_file"))
	}
	r.secret(&q.Body.Secret, path+".body")
	for i := range q.Query {
		r.secret(&q.Query[i].Value, element(path+".query", i)+".value")
	}
	for i := range q.Form {
		r.secret(&q.Form[i].Value, element(path+".form", i)+".value")
	}
	for i := range q.Multipart {
		r.part(&q.Multipart[i], element(path+".multipart", i))
	}
	r.headers(q.Headers, path)
}

func (r *resolver) part(p *Part, path string) {
	r.secret(&p.Value, path+".value")
	if p.File != "" {
		r.locate(&p.File)
		p.Content = r.read(p.File, path+".file")
	}
}

// data reads a table.
func (r *resolver) data(d *Data, path string) {
	if d.File == "" {
		return
	}
	r.locate(&d.File)
	content := r.read(d.File, path+".file")
	if content == nil {
		return
	}
	if err := d.table(content); err != nil {
		r.found.add(path+".file", "%s: %v", filepath.Base(d.File), err)
		d.Columns, d.Rows = nil, nil
	}
}

func (r *resolver) headers(headers []Header, path string) {
	for i := range headers {
		r.secret(&headers[i].Value, element(path+".headers", i)+".value")
	}
}

func (r *resolver) faults(faults []Fault, path string) {
	for i, f := range faults {
		if f.HTTPError != nil {
			r.headers(f.HTTPError.Headers, element(path+".faults", i)+".http_error")
		}
	}
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// secret reads a value from where it is kept. What it says never holds the value.
func (r *resolver) secret(s *Secret, path string) {
	switch {
	case s.Env != "" && !variableName.MatchString(s.Env):
		r.found.add(path+".env", "needs the name of an environment variable (the value itself is written without env)")
	case s.Env != "":
		s.Text = trimNewline(os.Getenv(s.Env))
		if s.Text == "" {
			r.found.add(path+".env", "the environment variable %s is not set, or empty", s.Env)
		}
	case s.File != "":
		r.locate(&s.File)
		known := len(r.found)
		s.Text = trimNewline(string(r.read(s.File, path+".file")))
		if len(r.found) == known && s.Text == "" {
			r.found.add(path+".file", "the file %s is empty", s.File)
		}
	}
}

func trimNewline(s string) string { return strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r") }
