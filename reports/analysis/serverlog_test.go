package analysis

import (
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// What servers other than nginx say of themselves, one line for each error: more
// sure than from outside, and sure of what nothing outside tells.
func TestServersOwnWords(t *testing.T) {
	gateway, app := journal.AnswererGateway, journal.AnswererApp
	late := amid(func(h *journal.Hit) { failing(502, 3*madeup.Second+h.Due%madeup.Second, gateway)(h) })
	apache := amid(failing(503, 2*madeup.Second, gateway))
	for _, row := range []struct {
		name   string
		s      *madeup.Scenario
		source journal.Source
		kind   journal.Kind
		code   int
		want   reports.Cause
		quoted string
	}{
		{"request_terminate_timeout", late, journal.PHPErrorLog, journal.WorkerTimeout, 502, reports.WorkerKilled, "php-fpm: 32 × “"},
		{"a crash", late, journal.PHPErrorLog, journal.WorkerKilled, 502, reports.WorkerKilled, "php-fpm: 32 × “"},
		{"a crash at once", amid(failing(502, 3*madeup.Millisecond, gateway)), journal.PHPErrorLog, journal.WorkerKilled, 502, reports.WorkerKilled, "php-fpm: 32 × “"},
		{"gunicorn's --timeout", late, journal.GunicornErrorLog, journal.WorkerTimeout, 502, reports.WorkerKilled, "gunicorn: 32 × “"},
		{"a worker that ends itself", amid(failing(502, 100*madeup.Millisecond, gateway)), journal.GunicornErrorLog, journal.WorkerExited, 502, reports.WorkerClosed, "gunicorn: 32 × “"},
		{"an exception", amid(failing(500, 100*madeup.Millisecond, app)), journal.GunicornErrorLog, journal.AppError, 500, reports.AppError, "gunicorn: 32 × “"},
		{"Apache, whose worker was killed", apache, journal.ApacheErrorLog, journal.UpstreamReset, 503, reports.WorkerKilled, "Apache: 32 × “"},
		{"Apache, which gave up", amid(failing(502, 2*madeup.Second, gateway)), journal.ApacheErrorLog, journal.ReadTimeout, 502, reports.GatewayTimeout, "Apache: 32 × “"},
		{"Apache, whose pool is down", amid(failing(503, madeup.Millisecond, gateway)), journal.ApacheErrorLog, journal.UpstreamRefused, 503, reports.PoolDown, "Apache: 32 × “"},
		{"Apache, whose page looks like the application's", amid(failing(503, 2*madeup.Second, app)), journal.PHPErrorLog, journal.WorkerTimeout, 503, reports.WorkerKilled, "php-fpm: 32 × “"},
		{"Apache, whose script ended", amid(failing(500, 90*madeup.Millisecond, app)), journal.ApacheErrorLog, journal.AppError, 500, reports.AppError, "Apache: 32 × “"},
	} {
		t.Run(row.name, func(t *testing.T) {
			alone := reportOf(row.s, t).Onset[0]
			o := withLogs(row.s, t, said(row.s, row.source, errorLine(row.kind, row.code))).Onset[0]
			if o.Cause != row.want || o.Confidence == nil || *o.Confidence < 0.75 {
				t.Errorf("got %s (%v), want %s: %q", o.Cause, show(o.Confidence), row.want, o.Evidence)
			}
			if alone.Cause == row.want && *o.Confidence <= *alone.Confidence {
				t.Errorf("confidence %v with the log, %v without", show(o.Confidence), show(alone.Confidence))
			}
			if !strings.Contains(strings.Join(o.Evidence, "\n"), row.quoted) {
				t.Errorf("the log is not quoted in %q", o.Evidence)
			}
		})
	}
}

// Lines that are not these errors': the workers that ended were those of the late
// 502s, not of the refused ones; a 504 needs no end of a worker; lines that come all
// the time; of a script's end, which is a 500. None changes a cause.
func TestServersWordsOfOtherThings(t *testing.T) {
	gateway := journal.AnswererGateway
	both := amid(func(h *journal.Hit) {
		if h.Seq%2 == 0 {
			failing(502, 700*madeup.Millisecond+h.Due%(200*madeup.Millisecond), gateway)(h)
		} else {
			failing(502, madeup.Millisecond, gateway)(h)
		}
	})
	waited := amid(func(h *journal.Hit) {
		if h.Seq%8 == 0 {
			failing(504, 10*madeup.Second, gateway)(h)
		}
	})
	always := make([]journal.Observation, 0, 40)
	for at := time.Duration(0); at < 38*madeup.Second; at += madeup.Second / 8 {
		always = append(always, journal.Observation{AtNS: int64(at), Source: journal.GunicornErrorLog, Kind: journal.WorkerTimeout, Count: 1})
	}
	for _, row := range []struct {
		name string
		s    *madeup.Scenario
		log  []journal.Observation
		code int
	}{
		{"refused beside killed", both, said(both, journal.PHPErrorLog, func(h *journal.Hit) (journal.Observation, bool) {
			return journal.Observation{Kind: journal.WorkerTimeout}, h.Code == 502 && h.Service() > madeup.Second/2
		}), 502},
		{"a 500", amid(failing(500, 90*madeup.Millisecond, journal.AnswererApp)), said(amid(failing(500, 90*madeup.Millisecond, journal.AnswererApp)), journal.GunicornErrorLog, errorLine(journal.WorkerTimeout, 500)), 500},
		{"a 504", waited, said(waited, journal.PHPErrorLog, errorLine(journal.WorkerTimeout, 504)), 504},
		{"all the time", amid(failing(502, 100*madeup.Millisecond, gateway)), always, 502},
		{"a script's end", amid(failing(502, madeup.Millisecond, gateway)), said(amid(failing(502, madeup.Millisecond, gateway)), journal.PHPErrorLog, errorLine(journal.AppError, 502)), 502},
	} {
		before, after := reportOf(row.s, t).Onset, withLogs(row.s, t, row.log).Onset
		if before[0].Code != row.code || after[0].Cause != before[0].Cause || show(after[0].Confidence) != show(before[0].Confidence) {
			t.Errorf("%s: the %d made %s (%v) become %s (%v): %q", row.name, before[0].Code, before[0].Cause, show(before[0].Confidence), after[0].Cause, show(after[0].Confidence), after[0].Evidence)
		}
	}
}

// The pool's word that it has all its workers leans to a full queue, is quoted,
// and names no cause by itself.
func TestPoolAtItsSize(t *testing.T) {
	s := amid(failing(504, 10*madeup.Second, journal.AnswererGateway))
	alone := reportOf(s, t).Onset[0]
	first := time.Duration(alone.FirstS * float64(time.Second))
	word := func(at time.Duration) reports.Onset {
		return withLogs(s, t, []journal.Observation{{AtNS: int64(at), Source: journal.PHPErrorLog, Kind: journal.MaxWorkers, Count: 1, Text: "server reached pm.max_children setting (4), consider raising it"}}).Onset[0]
	}
	with := word(first - 2*madeup.Second)
	if with.Cause != alone.Cause || *with.Confidence <= *alone.Confidence || *with.Confidence > 0.88 {
		t.Errorf("got %s (%v), alone %s (%v)", with.Cause, show(with.Confidence), alone.Cause, show(alone.Confidence))
	}
	if !strings.Contains(strings.Join(with.Evidence, "\n"), "php-fpm: “server reached pm.max_children setting (4)") {
		t.Errorf("it is not quoted in %q", with.Evidence)
	}
	if early := word(2 * madeup.Second); show(early.Confidence) != show(alone.Confidence) {
		t.Errorf("said long before, it makes %v of %v", show(early.Confidence), show(alone.Confidence))
	}
}
