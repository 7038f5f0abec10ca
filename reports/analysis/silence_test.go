package analysis

import (
	"slices"
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// answers is what an access log says of each hit that was answered, of kind for those of code.
func answers(kind journal.Kind, code int32) func(h *journal.Hit) (journal.Observation, bool) {
	return func(h *journal.Hit) (journal.Observation, bool) {
		if h.Code == code {
			return journal.Observation{Kind: kind, Code: code, Text: "first"}, kind != ""
		}
		return journal.Observation{Kind: journal.Access, Code: h.Code}, true
	}
}

// A log is silent about errors only when each of its lines of that time was read,
// and it was there: else no edge is named, and no right cause made less sure.
func TestSilenceIsOfWhatWasRead(t *testing.T) {
	refused := amid(failing(503, madeup.Millisecond, journal.AnswererUnknown))
	full := amid(failing(502, 100*madeup.Millisecond, journal.AnswererGateway))
	one := func(source journal.Source, kind journal.Kind, at float64) []journal.Observation {
		return []journal.Observation{{AtNS: int64(at * 1e9), Source: source, Kind: kind, Count: 1, Text: "it went away"}}
	}
	outside := func(s *madeup.Scenario) reports.Onset { return reportOf(s, t).Onset[0] }
	lines := func(s *madeup.Scenario, source journal.Source, kind journal.Kind, code int32) []journal.Observation {
		return said(s, source, answers(kind, code))
	}
	none := lines(refused, journal.NginxAccessLog, "", 503)
	quiet := one(journal.NginxErrorLog, journal.OtherError, 1)
	for _, row := range []struct {
		name     string
		s        *madeup.Scenario
		observed []journal.Observation
		cause    reports.Cause
		silent   string // what is said of the log
		lowered  bool   // less sure than from outside
	}{
		{"an access log that has none", refused, none, reports.CDN, "nginx's access log has none of the 32 × 503", false},
		{"one whose lines of them were not read", refused, lines(refused, journal.NginxAccessLog, journal.Unparsed, 503), outside(refused).Cause, "", false},
		{"one with a single line that was not read", refused, append(slices.Clone(none), one(journal.NginxAccessLog, journal.Unparsed, 10)...), outside(refused).Cause, "", false},
		{"one that can't be read at another time", refused, append(slices.Clone(none), one(journal.NginxAccessLog, journal.Unparsed, 2)...), reports.CDN, "has none of the 32 × 503", false},
		{"one that was lost before", refused, append(slices.Clone(none), one(journal.NginxAccessLog, journal.Lost, 5)...), outside(refused).Cause, "", false},
		{"one that was lost after", refused, append(slices.Clone(none), one(journal.NginxAccessLog, journal.Lost, 18)...), reports.CDN, "has none of the 32 × 503", false},
		{"an error log that says nothing", full, quiet, outside(full).Cause, "nginx's error log says nothing of the 32 × 502", true},
		{"another log, and none of its own", full, said(full, journal.NginxErrorLog, errorLine(journal.Foreign, 502)), outside(full).Cause, "", false},
		{"a container's, which has another log's lines too", full, append(slices.Clone(quiet), said(full, journal.NginxErrorLog, errorLine(journal.Foreign, 502))...), outside(full).Cause, "nginx's error log says nothing of the 32 × 502", true},
		{"one of another form", full, said(full, journal.NginxErrorLog, errorLine(journal.Unparsed, 502)), outside(full).Cause, "", false},
		{"one with a single line of another form", full, append(slices.Clone(quiet), one(journal.NginxErrorLog, journal.Unparsed, 11)...), outside(full).Cause, "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			o, alone := withLogs(row.s, t, row.observed).Onset[0], outside(row.s)
			if row.lowered {
				if o.Confidence != nil && *o.Confidence >= *alone.Confidence {
					t.Errorf("%s with %s, %s from outside: want less", o.Cause, show(o.Confidence), show(alone.Confidence))
				}
			} else if o.Cause != row.cause {
				t.Errorf("got %s, want %s: %q", o.Cause, row.cause, o.Evidence)
			} else if row.cause == alone.Cause && alone.Confidence != nil && *o.Confidence < *alone.Confidence {
				t.Errorf("confidence %s, %s from outside", show(o.Confidence), show(alone.Confidence))
			}
			all := strings.Join(o.Evidence, "\n")
			if row.silent != "" && !strings.Contains(all, row.silent) {
				t.Errorf("evidence\n%s\nwant %q", all, row.silent)
			}
			if row.silent == "" && (strings.Contains(all, "has none of") || strings.Contains(all, "says nothing")) {
				t.Errorf("evidence\n%s\nclaims silence", all)
			}
		})
	}
}

// A log that is mostly unread is a warning with a line of it, and no evidence.
func TestUnreadLogsAreWarnedOf(t *testing.T) {
	s := amid(failing(502, 100*madeup.Millisecond, journal.AnswererGateway))
	for _, source := range []journal.Source{journal.NginxErrorLog, journal.NginxAccessLog, journal.PHPAccessLog, journal.PHPSlowLog} {
		r := withLogs(s, t, said(s, source, errorLine(journal.Unparsed, 502)))
		want := string(source) + ": 32 lines could not be read, such as “request: \"GET /\", unparsed”: "
		if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.HasPrefix(w, want) && len(w) > len(want) }) {
			t.Errorf("warnings %q, want %q and what to do", r.Warnings, want)
		}
		if len(r.Evidence) != 0 {
			t.Errorf("evidence %+v of a log of which nothing was read", r.Evidence)
		}
	}
	foreign := said(s, journal.NginxErrorLog, errorLine(journal.Foreign, 502))
	want := "nginx_error_log: 32 lines could not be read"
	warned := func(r *reports.Report) bool {
		return slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.HasPrefix(w, want) })
	}
	if r := withLogs(s, t, foreign); !warned(r) || len(r.Evidence) != 0 {
		t.Errorf("warnings %q, evidence %+v of another log, want a warning", r.Warnings, r.Evidence)
	}
	foreign = append(foreign, journal.Observation{AtNS: 1e9, Source: journal.NginxErrorLog, Kind: journal.OtherError, Count: 1})
	if r := withLogs(s, t, foreign); warned(r) || len(r.Evidence) != 1 {
		t.Errorf("warnings %q, evidence %+v of a container's stream", r.Warnings, r.Evidence)
	}
	mostly := said(s, journal.NginxAccessLog, answers(journal.Unparsed, 502)) // 128 of 160 were read
	r := withLogs(s, t, mostly)
	if slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "could not be read") }) {
		t.Errorf("warnings %q of a log that was mostly read", r.Warnings)
	}
	if len(r.Evidence) != 2 {
		t.Errorf("evidence %+v, want what was read, and how much was not", r.Evidence)
	}
}

// An error has as many lines as servers were tried, or one more of an error page
// that the same pool serves: they are lines of these errors all the same.
func TestErrorsOfSeveralLines(t *testing.T) {
	s := amid(failing(502, madeup.Millisecond, journal.AnswererGateway))
	once := said(s, journal.NginxErrorLog, errorLine(journal.NoSocket, 502))
	want := withLogs(s, t, once).Onset[0]
	for n := int64(2); n <= 5; n++ {
		more := slices.Clone(once)
		for i := range more {
			more[i].Count = n
		}
		got := withLogs(s, t, more).Onset[0]
		if same := got.Cause == want.Cause && *got.Confidence == *want.Confidence; same != (n <= 4) {
			t.Errorf("%d lines each: %s with %s, with one %s with %s: %q", n, got.Cause, show(got.Confidence), want.Cause, show(want.Confidence), got.Evidence)
		}
	}
}

// Errors of the application are not laid on the gateway that answers others of
// their status at the same time, be they as many or half as many.
func TestTheApplicationsErrorsBesideTheGateways(t *testing.T) {
	for _, every := range []uint64{2, 3} {
		s := amid(func(h *journal.Hit) {
			if h.Seq%every == 0 {
				failing(502, 90*madeup.Millisecond, journal.AnswererApp)(h)
			} else {
				failing(502, 90*madeup.Millisecond, journal.AnswererGateway)(h)
			}
		})
		r := withLogs(s, t, said(s, journal.NginxErrorLog, func(h *journal.Hit) (journal.Observation, bool) {
			return journal.Observation{Kind: journal.UpstreamClosed, Text: "upstream prematurely closed"}, h.Answerer == journal.AnswererGateway
		}))
		for _, o := range r.Onset {
			want := reports.WorkerClosed
			if strings.Contains(strings.Join(o.Evidence, ""), "application's own") {
				want = reports.AppError
			}
			if o.Cause != want {
				t.Errorf("one in %d: %s (%s), want %s: %q", every, o.Cause, show(o.Confidence), want, o.Evidence)
			}
		}
		if len(r.Onset) != 2 {
			t.Errorf("onsets %+v, want two", r.Onset)
		}
	}
}

// Lines that may be about any status are those of the errors that they follow:
// a limit's 503s beside 502s of another kind, and a limit of another status.
func TestLinesOfSeveralStatuses(t *testing.T) {
	for _, row := range []struct {
		limit, other int32
		kind         journal.Kind
		cause        reports.Cause
	}{
		{503, 502, journal.TooBigHeader, reports.BadHeader}, {500, 504, journal.ReadTimeout, reports.GatewayTimeout},
		{500, 502, journal.UpstreamReset, reports.WorkerKilled}, {503, 504, journal.ReadTimeout, reports.GatewayTimeout},
	} {
		s := amid(func(h *journal.Hit) {
			if h.Seq%4 == 0 {
				failing(row.other, 1500*madeup.Millisecond, journal.AnswererGateway)(h)
			} else {
				failing(row.limit, madeup.Millisecond, journal.AnswererGateway)(h)
			}
		})
		r := withLogs(s, t, slices.Concat(said(s, journal.NginxErrorLog, errorLine(journal.RequestLimit, int(row.limit))), said(s, journal.NginxErrorLog, errorLine(row.kind, int(row.other)))))
		for _, o := range r.Onset {
			want, kind := reports.GatewayRefused, journal.RequestLimit
			if o.Code == int(row.other) {
				want, kind = row.cause, row.kind
			}
			if o.Cause != want || !slices.Equal(o.Logged, []string{string(kind)}) {
				t.Errorf("%+v: %d: %s (%s) by %q, want %s: %q", row, o.Code, o.Cause, show(o.Confidence), o.Logged, want, o.Evidence)
			}
		}
		if len(r.Onset) != 2 {
			t.Errorf("onsets %+v, want two", r.Onset)
		}
	}
}

// A line of no known meaning that comes with the errors is quoted, and is no
// silence; one that is there all the time, or seldom, is not.
func TestOtherLinesAreQuoted(t *testing.T) {
	s := amid(failing(502, 100*madeup.Millisecond, journal.AnswererGateway))
	other := func(text string, each func(h *journal.Hit) bool) []journal.Observation {
		return said(s, journal.NginxErrorLog, func(h *journal.Hit) (journal.Observation, bool) {
			return journal.Observation{Kind: journal.OtherError, Text: text}, each(h)
		})
	}
	bad := func(h *journal.Hit) bool { return h.Code == 502 }
	with := `lua entry thread aborted: runtime error: a.lua:3: no balancer while connecting to upstream, client: ::1, request: "GET /"`
	all := slices.Concat(other(with, bad), other("an upstream response is buffered to a temporary file", func(*journal.Hit) bool { return true }),
		other("at all times", bad), other("at all times", func(h *journal.Hit) bool { return h.Due < 5*madeup.Second }),
		other("seldom", func(h *journal.Hit) bool { return bad(h) && h.Seq%8 == 0 }))
	o := withLogs(s, t, all).Onset[0]
	evidence := strings.Join(o.Evidence, "\n")
	if want := "nginx: 32 × “" + with + "”, as many as there were errors"; !strings.Contains(evidence, want) {
		t.Errorf("evidence\n%s\nwant %q", evidence, want)
	}
	for _, lie := range []string{"buffered", "at all times", "seldom", "says nothing"} {
		if strings.Contains(evidence, lie) {
			t.Errorf("evidence\n%s\nhas %q", evidence, lie)
		}
	}
	if alone := reportOf(s, t).Onset[0]; o.Cause != alone.Cause || *o.Confidence < *alone.Confidence {
		t.Errorf("%s with %s, from outside %s with %s", o.Cause, show(o.Confidence), alone.Cause, show(alone.Confidence))
	}
}
