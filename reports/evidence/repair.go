package evidence

import (
	"bytes"
	"encoding/json"
)

// repair makes JSON of a line that a log_format made look like it. Nginx writes
// "-", nothing, or "0.001, 0.002" for a time where it has not one, which is no
// JSON without quotes: and that is so on just the requests that failed. Without
// escape=json it also writes a quote as \x22. A comma too many is left out.
func repair(text []byte) []byte {
	out := make([]byte, 0, len(text)+64)
	for len(text) > 0 {
		switch c := text[0]; {
		case c == '"':
			out, text = repairString(out, text)
		case c == ':':
			out, text = repairValue(append(out, ':'), bytes.TrimLeft(text[1:], " \t"))
		case c == ',' && bytes.HasPrefix(bytes.TrimLeft(text[1:], " \t"), []byte{'}'}):
			text = text[1:]
		default:
			out, text = append(out, c), text[1:]
		}
	}
	return out
}

// repairString takes a string over, up to its closing quote.
func repairString(out, text []byte) (_, rest []byte) {
	out = append(out, '"')
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return append(out, c), text[i+1:]
		case c == '\\' && i+1 < len(text):
			i++
			switch next := text[i]; {
			case next == 'x':
				out = append(out, `\u00`...)
			case bytes.IndexByte([]byte(`"\/bfnrtu`), next) >= 0:
				out = append(out, c, next)
			default:
				out = append(out, c, c, next)
			}
		case c < ' ':
			out = append(out, ' ')
		default:
			out = append(out, c)
		}
	}
	return out, nil
}

// repairValue takes a value over, and puts one in quotes that is none of JSON's.
// It ends where the next name or the object's end is: a comma alone may be within it.
func repairValue(out, text []byte) (_, rest []byte) {
	if len(text) > 0 && bytes.IndexByte([]byte(`"{[`), text[0]) >= 0 {
		return out, text
	}
	n := 0
	for ; n < len(text) && text[n] != '}'; n++ {
		if text[n] == ',' && bytes.HasPrefix(bytes.TrimLeft(text[n+1:], " \t"), []byte{'"'}) {
			break
		}
	}
	value := bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(text[:n]), []byte{','}))
	if !json.Valid(value) {
		value, _ = json.Marshal(string(value)) // a string can be written
	}
	return append(out, value...), text[n:]
}
