package gosite

import (
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"strings"
	"sync"
	"time"
)

// shop are the pages of a session, which is locked while a request uses it, as
// PHP's session files are.
type shop struct {
	early bool // pages release their session before their work
	mu    sync.Mutex
	all   map[string]*session
}

// session is a visitor's. Who holds the lock has the only value in it.
type session struct {
	lock        chan struct{}
	token, user string
}

// cookie is the one that a session is known by.
const cookie = "sid"

func newShop(early bool) *shop { return &shop{early: early, all: map[string]*session{}} }

// start locks the request's session, a new one if it has none, and returns it with
// what answers with its cookie; nil when ctx ends first.
func (s *shop) start(ctx context.Context, r *http.Request) (of *session, header string) {
	s.mu.Lock()
	if c, err := r.Cookie(cookie); err == nil {
		of = s.all[c.Value]
	}
	if of == nil {
		of, header = s.add(&session{lock: make(chan struct{}, 1), token: rand.Text()})
	}
	s.mu.Unlock()
	select {
	case of.lock <- struct{}{}:
		return of, header
	case <-ctx.Done():
		return nil, ""
	}
}

// add keeps a session under a new id.
func (s *shop) add(one *session) (*session, string) {
	id := rand.Text()
	s.all[id] = one
	return one, fmt.Sprintf("Set-Cookie: %s=%s; Path=/; HttpOnly\r\n", cookie, id)
}

// leave ends the request's session.
func (s *shop) leave(r *http.Request) {
	if c, err := r.Cookie(cookie); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.all, c.Value)
	}
}

// answer runs a page of the shop. depend is what /checkout calls.
func (s *shop) answer(ctx context.Context, r *http.Request, ms time.Duration, depend func() string) string {
	if r.URL.Path == "/logout" {
		s.leave(r)
		return answerWith(http.StatusFound, "Location: /login\r\n", "")
	}
	of, header := s.start(ctx, r)
	if of == nil {
		return "" // killed
	}
	unlock := sync.OnceFunc(func() { <-of.lock })
	defer unlock()
	switch {
	case r.URL.Path == "/login":
		return s.login(of, header, r)
	case of.user == "":
		return answerWith(http.StatusFound, "Location: /login\r\n"+header, "")
	case r.URL.Path == "/checkout" && r.Method != http.MethodPost:
		return answer(http.StatusMethodNotAllowed, "POST it")
	}
	one := session{token: of.token, user: of.user}
	if s.early || r.URL.Query().Has("close") {
		unlock()
	}
	sleep(ctx, ms)
	switch {
	case r.URL.Path == "/cart":
		return one.form("checkout", "cart of "+html.EscapeString(one.user)+": 2 items")
	case r.PostFormValue("_token") != one.token:
		return answer(http.StatusForbidden, "wrong token")
	}
	if said := depend(); !strings.HasPrefix(said, "ok") {
		return answer(http.StatusOK, said)
	}
	return answer(http.StatusOK, "Thank you\n")
}

// login shows a form with the session's token, and takes it again with a user and a password.
func (s *shop) login(of *session, header string, r *http.Request) string {
	switch {
	case r.Method != http.MethodPost:
		return answerWith(http.StatusOK, header+"Content-Type: text/html\r\n", of.page("login", `<input name="user"> <input name="password" type="password">`))
	case r.PostFormValue("_token") != of.token:
		return answer(http.StatusForbidden, "wrong token")
	case r.PostFormValue("user") == "" || r.PostFormValue("password") != "staging":
		return answer(http.StatusForbidden, "wrong user or password")
	}
	s.leave(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, header = s.add(&session{lock: make(chan struct{}, 1), token: of.token, user: r.PostFormValue("user")})
	return answerWith(http.StatusFound, "Location: /cart\r\n"+header, "")
}

func (s *session) form(action, inside string) string {
	return answerWith(http.StatusOK, "Content-Type: text/html\r\n", s.page(action, inside))
}

// page is a form with the token in it.
func (s *session) page(action, inside string) string {
	return fmt.Sprintf("<!DOCTYPE html><title>%[1]s</title>\n<form method=\"post\" action=\"/%[1]s\">\n<input type=\"hidden\" name=\"_token\" value=\"%s\">\n%s <button>%[1]s</button>\n</form>\n",
		action, s.token, inside)
}
