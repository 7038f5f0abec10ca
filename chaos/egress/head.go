package egress

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// head is the head of a request, and where its body will come from.
type head struct {
	tunnel bool   // CONNECT
	host   string // as HostPort writes it
	method string
	target string // as it came, absolute
	origin string // what goes to the host itself in its place
	proto  string
	name   string // the host as the target names it, for the Host header
	fields []string
	req    *http.Request
}

// readHead reads a head that has only one reading. It refuses a head that two
// servers could read differently, and a head beyond the reader's size.
func readHead(in *bufio.Reader) (*head, error) {
	raw, err := peekHead(in)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(raw), "\r\n\r\n"), "\r\n")
	h := &head{fields: lines[1:]}
	if err := h.requestLine(lines[0]); err != nil {
		return nil, err
	}
	if err := h.checkFields(); err != nil {
		return nil, err
	}
	if h.req, err = http.ReadRequest(in); err != nil {
		return nil, refuse(Malformed, "the request's head can't be read: %v", err)
	}
	return h, h.locate()
}

// peekHead returns the bytes of a head, still to be read.
func peekHead(in *bufio.Reader) ([]byte, error) {
	for seen := 0; ; {
		if seen == in.Size() {
			return nil, refuse(TooLarge, "the request's head does not end within %d bytes", in.Size())
		}
		if _, err := in.Peek(seen + 1); err != nil {
			if seen > 0 && err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		b, _ := in.Peek(in.Buffered())
		for i := seen; i < len(b); i++ {
			if b[i] != '\n' {
				continue
			}
			if i == 0 || b[i-1] != '\r' {
				return nil, refuse(Malformed, "a line of the request's head ends without a carriage return")
			}
			if bytes.HasSuffix(b[:i+1], []byte("\r\n\r\n")) {
				return b[:i+1], nil
			}
		}
		seen = len(b)
	}
}

// requestLine takes the line apart at exactly two spaces.
func (h *head) requestLine(line string) error {
	parts := strings.Split(line, " ")
	if len(parts) != 3 || slices.Contains(parts, "") || strings.ContainsFunc(line, control) {
		return refuse(Malformed, "the request line needs a method, a target and a version, with a space between")
	}
	h.method, h.target, h.proto = parts[0], parts[1], parts[2]
	if h.proto != "HTTP/1.1" && h.proto != "HTTP/1.0" {
		return refuse(Unsupported, "only HTTP/1.1 and HTTP/1.0 are spoken here")
	}
	h.tunnel = h.method == http.MethodConnect
	return nil
}

func control(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// checkFields refuses what smuggles a second request past one of two readers.
func (h *head) checkFields() error {
	count := map[string]int{}
	for _, line := range h.fields {
		name, value, ok := strings.Cut(line, ":")
		switch {
		case line[:min(1, len(line))] == " " || line[:min(1, len(line))] == "\t":
			return refuse(Malformed, "a header is folded over two lines")
		case !ok || name == "" || strings.ContainsFunc(name, notToken) || strings.ContainsFunc(value, control):
			return refuse(Malformed, "a line of the head is no header")
		}
		name, value = strings.ToLower(name), strings.Trim(value, " \t")
		count[name]++
		switch {
		case name == "transfer-encoding" && (!strings.EqualFold(value, "chunked") || h.proto == "HTTP/1.0"):
			return refuse(Malformed, "the only Transfer-Encoding of a request is chunked, in HTTP/1.1")
		case name == "content-length" && !digits(value):
			return refuse(Malformed, "Content-Length is no number")
		}
	}
	body := count["content-length"] + count["transfer-encoding"]
	switch {
	case body > 1:
		return refuse(Malformed, "the body's length is given more than once (Content-Length, Transfer-Encoding)")
	case count["host"] > 1:
		return refuse(Malformed, "Host is given more than once")
	case h.tunnel && body > 0:
		return refuse(Malformed, "a CONNECT has no body")
	}
	return nil
}

func digits(text string) bool {
	_, err := strconv.ParseUint(text, 10, 63)
	return err == nil && text[0] != '+'
}

func notToken(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r))
}

// locate finds the host, and what is asked of it.
func (h *head) locate() (err error) {
	if h.tunnel {
		h.host, err = HostPort(h.target, "")
		return err
	}
	scheme, rest, ok := strings.Cut(h.target, "://")
	switch {
	case !ok:
		return refuse(Unsupported, "this is a forward proxy: it takes http://host/path and CONNECT host:port; set it as http_proxy and https_proxy")
	case !strings.EqualFold(scheme, "http"):
		return refuse(Unsupported, "only http:// is taken in absolute form; use CONNECT for everything else")
	}
	h.name, h.origin = rest, "/"
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		h.name, h.origin = rest[:i], rest[i:]
	}
	if h.origin[0] == '?' {
		h.origin = "/" + h.origin
	}
	if h.origin == "/" && h.method == http.MethodOptions && !strings.HasSuffix(h.target, "/") {
		h.origin = "*"
	}
	h.host, err = HostPort(h.name, "80")
	return err
}

// write appends the head as it goes to the host, or to a parent proxy, to which
// the target stays absolute. The headers for this hop only are left out: one
// connection of the client is one to the host, so close and keep-alive are meant for both.
func (h *head) write(b []byte, toParent bool, authorization string) []byte {
	target := h.origin
	if toParent {
		target = h.target
	}
	b = append(b, h.method+" "+target+" "+h.proto+"\r\nHost: "+h.name+"\r\n"...)
	dropped := h.hopByHop()
	for _, line := range h.fields {
		name, value, _ := strings.Cut(line, ":")
		name = strings.ToLower(name)
		if name == "connection" {
			for _, option := range strings.Split(value, ",") {
				if o := strings.ToLower(strings.Trim(option, " \t")); o == "close" || o == "keep-alive" {
					b = append(b, "Connection: "+o+"\r\n"...)
				}
			}
		} else if name != "host" && !strings.HasPrefix(name, "proxy-") && !slices.Contains(dropped, name) {
			b = append(b, line+"\r\n"...)
		}
	}
	if toParent && authorization != "" {
		b = append(b, "Proxy-Authorization: "+authorization+"\r\n"...)
	}
	return append(b, "\r\n"...)
}

// hopByHop are the names of the headers that are for this hop only: the usual
// ones, and the ones that Connection names, but never one that frames the body.
func (h *head) hopByHop() []string {
	names := []string{"keep-alive", "te", "upgrade", "http2-settings"}
	for _, value := range h.req.Header.Values("Connection") {
		for _, option := range strings.Split(value, ",") {
			o := strings.ToLower(strings.Trim(option, " \t"))
			if o != "content-length" && o != "transfer-encoding" {
				names = append(names, o)
			}
		}
	}
	return names
}
