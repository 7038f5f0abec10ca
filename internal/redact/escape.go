package redact

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
)

// escape returns what the escape at text[i] means, and how many bytes it takes: 0
// where there is none. A soft line break of quoted-printable means nothing.
func escape(text string, i int) (meaning string, n int) {
	switch text[i] {
	case '%':
		return percent(text[i:])
	case '&':
		return entity(text[i:])
	case '\\':
		return backslash(text[i:])
	case '=':
		return quotedPrintable(text[i:])
	case '+':
		return " ", 1
	}
	return "", 0
}

// escapes are the bytes that an escape can begin with.
const escapes = `%&\=+`

// percent reads %26, and %u0026 of old JavaScript.
func percent(text string) (string, int) {
	if len(text) > 1 && (text[1] == 'u' || text[1] == 'U') {
		return code(text, 2, 4)
	}
	return octet(text, 1)
}

// quotedPrintable reads =26, and the break of a line, of which flattening may have left a space.
func quotedPrintable(text string) (string, int) {
	if n := blanks(text[1:]); n > 0 {
		return "", 1 + n
	}
	return octet(text, 1)
}

// blanks is how many bytes the break of a line takes, or what was made of it.
func blanks(text string) int {
	n := 0
	for n < len(text) && n < 2 && strings.IndexByte("\r\n \t", text[n]) >= 0 {
		n++
	}
	return n
}

// longestEntity is beyond the names of HTML's entities.
const longestEntity = 34

// entity reads &amp; &#38; &#x26; and numbers that lack their end.
func entity(text string) (string, int) {
	text = text[:min(len(text), longestEntity)]
	end := 1
	for end < len(text) && (text[end] == '#' && end == 1 || alphanumeric(text[end])) {
		end++
	}
	if end < len(text) && text[end] == ';' {
		end++
	} else if end < 3 || text[1] != '#' {
		return "", 0
	} else if text[2] != 'x' && text[2] != 'X' {
		end = 2 + len(text[2:end]) - len(strings.TrimLeft(text[2:end], "0123456789"))
	}
	meaning := html.UnescapeString(text[:end])
	if meaning == text[:end] {
		return "", 0
	}
	return meaning, end
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// named are the escapes of one letter, in JSON and in programs.
var named = map[byte]string{'n': "\n", 'r': "\r", 't': "\t", 'b': "\b", 'f': "\f", 'v': "\v", 'a': "\a"}

// backslash reads the escapes of JSON, of programs, and of nginx's and Apache's logs.
func backslash(text string) (string, int) {
	if len(text) < 2 {
		return "", 0
	}
	switch c := text[1]; {
	case c == 'u':
		return surrogates(text)
	case c == 'U':
		return code(text, 2, 8)
	case c == 'x':
		return octet(text, 2)
	case '0' <= c && c <= '7' && len(text) >= 4:
		v, err := strconv.ParseUint(text[1:4], 8, 8)
		return one(byte(v), err, 4)
	case named[c] != "":
		return named[c], 2
	case !alphanumeric(c) && c < 0x80:
		return text[1:2], 2
	}
	return "", 0
}

// surrogates reads one or two \u escapes that are one character.
func surrogates(text string) (string, int) {
	high, err := hex(text, 2, 4)
	if err != nil {
		return "", 0
	}
	if utf16.IsSurrogate(rune(high)) && len(text) >= 12 && text[6:8] == `\u` {
		if low, err := hex(text, 8, 4); err == nil {
			return string(utf16.DecodeRune(rune(high), rune(low))), 12
		}
	}
	return string(rune(high)), 6
}

// code reads the hexadecimal number of a character.
func code(text string, from, digits int) (string, int) {
	v, err := hex(text, from, digits)
	if err != nil {
		return "", 0
	}
	return string(rune(v)), from + digits
}

// octet reads a byte in two hexadecimal digits.
func octet(text string, from int) (string, int) {
	v, err := hex(text, from, 2)
	return one(byte(v), err, from+2)
}

func one(b byte, err error, n int) (string, int) {
	if err != nil {
		return "", 0
	}
	return string([]byte{b}), n
}

func hex(text string, from, digits int) (uint64, error) {
	if len(text) < from+digits {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseUint(text[from:from+digits], 16, 32)
}
