package attack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

const (
	// maxBody is where the reading of an answer ends, in bytes.
	maxBody = 64 << 20
	// maxJudged is how much of a body is searched, in bytes.
	maxJudged = 1 << 20
	// maxLate is how long after its due time a hit is still sent. Sending a
	// longer backlog at once would be a burst that nobody asked for, and that
	// could fill a queue by itself.
	maxLate = 250 * time.Millisecond
	// dropPause keeps the clients of a closed phase, whose hits are dropped at
	// the ceilings, from spinning.
	dropPause = 10 * time.Millisecond
)

// shooter is the http.RoundTripper under Vegeta: it sends the hit that Vegeta
// numbered, judges the answer and emits the record. Vegeta itself sees an empty
// answer, so that it keeps no bodies and counts nothing twice.
type shooter struct {
	*Attack
	base context.Context // ends when the run does
	t0   time.Time
	emit func(journal.Hit)
	// answers are told of every answer of status 500 or above.
	answers *answers
	// strays are told of every answer that leads elsewhere than what was asked for.
	strays *strays
	// missed are told of every value that was to be captured and was not found.
	missed *misses
	// stepping ends when no more steps of visits are to be taken.
	stepping context.Context
	// abort ends the attack with an error.
	abort context.CancelCauseFunc
	// offset is added to Vegeta's numbers; due says when hit k, not offset, is
	// due, in which phase, and whether there is one; nil in a closed phase, where
	// a hit is due when it is sent.
	offset uint64
	phase  int32
	due    func(k uint64) (at time.Duration, phase int32, ok bool)
	end    time.Duration  // of a closed phase
	walks  sync.WaitGroup // the visits under way
}

// RoundTrip implements http.RoundTripper. Vegeta calls it from goroutines of its
// own, where a panic would end the process with faults in force; so it ends the
// attack instead.
func (s *shooter) RoundTrip(tick *http.Request) (*http.Response, error) {
	defer func() {
		if v := recover(); v != nil {
			s.abort(fmt.Errorf("panic in attack: %v\n%s", v, debug.Stack()))
		}
	}()
	k, err := strconv.ParseUint(tick.Header.Get("X-Vegeta-Seq"), 10, 64)
	if err != nil {
		return nil, err
	}
	now := time.Since(s.t0)
	hit := journal.Hit{Seq: s.offset + k, Phase: s.phase, Due: now, Sent: now}
	if s.due != nil {
		hit.Due, hit.Phase, _ = s.due(k)
	} else if now >= s.end { // Vegeta had let it go before it was told that the phase is over
		return nothing(tick), nil
	}
	if len(s.mix.courses) > 0 {
		s.arrive(k, &hit)
		return nothing(tick), nil
	}
	hit.Request = s.mix.pick(hit.Seq)
	if now-hit.Due > s.late || !s.gate.enter(now) {
		hit.Class, hit.Done = journal.ClassDropped, now
		if s.due == nil {
			sleepUntil(s.base, time.Now().Add(dropPause))
		}
	} else {
		s.send(&hit, 0)
		s.gate.leave()
	}
	s.emit(hit)
	return nothing(tick), nil
}

// nothing is the answer that Vegeta gets.
func nothing(tick *http.Request) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: tick}
}

// by is how a request is sent, and what hides the secrets that came about on the way
// in what is told of its answer.
type by struct {
	sender sender
	hide   func(text string) string
}

// send sends the hit's request once, as exchange does.
func (s *shooter) send(hit *journal.Hit, keep int) (resp *http.Response, page []byte, err error) {
	shot, err := s.mix.at(hit)
	if err != nil {
		s.fail(hit, err)
		return nil, nil, err
	}
	return s.exchange(hit, shot, by{s.sender, unhidden}, keep)
}

// unhidden hides nothing.
func unhidden(text string) string { return text }

// fail ends the attack because a request can't be made up.
func (s *shooter) fail(hit *journal.Hit, err error) {
	s.abort(fmt.Errorf("send a request: %w", err))
	hit.Class, hit.Done = journal.ClassDropped, hit.Sent
}

// exchange sends the request and fills in what came of it. It returns the answer, if
// one came, with the first bytes of its body, at least keep of them if there are so
// many, and why it was none.
func (s *shooter) exchange(hit *journal.Hit, shot *shot, by by, keep int) (resp *http.Response, page []byte, err error) {
	var connected atomic.Bool
	ctx, cancel := context.WithTimeoutCause(s.base, s.timeout, errTimeout)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})

	hit.BytesOut = shot.body.size()
	resp, err = by.sender(shot.request().WithContext(ctx))
	if err == nil {
		hit.FirstByte = time.Since(s.t0)
		s.spoken.add(resp)
		hit.Code = int32(resp.StatusCode)
		if followed(shot, resp) {
			keep = max(keep, maxPage)
		}
		page, err = s.read(hit, resp, shot.expect, by, keep)
	}
	if err != nil {
		hit.Done = time.Since(s.t0)
	}
	if err == nil {
		s.wentAstray(hit, shot, resp, page, by)
	}
	if away, ok := errors.AsType[*refused](err); ok { // a redirect to a name that stands for another machine
		s.abort(fmt.Errorf("send a request: %w", away))
	}
	if err != nil {
		cause := context.Cause(ctx)
		hit.Class, err = classify(err, cause, connected.Load()), cmp.Or(cause, err)
	}
	return resp, page, err
}

// wentAstray looks whether the answer is what was asked for, or leads elsewhere.
func (s *shooter) wentAstray(hit *journal.Hit, shot *shot, resp *http.Response, page []byte, by by) {
	location := ""
	if redirected(shot, resp) {
		hit.Leads, location = astray(shot, hit, resp, page)
	}
	refused := hit.Class == journal.ClassStatus && (hit.Code == http.StatusUnauthorized || hit.Code == http.StatusForbidden)
	if hit.Leads != journal.LeadsNowhere || refused {
		s.strays.first(hit.Done, hit, shot, by.hide(location))
	}
}

// buffers are reused between answers.
var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// read reads the whole answer, within bounds, says when it was done, and judges it.
// It returns the first bytes of the body, without its codings, and leaves in the
// answer's header those that can't be taken off.
func (s *shooter) read(hit *journal.Hit, resp *http.Response, j *judge, by by, keep int) (kept []byte, err error) {
	defer resp.Body.Close()
	buf := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buf)
	switch {
	case j.needsBody():
		keep = maxJudged
	case hit.Code >= http.StatusBadRequest:
		keep = max(keep, maxPage)
	}
	most, coded := keep, codings(resp.Header)
	if len(coded) > 0 && keep > 0 {
		keep = max(keep, maxJudged)
	}
	for {
		n, err := resp.Body.Read(buf[:])
		hit.BytesIn += int64(n)
		if len(kept) < keep {
			kept = append(kept, buf[:min(n, keep-len(kept))]...)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return kept, err
		}
		if hit.BytesIn > maxBody {
			return kept, errTooLarge
		}
	}
	hit.Done = time.Since(s.t0)
	kept, left := decode(kept, coded, most)
	if left == "" { // as Go's transport does with a coding that it takes off
		resp.Header.Del("Content-Encoding")
	}
	if hit.Code >= http.StatusBadRequest {
		page := kept[:min(len(kept), maxPage)]
		hit.Answerer = answerer(int(hit.Code), resp.Header, page)
		s.answers.first(time.Since(s.t0), int(hit.Code), hit.Answerer, resp.Header, page, by.hide)
	}
	hit.Class, hit.Degraded = j.class(hit.Code, kept)
	return kept, nil
}
