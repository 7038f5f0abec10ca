package attack

import (
	"bytes"
	"fmt"
	"io"
	"math/bits"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/build"
	"github.com/tailback/tailback/internal/replay"
	"github.com/tailback/tailback/reports/journal"
)

// mix is the weighted mix of requests.
type mix struct {
	seed     uint64
	base     *url.URL // the target, without user info
	shots    []*shot
	tables   []table
	courses  []course    // of visits, whose steps the shots are; none of requests by themselves
	login    *course     // logs a session in, by shots behind those of the mix; nil without sessions
	captures []string    // the names of what the course at hand captures, while it is prepared
	sessions sessions    // of all requests, while they are prepared
	lent     int32       // how many sessions are lent to visits, which have the first numbers
	groups   []group     // of the attack, by which the rows of tables are dealt
	limits   []uint64    // limits[i] is the sum of the weights of shots 0 to i
	log      *replay.Log // that says what each hit sends, and how; nil without one
}

// shot is one request of the mix, ready to be sent many times.
type shot struct {
	method string
	url    *url.URL
	host   string
	header http.Header // shared by all its requests: a RoundTripper must not change it
	body   payload
	expect *judge
	meant  *[600]bool // the statuses that the file names, not those that it expects because it names none
	blanks *blanks    // what differs from hit to hit; nil for nothing
	// session is what its hits' session is known by; nil of hits without one.
	session *session
}

func newMix(exp *configs.Experiment) (*mix, error) {
	base, err := url.Parse(exp.Target.URL)
	if err != nil {
		return nil, fmt.Errorf("read target.url: %w", err)
	}
	m := &mix{seed: exp.Seed, tables: newTables(exp.Data), log: exp.Arrivals.Log, sessions: sessions{}}
	if m.base, err = joinPath(base, "/"); err != nil {
		return nil, fmt.Errorf("read target.url: %w", err)
	}
	defer func() { m.sessions = nil }() // they are secrets, and no longer needed
	if exp.Sessions != nil {
		m.lent = int32(exp.Sessions.Count)
	}
	if len(exp.Visits) > 0 {
		return m, m.addVisits(exp, base)
	}
	var sum uint64
	for _, r := range exp.Requests {
		s, err := m.newShot(base, exp.Target, &r)
		if err != nil {
			return nil, fmt.Errorf("prepare request %s: %w", r.Name, err)
		}
		if m.log != nil {
			if s, err = m.sampled(s, len(m.shots)); err != nil {
				return nil, fmt.Errorf("prepare request %s: %w", r.Name, err)
			}
		}
		sum += uint64(r.Weight)
		m.shots, m.limits = append(m.shots, s), append(m.limits, sum)
	}
	return m, nil
}

func (m *mix) newShot(base *url.URL, t configs.Target, r *configs.Request) (*shot, error) {
	texts, err := m.newBlanks(base, r)
	if err != nil {
		return nil, err
	}
	bare := &shot{method: r.Method, host: t.Host, header: http.Header{}}
	if bare.expect, err = newJudge(r.Expect, r.Degraded); err != nil {
		return nil, err
	}
	s, err := bare.filled(texts, &values{tables: m.tables})
	if err != nil {
		return nil, err
	}
	s.blanks = texts.differing()
	if s.session, err = m.newSession(r); err != nil {
		return nil, err
	}
	if _, set := s.header["User-Agent"]; !set {
		s.header.Set("User-Agent", build.UserAgent())
	}
	if user, password, given := t.Login(); given && s.header.Get("Authorization") == "" {
		auth := &http.Request{Header: s.header}
		auth.SetBasicAuth(user, password)
	}
	s.meant = &[600]bool{}
	for code := range s.meant {
		s.meant[code] = statusNamed(r.Expect.Status, code)
	}
	return s, nil
}

// joinPath puts a request's path and query behind the target's own path.
func joinPath(base *url.URL, path string) (*url.URL, error) {
	ref, err := url.Parse(strings.TrimSuffix(base.EscapedPath(), "/") + path)
	if err != nil {
		return nil, err
	}
	u := *base
	u.User = nil
	u.Path, u.RawPath, u.RawQuery = ref.Path, ref.RawPath, ref.RawQuery
	return &u, nil
}

// pick returns which request hit seq sends, or which visit begins with it. It depends on the seed and seq
// alone, and is uniform over the weights, unless the timetable says it: of a log it is what stands there.
func (m *mix) pick(seq uint64) int32 {
	if g := seq / journal.SeqStride; g < uint64(len(m.groups)) && m.groups[g].schedule != nil {
		if request := m.groups[g].schedule.Request(seq % journal.SeqStride); request != byWeight {
			return request
		}
	}
	if len(m.limits) == 1 {
		return 0
	}
	total := m.limits[len(m.limits)-1]
	at, _ := bits.Mul64(splitmix64(m.seed^splitmix64(seq)), total)
	for i, limit := range m.limits {
		if at < limit {
			return int32(i)
		}
	}
	panic("unreachable: at < total")
}

// splitmix64 scrambles x (Steele, Lea and Flood, Fast splittable pseudorandom
// number generators, OOPSLA 2014).
func splitmix64(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// identity is a transfer coding that Go's transport takes to mean "send the
// body as it is, until its end", and announces by no header.
var identity = []string{"identity"}

// request returns a request that Go's transport sends at most once. By itself
// it repeats a request on a reused connection that broke if the method or a
// header calls it idempotent, unless there is a body it can't rewind; so those
// requests get one, empty if need be.
func (s *shot) request() *http.Request {
	req := &http.Request{
		Method: s.method, URL: s.url, Host: s.host, Header: s.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
	}
	if len(s.body) > 0 || s.repeatable() {
		req.Body, req.ContentLength = io.NopCloser(s.body.reader()), s.body.size()
	}
	if len(s.body) == 0 && s.repeatable() {
		req.TransferEncoding = identity
	}
	return req
}

// repeatable reports whether Go's transport would send the request again.
func (s *shot) repeatable() bool {
	switch s.method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return s.header.Get("Idempotency-Key") != "" || s.header.Get("X-Idempotency-Key") != ""
}

// judge says how good an answer is.
type judge struct {
	status   *[600]bool // shared by all its requests
	good     matcher
	degraded matcher
}

// matcher is a condition on a body; the zero matcher is not asked for.
type matcher struct {
	text []byte
	re   *regexp.Regexp
}

func newJudge(expect configs.Expect, degraded configs.Match) (*judge, error) {
	j := &judge{status: &[600]bool{}}
	patterns := expect.Status
	if len(patterns) == 0 {
		patterns = []string{"2xx", "3xx"}
	}
	for code := range j.status {
		j.status[code] = statusNamed(patterns, code)
	}
	var err error
	if j.good, err = newMatcher(expect.Match); err != nil {
		return j, err
	}
	j.degraded, err = newMatcher(degraded)
	return j, err
}

// statusNamed reports whether one of the patterns says code.
func statusNamed(patterns []string, code int) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return statusMatches(p, code) })
}

// statusMatches reports whether code is what pattern says: "200", or "2xx".
func statusMatches(pattern string, code int) bool {
	digits := fmt.Sprintf("%03d", code)
	hundreds, class := strings.CutSuffix(strings.ToLower(pattern), "xx")
	return pattern == digits || class && hundreds == digits[:1]
}

func newMatcher(m configs.Match) (matcher, error) {
	out := matcher{text: []byte(m.Body)}
	if m.BodyMatches == "" {
		return out, nil
	}
	re, err := regexp.Compile(m.BodyMatches)
	out.re = re
	return out, err
}

// class says how good an answer is: its status must be one that is expected, and
// its body what is expected or, as served less, what is degraded.
func (j *judge) class(code int32, body []byte) (class journal.Class, degraded bool) {
	switch {
	case int(code) >= len(j.status) || !j.status[code]:
		return journal.ClassStatus, false
	case j.degraded.asked() && j.degraded.matches(body):
		return journal.ClassOK, true
	case !j.good.matches(body):
		return journal.ClassBody, false
	}
	return journal.ClassOK, false
}

func (m matcher) asked() bool { return len(m.text) > 0 || m.re != nil }

func (m matcher) matches(body []byte) bool {
	return bytes.Contains(body, m.text) && (m.re == nil || m.re.Match(body))
}

// needsBody reports whether the answer's body must be kept to be judged.
func (j *judge) needsBody() bool { return j.good.asked() || j.degraded.asked() }
