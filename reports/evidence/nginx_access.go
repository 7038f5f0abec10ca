package evidence

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// nginxAccess reads nginx's access log: the common and the combined format, with
// times appended to them, JSON, or name=value.
type nginxAccess struct {
	stamps stamps
	values []float64
}

func newNginxAccess(string) (parser, error) {
	p := &nginxAccess{stamps: stamps{layout: "02/Jan/2006:15:04:05 -0700", zoned: true}}
	return p.parse, nil
}

func (p *nginxAccess) parse(text []byte) (entry, bool) {
	if i := bytes.IndexByte(text, '{'); i >= 0 && !bytes.Contains(text[:i], []byte{'"'}) {
		if f, ok := readObject(text[i:]); ok {
			return f.entry()
		}
	}
	if e, ok := p.parseLine(text); ok {
		return e, true
	}
	if f, ok := readLogfmt(text); ok {
		return f.entry()
	}
	return line(journal.Foreign, text), errorHead.Match(text[:min(len(text), headWithin)])
}

// parseLine reads
//
//	$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" ...
//
// of which the two in the middle may lack, with anything after them. What is in
// quotes can't end early: nginx writes a quote in it as \x22.
func (p *nginxAccess) parseLine(text []byte) (entry, bool) {
	e := line(journal.Access, nil)
	_, rest, found := bytes.Cut(text, []byte(" ["))
	if !found {
		return e, false
	}
	when, rest, found := bytes.Cut(rest, []byte(`] "`))
	if !found {
		return e, false
	}
	request, rest, found := bytes.Cut(rest, []byte(`" `))
	if !found || len(rest) < 3 || len(rest) > 3 && rest[3] != ' ' {
		return e, false
	}
	if e.code = statusCode(rest[:3]); e.code == 0 {
		return entry{}, string(rest[:3]) == unanswered
	}
	e.text, e.stamp = request, p.stamps.parse(when)
	p.appended(rest[3:], &e)
	return e, true
}

// appended reads the times that people append: those with a name by it
// (rt=0.101 urt="0.100"), the others by how they must lie. Nginx writes all of
// its times in seconds with three decimals, and nothing else.
func (p *nginxAccess) appended(text []byte, e *entry) {
	p.values = p.values[:0]
	for len(text) > 0 {
		var word []byte
		if word, text = nextWord(text); len(word) == 0 {
			continue
		}
		name, value, named := bytes.Cut(word, []byte{'='})
		if named {
			e.named(string(name), bytes.Trim(value, `"`))
		} else if v, ok := times(word, seconds); ok { // without quotes, in which visitors write
			p.values = append(p.values, v)
		}
	}
	e.answered()
	if len(p.values) == 0 || e.took >= 0 {
		return
	}
	e.took, e.upstreamTook = unnamedTimes(p.values)
}

// answered forgets the status of an upstream that gave no header: nginx then
// writes its own.
func (e *entry) answered() {
	if e.silent {
		e.upstream = 0
	}
}

// named takes a value with the name of its nginx variable or a usual short form of it.
func (e *entry) named(name string, value []byte) {
	switch name {
	case "request_time", "rt", "req_time", "duration":
		if v, ok := times(value, decimal); ok {
			e.took = v
		}
	case "upstream_response_time", "urt", "upstream_time", "up_time":
		if v, ok := times(value, decimal); ok {
			e.upstreamTook = v
		}
	case "upstream_status", "us", "ustatus":
		e.upstream = lastStatus(value)
	case "upstream_header_time", "uht":
		e.silent = string(value) == "-"
	}
}

// unnamedTimes tells times apart that have no names: no time of the upstream
// is longer than the request's, but for a rounded millisecond, and none of the
// upstream's longer than that of its whole answer.
func unnamedTimes(values []float64) (took, upstream float64) {
	const rounding = 0.0015
	first, most := values[0], 0
	for i, v := range values {
		if v > values[most] {
			most = i
		}
	}
	if first+rounding >= values[most] { // the usual order: the request's comes first
		most = 0
	}
	took, upstream = values[most], -1
	for i, v := range values {
		if i != most {
			upstream = max(upstream, v)
		}
	}
	return took, upstream
}

// nextWord cuts off what is up to the next space, with what is in quotes in one piece.
func nextWord(text []byte) (word, rest []byte) {
	quoted := false
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ' ' && !quoted:
			// a list of times is written "0.001, 0.002 : 0.003"
			if i > 0 && (text[i-1] == ',' || text[i-1] == ':') || i+1 < len(text) && text[i+1] == ':' {
				continue
			}
			return text[:i], text[i+1:]
		}
	}
	return text, nil
}

// times reads one time, or the sum of a list of them: of each server that was
// asked, "-" for one that did not answer. It reports false when there is none.
func times(list []byte, read func([]byte) (float64, bool)) (sum float64, ok bool) {
	for len(list) > 0 {
		i := bytes.IndexAny(list, ",:")
		one := list
		if i < 0 {
			list = nil
		} else {
			one, list = list[:i], list[i+1:]
		}
		one = bytes.TrimSpace(one)
		if len(one) == 1 && one[0] == '-' || len(one) == 0 {
			continue
		}
		v, valid := read(one)
		if !valid {
			return 0, false
		}
		sum, ok = sum+v, true
	}
	return sum, ok
}

// longest bounds what can be a time of a request, seconds; larger ones are stamps.
const longest = 1e6

// decimal reads a time that is known to be one by its name.
func decimal(text []byte) (float64, bool) {
	v, ok := positive(text)
	return v, ok && v < longest
}

// seconds reads digits, a point and three digits.
func seconds(text []byte) (float64, bool) {
	n := len(text)
	if n < 5 || text[n-4] != '.' {
		return 0, false
	}
	v := 0
	for i, c := range text {
		if i == n-4 {
			continue
		}
		if c < '0' || c > '9' || v > longest*1000 {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return float64(v) / 1000, v < longest*1000
}

// unanswered is the status that nginx logs of a request that it gave no answer.
const unanswered = "000"

// statusCode reads an HTTP status, or nginx's 009 for HTTP/0.9; 0 is none.
func statusCode(text []byte) int32 {
	if len(text) != 3 || text[0] < '0' || text[0] > '5' || !digit(text[1]) || !digit(text[2]) {
		return 0
	}
	return int32(text[0]-'0')*100 + int32(text[1]-'0')*10 + int32(text[2]-'0')
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// lastStatus reads the status of the last server that was asked, of "502, 200".
// Nginx writes one of its own for a server that gave none: it is taken as it is.
func lastStatus(list []byte) int32 {
	if i := bytes.LastIndexAny(list, ",:"); i >= 0 {
		list = list[i+1:]
	}
	return statusCode(bytes.TrimSpace(list))
}

// positive reads a number that may be a time; false when it is none.
func positive(text []byte) (float64, bool) {
	v, err := strconv.ParseFloat(string(bytes.TrimSpace(text)), 64)
	if err != nil || math.IsNaN(v) || v < 0 || v > longest*1e6 {
		return 0, false
	}
	return v, true
}

// epoch reads seconds since 1970, as $msec is, or milliseconds.
func epoch(v float64) stamp {
	if v > 1e12 {
		v /= 1000
	}
	if !(v > 1e9 && v < 1e10) {
		return stamp{}
	}
	return stamp{at: time.UnixMilli(int64(v * 1000)), zoned: true}
}
