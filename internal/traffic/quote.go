package traffic

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plainScalar are texts that YAML takes for what they are without quotes.
var plainScalar = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9/_.-]*$`)

var wordsOfYAML = map[string]bool{"true": true, "false": true, "null": true, "yes": true, "no": true, "on": true, "off": true, "y": true, "n": true}

// quote writes a text so that YAML takes it for nothing else, on one line.
func quote(text string) string {
	if plainScalar.MatchString(text) && !wordsOfYAML[strings.ToLower(text)] {
		return text
	}
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			b.WriteString("\\uFFFD")
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r > 0xffff && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08X`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// literal writes a text so that nothing in it is a placeholder.
func literal(text string) string {
	if !strings.Contains(text, "{{") && !strings.Contains(text, "${") {
		return text
	}
	return strings.ReplaceAll(text, "{", `{{"{"}}`)
}

// comment is a text that may stand behind a #: on one line, and not too long.
func comment(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > 400 {
		text = string(runes[:397]) + "..."
	}
	return strings.TrimRight(text, " ")
}

// wrapped breaks comments into lines of that width, with # before each. A line that
// begins with a space stays as it is.
func wrapped(indent string, texts []string, width int) (lines []string) {
	for _, text := range texts {
		text = comment(text)
		if strings.HasPrefix(text, " ") || text == "" {
			lines = append(lines, strings.TrimRight(indent+"# "+text, " "))
			continue
		}
		line := indent + "#"
		for _, word := range strings.Fields(text) {
			if len([]rune(line))+1+len([]rune(word)) > width && line != indent+"#" {
				lines = append(lines, line)
				line = indent + "#"
			}
			line += " " + word
		}
		lines = append(lines, line)
	}
	return lines
}
