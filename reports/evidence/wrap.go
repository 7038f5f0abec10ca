package evidence

import (
	"bytes"
	"encoding/json"
	"regexp"
)

// What carries a log line from a container to where it is read puts something
// before it, or it into JSON. The prefixes are those of `docker compose logs`
// ("php-1  | ", coloured or not), `kubectl logs --prefix` and the files of a
// container runtime (CRI); a line of which CRI says P goes on in the next.
var (
	composePrefix = regexp.MustCompile(`^(?:\x1b\[[0-9;]*m)*[A-Za-z0-9][A-Za-z0-9_.@-]* *\|(?: |$)(?:\x1b\[[0-9;]*m)*`)
	kubectlPrefix = regexp.MustCompile(`^\[pod/[^/\]]+/[^\]]+\] ?`)
	criPrefix     = regexp.MustCompile(`^\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([FP]) ?`)

	// These may as well be a line's own beginning: --timestamps, and syslog's head.
	stampPrefix  = regexp.MustCompile(`^\d{4}-\d\d-\d\dT[0-9:.,]+(?:Z|[+-]\d\d:?\d\d) `)
	syslogPrefix = regexp.MustCompile(`^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d [0-9:]{8}|\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)) \S+ [^\s:\[]+(?:\[\d+\])?: `)
)

const (
	// prefixWithin is where a prefix must end, bytes.
	prefixWithin = 256
	// layers bounds how often a line may be wrapped.
	layers = 4
)

// unwrapping has parse read lines without what they were wrapped in. A line
// whose wrapping may be its own beginning is read as it stands, if that can be
// done without a guess.
func unwrapping(parse parser) parser {
	parts := wrapped{}
	return func(text []byte) (entry, bool) {
		inner, whole := parts.open(text)
		if !whole {
			return entry{}, true
		}
		var guess entry
		guessed := false
		for range layers {
			if e, ok := parse(inner); ok && !e.guessed {
				return e, true
			} else if ok {
				guess, guessed = e, true
			}
			next := unlabel(inner)
			if next == nil {
				break
			}
			if inner, whole = parts.open(next); !whole {
				return entry{}, true
			}
		}
		if guessed {
			return guess, true
		}
		return parse(text)
	}
}

// wrapped are the beginnings of lines that go on, by the stream of the container
// that they are of.
type wrapped map[string][]byte

// open takes off all that can only be a wrapping. It reports false when the line
// goes on in the next.
func (w wrapped) open(text []byte) ([]byte, bool) {
	for range layers {
		if inner, stream, more, ok := dockerLine(text); ok {
			return w.join(inner, stream, more)
		}
		head := text[:min(len(text), prefixWithin)]
		if at := criPrefix.FindSubmatchIndex(head); at != nil {
			return w.join(text[at[1]:], string(text[at[2]:at[3]]), text[at[4]] == 'P')
		}
		n := prefixed(head)
		if n == 0 {
			break
		}
		text = text[n:]
	}
	return text, true
}

// prefixed is how long the prefix of a command that shows logs is; 0 is none.
func prefixed(head []byte) int {
	pattern := composePrefix
	if bytes.HasPrefix(head, []byte("[pod/")) {
		pattern = kubectlPrefix
	} else if bytes.IndexByte(head, '|') < 0 {
		return 0
	}
	if at := pattern.FindIndex(head); at != nil {
		return at[1]
	}
	return 0
}

// join puts what came of a line to what came of it before.
func (w wrapped) join(part []byte, stream string, more bool) ([]byte, bool) {
	begun := w[stream]
	if !more && len(begun) == 0 {
		return part, true
	}
	begun = append(begun, part[:min(len(part), maxLine-len(begun))]...)
	if more {
		w[stream] = begun
		return nil, false
	}
	delete(w, stream)
	return begun, true
}

// dockerLine reads a line of docker's json-file, whose "log" ends where the line
// in it does, with its line end, unless it goes on.
func dockerLine(text []byte) (inner []byte, stream string, more, ok bool) {
	if len(text) == 0 || text[0] != '{' || !bytes.Contains(text, []byte(`"log"`)) {
		return nil, "", false, false
	}
	var l struct {
		Log    *string
		Stream string
	}
	if json.Unmarshal(text, &l) != nil || l.Log == nil || l.Stream != "stdout" && l.Stream != "stderr" {
		return nil, "", false, false
	}
	line, ended := bytes.CutSuffix([]byte(*l.Log), []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'}), l.Stream, !ended, true
}

// unlabel takes off what may be a wrapping: a time, syslog's head, or the JSON of
// a shipper around the line. It is nil where there is none.
func unlabel(text []byte) []byte {
	head := text[:min(len(text), prefixWithin)]
	if at := syslogPrefix.FindIndex(head); at != nil {
		return text[at[1]:]
	}
	if at := stampPrefix.FindIndex(head); at != nil {
		return text[at[1]:]
	}
	if len(text) == 0 || text[0] != '{' {
		return nil
	}
	f, ok := readObject(text)
	if !ok {
		return nil
	}
	return f.first("message", "MESSAGE", "msg", "log")
}
