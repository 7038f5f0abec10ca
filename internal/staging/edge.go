package staging

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
)

// edgeError is the body of an edge that could not have the page from its
// origin, as Varnish writes it.
const edgeError = `<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html>
  <head>
    <title>503 Backend fetch failed</title>
  </head>
  <body>
    <h1>Error 503 Backend fetch failed</h1>
    <p>Backend fetch failed</p>
    <h3>Guru Meditation:</h3>
    <p>XID: 1</p>
    <hr>
    <p>Varnish cache server</p>
  </body>
</html>
`

// StartEdge puts an edge in front of the site, as a CDN does, and names it in
// EdgeURL; port 0 is a free one. It passes everything on, but answers for an
// origin that said 502 or 504, or nothing, with a 503 and a body of its own.
// What it answers or passes carries Via, X-Cache and X-Served-By. For /blocked
// it gives that answer without asking the origin.
func (s *Site) StartEdge(addr string) error {
	origin, err := url.Parse(s.URL)
	if err != nil {
		return fmt.Errorf("start edge: %w", err)
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("start edge: %w", err)
	}
	// A connection for each request: Go would repeat one whose connection broke.
	transport := &http.Transport{DisableKeepAlives: true}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(origin) },
		Transport:      transport,
		ModifyResponse: edge,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if context.Cause(r.Context()) != nil {
				return // the visitor left
			}
			answerAsEdge(w)
		},
	}
	s.EdgeURL = "http://" + ln.Addr().String()
	s.OnClose(Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/blocked" {
			answerAsEdge(w)
			return
		}
		proxy.ServeHTTP(w, r)
	})))
	return nil
}

// answerAsEdge is the edge's answer for an origin that said nothing.
func answerAsEdge(w http.ResponseWriter) {
	resp := &http.Response{StatusCode: http.StatusBadGateway, Header: w.Header(), Body: http.NoBody}
	edge(resp)
	w.WriteHeader(resp.StatusCode)
	io.Copy(w, resp.Body)
}

// edge makes the origin's answer the edge's.
func edge(resp *http.Response) error {
	h := resp.Header
	h.Set("Via", "1.1 varnish")
	h.Set("X-Served-By", "cache-staging-1")
	h.Set("X-Cache", "MISS")
	if resp.StatusCode != http.StatusBadGateway && resp.StatusCode != http.StatusGatewayTimeout {
		return nil
	}
	resp.Body.Close()
	h.Set("Server", "Varnish")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(edgeError)))
	h.Set("Retry-After", "5")
	resp.StatusCode, resp.Status = http.StatusServiceUnavailable, "503 Backend fetch failed"
	resp.ContentLength = int64(len(edgeError))
	resp.Body = io.NopCloser(strings.NewReader(edgeError))
	return nil
}
