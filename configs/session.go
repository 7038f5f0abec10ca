package configs

import (
	"fmt"
	"regexp"
	"slices"
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
			if !strings.EqualFold(h.Name, "Cookie") || !r.Sent() && strings.HasPrefix(path, "requests") {
				continue
			}
			if name := sameSession(h.Value); name != "" {
				found = append(found, Mistake{Path: element(path+".headers", j) + ".value", Text: fmt.Sprintf(
					"one session (%s) serves all of these requests: where the site locks a session while a request uses it, as PHP's session files are, they wait for each other, and it looks as if it had one worker (the report says session_lock where it shows); give each visitor a session of its own: data: [{name: session, file: sessions.csv}] and %s={{session.id}}", name, name)})
			}
		}
	}
	return found
}

// sameSession is the name of a session's cookie whose value is the same in each
// request; "" when there is none.
func sameSession(cookies Secret) string {
	name, value := SessionCookie(cookies)
	if slices.ContainsFunc(value, func(p Piece) bool { return p.Kind != Plain }) {
		return ""
	}
	return name
}

// SessionCookie is the cookie in a Cookie header that a session is known by, and what
// its value is made of; "" and nothing when there is none, or its value is empty.
func SessionCookie(cookies Secret) (name string, value []Piece) {
	for _, cookie := range splitPieces(cookies.Pieces(AsIs), ";") {
		before, after, _ := strings.Cut(cookie[0].Text, "=")
		name = strings.TrimSpace(before)
		if cookie[0].Kind != Plain || !sessionCookie.MatchString(name) {
			continue
		}
		cookie[0].Text = after
		if value := slices.DeleteFunc(cookie, func(p Piece) bool { return p.Kind == Plain && p.Text == "" }); len(value) > 0 {
			return name, value
		}
	}
	return "", nil
}

// splitPieces splits a text at a separator in what is the same in each request.
func splitPieces(pieces []Piece, at string) [][]Piece {
	parts := [][]Piece{nil}
	for _, p := range pieces {
		for i, text := range strings.Split(p.Text, at) {
			if p.Kind == Plain && i > 0 {
				parts = append(parts, nil)
			}
			one := p
			if p.Kind == Plain {
				one.Text = text
			}
			last := len(parts) - 1
			parts[last] = append(parts[last], one)
			if p.Kind != Plain {
				break
			}
		}
	}
	return slices.DeleteFunc(parts, func(p []Piece) bool { return len(p) == 0 })
}

// atOnce reports whether more than one request may be under way at a time.
func (e *Experiment) atOnce() bool {
	if e.Capacity != nil || e.Audit != nil {
		return true
	}
	for _, p := range e.Phases {
		if p.Open() && e.MaxRate(p) > 0 || p.Concurrency > 1 || p.Burst > 1 {
			return true
		}
	}
	return false
}
