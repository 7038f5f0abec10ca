package evidence

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is how much of a line goes into the journal, bytes.
const maxText = 300

var (
	userInfo = regexp.MustCompile(`://[^/\s"'@]*@`)
	query    = regexp.MustCompile(`\?[^\s"'<>]*`)
	// A name that says its value is secret, and the value.
	secret = regexp.MustCompile(`(?i)((?:auth[a-z]*|cookie|[a-z_-]*token|passw(?:or)?d|pwd|secret|api[_-]?key|session[a-z_]*)["']?\s*[:=]\s*)("[^"]*"|'[^']*'|(?:(?:basic|bearer)\s+)?[^\s",;&]+)`)
)

// clean makes a line fit to be kept and shown: one line of printable text,
// short, without what may be secret.
func clean(line []byte) string {
	line = line[:min(len(line), 4*maxText)] // what is cut off below need not be looked at
	text := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, string(bytes.ToValidUTF8(line, []byte{' '})))
	text = userInfo.ReplaceAllString(text, "://")
	text = query.ReplaceAllString(text, "")
	text = secret.ReplaceAllString(text, "${1}[hidden]")
	return shorten(strings.TrimSpace(text), maxText)
}

// shorten cuts a text at a whole character.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const sign = "..."
	cut := most - len(sign)
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + sign
}
