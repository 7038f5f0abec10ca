package attack

import (
	"bytes"
	"io"
	"net/http"
	"net/url"

	"github.com/tailback/tailback/configs"
)

// blanks are what of a request differs from hit to hit.
type blanks struct {
	base     *url.URL // the target
	path     template // nil where it is the same in each hit, as are the others
	query    template
	headers  []headerBlank
	body     template
	good     template // what the answer's body is to hold
	degraded template // and what it holds when it is served less
}

// headerBlank is the value of a header at an index of its values.
type headerBlank struct {
	name  string // in canonical form
	index int
	value template
}

// newBlanks prepares the texts of a request, also those that are the same in each hit.
func (m *mix) newBlanks(base *url.URL, r *configs.Request) (b *blanks, err error) {
	var places uint64
	b = &blanks{base: base}
	text := func(pieces []configs.Piece) (t template) {
		if err == nil {
			t, err = m.newTemplate(pieces, &places)
		}
		return t
	}
	b.path, b.query = text(r.PathPieces()), text(r.QueryPieces())
	if b.path == nil {
		b.path = template{{}}
	}
	seen := map[string]int{}
	for _, h := range r.Headers {
		name := http.CanonicalHeaderKey(h.Name)
		b.headers = append(b.headers, headerBlank{name, seen[name], text(h.Value.Pieces(configs.AsIs))})
		seen[name]++
	}
	payload, contentType := r.Payload()
	if b.body = text(payload); contentType != "" && seen["Content-Type"] == 0 {
		b.headers = append(b.headers, headerBlank{"Content-Type", 0, text([]configs.Piece{{Text: contentType}})})
	}
	b.good, b.degraded = text(r.Expect.BodyPieces()), text(r.Degraded.BodyPieces())
	return b, err
}

// differing leaves only what differs from hit to hit; nil when nothing does.
func (b *blanks) differing() *blanks {
	d := &blanks{base: b.base, path: b.path.differing(), query: b.query.differing(), body: b.body.differing(), good: b.good.differing(), degraded: b.degraded.differing()}
	for _, h := range b.headers {
		if h.value.differing() != nil {
			d.headers = append(d.headers, h)
		}
	}
	if d.path == nil && d.query == nil && d.body == nil && d.headers == nil && d.good == nil && d.degraded == nil {
		return nil
	}
	return d
}

// differing is the template, or nil if its text is the same in each hit.
func (t template) differing() template {
	if len(t) == 0 || len(t) == 1 && t[0].Kind == configs.Plain {
		return nil
	}
	return t
}

// at returns the shot as it is sent in one hit.
func (s *shot) at(v *values) (*shot, error) {
	if s.blanks == nil {
		return s, nil
	}
	return s.filled(s.blanks, v)
}

// filled returns a copy of the shot with what the blanks have for one hit.
func (s *shot) filled(b *blanks, v *values) (*shot, error) {
	one := *s
	if err := one.address(b, v); err != nil {
		return nil, err
	}
	if len(b.headers) > 0 {
		one.header = s.header.Clone()
	}
	for _, h := range b.headers {
		value, err := h.value.fill(nil, v)
		if err != nil {
			return nil, err
		}
		if h.index < len(one.header[h.name]) {
			one.header[h.name][h.index] = string(value)
		} else {
			one.header[h.name] = append(one.header[h.name], string(value))
		}
	}
	if b.body != nil {
		var err error
		if one.body, err = b.body.payload(v); err != nil {
			return nil, err
		}
	}
	return &one, one.judged(b, v)
}

// judged fills in what the answer is to hold.
func (s *shot) judged(b *blanks, v *values) (err error) {
	if b.good == nil && b.degraded == nil {
		return nil
	}
	own := *s.expect
	s.expect = &own
	if b.good != nil {
		own.good.text, err = b.good.fill(nil, v)
	}
	if b.degraded != nil && err == nil {
		own.degraded.text, err = b.degraded.fill(nil, v)
	}
	return err
}

// address fills in path and query.
func (s *shot) address(b *blanks, v *values) error {
	if b.path != nil {
		path, err := b.path.fill(nil, v)
		if err != nil {
			return err
		}
		query := ""
		if s.url != nil {
			query = s.url.RawQuery
		}
		if s.url, err = joinPath(b.base, string(path)); err != nil {
			return err
		}
		s.url.RawQuery = query
	}
	if b.query != nil {
		query, err := b.query.fill(nil, v)
		if err != nil {
			return err
		}
		u := *s.url
		u.RawQuery, s.url = string(query), &u
	}
	return nil
}

// payload is a body in parts: texts that are long and the same in each hit are
// shared, so that a file of some megabytes is in memory once.
type payload [][]byte

// shared is from which length on a text is not copied into each hit's body, in bytes.
const shared = 16 << 10

// payload fills in a body.
func (t template) payload(v *values) (payload, error) {
	var parts payload
	var small []byte
	for i := range t {
		if b := &t[i]; b.Kind == configs.Plain && len(b.Text) >= shared {
			parts, small = append(parts.and(small), b.long), nil
			continue
		}
		var err error
		if small, err = t[i:i+1].fill(small, v); err != nil {
			return nil, err
		}
	}
	return parts.and(small), nil
}

// and appends a part, unless it is empty.
func (p payload) and(part []byte) payload {
	if len(part) == 0 {
		return p
	}
	return append(p, part)
}

// size is how many bytes there are, in all parts.
func (p payload) size() (n int64) {
	for _, part := range p {
		n += int64(len(part))
	}
	return n
}

// reader reads the parts one after the other. A reader of several takes 32 KB to be
// sent, which a request without a body is not worth.
func (p payload) reader() io.Reader {
	switch len(p) {
	case 0:
		return bytes.NewReader(nil)
	case 1:
		return bytes.NewReader(p[0])
	}
	all := make([]io.Reader, len(p))
	for i, part := range p {
		all[i] = bytes.NewReader(part)
	}
	return io.MultiReader(all...)
}
