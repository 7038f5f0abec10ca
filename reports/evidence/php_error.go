package evidence

import (
	"bytes"
	"regexp"

	"github.com/tailback/tailback/reports/journal"
)

// php-fpm's own error log has lines like
//
//	[28-Oct-2025 22:56:52] WARNING: [pool www] server reached pm.max_children setting (5), consider raising it
//
// with a fraction, a pid and a place beside the level when that is debug. PHP's
// error_log, which may be the same file, has the zone in the brackets:
//
//	[28-Oct-2025 22:56:52 Europe/Berlin] PHP Fatal error:  Uncaught Exception in /a.php:1
var (
	phpHead  = regexp.MustCompile(`\[(\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d)(?:\.\d+)?(?: [A-Za-z][A-Za-z0-9/_+-]*)?\] `)
	phpLevel = regexp.MustCompile(`^(DEBUG|NOTICE|WARNING|ERROR|ALERT): (?:pid \d+, \w+\(\), line \d+: )?(?:\[pool [^\]]*\] )?`)
	phpChild = regexp.MustCompile(`^child (\d+)(,| exited on signal | exited with code | said into )`)
	phpFatal = regexp.MustCompile(`PHP (?:Fatal|Parse|Compile|Core) error: `)
)

// phpError reads php-fpm's own error log.
type phpError struct {
	stamps stamps
	ended  endedWorkers
	open   bool // lines without a head belong to the entry before: a stack trace
}

func newPHPError(string) (parser, error) {
	p := &phpError{stamps: stamps{layout: "02-Jan-2006 15:04:05"}}
	return p.parse, nil
}

func (p *phpError) parse(text []byte) (entry, bool) {
	text = withoutLabel(text)
	head := phpHead.FindSubmatchIndex(text[:min(len(text), headWithin)])
	if head == nil {
		return entry{}, p.open || len(text) == 0
	}
	message := text[head[1]:]
	level := phpLevel.FindSubmatch(message)
	if level != nil {
		message = message[len(level[0]):]
	}
	kind, told := p.kind(message)
	p.open = bytes.HasPrefix(message, []byte("PHP ")) || bytes.Contains(message[:min(len(message), headWithin)], []byte(" said into "))
	if !told && level != nil && telling(bytes.ToLower(level[1])) {
		kind = journal.OtherError
	}
	e := line(kind, message)
	e.stamp = p.stamps.parse(text[head[2]:head[3]])
	return e, true
}

// kind finds what a message means, by how it begins and ends: a script's name and
// a request, which visitors can write, stand between; and whether that is all. What
// scripts said in passing, or the slow log tells as well, says nothing. The texts
// are those of php-fpm's fpm_process_ctl.c, fpm_request.c and fpm_children.c.
func (p *phpError) kind(message []byte) (kind journal.Kind, told bool) {
	begins := func(text string) bool { return bytes.HasPrefix(message, []byte(text)) }
	if begins("server reached pm.max_children setting (") || begins("server reached max_children setting (") || begins("The maximum number of processes has been reached") {
		return journal.MaxWorkers, true
	}
	if begins("PHP ") {
		return scriptKind(message), true
	}
	child := phpChild.FindSubmatch(message)
	if child == nil {
		return "", false
	}
	rest := message[len(child[0]):]
	switch string(child[2]) {
	case ",":
		if bytes.Contains(rest, []byte(" execution timed out (")) && bytes.HasSuffix(rest, []byte(" sec), terminating")) {
			return p.ended.timedOut(child[1]), true
		}
		return "", bytes.HasSuffix(rest, []byte(" sec), logging"))
	case " exited on signal ":
		if bytes.HasPrefix(rest, []byte("3 ")) { // SIGQUIT ends a worker in good order
			return "", true
		}
		return p.ended.ended(child[1], journal.WorkerKilled), true
	case " exited with code ":
		if bytes.HasPrefix(rest, []byte("0 ")) {
			return "", true
		}
		return p.ended.ended(child[1], journal.WorkerExited), true
	}
	return scriptKind(rest), true
}

// scriptKind is what a script's own words mean: nothing, unless it ended by them.
func scriptKind(said []byte) journal.Kind {
	if phpFatal.Match(said) {
		return journal.AppError
	}
	return ""
}
