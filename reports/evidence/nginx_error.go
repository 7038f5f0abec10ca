package evidence

import (
	"bytes"
	"regexp"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// errorHead is how a line begins: "2025/10/28 22:56:52 [error] 207#0: *8050 ".
// Something else may come before: a container's name, syslog's head.
var errorHead = regexp.MustCompile(`(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)(?:\.\d+)? \[([a-z]+)\] \d+#\d+: (?:\*\d+ )?`)

// headWithin is where the head must begin, bytes.
const headWithin = 256

// nginxError reads nginx's error log.
type nginxError struct {
	stamps stamps
	// open is set while lines without a head belong to the entry before: what a
	// worker writes to stderr is logged with its line ends.
	open bool
}

func newNginxError(string) (parser, error) {
	p := &nginxError{stamps: stamps{layout: "2006/01/02 15:04:05"}}
	return p.parse, nil
}

func (p *nginxError) parse(text []byte) (entry, bool) {
	head := errorHead.FindSubmatchIndex(text[:min(len(text), headWithin)])
	if head == nil {
		return entry{}, p.open
	}
	message := text[head[1]:]
	p.open = bytes.HasPrefix(message, []byte("FastCGI sent in stderr")) || bytes.HasPrefix(message, []byte("uwsgi"))
	e := line(errorKind(message), message)
	if e.kind == "" && telling(text[head[4]:head[5]]) {
		e.kind = journal.OtherError
	}
	e.stamp = p.stamps.parse(text[head[2]:head[3]])
	return e, true
}

// telling reports whether a line of that level tells of something that went wrong.
func telling(level []byte) bool {
	switch string(level) {
	case "debug", "info", "notice", "trace":
		return false
	}
	return true
}

// errorKind finds what a message means, by its beginning, the error in brackets
// and what nginx was doing: nothing that a visitor can write, as the request or
// the referrer. "" is another meaning.
//
// The texts are those of nginx's own sources (ngx_http_upstream.c,
// ngx_event_connect.c, ngx_connection.c, and the modules that speak to
// upstreams); the numbers are Linux's, and those of BSD and macOS.
func errorKind(message []byte) journal.Kind {
	if i := bytes.Index(message, []byte(", client: ")); i >= 0 {
		message = message[:i]
	}
	if bytes.HasPrefix(message, []byte("FastCGI sent in stderr")) {
		return "" // what follows is the application's
	}
	doing := []byte{}
	if i := bytes.LastIndex(message, []byte(" while ")); i >= 0 {
		message, doing = message[:i], message[i+len(" while "):]
	}
	has := func(text string) bool { return bytes.Contains(message, []byte(text)) }
	begins := func(text string) bool { return bytes.HasPrefix(message, []byte(text)) }
	if has("worker_connections are not enough") {
		return journal.WorkerConnections
	}
	if !bytes.Contains(doing, []byte("upstream")) {
		return ""
	}
	connecting := bytes.HasPrefix(doing, []byte("connecting to upstream"))
	failed := errorNumber(message)
	switch {
	case begins("no live upstreams"):
		return journal.NoLiveUpstreams
	case begins("socket() failed") && (failed == "24" || failed == "23"): // too many open files
		return journal.WorkerConnections
	case begins("upstream timed out"), connecting && (failed == "110" || failed == "60"):
		if connecting {
			return journal.ConnectTimeout
		}
		return journal.ReadTimeout
	case begins("upstream prematurely closed"), begins("upstream closed"):
		return journal.UpstreamClosed
	case connecting:
		return connectKind(failed)
	case failed == "104" || failed == "54", has("Connection reset by peer"):
		return journal.UpstreamReset
	case failed == "32": // broken pipe: it closed before it had read the request
		return journal.UpstreamClosed
	}
	return ""
}

func connectKind(failed string) journal.Kind {
	switch failed {
	case "11", "35":
		return journal.QueueFull
	case "111", "61":
		return journal.UpstreamRefused
	case "2":
		return journal.NoSocket
	case "104", "54":
		return journal.UpstreamReset
	}
	return ""
}

// errorNumber returns the N of the last "(N: text)" of a message.
func errorNumber(message []byte) string {
	i := bytes.LastIndexByte(message, '(')
	if i < 0 {
		return ""
	}
	number, _, found := bytes.Cut(message[i+1:], []byte(": "))
	if !found {
		return ""
	}
	return string(number)
}

// stamps reads times of one layout, most of which are the same as the one before.
type stamps struct {
	layout string
	zoned  bool // the layout has a zone
	last   []byte
	read   stamp
}

func (s *stamps) parse(text []byte) stamp {
	if len(s.last) > 0 && bytes.Equal(text, s.last) {
		return s.read
	}
	s.last = append(s.last[:0], text...)
	at, err := time.Parse(s.layout, string(text))
	s.read = stamp{at: at, zoned: s.zoned}
	if err != nil {
		s.read = stamp{}
	}
	return s.read
}
