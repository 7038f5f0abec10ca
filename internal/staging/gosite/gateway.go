package gosite

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

// gateway passes each request to the pool over a connection of its own, tries
// once, and answers 502 or 504 as nginx does when that fails.
type gateway struct {
	network, addr string
	timeout       time.Duration // R: for connecting, and again for the answer
}

// ServeHTTP answers one request. When the client leaves, or R is over, only
// the connection to the pool is closed: the request itself stays queued, and
// is worked on.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/health" {
		io.WriteString(w, "ok")
		return
	}
	// As nginx does, the pool is reached only once all of the request is here.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	conn, err := g.connect(r.Context())
	if err != nil {
		refuse(w, r, err)
		return
	}
	defer conn.Close()
	defer context.AfterFunc(r.Context(), func() { conn.Close() })()
	conn.SetDeadline(time.Now().Add(g.timeout))
	if err := writeRequest(conn, r); err != nil {
		refuse(w, r, err)
		return
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), r)
	if err != nil {
		refuse(w, r, err)
		return
	}
	defer resp.Body.Close()
	for _, name := range []string{"Content-Type", "Location", "Set-Cookie"} {
		if value := resp.Header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(resp.StatusCode)
	io.Copy(w, resp.Body)
}

// connect reaches the pool. A full unix socket refuses at once (EAGAIN); on
// TCP the kernel drops the SYN and tries again after 1, 3 and 7 s.
func (g *gateway) connect(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, g.network, g.addr)
	if err != nil && ctx.Err() != nil {
		return nil, errors.Join(err, os.ErrDeadlineExceeded)
	}
	return conn, err
}

const refusal = `<html>
<head><title>%s</title></head>
<body>
<center><h1>%s</h1></center>
<hr><center>nginx</center>
</body>
</html>
<!-- %s -->
`

// refuse answers for a pool that did not, on the page that nginx would have
// written, since that tells a gateway's error from the application's. A comment
// in it names the cause, as nginx's error log does. EAGAIN calls itself a timeout in Go, so Timeout() is not
// what tells a 504.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusBadGateway
	switch {
	case r.Context().Err() != nil:
		return // the client left: nobody to answer, nginx logs 499
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		status = http.StatusGatewayTimeout
	}
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	fmt.Fprintf(w, refusal, text, text, html.EscapeString(err.Error()))
}
