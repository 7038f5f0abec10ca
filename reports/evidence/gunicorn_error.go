package evidence

import (
	"bytes"
	"regexp"

	"github.com/tailback/tailback/reports/journal"
)

// gunicorn's error log has lines like
//
//	[2025-10-28 22:56:52 +0000] [1234] [CRITICAL] WORKER TIMEOUT (pid:1240)
//
// and tracebacks behind some of them. The texts are those of its arbiter.py and
// workers; versions differ in how they tell of a signal.
var (
	gunicornHead   = regexp.MustCompile(`\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4})\] \[\d+\] \[([A-Z]+)\] `)
	gunicornWorker = regexp.MustCompile(`^(?:WORKER TIMEOUT|Worker) (?:with pid |\(pid: ?)(\d+)\)?(.*)$`)
	anAccess       = regexp.MustCompile(`^\S+ \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:`) // beside it in one stream: docker logs
)

// gunicornError reads gunicorn's error log.
type gunicornError struct {
	stamps stamps
	ended  endedWorkers
	open   bool // lines without a head belong to the entry before: a traceback
}

func newGunicornError(string) (parser, error) {
	p := &gunicornError{stamps: stamps{layout: "2006-01-02 15:04:05 -0700", zoned: true}}
	return p.parse, nil
}

func (p *gunicornError) parse(text []byte) (entry, bool) {
	head := gunicornHead.FindSubmatchIndex(text[:min(len(text), headWithin)])
	if head == nil {
		return entry{}, p.open || len(text) == 0 || anAccess.Match(text)
	}
	message, level := text[head[1]:], text[head[4]:head[5]]
	p.open = bytes.Equal(level, []byte("ERROR")) || bytes.Equal(level, []byte("WARNING"))
	kind, told := p.kind(message)
	if !told && telling(bytes.ToLower(level)) {
		kind = journal.OtherError
	}
	e := line(kind, message)
	e.stamp = p.stamps.parse(text[head[2]:head[3]])
	return e, true
}

// kind finds what a message means, and whether that is all: an end that was told
// before is told by none.
func (p *gunicornError) kind(message []byte) (kind journal.Kind, told bool) {
	begins := func(text string) bool { return bytes.HasPrefix(message, []byte(text)) }
	if begins("Error handling request") || begins("Exception in ASGI application") {
		return journal.AppError, true
	}
	if begins("Exception in worker process") {
		return journal.WorkerExited, true
	}
	worker := gunicornWorker.FindSubmatch(message)
	if worker == nil {
		return "", false
	}
	switch rest := worker[2]; {
	case begins("WORKER TIMEOUT"):
		return p.ended.timedOut(worker[1]), true
	case bytes.HasPrefix(rest, []byte(" was sent SIG")), bytes.HasPrefix(rest, []byte(" was terminated due to signal ")):
		return p.ended.ended(worker[1], journal.WorkerKilled), true
	case bytes.HasPrefix(rest, []byte(" exited with code ")):
		return p.ended.ended(worker[1], journal.WorkerExited), true
	}
	return "", false
}
