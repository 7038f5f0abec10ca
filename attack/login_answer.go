package attack

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/tailback/tailback/reports/journal"
)

const (
	askLogin = "are user and password right?"
	// sayGood is the way out when what looks like a trap is none.
	sayGood = "if it is what one who is logged in gets, say what that holds: expect: {body: Log out}"
)

// notIn says why the answer to a step of a login logs nobody in; "" when it may. An
// answer that is as expected may be a trap: sites answer a wrong password with 200 and
// the form again, or send the visitor back to it.
func (m *mix) notIn(step int, t *Tried) string {
	shot, last := m.shots[m.login.steps[step].request], step >= m.settled()
	asked := shot.expect.needsBody() // so that what the file says of the page is enough
	switch {
	case t.Err != nil:
		return fmt.Sprintf("no whole answer came (%s): %v", t.Hit.Class, t.Err)
	case m.sentBack(last, t) && (t.Hit.Code/100 == 3 || !asked || t.Hit.Class != journal.ClassOK):
		if t.Hit.Code/100 == 3 {
			return fmt.Sprintf("%d to %s, a login page: %s", t.Hit.Code, t.Location, askLogin)
		}
		return fmt.Sprintf("redirected to %s, a login page (%d, %s): %s", t.Location, t.Hit.Code, t.Page, askLogin)
	case t.Hit.Class == journal.ClassStatus:
		return fmt.Sprintf("%s (%s)%s", t.Status, t.Page, onStatus(t.Hit.Code))
	case t.Hit.Class == journal.ClassCapture:
		return strings.TrimPrefix(t.Missed, "visits ended at "+m.login.steps[step].name+": ")
	case t.Hit.Class == journal.ClassBody && t.Password:
		return fmt.Sprintf("%d with a page that asks for a password (%s): %s", t.Hit.Code, t.Page, askLogin)
	case t.Hit.Class == journal.ClassBody:
		return fmt.Sprintf("%d with a page that is not as expected (%s)", t.Hit.Code, t.Page)
	case last && t.Password && !asked:
		return fmt.Sprintf("%d, but its page asks for a password (%s): %s %s", t.Hit.Code, t.Page, askLogin, strings.ToUpper(sayGood[:1])+sayGood[1:])
	}
	return ""
}

// sentBack reports whether a step leads to a login page. In the midst of a login that may
// be the way, but not to a page of it that was asked for already.
func (m *mix) sentBack(last bool, t *Tried) bool {
	return t.Login && (t.Hit.Class != journal.ClassOK || m.isLogin(t.Location) || last && t.Hit.Leads == journal.LeadsToLogin)
}

// onStatus says what a status of a login may mean.
func onStatus(code int32) string {
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity:
		return ": " + askLogin
	case 419: // Laravel's
		return ": the token against forged forms is missing, or not this session's; capture it from the form's page"
	case http.StatusTooManyRequests:
		return ": the site limits logins; exempt this machine, or have fewer sessions"
	}
	return ""
}

// settled is the step from which on a visitor is logged in: the last that sends
// something, or the last of all when none does.
func (m *mix) settled() int {
	for i := len(m.login.steps) - 1; i >= 0; i-- {
		if s := m.shots[m.login.steps[i].request]; s.method != http.MethodGet && s.method != http.MethodHead {
			return i
		}
	}
	return len(m.login.steps) - 1
}

// isLogin reports whether a place is one of those that the login itself asks for.
func (m *mix) isLogin(location string) bool {
	for i := range m.login.steps {
		if m.shots[m.login.steps[i].request].url.EscapedPath() == location {
			return true
		}
	}
	return false
}
