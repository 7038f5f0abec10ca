package ci

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain makes a text from a site or a file one line, without control characters and
// changes of the writing direction, and of at most maxText characters.
func plain(text string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	clean = strings.Join(strings.Fields(clean), " ")
	if utf8.RuneCountInString(clean) > maxText {
		clean = string([]rune(clean)[:maxText-1]) + "…"
	}
	return clean
}

// inert are the characters with a meaning in Markdown, or to GitHub or GitLab, and
// what shows them without it.
var inert = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `|`, `\|`, `~`, `\~`,
	`&`, `&amp;`, `<`, `&lt;`, `>`, `&gt;`, `$`, `&#36;`, `#`, `\#`)

// link is the sign of what becomes a link: to a person, an issue, a merge request, or
// wherever a site says. A backslash is of no use there: it is
// gone by the time that links are looked for.
var link = regexp.MustCompile(`@|[#!%&]\d|://|\b[wW]{3}\.`)

// unlinked puts an empty character behind the sign.
func unlinked(text string) string {
	return link.ReplaceAllStringFunc(text, func(sign string) string { return sign[:1] + "\u200b" + sign[1:] })
}

// text shows any text within a line of Markdown, or a cell of a table, as it is.
func text(s string) string { return inert.Replace(unlinked(plain(s))) }

// begins is what would make a line a list or a heading.
var begins = regexp.MustCompile(`^([-+=]|\d+[.)])`)

// paragraph shows any text at the beginning of a line as it is.
func paragraph(s string) string {
	return begins.ReplaceAllStringFunc(text(s), func(sign string) string {
		return sign[:len(sign)-1] + `\` + sign[len(sign)-1:]
	})
}
