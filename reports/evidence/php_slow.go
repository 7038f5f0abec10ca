package evidence

import (
	"bytes"
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
)

// phpSlow reads the slow log. An entry counts at its uppermost frame: what PHP
// was doing when it had taken too long.
type phpSlow struct {
	stamps stamps
	wanted bool // the next frame is the uppermost
	known  bool // there was a head
	last   stamp
}

func newPHPSlow(string) (parser, error) {
	p := &phpSlow{stamps: stamps{layout: "02-Jan-2006 15:04:05"}}
	return p.parse, nil
}

func (p *phpSlow) parse(text []byte) (entry, bool) {
	if head := slowHead.FindSubmatch(text); head != nil {
		p.wanted, p.known, p.last = true, true, p.stamps.parse(head[1])
		return entry{}, true
	}
	frame := slowFrame.FindSubmatch(text)
	if frame == nil {
		ours := len(text) == 0 || bytes.HasPrefix(text, []byte("script_filename = "))
		return entry{}, ours || p.known && bytes.HasPrefix(text, []byte("[0x"))
	}
	if !p.wanted {
		return entry{}, true
	}
	p.wanted = false
	e := line(journal.Waiting, []byte(string(frame[1])+" called at "+path.Base(string(frame[2]))+":"+string(frame[3])))
	e.apart, e.stamp = true, p.last
	return e, true
}
