package journal

import "strings"

// longestShape bounds a shape, bytes.
const longestShape = 120

// Shape is what lines of one meaning have in common: the message, without what
// is in quotes, without numbers but that of an error, and without who asked.
func Shape(line string) string {
	line, _, _ = strings.Cut(line, ", client: ")
	var shape strings.Builder
	quoted, number := false, false
	for i := 0; i < len(line) && shape.Len() < longestShape; i++ {
		switch c := line[i]; {
		case c == '"':
			quoted, number = !quoted, false
			shape.WriteByte(c)
		case quoted || c == '\\':
		case '0' <= c && c <= '9' && (i == 0 || line[i-1] != '('):
			if !number {
				shape.WriteByte('0')
			}
			number = true
		default:
			shape.WriteByte(c)
			number = false
		}
	}
	return shape.String()
}
