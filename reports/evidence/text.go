package evidence

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tailback/tailback/configs"
)

// maxText is how much of a line goes into the journal, bytes.
const maxText = 300

var query = regexp.MustCompile(`\?[^\s"'<>]*`)

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
	text = configs.Hide(query.ReplaceAllString(text, ""))
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
