package traffic

import (
	"bytes"
	"regexp"

	"github.com/tailback/tailback/configs"
)

// The marks that stand for a segment of a path that differs from one request to the
// next. A path can't hold a brace: it is escaped.
const (
	numberMark = "{n}"
	uuidMark   = "{uuid}"
	keyMark    = "{key}"
	anyMark    = "{any}"
)

// mark says what a segment is one of; "" when it stands for itself. before is the
// segment before it.
func mark(segment, before []byte) string {
	switch {
	case len(segment) == 0:
		return ""
	case digits(segment):
		if len(segment) > 15 {
			return keyMark
		}
		return numberMark
	case isUUID(segment):
		if leadsToKey(before) {
			return keyMark
		}
		return uuidMark
	case opaque(segment) || len(segment) >= 8 && bytes.ContainsAny(segment, "0123456789") && leadsToKey(before):
		return keyMark
	}
	return ""
}

func digits(s []byte) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func isUUID(s []byte) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range s {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (c == '-') || !dash && !isHex(c) {
			return false
		}
	}
	return true
}

// keyWords are what stands before a key in the paths that people get by mail.
var keyWords = regexp.MustCompile(`(?i)reset|invit|verif|activat|confirm|unsubscrib|magic|oauth|sso|share|download|hook`)

func leadsToKey(before []byte) bool {
	return len(before) > 0 && (keyWords.Match(before) || configs.SecretName(string(before)))
}

// opaque reports whether a segment is a hash, a token, or somebody's address: what
// nobody would write by hand, and what may be a key.
func opaque(s []byte) bool {
	if len(s) < 16 {
		return bytes.IndexByte(s, '@') > 0
	}
	var lower, upper, digit, hex, dashes, others int
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digit++
			hex++
		case c >= 'a' && c <= 'z':
			lower++
		case c >= 'A' && c <= 'Z':
			upper++
		case c == '-' || c == '_':
			dashes++
		default:
			others++
		}
		if c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' {
			hex++
		}
	}
	n := len(s)
	switch {
	case hex == n: // not all digits: those are told before
		return digit > 0
	case others == 0 && n >= 20 && lower > 0 && upper > 0 && digit > 0 && dashes <= 3,
		others == 0 && n >= 24 && dashes == 0 && digit >= 4:
		return true
	case n >= 20:
		return bytes.IndexByte(s, '@') > 0 || bytes.Contains(s, []byte("%40")) || knownTokens.Match(s)
	}
	return bytes.IndexByte(s, '@') > 0 || bytes.Contains(s, []byte("%40"))
}
