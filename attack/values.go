package attack

import (
	"fmt"
	"math/bits"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// values are what the placeholders of one hit stand for. But for the time they are a
// function of the seed and the hit's number alone, so that a run repeats, and no
// two hits wait for each other.
type values struct {
	tables []table
	seed   uint64
	seq    uint64    // as in the bundle
	number uint64    // how many hits are due before it, as far as that is known
	now    time.Time // when it is sent
	visit  uint64    // the seq of its visit's first step, by which random rows are drawn; its own seq without a visit
	taken  []string  // what its visit has captured
	// session is the number of the session that it is sent with, from 1; 0 for none.
	session int32
}

// table is data, ready to be looked up.
type table struct {
	*configs.Data
	salt uint64 // tells the draws of two tables apart
	// ofSession: logins use it, so that its rows are those of sessions.
	ofSession bool
}

func newTables(data []configs.Data) []table {
	var all []table
	for i := range data {
		all = append(all, table{Data: &data[i], salt: splitmix64(1<<32 + uint64(i))})
	}
	return all
}

// blank is a placeholder of a request, ready to be filled in.
type blank struct {
	configs.Piece
	table  int    // of a column: of mix.tables
	taken  int    // of a captured value: of values.taken
	column int    // of its Columns
	long   []byte // of a long text that is the same in each hit
	salt   uint64 // of a random number: tells the draws of two places apart
}

// template is a text to be filled in.
type template []blank

// newTemplate prepares pieces. salt counts the places of a request.
func (m *mix) newTemplate(pieces []configs.Piece, salt *uint64) (template, error) {
	var t template
	for _, p := range pieces {
		b := blank{Piece: p}
		switch p.Kind {
		case configs.Plain:
			if len(p.Text) >= shared {
				b.long = []byte(p.Text)
			}
		case configs.Random:
			*salt++
			b.salt = splitmix64(*salt)
		case configs.Captured:
			if b.taken = slices.Index(m.captures, p.Text); b.taken < 0 {
				return nil, fmt.Errorf("nothing is captured as %q", p.Text)
			}
		case configs.Column:
			b.table = slices.IndexFunc(m.tables, func(t table) bool { return t.Name == p.Data })
			if b.table < 0 {
				return nil, fmt.Errorf("there is no data %q", p.Data)
			}
			if b.column = slices.Index(m.tables[b.table].Columns, p.Column); b.column < 0 {
				return nil, fmt.Errorf("data %s has no column %q", p.Data, p.Column)
			}
		}
		t = append(t, b)
	}
	return t, nil
}

// fill appends the text for one hit. The error says that the data is used up.
func (t template) fill(to []byte, v *values) ([]byte, error) {
	for i := range t {
		b := &t[i]
		if b.Kind == configs.Plain {
			to = append(to, b.Text...)
			continue
		}
		value, err := b.value(v)
		if err != nil {
			return nil, err
		}
		to = append(to, b.Escape.Value(value)...)
	}
	return to, nil
}

// value is what the placeholder stands for in one hit.
func (b *blank) value(v *values) (string, error) {
	switch b.Kind {
	case configs.Column:
		row, err := v.row(&v.tables[b.table])
		if err != nil {
			return "", err
		}
		return row[b.column], nil
	case configs.Captured:
		if b.taken < len(v.taken) {
			return v.taken[b.taken], nil
		}
		return "", nil // the form of a step is looked at before any visit has begun
	case configs.UUID:
		return v.uuid(), nil
	case configs.Seq:
		return strconv.FormatUint(v.seq, 10), nil
	case configs.Random:
		n := uint64(b.High) - uint64(b.Low) + 1 // 0 stands for 2^64
		drawn := v.draw(b.salt)
		if n != 0 {
			drawn, _ = bits.Mul64(drawn, n)
		}
		return strconv.FormatInt(int64(uint64(b.Low)+drawn), 10), nil
	case configs.Now:
		return v.now.UTC().Format("2006-01-02T15:04:05.000Z"), nil
	case configs.NowUnix:
		return strconv.FormatInt(v.now.Unix(), 10), nil
	}
	return "", fmt.Errorf("there is no placeholder %q", b.Kind)
}

// draw returns 64 bits that depend on the seed, the hit and a salt.
func (v *values) draw(salt uint64) uint64 {
	return splitmix64(v.seed ^ splitmix64(v.seq^splitmix64(salt)))
}

// row is the hit's row of a table. Two placeholders of one hit have the same one.
func (v *values) row(t *table) ([]string, error) {
	at, err := v.rowAt(t)
	if err != nil {
		return nil, err
	}
	return t.Rows[at], nil
}

// rowAt is which row that is.
func (v *values) rowAt(t *table) (uint64, error) {
	v = v.dealt(t)
	n := uint64(len(t.Rows))
	if n == 0 {
		return 0, fmt.Errorf("data %s has no rows", t.Name)
	}
	at := v.number % n
	switch {
	case t.Order == configs.RandomRow:
		at, _ = bits.Mul64(splitmix64(v.seed^splitmix64(v.visit^splitmix64(t.salt))), n)
	case t.Order == configs.RowOnce && v.number >= n:
		return 0, fmt.Errorf("every row of data %s was sent once (%s has %d): add rows, or write order: %s", t.Name, filepath.Base(t.File), n, configs.NextRow)
	}
	return at, nil
}

// uuid is a UUID of version 4 (RFC 9562, 5.4), the same wherever it stands in one hit.
func (v *values) uuid() string {
	const digits = "0123456789abcdef"
	high, low := v.draw('u'), v.draw('i')
	high = high&^0xf000 | 0x4000
	low = low&^(3<<62) | 1<<63
	var b [36]byte
	at := 0
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			b[at] = '-'
			at++
		}
		half, shift := high, 60-4*(i%16)
		if i >= 16 {
			half = low
		}
		b[at] = digits[half>>shift&15]
		at++
	}
	return string(b[:])
}

// number is how many hits are due before hit seq: its own number in its group, and
// the hits of the groups before it. Those of a closed phase are not known, and not counted.
func number(groups []group, seq uint64) uint64 {
	n := seq % journal.SeqStride
	for _, g := range groups[:min(int(seq/journal.SeqStride), len(groups))] {
		n += g.hits
	}
	return n
}

// values are those of hit seq, which is sent now.
func (m *mix) values(seq uint64) *values {
	return &values{tables: m.tables, seed: m.seed, seq: seq, visit: seq, number: number(m.groups, seq), now: time.Now()}
}

// at is the request that a hit sends.
func (m *mix) at(hit *journal.Hit) (s *shot, err error) {
	s = m.shots[hit.Request]
	switch {
	case s.blanks != nil:
		v := m.values(hit.Seq)
		if s.session != nil {
			hit.Session = s.session.of(v)
		}
		s, err = s.at(v)
	case s.session != nil:
		hit.Session = s.session.fixed
	}
	if m.log != nil && err == nil {
		method, target, _ := m.log.Request(int(hit.Seq))
		return s.logged(m.base, method, target)
	}
	return s, err
}

// once reports whether the request has a value of data whose rows are each sent once,
// so that it must not be sent outside of the run.
func (s *shot) once(m *mix) bool {
	if s.blanks == nil {
		return false
	}
	all := slices.Concat(s.blanks.path, s.blanks.query, s.blanks.body, s.blanks.good, s.blanks.degraded)
	for _, h := range s.blanks.headers {
		all = append(all, h.value...)
	}
	return slices.ContainsFunc(all, func(b blank) bool { return b.Kind == configs.Column && m.tables[b.table].Order == configs.RowOnce })
}
