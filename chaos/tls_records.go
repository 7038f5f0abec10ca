package chaos

import (
	"encoding/binary"
	"time"
)

// tlsRecords follows the records of a TLS connection, so that a handshake and
// the request behind it are one call, as they are to the site, although the
// other side answers several times. It reads nothing of a record but its type
// and length.
//
// After a handshake a TLS 1.3 server sends tickets, which look like the
// beginning of an answer. So a call ends with the latest bytes of its answer,
// once the next request or the connection's end shows that they were the last.
type tlsRecords struct {
	up, down recordScanner
	sent     int       // records of application data from the site
	late     bool      // the first of them is no request: in TLS 1.3 it ends the handshake
	last     time.Time // of the latest bytes of the answer
	open     bool      // usage is still to be told how long the call took
}

// beginsTLS reports whether a connection's first bytes are a TLS handshake's.
func beginsTLS(p []byte) bool { return len(p) > 2 && p[0] == 22 && p[1] == 3 }

// asks reports whether bytes from the site hold a request, or a part of one.
func (s *tlsRecords) asks(p []byte) bool {
	n := s.up.scan(p)
	s.sent += n
	return n > 0 && s.asked()
}

// asked reports whether the site has sent its first request.
func (s *tlsRecords) asked() bool { return s.sent > 1 || s.sent == 1 && !s.late }

// answers reports whether bytes to the site hold a part of an answer, or a ticket.
func (s *tlsRecords) answers(p []byte) bool {
	n := s.down.scan(p)
	s.late = s.late || n > 0 && s.sent == 0
	if n > 0 && s.asked() {
		s.last = time.Now()
		return true
	}
	return false
}

// recordScanner walks over the records of one direction.
type recordScanner struct {
	head [5]byte // of the next: type, version, length
	got  int     // of head
	left int     // of the record's body
}

// goodbye is the length of a TLS 1.3 alert, such as the one before a connection
// is closed: two bytes, their type, and the tag of all ciphers in use. It is
// dressed as application data.
const goodbye = 2 + 1 + 16

// scan goes on with p and returns how many records of application data begin in it.
func (r *recordScanner) scan(p []byte) (data int) {
	for len(p) > 0 {
		if r.left > 0 {
			n := min(r.left, len(p))
			p, r.left = p[n:], r.left-n
			continue
		}
		n := copy(r.head[r.got:], p)
		p, r.got = p[n:], r.got+n
		if r.got == len(r.head) {
			r.got, r.left = 0, int(binary.BigEndian.Uint16(r.head[3:]))
			if r.head[0] == 23 && r.left != goodbye {
				data++
			}
		}
	}
	return data
}
