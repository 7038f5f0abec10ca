package redact

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"slices"
)

// needle is what is looked for: a secret, or what base64 makes of it.
type needle struct {
	text   string
	base64 bool // lines may break within it
	// before and after: the character of base64 there holds bits of the secret as well.
	before, after bool
}

// needles are those of one secret. A longer text may have it at any of three places in
// a group of base64, and may have escaped it first.
func needles(secret string) []needle {
	all := []needle{{text: secret}}
	for _, form := range forms(secret) {
		for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			for skip := range 3 {
				n := inBase64(alphabet, form, skip)
				if !slices.Contains(all, n) {
					all = append(all, n)
				}
			}
		}
	}
	return all
}

// forms are how a secret is commonly written.
func forms(secret string) []string {
	escaped, _ := json.Marshal(secret) // a string can always be
	all := []string{secret, string(escaped[1 : len(escaped)-1]), html.EscapeString(secret), url.QueryEscape(secret), url.PathEscape(secret)}
	slices.Sort(all)
	return slices.Compact(all)
}

// inBase64 is the part that depends on nothing but form, which skip bytes come before.
func inBase64(alphabet *base64.Encoding, form string, skip int) needle {
	text := alphabet.EncodeToString(append(make([]byte, skip), form...))
	bits := 8 * (skip + len(form))
	return needle{text: text[(8*skip+5)/6 : bits/6], base64: true, before: skip > 0, after: bits%6 != 0}
}

func ofBase64(c byte) bool {
	return alphanumeric(c) || c == '+' || c == '/' || c == '-' || c == '_'
}
