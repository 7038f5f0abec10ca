package evidence

import "bytes"

// maxLabel bounds a label, bytes.
const maxLabel = 40

// withoutLabel leaves out what some hosts put before each line of php-fpm's
// logs, to tell them apart in one stream: [php-fpm:access].
func withoutLabel(text []byte) []byte {
	rest, labelled := bytes.CutPrefix(text, []byte("[php-fpm:"))
	if !labelled {
		return text
	}
	label, rest, closed := bytes.Cut(rest, []byte("]"))
	if !closed || len(label) > maxLabel {
		return text
	}
	return bytes.TrimPrefix(rest, []byte(" "))
}
