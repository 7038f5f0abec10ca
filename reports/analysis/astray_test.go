package analysis

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// leading has a hit answered with that status, which leads there.
func leading(h *journal.Hit, code int32, leads journal.Leads) {
	h.Code, h.Leads = code, leads
	if code/100 == 4 {
		h.Class = journal.ClassStatus
	}
}

// told is an event of such an answer to the first request.
func told(s *madeup.Scenario, code int, login bool, to, credentials string) *madeup.Scenario {
	s.Events = append(s.Events, journal.Event{Kind: journal.WentAstray, Text: to, Astray: &journal.Astray{Code: code, Login: login, Credentials: credentials}})
	return s
}

// 3 s at 8/s: 24 hits.
func calm() *madeup.Scenario { return madeup.NewScenario(madeup.Phase("load", 3*madeup.Second)) }

// A request that was never answered with what was asked for leads the summary, and
// the run is not green.
func TestAstrayLeadsTheSummary(t *testing.T) {
	all := func(code int32, leads journal.Leads) *madeup.Scenario {
		return calm().Drive(func(h *journal.Hit) { leading(h, code, leads) }).Asking("p99 < 1s")
	}
	for _, row := range []struct {
		what, want string
		s          *madeup.Scenario
	}{
		{"redirects to a login page", "All 24 answers to checkout were 302 to /login: was it logged in? Give it a session, such as headers: [{name: Cookie, value: {env: SESSION_COOKIE}}]",
			told(all(302, journal.LeadsToLogin), 302, true, "/login", "")},
		{"with a cookie", "All 24 answers to checkout were 302 to /login: was it logged in? Its Cookie is not accepted",
			told(all(302, journal.LeadsToLogin), 302, true, "/login", "Cookie")},
		{"to two login pages", "All 24 answers to checkout were 302 to /login and other places: was it logged in?",
			told(told(all(302, journal.LeadsToLogin), 302, true, "/login", ""), 302, true, "/sso", "")},
		{"a bundle that does not say where", "All 24 answers to checkout were 302: was it logged in?", all(302, journal.LeadsToLogin)},
		{"redirects that were followed", "All 24 answers to checkout were 200 from /login, a login page: was it logged in?",
			told(all(200, journal.LeadsToLogin), 200, true, "/login", "")},
		{"another page", "All 24 answers to checkout were 301 to /de/: did you mean that page? Ask for that path, set target.follow_redirects, or, if the redirect is what you mean, say expect: {status: [301]}",
			told(all(301, journal.LeadsElsewhere), 301, false, "/de/", "")},
		{"401", "All 24 answers to checkout were 401: was it logged in? It wants credentials", told(all(401, journal.LeadsNowhere), 401, false, "", "")},
		{"403", "All 24 answers to checkout were 403: is it allowed, or was it logged in? It is forbidden: its Cookie has no right to it", told(all(403, journal.LeadsNowhere), 403, false, "", "Cookie")},
		// Hits 0, 8 and 16 of 24 are 401.
		{"two kinds", "All 24 answers to checkout were 302 or 401 to /login: was it logged in?", told(calm().Drive(func(h *journal.Hit) {
			leading(h, 302, journal.LeadsToLogin)
			if h.Seq%8 == 0 {
				leading(h, 401, journal.LeadsNowhere)
			}
		}), 302, true, "/login", "")},
		// Hits 0 and 12 of 24 are 502: 22 are left.
		{"failures between", "All 22 answers to checkout that were no failures were 302: was it logged in?", calm().Drive(func(h *journal.Hit) {
			leading(h, 302, journal.LeadsToLogin)
			if h.Seq%12 == 0 {
				madeup.Bad(h, 502)
				h.Leads = journal.LeadsNowhere
			}
		})},
	} {
		r := reportOf(row.s, t)
		if !strings.HasPrefix(r.Summary, row.want) {
			t.Errorf("%s: the summary is %q, want %q first", row.what, r.Summary, row.want)
		}
		if r.Verdict != reports.Inconclusive && r.Verdict != reports.Fail || r.ExitCode == 0 || len(r.Astray) != 1 {
			t.Errorf("%s: %s, exit %d, %+v", row.what, r.Verdict, r.ExitCode, r.Astray)
		}
		if strings.Contains(r.Summary, "answered well") {
			t.Errorf("%s: nothing was: %q", row.what, r.Summary)
		}
		if n := strings.Count(r.Summary+strings.Join(r.Details, " "), "was it logged in?"); n > 1 {
			t.Errorf("%s: says it %d times: %q %q", row.what, n, r.Summary, r.Details)
		}
	}
}

// What is no trap: some answers are as asked for, a single answer, and what came only under a fault.
func TestNotAstray(t *testing.T) {
	fault := func(answer func(h *journal.Hit), applied time.Duration) *madeup.Scenario {
		s := madeup.NewScenario(madeup.Phase("baseline", 5*madeup.Second), madeup.Phase("hang", 5*madeup.Second))
		return s.Drive(answer).Fault("payments", "hang", applied, 9*madeup.Second)
	}
	for what, s := range map[string]*madeup.Scenario{
		"one answer is as asked for": calm().Drive(func(h *journal.Hit) {
			if h.Seq != 12 {
				leading(h, 302, journal.LeadsToLogin)
			}
		}),
		"a site that redirects while payments hangs": fault(func(h *journal.Hit) {
			if h.Due >= 5*madeup.Second {
				leading(h, 302, journal.LeadsToLogin)
			}
		}, 5*madeup.Second),
		"a fault from the start": fault(func(h *journal.Hit) { leading(h, 302, journal.LeadsElsewhere) }, 0),
		"a session that ends": calm().Drive(func(h *journal.Hit) {
			if h.Seq > 10 {
				leading(h, 401, journal.LeadsNowhere)
			}
		}),
		"a 401 that is expected": calm().Drive(func(h *journal.Hit) { h.Code = 401 }),
		"a 404":                  calm().Drive(func(h *journal.Hit) { leading(h, 404, journal.LeadsNowhere) }),
	} {
		if r := reportOf(s, t); len(r.Astray) > 0 || strings.Contains(r.Summary, "logged in") {
			t.Errorf("%s: %+v, %q", what, r.Astray, r.Summary)
		}
	}
}

// One of two requests is enough, and each is named; what was measured is still told.
func TestAstrayAmongOthers(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("baseline", 5*madeup.Second), madeup.Phase("hang", 5*madeup.Second))
	s.Requests = []string{"checkout", "home", "account"}
	r := reportOf(s.Drive(func(h *journal.Hit) {
		if h.Request = int32(h.Seq % 3); h.Request != 1 {
			leading(h, 302, journal.LeadsToLogin)
		}
	}).Fault("payments", "hang", 5*madeup.Second, 9*madeup.Second), t)
	// Of the 40 hits before the fault, all of which are answered before it, 0, 3, ... 39 are 14.
	if !strings.HasPrefix(r.Summary, "All 14 answers to checkout before the first fault were 302: was it logged in?") {
		t.Errorf("the summary is %q", r.Summary)
	}
	if !strings.Contains(r.Summary, "Nor was what came for account what was asked for.") {
		t.Errorf("the summary lacks account: %q", r.Summary)
	}
	if len(r.Astray) != 2 || r.Astray[1].Request != "account" || r.Verdict != reports.Inconclusive || !slices.Contains(r.Warnings, r.VerdictWhy) {
		t.Errorf("%+v, %s, %q", r.Astray, r.Verdict, r.Warnings)
	}
}
