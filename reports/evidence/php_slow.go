package evidence

import (
	"bytes"
	"cmp"
	"path"
	"regexp"

	"github.com/tailback/tailback/reports/journal"
)

// A slow log has entries of several lines:
//
//	[28-Oct-2025 22:56:52]  [pool www] pid 1234
//	script_filename = /var/www/html/index.php
//	[0x00007f3a5c01f0e0] curl_exec() /var/www/html/pay.php:42
//	[0x00007f3a5c01f050] pay() /var/www/html/index.php:7
//
// and an empty line between them.
var (
	slowHead  = regexp.MustCompile(`^\[(\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d)\]  ?\[pool .*\] pid \d+$`)
	slowFrame = regexp.MustCompile(`^\[0x[0-9a-f]+\] (.{1,200}?\(\)) (.*):(\d+)$`)
	// slowLibrary finds code that is not the site's own: what Composer installs, by
	// its maker and name, and WordPress.
	slowLibrary = regexp.MustCompile(`/vendor/([^/]+/[^/]+)/|(?:^|/)(wp-includes)/`)
)

// phpSlow reads the slow log. An entry counts at its uppermost frame, what PHP was
// doing when it had taken too long, and says which line of the site's own code led
// there, where that is a library's.
type phpSlow struct {
	stamps stamps
	known  bool // there was a head
	last   stamp
	top    string // the uppermost frame of an entry that has not been counted yet
	frames int    // of this entry
}

// mostFrames is how many frames php-fpm writes at most, unless it is set
// (request_slowlog_trace_depth).
const mostFrames = 20

func newPHPSlow(string) (parser, error) {
	p := &phpSlow{stamps: stamps{layout: "02-Jan-2006 15:04:05"}}
	return p.parse, nil
}

func (p *phpSlow) parse(text []byte) (entry, bool) {
	text = withoutLabel(text)
	if head := slowHead.FindSubmatch(text); head != nil {
		before := p.counted("") // an entry of nothing but libraries
		p.known, p.last, p.frames = true, p.stamps.parse(head[1]), 0
		return before, true
	}
	frame := slowFrame.FindSubmatch(text)
	if frame == nil {
		ours := len(text) == 0 || bytes.HasPrefix(text, []byte("script_filename = "))
		return entry{}, ours || p.known && (bytes.HasPrefix(text, []byte("[0x")) || bytes.HasPrefix(text, []byte("+++ dump failed")))
	}
	if !p.known {
		return entry{}, true
	}
	p.frames++
	place := path.Base(string(frame[2])) + ":" + string(frame[3])
	library := slowLibrary.FindSubmatch(frame[2])
	switch {
	case p.frames == 1 && library == nil:
		p.top = string(frame[1]) + " called at " + place
		return p.counted(""), true
	case p.frames == 1:
		p.top = string(frame[1]) + " called at " + cmp.Or(string(library[1]), string(library[2])) + " (" + place + ")"
	case p.top != "" && library == nil:
		return p.counted(" from " + place), true
	}
	if p.frames >= mostFrames {
		return p.counted(""), true
	}
	return entry{}, true
}

// counted is the entry under way, if there is one that was not counted yet.
func (p *phpSlow) counted(from string) entry {
	if p.top == "" {
		return entry{}
	}
	e := line(journal.Waiting, []byte(p.top+from))
	e.apart, e.stamp = true, p.last
	p.top = ""
	return e
}
