package evidence

import "bytes"

// maxLine is how much of a line is kept. No line of a log that is read here is
// longer unless somebody sent a header to make it so.
const maxLine = 64 << 10

// splitter cuts a stream of bytes into lines.
type splitter struct {
	rest []byte // of a line whose end has not come yet
	skip bool   // until the end of the line, which is not wanted

}

// add gives each line that chunk completes to line, without its end. A line is
// valid until line returns.
func (s *splitter) add(chunk []byte, line func([]byte)) {
	for {
		head, tail, found := bytes.Cut(chunk, []byte{'\n'})
		if !found {
			s.keep(head)
			return
		}
		chunk = tail
		whole := head
		if len(s.rest) > 0 || len(head) > maxLine {
			s.keep(head)
			whole = s.rest
		}
		if !s.skip {
			line(bytes.TrimSuffix(whole, []byte{'\r'}))
		}
		s.reset()
	}
}

func (s *splitter) keep(part []byte) {
	if s.skip {
		return
	}
	s.rest = append(s.rest, part[:min(len(part), maxLine-len(s.rest))]...)
}

// reset forgets the line that was begun.
func (s *splitter) reset() { s.rest, s.skip = s.rest[:0], false }
