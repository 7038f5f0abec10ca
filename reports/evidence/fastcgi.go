package evidence

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/tailback/tailback/configs"
)

// The pieces of FastCGI 1.0 that one request of a responder takes: section 3.3
// has the record, 5 the types, 5.5 how a request ends.
const (
	fcgiVersion = 1
	fcgiID      = 1 // one request a connection
	fcgiHeader  = 8 // bytes

	fcgiBegin  = 1
	fcgiEnd    = 3
	fcgiParams = 4
	fcgiStdin  = 5
	fcgiStdout = 6
	fcgiStderr = 7

	fcgiResponder = 1
)

// getFastCGI asks a FastCGI server for a page, and returns what it answers: a
// head as of CGI and the page, at most maxPage bytes. The connection is closed
// behind it.
func getFastCGI(ctx context.Context, page configs.FastCGIPage, query string) (answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, givenUp)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, page.Network, page.Address)
	if err != nil {
		return nil, fmt.Errorf("read status page: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) }) // wakes what waits for it
	defer stop()
	if _, err := conn.Write(fcgiRequest(page.Path, query)); err != nil {
		return nil, fmt.Errorf("read status page: %w", err)
	}
	answer, err = readFastCGI(conn)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("read status page: %w", err)
	}
	return answer, nil
}

// fcgiRequest is a GET with an empty body, in records.
func fcgiRequest(path, query string) []byte {
	var params []byte
	for _, p := range [][2]string{
		{"GATEWAY_INTERFACE", "CGI/1.1"}, {"REQUEST_METHOD", "GET"}, {"SCRIPT_NAME", path}, {"SCRIPT_FILENAME", path},
		{"REQUEST_URI", path + "?" + query}, {"QUERY_STRING", query}, {"SERVER_PROTOCOL", "HTTP/1.1"}, {"SERVER_SOFTWARE", "tailback"},
		{"REMOTE_ADDR", "127.0.0.1"}, {"CONTENT_LENGTH", "0"},
	} {
		params = fcgiLength(fcgiLength(params, len(p[0])), len(p[1]))
		params = append(append(params, p[0]...), p[1]...)
	}
	var all []byte
	all = fcgiRecord(all, fcgiBegin, []byte{0, fcgiResponder, 0, 0, 0, 0, 0, 0})
	all = fcgiRecord(all, fcgiParams, params)
	all = fcgiRecord(all, fcgiParams, nil)
	return fcgiRecord(all, fcgiStdin, nil)
}

// fcgiLength writes the length of a name or a value: a byte, or four with the first bit set.
func fcgiLength(to []byte, n int) []byte {
	if n < 128 {
		return append(to, byte(n))
	}
	return binary.BigEndian.AppendUint32(to, uint32(n)|1<<31)
}

// fcgiRecord writes a record of less than 64 KB.
func fcgiRecord(to []byte, kind byte, content []byte) []byte {
	to = append(to, fcgiVersion, kind, 0, fcgiID, byte(len(content)>>8), byte(len(content)), 0, 0)
	return append(to, content...)
}

// readFastCGI reads records to the end of the request, and returns its standard output.
func readFastCGI(from io.Reader) (out []byte, err error) {
	in, seen := bufio.NewReader(from), 0
	var said []byte // on standard error
	for {
		var head [fcgiHeader]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return nil, errors.New("it closed the connection before the end of its answer: is this the socket of a FastCGI server?")
		}
		if head[0] != fcgiVersion {
			return nil, errors.New("what answers there does not speak FastCGI")
		}
		content := make([]byte, binary.BigEndian.Uint16(head[4:]))
		if _, err := io.ReadFull(in, content); err != nil {
			return nil, errors.New("its answer is cut off")
		}
		if _, err := in.Discard(int(head[6])); err != nil {
			return nil, errors.New("its answer is cut off")
		}
		if seen += fcgiHeader + len(content); seen > 2*maxPage { // records may be empty
			return nil, fmt.Errorf("it is larger than %d bytes, so it is no status page", maxPage)
		}
		switch head[1] {
		case fcgiStdout:
			out = append(out, content...)
		case fcgiStderr:
			said = append(said, content...)
		case fcgiEnd:
			if len(out) == 0 && len(said) > 0 {
				return nil, fmt.Errorf("it says %q", shorten(clean(said), 100))
			}
			return out, nil
		}
	}
}

// fcgiPage takes the head from an answer, which may be one of an error.
func fcgiPage(answer []byte) ([]byte, error) {
	head, page, found := bytes.Cut(answer, []byte("\r\n\r\n"))
	if !found {
		return nil, fmt.Errorf("read status page: it has no head: it begins %q", shorten(clean(answer), 60))
	}
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if name, value, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(name, []byte("Status")) && !bytes.HasPrefix(bytes.TrimSpace(value), []byte("200")) {
			return nil, fmt.Errorf("read status page: it answered %q: is its path the pool's pm.status_path?", shorten(clean(bytes.TrimSpace(value)), 60))
		}
	}
	return page, nil
}
