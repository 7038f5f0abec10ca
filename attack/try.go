package attack

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// Tried is what came of one request that was sent once, by itself.
type Tried struct {
	Hit         journal.Hit // times are since t0
	Status      string      // such as "302 Found"; "" without an answer
	Location    string      // where a redirect leads, or those that were followed have led, without its query; "" for nowhere
	Password    bool        // the page asks for a password
	Page        string      // the page's title, or how it begins; "" when it can't be read
	Credentials string      // the header that shows who asks, such as "Cookie"; "" for none
	Challenge   string      // what a 401 asks for, such as "Basic"
	Replaces    bool        // the answer replaces a cookie that was sent
	Deletes     bool        // or deletes the one that a session is known by
	Protocol    string      // that it was answered in, such as "HTTP/1.1"
	Coding      string      // the coding that the body was left in, since it can't be taken off; "" for none
	AsksCoding  bool        // the request's own header asks for codings
	Cut         bool        // the body is longer than what is searched of it
	Captured    []string    // the names of what was captured
	Missed      string      // what was to be captured and was not found, and where; "" for nothing
	AsksCert    bool        // the site asked for a client certificate
	OfLogin     bool        // it is a step of a login
	Lent        bool        // it was sent with a session that was logged in before
	NotIn       string      // why that logs nobody in; "" for nothing
	Login       bool        // a login page is at Location
	Unreached   bool        // no connection to the target came about
	Err         error       // why no whole answer came
}

// Visitor sends the requests of a mix once each, in their order: the steps of a visit
// with the cookies and values that the steps before them gave it.
type Visitor struct {
	*shooter
	walk   *walk  // the visit that the last step was of
	said   string // what the last step missed
	number int    // of the session that it logs in, from 1
	pass   *pass  // of the session that is logged in; nil for none
}

// NewVisitor returns one who has not sent anything. What it sends is timed since t0,
// and cut off when ctx ends.
func (a *Attack) NewVisitor(ctx context.Context, t0 time.Time) *Visitor {
	tell := func(journal.Event) {}
	v := &Visitor{number: 1}
	v.shooter = &shooter{Attack: a.alone(), base: ctx, t0: t0, abort: func(error) {},
		answers: &answers{seen: map[string]bool{}, emit: tell}, strays: &strays{seen: map[string]bool{}, emit: tell},
		missed: &misses{seen: map[*capture]bool{}, emit: func(e journal.Event) { v.said = e.Text }}}
	return v
}

// goes sends request i.
func (v *Visitor) goes(hit *journal.Hit, i int) (resp *http.Response, page []byte, err error) {
	course, number, step := v.mix.courseOf(i)
	if course == nil {
		return v.send(hit, maxPage)
	}
	keep := maxPage
	if course == v.mix.login {
		number, keep = uint64(v.number-1), maxJudged // the page may be a trap
	}
	if step == 0 || v.walk == nil {
		v.walk = v.newWalk(number, course, v.whom(course))
		v.walk.keys = v.keys(course)
	}
	if hit.Step, hit.Session = int32(step), v.walk.number; course != v.mix.login {
		hit.Visit = number + 1
	}
	return v.walk.send(hit, step, keep)
}

// Try sends request i of the mix once, by the way of Run's hits, and judges its
// answer as theirs are.
func (v *Visitor) Try(i int) Tried {
	defer v.transport.CloseIdleConnections()
	if err := bindable(v.addresses.sources); err != nil {
		return Tried{Hit: journal.Hit{Request: int32(i), Class: journal.ClassGenerator}, Unreached: true, Err: err}
	}
	return v.try(i)
}

// try is Try that leaves connections open.
func (v *Visitor) try(i int) Tried {
	v.said = ""
	t := v.tried(i)
	v.hide(&t)
	v.logsIn(i, &t)
	return t
}

// tried is what came of request i.
func (v *Visitor) tried(i int) Tried {
	shot, now := v.mix.shots[i], time.Since(v.t0)
	t := Tried{Hit: journal.Hit{Request: int32(i), Due: now, Sent: now}}
	t.Credentials, t.AsksCoding = credentials(shot.header), shot.header.Get("Accept-Encoding") != ""
	resp, page, err := v.goes(&t.Hit, i)
	t.Err, t.Missed, t.Lent = v.hidden(err), v.said, v.pass != nil
	if t.Unreached = slices.Contains(unreached, t.Hit.Class); t.Unreached {
		t.Err = v.unreachable(shot, err)
	}
	t.AsksCert = v.addresses.certAsked.Load()
	if resp == nil {
		return t
	}
	t.Status = resp.Status
	t.Location, t.Login = leadsTo(shot, resp)
	t.Challenge, _, _ = strings.Cut(resp.Header.Get("WWW-Authenticate"), " ")
	t.Replaces, t.Deletes = renewed(shot.header, resp)
	t.Protocol = resp.Proto
	t.Coding, t.Cut = resp.Header.Get("Content-Encoding"), t.Hit.BytesIn > maxJudged || len(page) == maxJudged
	if t.Coding == "" {
		t.Password, t.Page = passwordField.Match(page), describePage(page)
	}
	if v.walk != nil {
		v.ofVisit(&t, resp, page)
	}
	return t
}

// hidden is the error without what the visit has captured.
func (v *Visitor) hidden(err error) error {
	if v.walk == nil || err == nil || v.walk.hide(err.Error()) == err.Error() {
		return err
	}
	return errors.New(v.walk.hide(err.Error()))
}

// ofVisit tells what the visit's step has captured, by name.
func (v *Visitor) ofVisit(t *Tried, resp *http.Response, page []byte) {
	step := &v.walk.course.steps[t.Hit.Step]
	for i := range step.captures {
		if t.Hit.Class == journal.ClassOK {
			t.Captured = append(t.Captured, step.captures[i].Name)
		}
		if step.captures[i].needsBody() {
			t.Page = outline(resp.Header, page)
		}
	}
	if t.Credentials == "" && len(resp.Request.Cookies()) > 0 {
		t.Credentials = "Cookie"
	}
}

// unreached are the classes of a target that there is no connection to.
var unreached = []journal.Class{journal.ClassRefused, journal.ClassConnectTimeout, journal.ClassDNS, journal.ClassTLS, journal.ClassGenerator}

func credentials(header http.Header) string {
	for _, name := range []string{"Cookie", "Authorization", "X-Api-Key", "X-Auth-Token"} {
		if header.Get(name) != "" {
			return name
		}
	}
	return ""
}

var (
	passwordField = regexp.MustCompile(`(?i)<input[^>]+type\s*=\s*["']?password\b`)
	loginPath     = regexp.MustCompile(`(?i)(^|[/._-])(log[-_]?in|sign[-_]?in|auth|authorize|sso|saml2?|oidc|anmelden|connexion)([/._-]|$)`)
	sessionName   = regexp.MustCompile(`(?i)sess|sid|auth|token|jwt|login|remember|user`)
)

// leadsTo says where a redirect leads, or those that were followed have led, and
// whether a login page is there. A login page that leads to itself is asked for.
func leadsTo(s *shot, resp *http.Response) (location string, login bool) {
	to := resp.Request.URL
	if resp.StatusCode/100 == 3 {
		to, _ = resp.Location()
	} else if *to == *s.url {
		to = nil
	}
	if to == nil {
		return "", false
	}
	name, _, _ := strings.Cut(to.Host, ".")
	login = loginPath.MatchString(to.Path) || loginPath.MatchString(name)
	if s.method == http.MethodGet && loginPath.MatchString(s.url.Path) {
		login = false
	}
	if to.Host == s.url.Host && to.Scheme == s.url.Scheme {
		return to.EscapedPath(), login
	}
	return (&url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path}).String(), login
}

// renewed reports whether an answer replaces or deletes a cookie that was sent, as
// sites do with a session that they do not know. Of several cookies those that are
// deleted may be anything; by their names they are told apart.
func renewed(sent http.Header, resp *http.Response) (replaces, deletes bool) {
	of := (&http.Request{Header: sent}).Cookies()
	for _, set := range resp.Cookies() {
		i := slices.IndexFunc(of, func(c *http.Cookie) bool { return c.Name == set.Name })
		if i < 0 || of[i].Value == set.Value {
			continue
		}
		gone := set.Value == "" || set.MaxAge < 0 || !set.Expires.IsZero() && set.Expires.Before(time.Now())
		replaces = replaces || !gone
		deletes = deletes || gone && (len(of) == 1 || sessionName.MatchString(set.Name))
	}
	return replaces, deletes
}
