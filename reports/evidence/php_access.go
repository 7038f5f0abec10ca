package evidence

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// usualFormats are tried when no access.format is given: that of the example in
// php-fpm's own www.conf, that of Upsun, and php-fpm's default, which has no times.
var usualFormats = []string{
	`%R - %u %t "%m %r%Q%q" %s %f %{milliseconds}d %{kilobytes}M %C%%`,
	`%{%Y-%m-%dT%H:%M:%SZ}t %m %s %{milliseconds}d ms %{kilobytes}M kB %C%% %{REQUEST_URI}e`,
	`%R - %u %t "%m %r" %s`,
}

// phpAccess reads php-fpm's access log.
type phpAccess struct {
	formats []*phpFormat // the one that fitted last comes first
	guess   bool         // besides the formats, take times that have their unit beside them
}

func newPHPAccess(format string) (parser, error) {
	p := &phpAccess{guess: format == ""}
	formats := []string{format}
	if format == "" {
		formats = usualFormats
	}
	for _, one := range formats {
		f, err := compile(one)
		if err != nil {
			return nil, err
		}
		p.formats = append(p.formats, f)
	}
	return p.parse, nil
}

func (p *phpAccess) parse(text []byte) (entry, bool) {
	text = withoutLabel(text)
	for i, f := range p.formats {
		if e, ok := f.parse(text); ok {
			p.formats[0], p.formats[i] = p.formats[i], p.formats[0]
			return e, true
		}
	}
	if p.guess {
		return guessAccess(text)
	}
	return entry{}, false
}

// phpFormat matches the lines of one access.format.
type phpFormat struct {
	pattern *regexp.Regexp
	groups  []configs.FormatPart // what each group of the pattern holds
	stamps  stamps
	begun   bool // the stamp is of when the request was received
}

// patterns are what a value may look like, by its verb.
var patterns = map[byte]string{
	'C': `(\d+(?:\.\d+)?)`, 'd': `(\d+(?:\.\d+)?)`, 's': `(\d{3})`, 'm': `([A-Z]+|-)`,
	'M': `\d+(?:\.\d+)?`, 'l': `-?\d+`, 'p': `\d+`, 'P': `\d+`, 'R': `\S*`, 'u': `\S*`, 'Q': `\??`, 'n': `\S+`,
	'r': `([^?]*)`, 'q': `.*?`, 'f': `.*?`, 'e': `.*?`, 'o': `.*?`,
}

// compile makes a matcher of an access.format.
func compile(format string) (*phpFormat, error) {
	parts, err := configs.ParseAccessFormat(format)
	if err != nil {
		return nil, fmt.Errorf("format: %w", err)
	}
	f := &phpFormat{}
	pattern := &strings.Builder{}
	pattern.WriteString("^")
	for _, part := range parts {
		switch part.Verb {
		case 0:
			pattern.WriteString(regexp.QuoteMeta(part.Text))
			continue
		case 't', 'T':
			form, layout, zoned := strftime(part.Arg)
			pattern.WriteString(form)
			if strings.HasPrefix(form, "(") {
				f.stamps, f.begun = stamps{layout: layout, zoned: zoned}, part.Verb == 't'
				f.groups = append(f.groups, part)
			}
			continue
		}
		form := patterns[part.Verb]
		if part.Verb == 'e' && part.Arg == "REQUEST_URI" {
			form = `(.*?)`
		}
		pattern.WriteString(form)
		if strings.HasPrefix(form, "(") {
			f.groups = append(f.groups, part)
		}
	}
	pattern.WriteString("$")
	f.pattern, err = regexp.Compile(pattern.String())
	return f, err
}

func (f *phpFormat) parse(text []byte) (entry, bool) {
	at := f.pattern.FindSubmatchIndex(text)
	if at == nil {
		return entry{}, false
	}
	e, share := line(journal.Access, nil), -1.0
	for i, part := range f.groups {
		value := text[at[2*i+2]:at[2*i+3]]
		switch part.Verb {
		case 's':
			e.code = statusCode(value)
		case 'd':
			if v, ok := positive(value); ok {
				e.took = v * unit(part.Arg)
			}
		case 'C':
			if v, ok := positive(value); ok && (part.Arg == "" || part.Arg == "total") {
				share = v / 100
			}
		case 't', 'T':
			e.stamp = f.stamps.parse(value)
		case 'r', 'e':
			e.text = value
		}
	}
	e.compute(share)
	if f.begun {
		e.endStamp()
	}
	return e, true
}

// compute takes the share of its time that a request used the CPU.
func (e *entry) compute(share float64) {
	if share >= 0 && e.took >= 0 {
		e.cpu = share * e.took
	}
}

// endStamp moves a stamp of when the request began to when it was logged.
func (e *entry) endStamp() {
	if e.took > 0 && !e.stamp.at.IsZero() {
		e.stamp.at = e.stamp.at.Add(time.Duration(e.took * float64(time.Second)))
	}
}

func unit(name string) float64 {
	switch name {
	case "milliseconds", "milli", "miliseconds", "mili":
		return 1e-3
	case "microseconds", "micro":
		return 1e-6
	}
	return 1
}

// strftimes are the pieces of a time that are read back: what they look like,
// and Go's word for them.
var strftimes = map[byte][2]string{
	'Y': {`\d{4}`, "2006"}, 'm': {`\d\d`, "01"}, 'd': {`\d\d`, "02"}, 'e': {`[ \d]\d`, "_2"}, 'b': {`[A-Z][a-z]{2}`, "Jan"}, 'h': {`[A-Z][a-z]{2}`, "Jan"},
	'H': {`\d\d`, "15"}, 'M': {`\d\d`, "04"}, 'S': {`\d\d`, "05"}, 'F': {`\d{4}-\d\d-\d\d`, "2006-01-02"}, 'T': {`\d\d:\d\d:\d\d`, "15:04:05"},
	'R': {`\d\d:\d\d`, "15:04"}, 'y': {`\d\d`, "06"}, 'a': {`[A-Z][a-z]{2}`, "Mon"}, 'z': {`[+-]\d{4}`, "-0700"}, '%': {`%`, "%"},
}

// strftime makes a pattern and Go's layout of a C layout. A piece that is not
// known makes it a pattern for anything, without a group: then lines have no stamp.
func strftime(format string) (pattern, layout string, zoned bool) {
	if format == "" {
		format = "%d/%b/%Y:%H:%M:%S %z"
	}
	var p, l strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			p.WriteString(regexp.QuoteMeta(format[i : i+1]))
			l.WriteByte(format[i])
			continue
		}
		i++
		piece, known := strftimes[format[i]]
		if !known {
			return ".*?", "", false
		}
		zoned = zoned || format[i] == 'z'
		p.WriteString(piece[0])
		l.WriteString(piece[1])
	}
	return "(" + p.String() + ")", l.String(), zoned || strings.HasSuffix(format, "Z")
}

// units are what a figure may be followed by: times in seconds, and 0 for others.
var units = map[string]float64{"s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "kB": 0, "KB": 0, "kb": 0, "MB": 0, "bytes": 0, "B": 0, "%": 0}

// guessAccess reads a line whose format is not known: a status, which must be
// the only number that can be one, and what carries its unit. A number without
// one may be seconds or milliseconds, and is not taken.
func guessAccess(text []byte) (entry, bool) {
	e, share := line(journal.Access, text), -1.0
	words := bytes.Fields(dropQuoted(text))
	for i, word := range words {
		follows := ""
		if i+1 < len(words) {
			follows = string(words[i+1])
		}
		figure := bytes.TrimRight(word, "msuµ%")
		if unit := string(word[len(figure):]); unit != "" {
			follows = unit
		}
		per, measured := units[follows]
		v, isNumber := positive(figure)
		switch {
		case !isNumber:
		case !measured && statusCode(word) != 0:
			if e.code != 0 {
				return e, false
			}
			e.code = statusCode(word)
		case per > 0:
			e.took = v * per
		case follows == "%":
			share = v / 100
		}
	}
	e.compute(share)
	return e, e.code != 0
}

// dropQuoted leaves out what is in quotes: what a visitor wrote.
func dropQuoted(text []byte) []byte {
	var kept []byte
	for i, piece := range bytes.Split(text, []byte{'"'}) {
		if i%2 == 0 {
			kept = append(append(kept, piece...), ' ')
		}
	}
	return kept
}
