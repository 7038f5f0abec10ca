package traffic

import (
	"regexp"
	"strings"

	"github.com/tailback/tailback/configs"
)

// inScript finds the values that scripts within a page are given, csrfToken = "..." or
// "nonce": '...', of names that say that they are tokens. Pages are long: it looks at
// each byte once.
func inScript(text string) (all []found) {
	for at := 0; at < len(text) && len(all) < 100; at++ {
		if text[at] != ':' && text[at] != '=' {
			continue
		}
		name, value := nameBefore(text[:at]), valueBehind(text[at+1:])
		if len(value) < 8 || name == "" || !ofToken(name) || !dynamic(name, value) {
			continue
		}
		pattern := regexp.QuoteMeta(name) + `["']?\s*[:=]\s*["']([^"']+)`
		if first := regexp.MustCompile(pattern).FindStringSubmatch(text); first != nil && first[1] == value {
			all = append(all, found{value, name, Capture{Kind: "regexp", Where: pattern}})
		}
	}
	return all
}

func ofToken(name string) bool {
	lower := strings.ToLower(name)
	return configs.SecretName(name) || strings.Contains(lower, "csrf") || strings.Contains(lower, "xsrf") || strings.Contains(lower, "nonce")
}

// nameBefore is the word at a text's end, be it in quotes or not; "" without one.
func nameBefore(text string) string {
	text = text[max(0, len(text)-60):]
	text = strings.TrimRight(text, " \t\n")
	if n := len(text); n > 0 && (text[n-1] == '"' || text[n-1] == '\'') {
		text = text[:n-1]
	}
	start := len(text)
	for start > 0 && ofWord(text[start-1]) {
		start--
	}
	if name := text[start:]; len(name) >= 2 && len(name) <= 40 {
		return name
	}
	return ""
}

// valueBehind is the text in quotes that stands first; "" without one, or when it is
// no token.
func valueBehind(text string) string {
	text = strings.TrimLeft(text[:min(len(text), 600)], " \t\n")
	if text == "" || text[0] != '"' && text[0] != '\'' {
		return ""
	}
	end := strings.IndexByte(text[1:], text[0])
	if end < 0 {
		return ""
	}
	for i := range end {
		if c := text[1+i]; !ofWord(c) && strings.IndexByte("+/=.:", c) < 0 {
			return ""
		}
	}
	return text[1 : 1+end]
}

func ofWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}
