package traffic

import "bytes"

// template is the form of a request that others have as well: its path with marks
// for what differs, and the names of its query.
type template struct {
	key     []byte // "GET /product/{n}?color=&size="
	numbers int    // how many segments are numbers
	number  int64  // the last of them
	marks   int    // how many segments are marked
	secret  bool   // one of them may be a key
	values  [][]byte
}

// maxTarget is how long a path and query may be to be told from others.
const maxTarget = 1024

// maxNames is how many values of a query are told apart.
const maxNames = 10

// read makes the template of a request. Its slices are good until the next.
func (t *template) read(method, target []byte) {
	t.key = append(append(t.key[:0], method...), ' ')
	t.numbers, t.marks, t.secret, t.values = 0, 0, false, t.values[:0]
	path, query, _ := bytes.Cut(target, []byte("?"))
	t.path(path)
	t.query(query)
}

func (t *template) path(path []byte) {
	var before []byte
	for len(path) > 0 {
		path = path[1:] // the slash
		end := bytes.IndexByte(path, '/')
		if end < 0 {
			end = len(path)
		}
		segment := path[:end]
		if at := bytes.IndexByte(segment, ';'); at >= 0 && bytes.IndexByte(segment[at:], '=') > 0 { // ;jsessionid=...
			segment = segment[:at]
		}
		t.key = append(t.key, '/')
		m := mark(segment, before)
		switch m {
		case "":
			t.key = append(t.key, segment...)
		default:
			t.key = append(t.key, m...)
			t.marks++
		}
		if m == numberMark {
			t.numbers++
			t.number = number(segment)
		}
		t.secret = t.secret || m == keyMark
		before, path = segment, path[end:]
	}
}

// query takes down the names, in the order in which they stand. What campaigns put
// there makes no page another.
func (t *template) query(query []byte) {
	mark := byte('?')
	for n := 0; len(query) > 0 && n < maxNames; {
		pair := query
		if at := bytes.IndexByte(query, '&'); at >= 0 {
			pair, query = query[:at], query[at+1:]
		} else {
			query = nil
		}
		name, value, _ := bytes.Cut(pair, []byte("="))
		if len(name) == 0 || len(name) > 40 || ofCampaign(name) || len(name) >= 16 && opaque(name) {
			continue
		}
		t.key = append(append(append(t.key, mark), name...), '=')
		t.values = append(t.values, value)
		mark = '&'
		n++
	}
}

func ofCampaign(name []byte) bool {
	if bytes.HasPrefix(name, []byte("utm_")) {
		return true
	}
	switch string(name) {
	case "gclid", "fbclid", "msclkid", "dclid", "gbraid", "wbraid", "mc_cid", "mc_eid", "_ga", "_gl":
		return true
	}
	return false
}

// number reads digits, of which mark allows 15.
func number(digits []byte) (n int64) {
	for _, c := range digits {
		n = 10*n + int64(c-'0')
	}
	return n
}
