package history

import (
	"bytes"
	"errors"
	"slices"
)

// needed are the members of a report.json that a history reads. A report is mostly
// made of others, such as the chart of every second.
var needed = []string{"schema", "kind", "name", "started", "labels", "duration_s", "verdict", "summary", "outcome",
	"fidelity", "phases", "faults", "onset", "recovery", "pool", "timeouts", "budget", "rows", "capacity"}

var errCut = errors.New("it ends too early")

// parts appends to small, which is empty, the object in text with nothing but the
// members that are needed. Of the others it sees no more than where they end.
func parts(text []byte, small *bytes.Buffer) error {
	i := blank(text, 0)
	if i == len(text) || text[i] != '{' {
		return errors.New("it is not a JSON object")
	}
	small.WriteByte('{')
	for first := true; ; {
		key := blank(text, i+1)
		if key < len(text) && text[key] == '}' && first {
			i = key
			break
		}
		from := after(text, key)
		if from == len(text) {
			return errCut
		}
		end := after(text, blank(text, blank(text, from)+1)) // behind the colon
		if name := bytes.Trim(text[key:from], `"`); slices.Contains(needed, string(name)) {
			if small.Len() > 1 {
				small.WriteByte(',')
			}
			small.Write(text[key:end])
		}
		first = false
		if i = blank(text, end); i == len(text) {
			return errCut
		}
		if text[i] == '}' {
			break
		}
		if text[i] != ',' {
			return errors.New("it is not JSON")
		}
	}
	small.WriteByte('}')
	if blank(text, i+1) < len(text) {
		return errors.New("something follows its end")
	}
	return nil
}

// blank returns where what follows the blanks at text[i:] begins.
func blank(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	return i
}

// after returns where the value ends that begins at text[i]; len(text) when it does not end.
func after(text []byte, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return min(i+1, len(text))
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // behind a number or a word
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return len(text)
}
