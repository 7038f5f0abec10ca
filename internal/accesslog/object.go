package accesslog

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// deepest bounds how deep objects may lie in each other.
const deepest = 32

// object reads a JSON object, and the objects in it, for the values whose names
// are known. It looks for them, and does not judge the form of what else there is.
func (p *Parser) object(text []byte) {
	var name []byte
	depth, lists := 0, 0
	for len(text) > 0 {
		switch c := text[0]; c {
		case '{':
			name = nil
			if depth++; depth > deepest {
				return
			}
			text = text[1:]
		case '}':
			if depth--; depth == 0 {
				return
			}
			text = text[1:]
		case '[':
			name = nil
			lists++
			text = text[1:]
		case ']':
			lists--
			text = text[1:]
		case '"':
			var inner []byte
			inner, text = inQuotes(text)
			text = bytes.TrimLeft(text, " \t")
			if len(text) > 0 && text[0] == ':' {
				name, text = inner, text[1:]
			} else if name != nil && lists == 0 {
				p.named(name, p.fromJSON(inner))
				name = nil
			}
		case ' ', '\t', ',', ':', '\n', '\r':
			text = text[1:]
		default:
			end := literalEnd(text)
			if name != nil && lists == 0 {
				p.named(name, text[:end])
				name = nil
			}
			text = text[end:]
		}
	}
}

// literalEnd returns where a number or a word ends.
func literalEnd(text []byte) int {
	for i, c := range text {
		if i > 0 && (c == ',' || c == '}' || c == ']' || c == ' ' || c == '"') {
			return i
		}
	}
	return len(text)
}

// fromJSON takes the escapes of a JSON string back.
func (p *Parser) fromJSON(text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	from := len(p.plain)
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			p.plain = append(p.plain, text[i])
			continue
		}
		i++
		r, ok := codePoint(text[i:])
		switch {
		case !ok && text[i] == 'x': // nginx' escape by default, in a format that looks like JSON
			p.plain = append(p.plain, '\\', 'x')
		case !ok:
			p.plain = append(p.plain, control(text[i]))
		default:
			i += 4
			if low, ok := second(text[i+1:]); ok && utf16.IsSurrogate(r) {
				r = utf16.DecodeRune(r, low)
				i += 6
			}
			p.plain = utf8.AppendRune(p.plain, r)
		}
	}
	return p.plain[from:]
}

// codePoint reads u0022.
func codePoint(text []byte) (rune, bool) {
	if len(text) < 5 || text[0] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range text[1:5] {
		v := hex(c)
		if v < 0 {
			return 0, false
		}
		r = r<<4 | rune(v)
	}
	return r, true
}

// second reads the second half of a pair of escapes, \udc00.
func second(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' {
		return 0, false
	}
	return codePoint(text[1:])
}
