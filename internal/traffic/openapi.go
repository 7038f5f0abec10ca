package traffic

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// fromOpenAPI reads the description of an API, in OpenAPI 3. Each operation is a
// request, with the examples of the description. What it refers to in other files or
// at other addresses is not read.
func fromOpenAPI(in io.Reader, o Options) (*Draft, error) {
	text, err := readText(in)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", o.Name, err)
	}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("read %s: it is no OpenAPI 3 that can be read: %s", o.Name, hidden(err.Error()))
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.") {
		return nil, fmt.Errorf("read %s: it is not OpenAPI 3 (openapi: %s)", o.Name, hidden(doc.OpenAPI))
	}
	title := ""
	if doc.Info != nil && doc.Info.Title != "" {
		title = fmt.Sprintf(" (%s)", doc.Info.Title)
	}
	a := api{builder: newBuilder(&Draft{About: []string{fmt.Sprintf("Operations of %s%s.", o.Name, title)}}), doc: doc}
	for _, path := range doc.Paths.Keys() {
		a.path(path, doc.Paths.Value(path))
	}
	return a.finish(o)
}

type api struct {
	*builder
	doc   *openapi3.T
	on    int
	off   []Request
	lacks []string // what the operation that is being written has no example of
}

// methods are those of operations, in the order in which they are written.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}

func (a *api) path(path string, item *openapi3.PathItem) {
	if item == nil {
		return
	}
	operations := item.Operations()
	for _, method := range methods {
		op := operations[method]
		switch {
		case op == nil:
		case len(a.Requests)+len(a.off) >= maxRequests:
			a.over++
		default:
			a.operation(path, method, op, append(item.Parameters[:len(item.Parameters):len(item.Parameters)], op.Parameters...))
		}
	}
}

func (a *api) operation(path, method string, op *openapi3.Operation, parameters openapi3.Parameters) {
	a.lacks = nil
	r := Request{Method: method, Weight: 1}
	what := method + " " + comment(path)
	query := a.parameters(&r, path, parameters, what)
	a.security(&r, &query, op, what)
	if len(query) > 0 {
		r.Path += "?" + strings.Join(query, "&")
	}
	a.requestBody(&r, op, what)
	r.Name = unique(a.names, operationName(method, path, op))
	if len(a.lacks) > 0 {
		r.Note = append(r.Note, "CHANGE: no example of "+strings.Join(a.lacks, ", ")+" in the description; what stands there is made up.")
	}
	if op.Deprecated {
		r.Short = "deprecated"
	}
	if method == "GET" || method == "HEAD" {
		a.on++
		a.Requests = append(a.Requests, r)
		return
	}
	r.Off = true
	r.Note = append([]string{"Not sent: " + changes + "."}, r.Note...)
	a.off = append(a.off, r)
}

func operationName(method, path string, op *openapi3.Operation) string {
	if op.OperationID != "" && printable(op.OperationID) {
		return op.OperationID
	}
	return nameOf(method, strings.NewReplacer("{", "", "}", "").Replace(path))
}

// parameters writes the path with its parameters in it and the headers that are
// needed, and returns the query.
func (a *api) parameters(r *Request, path string, parameters openapi3.Parameters, what string) (query []string) {
	written := cleanPath(path)
	for _, ref := range parameters {
		if ref == nil || ref.Value == nil || ref.Value.Name == "" {
			continue
		}
		p := ref.Value
		switch {
		case p.In == "path":
			value := a.inURL(p, what, url.PathEscape)
			mark := escapeRest("{" + p.Name + "}")
			written = strings.ReplaceAll(written, mark, value)
		case !p.Required:
		case p.In == "query":
			query = append(query, url.QueryEscape(p.Name)+"="+a.inURL(p, what, url.QueryEscape))
		case p.In == "header":
			a.header(r, field{name: p.Name, value: ""}, false, what)
			if n := len(r.Headers); n > 0 && r.Headers[n-1].Name == p.Name {
				r.Headers[n-1].Value = a.parameter(p, what)
			}
		}
	}
	r.Path = written
	return query
}

// parameter is a parameter's value, by its example or made up.
func (a *api) parameter(p *openapi3.Parameter, what string) Value {
	value, made := exampleOf(p.Example, p.Examples, p.Schema, 0)
	if made {
		a.lacks = append(a.lacks, p.Name)
	}
	if secret(p.Name, value.text()) {
		return Value{Env: a.v.name(p.Name, "", p.Name+" of "+what)}
	}
	if value.placeholder != "" {
		return Value{Text: value.placeholder}
	}
	text := value.text()
	if !printable(text) {
		text = "x"
	}
	return a.v.value(p.Name, text, what)
}

// inURL is a parameter's value as it stands in a path or a query.
func (a *api) inURL(p *openapi3.Parameter, what string, escape func(string) string) string {
	switch v := a.parameter(p, what); {
	case v.Env != "":
		return "{{env " + v.Env + "}}"
	case strings.HasPrefix(v.Text, "{{"):
		return v.Text
	default:
		return escape(v.Text)
	}
}

// security sends what the first of the alternatives asks for.
func (a *api) security(r *Request, query *[]string, op *openapi3.Operation, what string) {
	needs := a.doc.Security
	if op.Security != nil {
		needs = *op.Security
	}
	if len(needs) == 0 || a.doc.Components == nil {
		return
	}
	for _, name := range sortedKeys(needs[0]) {
		ref := a.doc.Components.SecuritySchemes[name]
		if ref == nil || ref.Value == nil {
			continue
		}
		switch s := ref.Value; {
		case s.Type == "http" && strings.EqualFold(s.Scheme, "basic"):
			r.Headers = append(r.Headers, Pair{Name: "Authorization", Value: Value{Env: a.v.name("authorization", "", `the header Authorization: "Basic " and user:password in base64`)}})
		case s.Type == "apiKey":
			a.apiKey(r, query, s)
		default:
			r.Headers = append(r.Headers, Pair{Name: "Authorization", Value: Value{Text: "Bearer {{env " + a.v.name("token", "", "the token of Authorization: Bearer, of "+name) + "}}"}})
		}
	}
}

func (a *api) apiKey(r *Request, query *[]string, s *openapi3.SecurityScheme) {
	variable := a.v.name(s.Name, "", "the key of the API, in "+comment(s.In)+" "+comment(s.Name))
	switch s.In {
	case "header":
		before := len(r.Headers)
		a.header(r, field{name: s.Name, value: "x"}, false, "")
		if len(r.Headers) > before {
			r.Headers[before].Value = Value{Env: variable}
		}
	case "query":
		*query = append(*query, url.QueryEscape(s.Name)+"={{env "+variable+"}}")
	case "cookie":
		if hostName.MatchString(strings.ReplaceAll(s.Name, "_", "-")) {
			r.Headers = append(r.Headers, Pair{Name: "Cookie", Value: Value{Text: s.Name + "={{env " + variable + "}}"}})
		}
	}
}

// finish puts what is not sent behind what is, and finds the site's address.
func (a *api) finish(o Options) (*Draft, error) {
	if a.on == 0 && len(a.off) == 0 {
		return nil, fmt.Errorf("read %s: it has no operation", o.Name)
	}
	if a.on == 0 {
		a.note("no operation only reads, so that the first request is made up")
		a.Requests = []Request{{Name: unique(a.names, "home"), Path: "/", Weight: 1, Short: "CHANGE"}}
	}
	a.Requests = append(a.Requests, a.off...)
	a.Sends = append(a.Sends, "Operations that only read are sent, each as often as the others; the others stand behind #.")
	found, base := a.server()
	d, err := a.builder.finish(o.URL, "")
	if err != nil {
		return nil, err
	}
	if err := d.address(o.URL, found); err != nil {
		return nil, err
	}
	if base != "" && found == "" && o.URL == "" {
		d.URL += base
	}
	return d, nil
}

// server is the address of the first server, or, when it has only a path, that.
func (a *api) server() (address, base string) {
	for _, s := range a.doc.Servers {
		if s == nil {
			continue
		}
		text := s.URL
		for _, name := range sortedKeys(s.Variables) {
			if v := s.Variables[name]; v != nil {
				text = strings.ReplaceAll(text, "{"+name+"}", v.Default)
			}
		}
		u, err := url.Parse(text)
		if err != nil || slices.Contains([]string{"", "/"}, text) || strings.ContainsAny(text, "{} ") {
			continue
		}
		if u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") {
			return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String(), ""
		}
		if u.Host == "" && strings.HasPrefix(u.Path, "/") {
			return "", strings.TrimSuffix(cleanPath(u.Path), "/")
		}
	}
	return "", ""
}
