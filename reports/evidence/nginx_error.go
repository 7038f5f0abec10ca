package evidence

import (
	"bytes"
	"regexp"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// errorHead is how a line begins: "2025/10/28 22:56:52 [error] 207#0: *8050 ", or
// with the time as ISO has it. Something else may come before: a container's name,
// syslog's head. A zone is left out: what one is, its clock shows.
var errorHead = regexp.MustCompile(`(\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d:\d\d)(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)? \[([a-z]+)\] \d+#\d+: (?:\*\d+ )?`)

// headWithin is where the head must begin, bytes.
const headWithin = 256

// nginxError reads nginx's error log.
type nginxError struct {
	stamps stamps
	// open is set while lines without a head belong to the entry before: what a
	// worker writes to stderr is logged with its line ends.
	open bool
	// shapes are those of the lines of no meaning that is known, by which they are told apart.
	shapes map[string]bool
	access parser // of the lines of the access log that a container writes between
}

// maxShapes bounds them: what more there are is summed up.
const maxShapes = 16

func newNginxError(string) (parser, error) {
	p := &nginxError{stamps: stamps{layout: "2006/01/02 15:04:05"}, shapes: map[string]bool{}}
	access, err := newNginxAccess("")
	p.access = access
	return p.parse, err
}

func (p *nginxError) parse(text []byte) (entry, bool) {
	head := errorHead.FindSubmatchIndex(text[:min(len(text), headWithin)])
	if head == nil {
		return p.headless(text)
	}
	message := text[head[1]:]
	p.open = bytes.HasPrefix(message, []byte("FastCGI sent in stderr")) || bytes.HasPrefix(message, []byte("uwsgi"))
	e := p.entry(message, text[head[4]:head[5]])
	e.stamp = p.stamps.parse(slashed(text[head[2]:head[3]]))
	e.guessed = text[0] == '{' // a shipper's JSON, which has the line as it was
	return e, true
}

// headless reads a line that has no head: because a shipper has made fields of it, or
// it goes on from the one before, or is of another log.
func (p *nginxError) headless(text []byte) (entry, bool) {
	if p.open {
		return entry{}, true
	}
	if len(text) > 0 && text[0] == '{' && bytes.Contains(text, []byte(", client: ")) {
		if f, ok := readObject(text); ok {
			message := connectionNumber.ReplaceAll(f.first("message", "msg"), nil)
			if bytes.Contains(message, []byte(", client: ")) {
				e := p.entry(message, bytes.ToLower(f.first("level", "log.level", "severity")))
				e.stamp = stampOf(f.first(stampNames...))
				return e, true
			}
		}
	}
	_, known := p.access(text)
	return line(journal.Foreign, text), known
}

// connectionNumber is what stands before a message that is of one connection.
var connectionNumber = regexp.MustCompile(`^(?:\d+#\d+: )?\*\d+ `)

// entry is what a message of that level says.
func (p *nginxError) entry(message, level []byte) entry {
	e := line(errorKind(message), message)
	if e.kind == "" && telling(level) {
		e.kind, e.shape = journal.OtherError, p.shapeOf(message)
	}
	return e
}

// slashed writes a time of ISO as nginx does.
func slashed(when []byte) []byte {
	if when[4] == '/' && when[10] == ' ' {
		return when
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(when, []byte{'-'}, []byte{'/'}), []byte{'T'}, []byte{' '})
}

// shapeOf is the shape of a message, "" when there were too many.
func (p *nginxError) shapeOf(message []byte) string {
	shape := journal.Shape(string(message[:min(len(message), maxText)]))
	if !p.shapes[shape] && len(p.shapes) == maxShapes {
		return ""
	}
	p.shapes[shape] = true
	return shape
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
	if kind := ownKind(message); kind != "" {
		return kind
	}
	if !bytes.Contains(doing, []byte("upstream")) {
		return ""
	}
	connecting := bytes.HasPrefix(doing, []byte("connecting to upstream"))
	failed := errorNumber(message)
	switch begins := begins(message); {
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
	case bytes.HasPrefix(doing, []byte("SSL handshaking")):
		return journal.NoTLS
	case failed == "104" || failed == "54", bytes.Contains(message, []byte("Connection reset by peer")):
		return journal.UpstreamReset
	case failed == "32": // broken pipe: it closed before it had read the request
		return journal.UpstreamClosed
	case begins("upstream sent too big header"):
		return journal.TooBigHeader
	case begins("upstream sent ") && bytes.HasPrefix(doing, []byte("reading response header")):
		return journal.BadHeader
	}
	return ""
}

func begins(message []byte) func(text string) bool {
	return func(text string) bool { return bytes.HasPrefix(message, []byte(text)) }
}

// ownKind is the meaning of a message about what nginx does by itself: its own
// limits, and names that it looks up. What a rule would do (dry run) is none.
func ownKind(message []byte) journal.Kind {
	_, afterName, _ := bytes.Cut(message, []byte{' '})
	switch begins, dry := begins(message), bytes.Contains(message, []byte(", dry run")); {
	case bytes.Contains(message, []byte("worker_connections are not enough")):
		return journal.WorkerConnections
	case begins("limiting requests") && !dry:
		return journal.RequestLimit
	case begins("limiting connections") && !dry:
		return journal.ConnectionLimit
	case begins("client intended to send too large"):
		return journal.TooLargeBody
	case bytes.HasPrefix(afterName, []byte("could not be resolved (")), begins("no resolver defined to resolve"):
		return journal.NoName
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
	case "99", "49":
		return journal.NoAddress
	case "113", "101", "112", "65", "51", "64": // no route to it or its network, or it is down
		return journal.NoRoute
	case "13":
		return journal.NoPermission
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
