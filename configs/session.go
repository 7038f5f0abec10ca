package configs

import (
	"fmt"
	"regexp"
	"strings"
)

// sessionCookie finds the names of cookies that a session is known by: PHP's, Java's,
// ASP.NET's, and those of Express, Laravel, Django, Rails and CodeIgniter.
var sessionCookie = regexp.MustCompile(`(?i)^(__Host-|__Secure-)?(phpsessid|jsessionid|asp\.net_sessionid|connect\.sid|sid|.*[._-]sid|sess|.*session(_?id)?)$`)

// SharedSessions lists the requests that are sent with one session each time, by a
// cookie that is the same in all of them. With PHP's file sessions they wait for each
// other, so that a site with many workers looks like one with a single one.
func (e *Experiment) SharedSessions() (found []Mistake) {
	if !e.atOnce() {
		return nil
	}
	for path, r := range e.written() {
		for j, h := range r.Headers {
			if !strings.EqualFold(h.Name, "Cookie") || r.Weight == 0 && strings.HasPrefix(path, "requests") {
				continue
			}
			if name := sameSession(h.Value); name != "" {
				found = append(found, Mistake{Path: element(path+".headers", j) + ".value", Text: fmt.Sprintf(
					"one session (%s) serves all of these requests: where the site locks a session while a request uses it, as PHP's session files are, they wait for each other, and it looks as if it had one worker; give each request a session of its own: data: [{name: session, file: sessions.csv}] and %s={{session.id}}", name, name)})
			}
		}
	}
	return found
}

// sameSession is the name of a session's cookie whose value is the same in each
// request; "" when there is none.
func sameSession(cookies Secret) string {
	const changing = "\x00"
	text := ""
	for _, p := range cookies.Pieces(AsIs) {
		if p.Kind != Plain {
			p.Text = changing
		}
		text += p.Text
	}
	for cookie := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(cookie), "=")
		if sessionCookie.MatchString(name) && value != "" && !strings.Contains(value, changing) {
			return name
		}
	}
	return ""
}

// atOnce reports whether more than one request may be under way at a time.
func (e *Experiment) atOnce() bool {
	if e.Capacity != nil || e.Audit != nil {
		return true
	}
	for _, p := range e.Phases {
		if p.Open() && p.Rate.Max() > 0 || p.Concurrency > 1 || p.Burst > 1 {
			return true
		}
	}
	return false
}
