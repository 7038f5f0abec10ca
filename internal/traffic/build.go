package traffic

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// message is a request as a source tells it, with its secrets.
type message struct {
	method  string
	url     string
	headers []field
	body    string
	file    string // of the body, as it is to be named in the experiment
	form    []field
	parts   []field // multipart
	what    string  // as messages and comments call it
}

type field struct{ name, value, file string }

// maxRequests bounds what is written of a list of requests.
const maxRequests = 300

// builder makes requests of messages for one site.
type builder struct {
	*Draft
	v      *vault
	names  map[string]bool
	scheme string
	host   string // the site's, as the first message names it, in small letters
	away   map[string]int
	order  []string // of away
	over   int      // messages that were too many
}

func newBuilder(d *Draft) *builder {
	return &builder{Draft: d, v: newVault(), names: map[string]bool{}, away: map[string]int{}}
}

// add appends the request that a message makes. One to another site than the first
// is counted, and left out.
func (b *builder) add(m message) (added bool, err error) {
	u, ok := site(m.url)
	if !ok {
		return false, fmt.Errorf("%s has no address such as https://staging.example.com/path", m.what)
	}
	m.method = strings.ToUpper(m.method)
	if !methodForm.MatchString(m.method) || m.method == "CONNECT" {
		return false, fmt.Errorf("%s has no method that can be sent, such as GET", m.what)
	}
	host := strings.ToLower(u.Host)
	if b.host == "" {
		b.scheme, b.host = u.Scheme, host
	}
	switch {
	case host != b.host:
		if b.away[host] == 0 {
			b.order = append(b.order, host)
		}
		b.away[host]++
		return false, nil
	case len(b.Requests) >= maxRequests:
		b.over++
		return false, nil
	}
	r := b.request(m, u, b.v.value)
	r.Weight = 1
	r.Name = unique(b.names, nameOf(r.Method, r.Path))
	b.Requests = append(b.Requests, r)
	return true, nil
}

var methodForm = regexp.MustCompile(`^[A-Z][A-Z-]{1,20}$`)

// request writes a message. put writes the values of its body.
func (b *builder) request(m message, u *url.URL, put func(name, value, what string) Value) Request {
	r := Request{Method: m.method}
	if m.method == "GET" {
		r.Method = ""
	}
	what := m.what
	target := u.EscapedPath()
	if target == "" {
		target = "/"
	}
	if u.RawQuery != "" {
		target += "?" + u.RawQuery
	}
	r.Path = b.v.target(target, what)
	contentType := ""
	for _, h := range m.headers {
		if strings.EqualFold(h.name, "Content-Type") {
			contentType = h.value
		}
	}
	implied := b.body(&r, m, contentType, func(name, value string) Value { return put(name, value, what) })
	for _, h := range m.headers {
		b.header(&r, h, implied, m.what)
	}
	if u.User != nil && b.Login == nil {
		password, _ := u.User.Password()
		b.login(&r, u.User.Username(), password, what)
	}
	return r
}

func (b *builder) body(r *Request, m message, contentType string, put func(name, value string) Value) (implied bool) {
	switch {
	case m.file != "" && m.body == "":
		r.Body = &Body{File: m.file}
	case len(m.parts) > 0:
		r.Body, implied = &Body{Parts: pairs(m.parts, put)}, true
	case len(m.form) > 0:
		r.Body, implied = &Body{Form: pairs(m.form, put)}, true
	default:
		var why string
		if r.Body, implied, why = b.v.body(m.body, contentType, m.what, put); why != "" {
			r.Note = append(r.Note, "Note: "+why+".")
		}
	}
	if implied && r.Method == "POST" {
		r.Method = ""
	}
	if r.Body != nil && r.Method == "" && !implied {
		r.Method = m.method
	}
	if implied && r.Method == "" {
		r.Method = "POST"
		if m.method == "GET" {
			r.Method = "GET"
		}
	}
	return implied
}

func pairs(fields []field, put func(name, value string) Value) (all []Pair) {
	for _, f := range fields {
		if f.file != "" {
			all = append(all, Pair{Name: f.name, File: f.file})
		} else {
			all = append(all, Pair{Name: f.name, Value: put(f.name, f.value)})
		}
	}
	return all
}

// notSent are headers that are set when a request is sent, or that would make its
// answer another than a visitor's: what a browser has already, and what lies between.
var notSent = []string{"host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "upgrade", "te", "trailer",
	"x-vegeta-seq", "x-vegeta-attack", "if-none-match", "if-modified-since", "expect"}

func (b *builder) header(r *Request, h field, implied bool, what string) {
	lower := strings.ToLower(h.name)
	switch {
	case lower == "host" && !strings.EqualFold(h.value, b.host) && hostName.MatchString(h.value):
		b.Host = h.value
		return
	case slices.Contains(notSent, lower) || strings.HasPrefix(h.name, ":"):
		return
	case implied && lower == "content-type":
		return
	case !httpguts.ValidHeaderFieldName(h.name) || !httpguts.ValidHeaderFieldValue(h.value) || !printable(variableMark.ReplaceAllString(h.value, "")):
		r.Note = append(r.Note, "Note: the header "+hidden(h.name)+" can't be sent as it stands, and is left out.")
		return
	}
	r.Headers = append(r.Headers, Pair{Name: h.name, Value: b.v.header(h.name, strings.TrimSpace(h.value), what)})
}

// login is basic authentication: the site's own when it is the first, else a header.
func (b *builder) login(r *Request, user, password, what string) {
	if user == "" && password == "" {
		return
	}
	if strings.Contains(user, ":") || !printable(user+password) {
		b.note("the user of %s can't be sent by basic authentication, and is left out", what)
		return
	}
	login := Login{Value{Text: user}, Value{Env: b.v.name("password", password, "the password that "+what+" logs in with (basic authentication)")}}
	if user == "" {
		login.User = Value{Env: b.v.name("user", user, "the user that "+what+" logs in as")}
	}
	if knownTokens.MatchString(user) || password == "" { // an API's key as the user
		login.User = Value{Env: b.v.name("user", user, "the user that "+what+" logs in as, such as an API's key")}
	}
	switch {
	case b.Login == nil && len(b.Requests) == 0:
		b.Login = &login
	case b.Login != nil && *b.Login == login:
	default:
		value := Value{Env: b.v.name("authorization", user+":"+password, `the header Authorization of `+what+`: "Basic " and user:password in base64`)}
		r.Headers = append(r.Headers, Pair{Name: "Authorization", Value: value})
	}
}

// finish fills in what all requests have in common.
func (b *builder) finish(asked, none string) (*Draft, error) {
	if len(b.Requests) == 0 {
		return nil, fmt.Errorf("%s", none)
	}
	found := ""
	if b.host != "" {
		found = b.scheme + "://" + b.host
	}
	if err := b.address(asked, found); err != nil {
		return nil, err
	}
	b.elsewhere()
	if b.over > 0 {
		b.note("%s: the first %d are written", counted(b.over, "request is left out", "requests are left out"), maxRequests)
	}
	b.Secrets = b.v.list
	b.Phases = gentle()
	return b.Draft, nil
}

// elsewhere tells of the other sites.
func (b *builder) elsewhere() {
	n := 0
	for _, host := range b.order {
		n += b.away[host]
	}
	if n > 0 {
		b.note("%s: %s", counted(n, "request to another site is left out", "requests to other sites are left out"), some(b.order, 5))
	}
}

// some is a list, of which the first few are named.
func some(names []string, few int) string {
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d others", strings.Join(names[:few], ", "), len(names)-few)
}
