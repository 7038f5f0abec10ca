package chaos

import "io"

// source is the end of a flow where bytes come in: a socket being read.
type source struct{ *flow }

// Read is there because a link wants an io.Reader; the link's io.Copy calls WriteTo.
func (s source) Read(p []byte) (int, error) { return 0, io.EOF }

// WriteTo carries what the socket sends into the link until it ends, in
// whichever way: to a link all ends are the end of the stream.
func (s source) WriteTo(link io.Writer) (n int64, err error) {
	p := s.conn.proxy
	defer p.running.Done()
	defer s.conn.sourceEnded(s.flow)
	socket := s.socket()
	if socket == nil {
		return 0, nil
	}
	buf := p.buffers.Get().(*[32 << 10]byte)
	defer p.buffers.Put(buf)
	for {
		r, err := socket.Read(buf[:])
		if r > 0 {
			n += int64(r)
			s.conn.received(s.flow, r)
			link.Write(buf[:r]) // copies; never fails
		}
		if err != nil {
			return n, nil
		}
	}
}

// socket returns the socket that bytes come from, or nil if there is none.
func (s source) socket() socket { return s.conn.socket(s.dir == up) }

// sink is the end of a flow where bytes go out: a socket being written. It
// never tells the link of a failure, since Toxiproxy would then stop taking
// chunks and the toxics before it would wait for ever.
type sink struct {
	*flow
	failed bool
}

// ReadFrom writes what the link gives to the socket until the link ends.
func (s *sink) ReadFrom(link io.Reader) (n int64, err error) {
	p := s.conn.proxy
	buf := p.buffers.Get().(*[32 << 10]byte)
	defer p.buffers.Put(buf)
	for {
		r, err := link.Read(buf[:])
		if r > 0 {
			n += int64(r)
			s.Write(buf[:r])
		}
		if err != nil {
			return n, nil
		}
	}
}

// Write writes to the socket, or swallows p when that has failed before or the
// connection has been cut.
func (s *sink) Write(p []byte) (int, error) {
	if s.failed || s.conn.cut.Load() {
		return len(p), nil
	}
	s.out.Add(int64(len(p)))
	socket := s.conn.socket(s.dir == down)
	if s.dir == down {
		s.conn.answered()
	}
	if socket == nil {
		s.failed = true
	} else if _, err := socket.Write(p); err != nil {
		s.failed = true
		s.conn.sinkFailed(s.flow)
	}
	return len(p), nil
}

// Close passes the end of the stream on: a half-close, after which the other
// direction goes on.
func (s *sink) Close() error {
	s.conn.sinkClosed(s.flow)
	return nil
}
