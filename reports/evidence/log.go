package evidence

import (
	"bytes"
	"context"
	"math"
	"runtime"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// pollEvery is how long a line may have been there when it is read.
const pollEvery = 50 * time.Millisecond

// parser reads a line. It reports false when the line has no form that it
// knows. It may remember lines before. The entry is valid until the next call.
type parser func(line []byte) (entry, bool)

// follower gives what is new in a file or in the output of a command.
type follower interface {
	// poll gives the lines that came since the last poll, and what went wrong.
	poll(line func([]byte)) (trouble string)
	close()
}

// log is the sensor of one log.
type log struct {
	source journal.Source
	from   configs.Source
	file   *file // open since before the run; nil for a command
	parse  parser
	status string // path of the status page, whose readings are no visitors; "" when there is none
}

func openLog(source journal.Source, from configs.Source, format string, newParser func(format string) (parser, error), status string) (sensor, error) {
	l := &log{source: source, from: from, status: status}
	if from.File != "" {
		if err := followable(from.File); err != nil {
			return sensor{}, err
		}
		l.file = followFile(from.File)
	}
	parse, err := newParser(format)
	l.parse = unwrapping(parse)
	return sensor{source, l.run}, err
}

// run follows the log. What it says before t0 and what it held already then is
// not of the run; when t0 is over, what it held when it was opened is not.
func (l *log) run(ctx context.Context, t0 time.Time, emit func(journal.Observation)) {
	var from follower
	if l.from.Command != "" {
		// The kernel ends the command when the thread that started it does.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		command, err := startCommand(l.from.Command)
		if err != nil {
			emit(lost(l.source, t0, err.Error()))
			return
		}
		from = command
	} else {
		from = l.file
		if time.Now().Before(t0) {
			if !sleep(ctx, time.Until(t0)) {
				from.close()
				return
			}
			from.close()
			from = followFile(l.from.File)
		}
	}
	defer from.close()
	l.follow(ctx, t0, from, emit)
}

func (l *log) follow(ctx context.Context, t0 time.Time, from follower, emit func(journal.Observation)) {
	sum := newSummary(l.source, emit)
	times := &clock{t0: t0, live: l.from.Command == "", count: sum.add}
	seen := false
	take := func(text []byte) {
		e, known := l.parse(text)
		if !known {
			e = line(journal.Unparsed, text)
		}
		if e.kind != "" && !l.ours(&e) {
			times.take(time.Since(t0), &e)
		}
		seen = true
	}
	for going := true; going; {
		going = sleep(ctx, pollEvery)
		if trouble := from.poll(take); trouble != "" {
			emit(lost(l.source, t0, trouble))
		}
		sum.flush(int64(time.Since(t0) / time.Second))
	}
	times.end()
	sum.flush(math.MaxInt64)
	if o, ok := times.skewed(l.source); ok {
		emit(o)
	}
	if text := silence[l.source]; !seen && text != "" {
		emit(lost(l.source, t0, text))
	}
}

// ours reports whether a logged request is a reading of the status page.
func (l *log) ours(e *entry) bool {
	if l.status == "" || e.kind != journal.Access {
		return false
	}
	path := e.text
	if fields := bytes.Fields(path); len(fields) > 1 { // "GET /status?json HTTP/1.1"
		path = fields[1]
	}
	path, _, _ = bytes.Cut(path, []byte{'?'})
	return string(path) == l.status
}

// silence is what it means when a log has no line of the run. In a log of
// errors that is good news.
var silence = map[journal.Source]string{
	journal.NginxAccessLog: "no request was logged during the run: it is not the log of this site, or it is not written at once (buffer=)",
	journal.PHPAccessLog:   "no request was logged during the run: none was served by php-fpm, or it is not the log of this site",
}

// sleep waits, and reports false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
