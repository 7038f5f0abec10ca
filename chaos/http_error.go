package chaos

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/tailback/tailback/configs"
)

// httpError answers the site's requests itself, with a status of 400 to 599.
// They are read to their end and never reach the dependency.
//
// What a client sees
//   - on a connection opened before or during the fault: this answer to each
//     request, at once. The connection stays open if the client asked for that;
//     else it ends (EOF) behind the answer. Only the request that was under way
//     when the fault came is answered by the dependency.
//   - if it speaks TLS, HTTP/2 or something else: the dependency, as without a
//     fault, and the run is warned.
//   - when it is lifted: the fault still answers a request whose headers have come;
//     the bytes of any other request go to the dependency.
//   - on a connection opened after: nothing.
//
// A client that does not wait for one answer before it sends the next request
// (pipelining) may get a late answer of the dependency behind one of the fault.
func httpError(h *configs.HTTPError) effect {
	return effect{up: &answering{h}, counts: countAnswers}
}

// answering takes requests and answers them.
type answering struct{ *configs.HTTPError }

// Pipe answers until the stub ends or is interrupted, or has something else than HTTP.
func (a *answering) Pipe(stub *toxics.ToxicStub) {
	in := newRequestReader(stub)
	if in.skip() {
		for a.next(in) {
		}
	}
	in.giveBack()
	if in.ended == io.EOF || in.conn.cut.Load() {
		stub.Close()
		return
	}
	if in.ended == nil {
		pass.Pipe(stub)
	}
}

// next answers the next request, and reports whether another may follow.
func (a *answering) next(in *requestReader) bool {
	req, foreign := in.request()
	switch {
	case foreign != "":
		in.conn.proxy.rec.warn(fmt.Sprintf("http_error on %s was not played where the site speaks %s to it: such requests can't be read, so they went through",
			in.conn.proxy.dep.Name, foreign))
		return false
	case req == nil || !in.conn.take(a):
		return false
	}
	if strings.EqualFold(req.Header.Get("Expect"), "100-continue") {
		in.conn.site.Write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	}
	in.forget()
	if _, err := io.Copy(io.Discard, req.Body); err != nil { // nobody knows where its body would have ended
		req.Close = true
	}
	in.conn.answered()
	in.conn.site.Write(a.answer(req))
	if req.Close {
		in.conn.end(byFault)
		in.conn.finish()
	}
	return !req.Close
}

// answer is the text of the answer to a request.
func (a *answering) answer(req *http.Request) []byte {
	r := http.Response{StatusCode: a.Status, ProtoMajor: 1, ProtoMinor: req.ProtoMinor, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(a.Body)), ContentLength: int64(len(a.Body)), Request: req, Close: req.Close}
	for _, h := range a.Headers {
		r.Header.Add(h.Name, h.Value.Text)
	}
	if req.ProtoMinor == 0 && !req.Close { // HTTP/1.0 must be told
		r.Header.Set("Connection", "keep-alive")
	}
	var text bytes.Buffer
	r.Write(&text) // a Buffer never fails
	return text.Bytes()
}

// take counts the request whose headers have come as answered by the fault,
// unless the fault is no longer in force.
func (c *conn) take(a *answering) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fault == nil || c.fault.up != toxics.Toxic(a) {
		return false
	}
	c.fault.held.Add(1)
	return true
}
