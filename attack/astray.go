package attack

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

const (
	// maxAstray is how many distinct answers that lead elsewhere a run describes.
	maxAstray = 64
	// maxLocation is how much is kept of where one leads, in characters.
	maxLocation = 200
)

// followed reports whether the answer came by redirects.
func followed(s *shot, resp *http.Response) bool {
	return resp.Request.URL != s.url && *resp.Request.URL != *s.url
}

// redirected reports whether the answer is a redirect, or came by redirects.
func redirected(s *shot, resp *http.Response) bool {
	return resp.StatusCode/100 == 3 || followed(s, resp)
}

// astray says where an answer that is redirected leads, and where that is. What the
// file asks for does not lead elsewhere: a status that expect names, and a page that
// was followed to and has the body expected.
func astray(s *shot, hit *journal.Hit, resp *http.Response, page []byte) (leads journal.Leads, location string) {
	location, login := leadsTo(s, resp)
	switch {
	case location == "":
		return journal.LeadsNowhere, ""
	case resp.StatusCode/100 == 3 && s.meant[resp.StatusCode]:
		return journal.LeadsNowhere, ""
	case resp.StatusCode/100 == 3 && login:
		return journal.LeadsToLogin, location
	case resp.StatusCode/100 == 3 && (s.method == http.MethodGet || s.method == http.MethodHead):
		return journal.LeadsElsewhere, location
	case resp.StatusCode/100 == 3 || hit.Class == journal.ClassOK && s.expect.needsBody():
		return journal.LeadsNowhere, ""
	case login || passwordField.Match(page):
		return journal.LeadsToLogin, location
	}
	return journal.LeadsNowhere, ""
}

// strays describes the first of each distinct answer of a run that leads elsewhere.
type strays struct {
	mu   sync.Mutex
	seen map[string]bool
	emit func(journal.Event)
}

// first emits an event when no such answer to this request was seen before.
func (a *strays) first(at time.Duration, hit *journal.Hit, s *shot, location string) {
	location = plain(location, maxLocation)
	key := fmt.Sprint(hit.Request, hit.Code, location)
	a.mu.Lock()
	known := a.seen[key] || len(a.seen) >= maxAstray
	if !known {
		a.seen[key] = true
	}
	a.mu.Unlock()
	if !known {
		a.emit(journal.Event{AtNS: int64(at), Kind: journal.WentAstray, Text: location, Astray: &journal.Astray{
			Request: int(hit.Request), Code: int(hit.Code), Login: hit.Leads == journal.LeadsToLogin, Credentials: credentials(s.header)}})
	}
}

// misses describes the first time that each value was not found.
type misses struct {
	mu   sync.Mutex
	seen map[*capture]bool
	emit func(journal.Event)
}

// first emits an event when the value was found each time before; why may say more.
func (m *misses) first(hit *journal.Hit, s *step, c *capture, page, why string) {
	m.mu.Lock()
	known := m.seen[c]
	m.seen[c] = true
	m.mu.Unlock()
	if known {
		return
	}
	text := fmt.Sprintf("visits ended at %s: its answer of status %d had no %s (%s; the page: %s)", s.name, hit.Code, c.Name, c.where(), page)
	if why != "" {
		text += "; " + why
	}
	m.emit(journal.Event{AtNS: int64(hit.Done), Kind: journal.Warning, Text: text})
}
