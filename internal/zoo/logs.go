package zoo

import (
	"fmt"
	"math"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// logs are the site's, and what package reports/evidence makes of them: lines
// summed up by the second in which they were read, which is up to pollEvery
// after they were written.
type logs struct {
	*world
	open map[lineKey]*journal.Observation
	keys []lineKey
	slow int64
}

type lineKey struct {
	source journal.Source
	second int64
	kind   journal.Kind
	code   int32
	up     int32
}

const pollEvery = 50 * time.Millisecond

func newLogs(w *world) logs { return logs{world: w, open: map[lineKey]*journal.Observation{}} }

// add counts a line that is written now.
func (l *logs) add(source journal.Source, kind journal.Kind, code, up int, text string) *journal.Observation {
	at := l.now + l.noise.upTo(pollEvery)
	k := lineKey{source, int64(at / time.Second), kind, int32(code), int32(up)}
	o := l.open[k]
	if o == nil {
		o = &journal.Observation{AtNS: int64(at), ErrorNS: int64(pollEvery), Source: source, Kind: kind, Code: k.code, UpstreamCode: k.up, Text: text}
		l.open[k] = o
		l.keys = append(l.keys, k)
	}
	o.AtNS = min(o.AtNS, int64(at))
	o.Count++
	return o
}

// flush hands over what the lines said.
func (l *logs) flush() {
	for _, k := range l.keys {
		l.record.Observations = append(l.record.Observations, *l.open[k])
	}
}

// errorLines are nginx's words for what went wrong with an upstream.
var errorLines = map[journal.Kind]string{
	journal.QueueFull:       "connect() to %s failed (11: Resource temporarily unavailable) while connecting to upstream",
	journal.UpstreamReset:   "recv() failed (104: Connection reset by peer) while reading response header from upstream",
	journal.UpstreamClosed:  "upstream prematurely closed connection while reading response header from upstream",
	journal.ReadTimeout:     "upstream timed out (110: Connection timed out) while reading response header from upstream",
	journal.ConnectTimeout:  "upstream timed out (110: Connection timed out) while connecting to upstream",
	journal.UpstreamRefused: "connect() failed (111: Connection refused) while connecting to upstream",
	journal.NoSocket:        "connect() to %s failed (2: No such file or directory) while connecting to upstream",
	journal.NoLiveUpstreams: "no live upstreams while connecting to upstream",
}

// error is a line in the gateway's error log.
func (w *world) error(kind journal.Kind, r *request) {
	if !w.site.Logs.GatewayErrors {
		return
	}
	text, to := errorLines[kind], "unix:/run/php/site.sock"
	if kind == journal.QueueFull || kind == journal.NoSocket {
		text = fmt.Sprintf(text, to)
	}
	if w.site.Pools[r.page.Pool].Network == TCP {
		to = "127.0.0.1:9000"
	}
	w.logs.add(journal.NginxErrorLog, kind, 0, 0, fmt.Sprintf("%s, client: 127.0.0.1, server: , request: %q, upstream: %q, host: %q",
		text, "GET "+r.page.path()+" HTTP/1.1", "fastcgi://"+to, w.site.host()))
}

// access is a line in the gateway's access log.
func (w *world) access(r *request, a answer) {
	if !w.site.Logs.GatewayAccess {
		return
	}
	up := 0
	if w.site.Logs.JSON && r.asked && a.code != 499 {
		up = a.code
	}
	o := w.logs.add(journal.NginxAccessLog, journal.Access, a.code, up, "GET "+r.page.path()+" HTTP/1.1")
	t := times(o)
	t.add(milliseconds(w.now - r.at))
	if r.tried > 0 {
		took := milliseconds(w.now - r.up)
		t.UpstreamN++
		t.UpstreamSumS += took
		t.UpstreamMaxS = max(t.UpstreamMaxS, took)
	}
}

// milliseconds are how nginx writes a time, in seconds.
func milliseconds(d time.Duration) float64 { return math.Floor(d.Seconds()*1000) / 1000 }

type timesOf struct{ *journal.Times }

func times(o *journal.Observation) timesOf {
	if o.Times == nil {
		o.Times = &journal.Times{}
	}
	return timesOf{o.Times}
}

func (t timesOf) add(s float64) {
	t.N++
	t.SumS += s
	t.SquaresS2 += s * s
	t.MaxS = max(t.MaxS, s)
}

// The article's "sub-50% CPU usage", of requests of a second or more.
const (
	idleFrom  = 1.0
	idleShare = 0.5
)

// phpAccess is a line in php-fpm's access log: it has how long the request held
// its worker, and what the processor's clock, which ticks every 10 ms, says of it.
func (p *pool) phpAccess(page *Page, status int, took, computed time.Duration) {
	if !p.site.Logs.PHPAccess || p.cfg.Server != PHPFPM {
		return
	}
	o := p.logs.add(journal.PHPAccessLog, journal.Access, status, 0, page.path())
	t := times(o)
	t.add(took.Seconds())
	const tick, own = 10 * time.Millisecond, 700 * time.Microsecond // a page that only waits computes for less than a millisecond
	cpu := (computed + own + p.noise.upTo(tick)).Truncate(tick).Seconds()
	t.CPUN++
	t.CPUSumS += cpu
	if took.Seconds() >= idleFrom && cpu < idleShare*took.Seconds() {
		t.Idle++
	}
}

// statusPage is what php-fpm's look at its processes has found.
type statusPage struct {
	total, active, queued, longest, most int
	reached                              int64
}

// watch reads the slow log and the status page.
func (l *logs) watch() {
	if l.site.Logs.Slow > 0 {
		every := killEvery(l.site.Logs.Slow)
		l.each(l.noise.upTo(every), every, l.lookSlow)
	}
	if l.site.Logs.Status {
		l.each(0, time.Second, l.readStatus)
	}
}

// lookSlow logs the requests that have taken too long, once each.
func (l *logs) lookSlow() {
	for _, p := range l.pools {
		for _, w := range p.sorted() {
			if w.at == nil || w.slow || l.now-w.since < l.site.Logs.Slow {
				continue
			}
			w.slow = true
			l.slow++
			text := "usleep() called at index.php:8"
			if w.waits >= forCall {
				text = "curl_exec() called at index.php:139"
			} else if w.waits == forLock {
				text = "session_start() called at index.php:5"
			}
			l.add(journal.PHPSlowLog, journal.Waiting, 0, 0, text)
		}
	}
}

// countedTwice is in one of how many readings a process that is done while the page is
// made is counted as busy and as idle: one of 1,100 of real pages.
const countedTwice = 1000

// readStatus reads the status page of the first pool.
func (l *logs) readStatus() {
	p := l.pools[0]
	s := &journal.Pool{Manager: "static", Total: int64(p.page.total), Active: int64(min(p.page.active, p.page.total)), MaxChildrenReached: p.page.reached, SlowRequests: l.slow}
	if p.cfg.Start > 0 {
		s.Manager = "ondemand"
		if p.cfg.Spare > 0 {
			s.Manager = "dynamic"
		}
	}
	s.Idle = s.Total - s.Active
	if p.cfg.Network == TCP {
		s.Queue, s.QueueLen, s.MaxQueue = int64(p.page.queued), int64(p.cfg.Backlog), int64(p.page.most)
	}
	took := l.noise.about(700 * time.Microsecond)
	if p.cfg.Start == 0 && took%countedTwice == 0 {
		s.Total, s.Idle = s.Total+1, s.Idle+1
	}
	l.record.Observations = append(l.record.Observations, journal.Observation{AtNS: int64(l.now + took), ErrorNS: int64(lookEvery + took),
		Source: journal.PHPFPMStatus, Kind: journal.Gauge, Count: 1, Pool: s})
}

// sources are those that are read.
func (s *Site) sources() (list []journal.Source) {
	for _, one := range []struct {
		read   bool
		source journal.Source
	}{{s.Logs.GatewayErrors, journal.NginxErrorLog}, {s.Logs.GatewayAccess, journal.NginxAccessLog}, {s.Logs.PHPAccess, journal.PHPAccessLog},
		{s.Logs.Slow > 0, journal.PHPSlowLog}, {s.Logs.Status, journal.PHPFPMStatus}} {
		if one.read {
			list = append(list, one.source)
		}
	}
	return list
}
