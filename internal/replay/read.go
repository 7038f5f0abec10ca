package replay

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/internal/accesslog"
)

// The bounds of a log. What is beyond them would take more memory than a
// generator of load should.
const (
	maxHits    = 20_000_000 // 160 MB
	maxTargets = 64 << 20   // bytes of targets that differ
	maxBack    = time.Hour  // by which a line may be of an earlier time than one before it
)

// Options say how a log is read.
type Options struct {
	Methods []string // of the requests that are sent
	Speed   float64  // by which the time between two requests is divided; above 0
	Poisson bool     // within a second, where the log has no finer times: at random rather than evenly
	Seed    uint64   // of what is drawn
}

// Read reads a log, which may be compressed (gzip). The error says what to do.
func Read(from io.Reader, o Options) (*Log, error) {
	plain, err := decompressed(from)
	if err != nil {
		return nil, err
	}
	r := &reader{options: o, known: map[string]int32{}, log: &Log{speed: o.Speed, Counts: Counts{Other: map[string]int{}, Whole: true}}}
	if err := r.lines(plain); err != nil {
		return nil, err
	}
	if err := r.enough(); err != nil {
		return nil, err
	}
	r.finish()
	return r.log, nil
}

// decompressed looks whether the log is compressed.
func decompressed(from io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(from, 64<<10)
	if magic, _ := in.Peek(2); string(magic) != "\x1f\x8b" {
		return in, nil
	}
	zip, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("decompress it: %w", err)
	}
	return zip, nil
}

// reader reads one log.
type reader struct {
	options Options
	log     *Log
	known   map[string]int32 // index in log.requests by method and target
	size    int              // of all of them
	key     []byte
	number  int   // of the line, from 1
	first   int64 // when the first line's request ended, nanoseconds since 1970
	latest  int64
	seen    bool // there was a first line
}

func (r *reader) lines(in io.Reader) error {
	lines := accesslog.NewReader(in)
	for {
		l, err := lines.Next()
		r.number = lines.Line
		if errors.Is(err, io.EOF) {
			r.log.Lines, r.log.Broken, r.log.FirstBroken = lines.Lines, lines.Broken, lines.First.Line
			return nil
		}
		if err == nil {
			err = r.line(&l)
		} else {
			err = fmt.Errorf("read line %d: %w", r.number, err)
		}
		if err != nil {
			return err
		}
	}
}

func (r *reader) line(l *accesslog.Line) error {
	if !r.seen {
		r.seen, r.first, r.latest = true, l.Time, l.Time
	}
	if err := r.order(l.Time); err != nil {
		return err
	}
	r.log.Whole = r.log.Whole && l.Whole
	switch path, sendable := target(l); {
	case len(l.Method) == 0 || !sendable:
		r.log.Unsendable++
	case !slices.ContainsFunc(r.options.Methods, func(m string) bool { return m == string(l.Method) }):
		if n := r.log.Other[string(l.Method)]; n > 0 || len(r.log.Other) < 20 {
			r.log.Other[string(l.Method)] = n + 1
		} else {
			r.log.Unsendable++ // methods that somebody made up
		}
	default:
		began := l.Began()
		if l.Whole && began != l.Time { // it ended anywhere in its second
			began += int64(time.Second / 2)
		}
		return r.add(l.Method, path, began)
	}
	return nil
}

// order looks whether a line's time fits to those before it.
func (r *reader) order(at int64) error {
	if at < r.latest-int64(maxBack) {
		return fmt.Errorf("line %d is of %s, and a line before it of %s: lines may be out of order by %s; sort the log by time, or give one log of those that were put together", r.number, clock(at), clock(r.latest), "an hour")
	}
	r.latest = max(r.latest, at)
	if (at-r.first)/1000 >= maxMicros {
		return fmt.Errorf("line %d is of %s, more than two years after the first, of %s; cut the log to what is to be replayed", r.number, clock(at), clock(r.first))
	}
	return nil
}

func clock(at int64) string { return time.Unix(0, at).UTC().Format("2006-01-02 15:04:05") + " UTC" }

// target makes of a target as it was logged one that can be sent.
func target(l *accesslog.Line) (path []byte, sendable bool) {
	text, ok := l.Path()
	if !ok {
		return nil, false
	}
	query := false
	for i, c := range text {
		switch {
		case c == '?':
			query = true
		case c == '%' && !query && !(i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2])):
			return nil, false
		case c <= ' ' || c >= 0x7f || c == '"' || c == '#' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' || c == '{' || c == '|' || c == '}':
			return escaped(text), true
		}
	}
	return text, true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// escaped writes the bytes that no target may hold as it should have been done.
func escaped(text []byte) []byte {
	var b []byte
	for _, c := range text {
		if c <= ' ' || c >= 0x7f || bytes.IndexByte([]byte("\"#<>\\^`{|}"), c) >= 0 {
			b = fmt.Appendf(b, "%%%02X", c)
		} else {
			b = append(b, c)
		}
	}
	return b
}

// add appends a hit. One that began before the log's first line was under way
// when the log began: it is due at once.
func (r *reader) add(method, target []byte, began int64) error {
	r.key = append(append(append(r.key[:0], method...), ' '), target...)
	i, known := r.known[string(r.key)]
	if !known {
		i = int32(len(r.log.requests))
		if r.size += len(r.key); i == maxRequests || r.size > maxTargets {
			return fmt.Errorf("up to line %d there are %d requests that differ, more than are kept; cut the log to a shorter time (for example with sed -n '1,%dp'), or leave out the lines that need no replay, such as those of static files", r.number, i, r.number-1)
		}
		text := string(r.key)
		r.known[text] = i
		r.log.requests = append(r.log.requests, request{method: text[:len(method)], target: text[len(method)+1:]})
	}
	if len(r.log.hits) == maxHits {
		return fmt.Errorf("it has more than %d requests, with line %d; cut the log to a shorter time (for example with sed -n '1,%dp')", maxHits, r.number, r.number-1)
	}
	r.log.requests[i].count++
	r.log.hits = append(r.log.hits, newHit(time.Duration(max(began-r.first, 0)), int(i)))
	return nil
}

// enough refuses what is no access log, or has nothing to send.
func (r *reader) enough() error {
	l := r.log
	switch {
	case l.Lines == 0:
		return errors.New("is empty")
	case l.Broken == l.Lines || l.Broken > l.Lines/2 && l.Broken > 10:
		return fmt.Errorf("%d of its %d lines are none of an access log, the first is line %d; it needs to be nginx's or Apache's in common or combined form, with other fields behind or not, or JSON lines with time, method and uri", l.Broken, l.Lines, l.FirstBroken)
	case len(l.hits) == 0:
		return fmt.Errorf("has no request to send in its %d lines: those of methods %v are sent (arrivals.methods)", l.Lines, r.options.Methods)
	}
	return nil
}

// finish orders the hits and spreads those of one second.
func (r *reader) finish() {
	l := r.log
	earlier := func(a, b hit) int { return int(min(max(int64(a.micros())-int64(b.micros()), -1), 1)) }
	if !slices.IsSortedFunc(l.hits, earlier) {
		slices.SortStableFunc(l.hits, earlier)
	}
	length := time.Duration(r.latest-r.first) + time.Microsecond
	if l.Whole {
		r.spread()
		length = time.Duration(r.latest-r.first) + time.Second
	}
	l.Length = time.Duration(math.Ceil(float64(length) / l.speed))
	l.hits = slices.Clip(l.hits)
}
