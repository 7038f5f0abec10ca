package traffic

import (
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tailback/tailback/configs"
)

// fromHAR reads what a browser recorded. It is one visit.
func fromHAR(in io.Reader, o Options) (*Draft, error) {
	d := &Draft{Redirect: true}
	r := recording{builder: newBuilder(d), values: map[string]*source{}, sent: map[string]bool{}, captures: map[string]bool{}}
	r.v.captured = r.captured
	n, broken, err := eachEntry(in, r.entry)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", o.Name, err)
	}
	d.About = []string{fmt.Sprintf("A visit, as a browser recorded it in %s: %s of %s.", o.Name, counted(len(r.Requests), "step", "steps"), counted(n, "request", "requests"))}
	steps := d.Requests
	if d, err = r.finish(o.URL, fmt.Sprintf("read %s: none of its %s is one of a page that was answered", o.Name, counted(n, "request", "requests"))); err != nil {
		return nil, err
	}
	d.Visits = []Visit{{Name: "visit", Steps: steps, Login: r.loggedIn}}
	for i := range d.Visits[0].Steps {
		d.Visits[0].Steps[i].Weight = 0
	}
	d.Requests = nil
	d.origin()
	d.Phases[1].Short = "CHANGE: so many visits a second"
	r.tell(broken)
	return d, nil
}

// origin lets the header Origin be the site's, wherever that is now.
func (d *Draft) origin() {
	u, err := url.Parse(d.URL)
	if err != nil {
		return
	}
	for _, s := range d.Visits[0].Steps {
		for i, h := range s.Headers {
			if strings.EqualFold(h.Name, "Origin") {
				s.Headers[i].Value = Value{Text: u.Scheme + "://" + u.Host}
			}
		}
	}
}

// recording makes steps of entries.
type recording struct {
	*builder
	values   map[string]*source // in answers, by themselves
	bytes    int                // of these
	sent     map[string]bool    // values that the browser sent before an answer had them
	captures map[string]bool    // the names that are taken
	answered time.Time          // when the answer before was there
	led      string             // where that leads
	login    bool               // the form that is being written has a password
	loggedIn int                // how many steps there were when the last such form was sent

	static, unanswered, followed, preflights, others, over int
}

// source is where a value is taken, and the step whose answer that is.
type source struct {
	found
	step int
	used bool
}

// The bounds on the values of all answers.
const (
	maxValues = 50_000
	maxBytes  = 32 << 20
)

func (r *recording) entry(e *harEntry) {
	u, ok := site(e.Request.URL)
	switch {
	case !ok || !methodForm.MatchString(e.Request.Method) || e.Request.Method == "CONNECT":
		r.others++
	case e.Request.Method == "OPTIONS":
		r.preflights++
	case r.host != "" && strings.ToLower(u.Host) != r.host && !r.moves(u):
		r.elsewhereTo(u)
	case e.static():
		r.static++
	case e.Response.Status < 100:
		r.unanswered++
	case len(r.Requests) > 0 && r.led != "" && r.led == withoutFragment(u) && (e.Request.Method == "GET" || e.Request.Method == "HEAD"):
		r.followed++
		r.scheme = u.Scheme
		r.learn(e, true)
	case len(r.Requests) >= configs.MaxSteps:
		r.over++
	default:
		r.step(e, u)
		r.learn(e, false)
	}
}

// moves lets the site be where its first page leads, such as from shop.example to
// www.shop.example.
func (r *recording) moves(u *url.URL) bool {
	if len(r.Requests) != 1 || r.led != withoutFragment(u) {
		return false
	}
	r.host, r.scheme = strings.ToLower(u.Host), u.Scheme
	return true
}

func (r *recording) elsewhereTo(u *url.URL) {
	host := strings.ToLower(u.Host)
	if r.away[host] == 0 {
		r.order = append(r.order, host)
	}
	r.away[host]++
}

func withoutFragment(u *url.URL) string {
	plain := *u
	plain.Fragment = ""
	return plain.String()
}

// step appends a request.
func (r *recording) step(e *harEntry, u *url.URL) {
	if r.host == "" {
		r.scheme, r.host = u.Scheme, strings.ToLower(u.Host)
	}
	m := message{method: e.Request.Method, url: e.Request.URL, what: e.Request.Method + " " + hiddenPath(u)}
	for _, h := range e.Request.Headers {
		if strings.EqualFold(h.Name, "Accept") && strings.HasPrefix(h.Value, "text/html,") {
			h.Value = "text/html,*/*;q=0.8" // what a browser lists besides is of images, and long
		}
		if ofStep(h.Name, e.Request.Method) && h.Value != "*/*" {
			m.headers = append(m.headers, field{name: h.Name, value: h.Value})
		}
	}
	files := e.posted(&m)
	r.login = strings.Contains(strings.ToLower(m.body), "passw") || slices.ContainsFunc(m.form, func(f field) bool { return strings.Contains(strings.ToLower(f.name), "passw") })
	s := r.request(m, u, r.field)
	s.Name = unique(r.names, r.nameOf(m.method, s.Path))
	if files > 0 {
		s.Note = append(s.Note, fmt.Sprintf("CHANGE: %s sent here; for a file write {name: NAME, file: PATH}.", counted(files, "file was", "files were")))
	}
	if status := int(e.Response.Status); status >= 400 {
		s.Note = append(s.Note, fmt.Sprintf("It was answered with %d when it was recorded; if that is good, write expect: {status: [\"%d\"]}.", status, status))
	}
	if began := e.began(); len(r.Requests) > 0 && !began.IsZero() && !r.answered.IsZero() {
		s.Think = think(began.Sub(r.answered))
	}
	r.Requests = append(r.Requests, s)
	if r.login {
		r.loggedIn = len(r.Requests)
	}
}

// nameOf names a step by its page, as those who made the recording think of it. When a
// form leads to where it came from, as logins do, what sends it is login-post.
func (r *recording) nameOf(method, path string) string {
	name := nameOf("GET", path)
	if method != "GET" && r.names[name] {
		return name + "-" + strings.ToLower(method)
	}
	return name
}

// hiddenPath is a path as a comment may have it: a key in it is not shown.
func hiddenPath(u *url.URL) string {
	segments := strings.Split(u.Path, "/")
	for i, s := range segments {
		if knownTokens.MatchString(s) || opaque([]byte(s)) {
			segments[i] = "..."
		}
	}
	return comment(strings.Join(segments, "/"))
}

// The bounds of a think time that is written.
const (
	leastThink = 300 * time.Millisecond
	mostThink  = 10 * time.Minute
)

// think is a pause as it is written: none when a script sent the request at once.
func think(pause time.Duration) time.Duration {
	if pause < leastThink {
		return 0
	}
	return min(pause, mostThink).Round(100 * time.Millisecond)
}

// ofStep reports whether a browser's header is one that the site may need: not what
// describes the browser, nor cookies, for a visit has its own.
func ofStep(name, method string) bool {
	switch lower := strings.ToLower(name); lower {
	case "accept", "content-type", "authorization", "origin":
		return lower != "origin" || method != "GET" && method != "HEAD"
	default:
		return strings.HasPrefix(lower, "x-") && lower != "x-forwarded-for" && lower != "x-client-data" || strings.Contains(lower, "csrf") || strings.Contains(lower, "xsrf") || strings.Contains(lower, "token")
	}
}

// loginField finds the name of who logs in, which stands beside a password.
var loginField = regexp.MustCompile(`(?i)user|mail|login|account`)

// field is a value of a body.
func (r *recording) field(name, value, what string) Value {
	if r.login && value != "" && loginField.MatchString(name) && r.captured(value) == "" && !strings.Contains(strings.ToLower(name), "passw") {
		return Value{Env: r.v.name(name, value, name+" of "+what)}
	}
	return r.v.value(name, value, what)
}

// captured is the placeholder of a value that an answer had; "" when none did. It is
// asked for all that is sent.
func (r *recording) captured(value string) string {
	s := r.values[value]
	if s == nil {
		if len(r.sent) < maxValues && len(value) <= 4096 {
			r.sent[value] = true
		}
		return ""
	}
	if !s.used {
		s.used = true
		s.Name = unique(r.captures, captureName(s.field))
		step := &r.Requests[s.step]
		step.Captures = append(step.Captures, s.Capture)
	}
	return "{{" + s.Name + "}}"
}

var notInCaptures = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// captureName makes a capture's name of a field's.
func captureName(field string) string {
	name := strings.Trim(notInCaptures.ReplaceAllString(field, "_"), "_")
	if len(name) > 30 {
		name = name[:30]
	}
	switch {
	case name == "":
		return "value"
	case name[0] >= '0' && name[0] <= '9':
		return "value_" + name
	case slices.Contains([]string{"uuid", "seq", "random", "now", "env"}, name):
		return "the_" + name
	}
	return name
}

// learn takes down the values of an answer. followed says that the site led there.
func (r *recording) learn(e *harEntry, followed bool) {
	r.answered = e.ended()
	r.led = ""
	if e.Response.Redirect != "" {
		base, err := url.Parse(e.Request.URL)
		if err == nil {
			if to, err := base.Parse(e.Response.Redirect); err == nil {
				r.led = withoutFragment(to)
			}
		}
	}
	var all []found
	kind := e.kind()
	switch content := e.content(); {
	case strings.Contains(kind, "html"):
		all = append(inHTML(content), inScript(content)...)
	case strings.Contains(kind, "json"):
		all = inJSON(content)
	}
	if r.led == "" { // a header is taken from the answer at the end
		all = append(all, inHeaders(e.Response.Headers, e.Response.Cookies)...)
	} else {
		all = append(all, slices.DeleteFunc(inHeaders(e.Response.Headers, e.Response.Cookies), func(f found) bool { return f.Kind == "header" })...)
	}
	if followed && r.led == "" {
		all = append(all, inURL(e.Request.URL)...)
	}
	for _, f := range all {
		if r.values[f.value] == nil && !r.sent[f.value] && len(r.values) < maxValues && r.bytes+len(f.value) < maxBytes {
			f.value = strings.Clone(f.value) // not the page that it is a part of
			r.bytes += len(f.value)
			r.values[f.value] = &source{found: f, step: len(r.Requests) - 1}
		}
	}
}

// tell says what became of the entries that are no steps.
func (r *recording) tell(broken int) {
	for _, left := range []struct {
		n         int
		one, many string
	}{
		{r.static, "static file is left out", "static files are left out"},
		{r.followed, "redirect is followed, and no step of its own", "redirects are followed, and no steps of their own"},
		{r.unanswered, "request without an answer is left out", "requests without an answer are left out"},
		{r.preflights, "request by which the browser asked for leave (OPTIONS) is left out", "requests by which the browser asked for leave (OPTIONS) are left out"},
		{r.others, "entry that is no HTTP request is left out", "entries that are no HTTP requests are left out"},
		{broken, "entry could not be read", "entries could not be read"},
		{r.over, "request is one more than a visit can have steps, and left out", fmt.Sprintf("requests behind the first %d are left out: so many steps a visit can have", configs.MaxSteps)},
	} {
		if left.n > 0 {
			r.note("%s", counted(left.n, left.one, left.many))
		}
	}
	r.Sends = append(r.Sends, "Cookies are not written: each visit has its own. Think times are those of the recording, always the same; {median: 2s, p95: 10s} draws them.")
	if len(r.captures) > 0 {
		r.Sends = append(r.Sends, "Values that an answer had and a later request sent are captured: "+some(sortedKeys(r.captures), 20)+".")
	}
}
