package harness

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tailback/tailback/attack"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/words"
)

// request is what came of the nth request that was sent.
func (s *seen) request(n int, t attack.Tried) WiredRequest {
	r := &slices.Concat(s.exp.Mix(), s.exp.Logins())[t.Hit.Request]
	w := WiredRequest{Name: r.Name, Method: r.Method, Path: r.ShownPath(), Status: t.Status, Protocol: t.Protocol, Location: t.Location, Class: t.Hit.Class,
		TookS: t.Hit.Service().Seconds(), BytesIn: t.Hit.BytesIn, Captured: t.Captured, Calls: s.calls(n), Remarks: remarksOn(r, &t, s.exp.Target)}
	switch asks := asksBody(r); {
	case t.Hit.Degraded:
		w.Body = DegradedBody
	case asks && t.Hit.Class == journal.ClassOK:
		w.Body = GoodBody
	case t.Hit.Class == journal.ClassBody:
		w.Body = OtherBody
	}
	w.Unsent = t.NotIn != ""
	if skipped := s.behind(t.Hit); t.Hit.Class != journal.ClassOK && len(skipped) > 0 {
		w.Unsent = true
		w.Remarks = append(w.Remarks, Remark{false, "a failed step ends a visit, so these were not sent: " + strings.Join(skipped, ", ")})
	}
	return w
}

// behind are the names of the steps that a visit takes after this one.
func (s *seen) behind(hit journal.Hit) (names []string) {
	if hit.Visit == 0 {
		return nil
	}
	v := s.exp.Visits[hit.Visit-1]
	for _, step := range v.Steps[hit.Step+1:] {
		names = append(names, configs.StepName(v.Name, step.Name))
	}
	return names
}

// asksBody reports whether the body says how good an answer is.
func asksBody(r *configs.Request) bool {
	return r.Expect.Match != (configs.Match{}) || r.Degraded != (configs.Match{})
}

// calls are what the site called between the nth request and the next.
func (s *seen) calls(n int) []WiredCall {
	if !s.counted || len(s.exp.Dependencies) == 0 && s.exp.Chaos.Egress.Listen == "" {
		return nil
	}
	list := []WiredCall{}
	at := map[string]int{}
	for _, e := range s.events {
		u := e.Usage
		if u == nil || e.AtNS < int64(s.tried[n].Hit.Sent) || n+1 < len(s.tried) && e.AtNS >= int64(s.tried[n+1].Hit.Sent) {
			continue
		}
		i, known := at[u.Dependency]
		if !known {
			i, at[u.Dependency] = len(list), len(list)
			list = append(list, WiredCall{Dependency: u.Dependency, Declared: s.declares(u.Dependency), Self: u.Self})
		}
		list[i].Calls += u.Calls
		list[i].Opened += u.Opened
	}
	return list
}

func (s *seen) declares(name string) bool {
	for _, d := range s.exp.Dependencies {
		if d.Name == name {
			return true
		}
	}
	return false
}

// remarksOn is what a person should know of a request's answer.
func remarksOn(r *configs.Request, t *attack.Tried, target configs.Target) []Remark {
	spoils := func(text string) []Remark { return []Remark{{true, text}} }
	switch {
	case t.NotIn != "":
		return spoils("it logs nobody in, so the visits were not sent: " + t.NotIn)
	case t.OfLogin: // its form asks for a password, and it may be on its way over other pages
		return nil
	case t.Lent && (t.Hit.Leads == journal.LeadsToLogin || t.Hit.Code == 401 || t.Hit.Code == 403):
		return spoils(notKnown(t))
	case t.Hit.Class == journal.ClassClientTimeout:
		return spoils(fmt.Sprintf("no whole answer came within %s (target.timeout), with every fault off; mend the site, or raise the timeout", target.Timeout))
	case t.Err != nil:
		return spoils(fmt.Sprintf("no whole answer came (%s): %v; look at the site first", t.Hit.Class, t.Err))
	case t.Hit.Leads == journal.LeadsToLogin:
		return spoils(toLogin(t))
	case t.Hit.Class == journal.ClassStatus:
		return spoils(otherStatus(r, t, target))
	case t.Hit.Class == journal.ClassBody:
		return spoils(otherBody(r, t))
	case t.Hit.Class == journal.ClassCapture:
		return spoils(t.Missed)
	}
	return append(agreed(t, target), onGood(r, t)...)
}

// agreed says when a site did not agree to the protocol that was asked for.
func agreed(t *attack.Tried, target configs.Target) []Remark {
	if target.Protocol != configs.HTTP2 || t.Protocol == "" || strings.HasPrefix(t.Protocol, "HTTP/2") {
		return nil
	}
	return []Remark{{false, "it is answered in " + t.Protocol + ": the site offers no HTTP/2 (ALPN), which target.protocol asks for"}}
}

// notKnown says that a session that was just logged in is not accepted.
func notKnown(t *attack.Tried) string {
	text := fmt.Sprintf("it is answered %s", t.Status)
	if t.Hit.Leads == journal.LeadsToLogin {
		text = "it is sent to a login page, " + t.Location
	}
	return text + ", with a session that was just logged in: see that the login works, and capture what else the site knows a visitor by, such as a token for a header"
}

func toLogin(t *attack.Tried) string {
	return fmt.Sprintf("it is sent to a login page, %s: %s", t.Location, words.ToLogIn(t.Credentials))
}

// otherStatus says why a status that was not expected may have come.
func otherStatus(r *configs.Request, t *attack.Tried, target configs.Target) string {
	switch code := t.Hit.Code; {
	case t.AsksCert && (code == 400 || code == 401 || code == 403) && target.Cert == (configs.ClientCert{}):
		return fmt.Sprintf("the site asks for a client certificate, and was shown none (the page: %s); name one: target.client_cert: {cert: client.pem, key: client.key}", t.Page)
	case t.AsksCert && code == 400:
		return fmt.Sprintf("the site asks for a client certificate, and may not accept that of target.client_cert (the page: %s): use one that is in force, and signed by the authority that the site trusts", t.Page)
	case code == 401 && t.Credentials == "" && strings.EqualFold(t.Challenge, "basic"):
		return "it wants a user and a password; set target.user and target.password"
	case (code == 401 || code == 403) && sendsPassword(r):
		return fmt.Sprintf("it sends a password: are user and password right? (the page: %s)", t.Page)
	case code == 401, code == 403:
		return words.ToBeLetIn(int(code), t.Credentials)
	case code == 429:
		return "the site limits what one client may ask; exempt this machine, or a run measures that limit"
	case code >= 500:
		return fmt.Sprintf("the site fails with every fault off (%s); mend it first", t.Page)
	}
	expected := strings.Join(r.Expect.Status, ", ")
	if expected == "" {
		expected = "2xx and 3xx"
	}
	text := fmt.Sprintf("that is not what expect.status asks for (%s; the page: %s); correct the request, or expect", expected, t.Page)
	if t.Hit.Code/100 == 4 && target.Host == "" {
		text += "; if the site tells its hosts apart by their names, set target.host"
	}
	return text
}

// sendsPassword reports whether a form logs in.
func sendsPassword(r *configs.Request) bool {
	return slices.ContainsFunc(r.Form, func(f configs.Param) bool { return strings.Contains(strings.ToLower(f.Name), "passw") })
}

// otherBody says why a body may not have been what was expected.
func otherBody(r *configs.Request, t *attack.Tried) string {
	switch {
	case t.Coding != "" && t.AsksCoding:
		return fmt.Sprintf("its body is coded (%s), as its own header Accept-Encoding asks, and is left so, for expect can't read that; ask for gzip, deflate, br or zstd, or remove the header: gzip is then asked for", t.Coding)
	case t.Coding != "":
		return fmt.Sprintf("its body says that it is coded (%s), and can't be read as that, nor was it asked for; mend that at the site, or ask for none: headers: [{name: Accept-Encoding, value: identity}]", t.Coding)
	case r.Method == "HEAD":
		return "an answer to HEAD has no body for expect to read; use GET"
	case t.Password && t.Credentials != "":
		return fmt.Sprintf("it is a page that asks for a password (%s), so its %s is not accepted any more; log in again and renew it", t.Page, t.Credentials)
	case t.Cut:
		return "its body is longer than 1 MB, of which only the first is searched, and that is not as expected; expect something further up"
	}
	var lacks []string
	for _, m := range []struct {
		configs.Match
		key string
	}{{r.Expect.Match, "expect"}, {r.Degraded, "degraded"}} {
		if m.Body != "" {
			lacks = append(lacks, fmt.Sprintf("%s.body %q", m.key, m.Body))
		}
		if m.BodyMatches != "" {
			lacks = append(lacks, fmt.Sprintf("%s.body_matches %q", m.key, m.BodyMatches))
		}
	}
	return fmt.Sprintf("its body does not match %s (the page: %s); correct that, or the request", strings.Join(lacks, " or "), t.Page)
}

// onGood doubts an answer that is good by what the file says.
func onGood(r *configs.Request, t *attack.Tried) []Remark {
	switch {
	case t.Hit.Leads == journal.LeadsElsewhere:
		return []Remark{{false, fmt.Sprintf("it is redirected to %s, which gets no load: %s", t.Location, words.ToRedirected(int(t.Hit.Code)))}}
	case t.Hit.Degraded:
		return []Remark{{false, "it is degraded with every fault off: see that the site reaches its dependencies"}}
	case asksBody(r) || t.Credentials == "":
		return nil
	case t.Password:
		return []Remark{{true, fmt.Sprintf("the page asks for a password (%s), so its %s may not be accepted any more; renew it, and say what a good page holds: expect: {body: ...}", t.Page, t.Credentials)}}
	case t.Deletes:
		return []Remark{{true, "the answer deletes a cookie that was sent, so the session is over; renew it, or say what a good page holds: expect: {body: ...}"}}
	case t.Replaces:
		return []Remark{{false, "the answer replaces a cookie that was sent, as sites do with a session that they do not know; say what a good page holds: expect: {body: ...}"}}
	}
	return nil
}
