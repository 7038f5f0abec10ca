package attack

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/build"
)

const (
	// maxHeader bounds an answer's header, in bytes; nginx's own limit is 32 KB.
	maxHeader = 256 << 10
	// idleConnTimeout is how long a connection waits for its next hit. It is
	// below what sites allow (gunicorn 2 s, node 5 s, nginx 75 s), so that a hit
	// does not meet a connection that the site is just closing.
	idleConnTimeout = 1500 * time.Millisecond
	// maxRedirects is how many redirects are followed, when asked to.
	maxRedirects = 10
)

// newTransport returns a transport for the target: HTTP/1.1, as many
// connections as there are requests in flight, proxies only when asked for.
func newTransport(t configs.Target, to *addresses) (*http.Transport, error) {
	tlsConfig, err := t.TLS()
	if err != nil {
		return nil, err
	}
	tr := &http.Transport{
		DialContext:            to.dial,
		TLSClientConfig:        tlsConfig,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // no HTTP/2: it repeats requests
		MaxIdleConnsPerHost:    10_000,
		IdleConnTimeout:        idleConnTimeout,
		MaxResponseHeaderBytes: maxHeader,
	}
	if t.UseProxy {
		tr.Proxy = to.proxy
	}
	return tr, nil
}

// sender sends one request: the transport itself, or a client that follows
// redirects within the allowed hosts.
type sender func(*http.Request) (*http.Response, error)

// A jar, unless it is nil, keeps the cookies of what is sent: the request's header is
// changed then, so it must be the request's own.
func newSender(t configs.Target, tr *http.Transport, jar http.CookieJar) sender {
	switch {
	case !t.Redirect && jar == nil:
		return tr.RoundTrip
	case !t.Redirect:
		return func(req *http.Request) (*http.Response, error) { return withCookies(tr, jar, req) }
	}
	client := &http.Client{Transport: onceOnly{tr}, Jar: jar, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects || !t.Allows(req.URL.Hostname()) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return func(req *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(req.Body) // which a 307 or 308 wants again
		if err != nil {
			return nil, err
		}
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.Body, _ = req.GetBody()
		return client.Do(req)
	}
}

// withCookies sends a request with the cookies of the jar, which keeps those of the answer.
func withCookies(tr *http.Transport, jar http.CookieJar, req *http.Request) (*http.Response, error) {
	for _, cookie := range jar.Cookies(req.URL) {
		req.AddCookie(cookie)
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if set := resp.Cookies(); len(set) > 0 {
		jar.SetCookies(req.URL, set)
	}
	return resp, nil
}

// onceOnly keeps the transport from repeating a hop of a redirect: see shot.request.
type onceOnly struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (o onceOnly) RoundTrip(req *http.Request) (*http.Response, error) {
	once := *req
	once.GetBody = nil
	if once.Body == nil { // as after a 302
		once.Body, once.TransferEncoding = io.NopCloser(bytes.NewReader(nil)), identity
	}
	return o.Transport.RoundTrip(&once)
}

// Probe sends the mix's first request once, or with sessions the first of a login. It returns the answer's status, and
// whether that is one the request expects, or why there was no answer. A
// request that changes something on the site (POST and the like) is not sent:
// then GET of target.url is, and any status will do.
func (a *Attack) Probe(ctx context.Context) (status string, expected bool, err error) {
	s := a.mix.first()
	safe := s.repeatable() && !s.once(a.mix)
	if !safe {
		s = &shot{method: http.MethodGet, url: a.mix.base, host: s.host, header: http.Header{"User-Agent": {build.UserAgent()}}}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, a.timeout, errTimeout)
	defer cancel()
	one, err := s.at(a.mix.values(0))
	if err != nil {
		return "", false, fmt.Errorf("prepare the first request: %w", err)
	}
	resp, err := a.transport.RoundTrip(one.request().WithContext(ctx))
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return "", false, unreachable(s, err)
	}
	return resp.Status, !safe || resp.StatusCode < 600 && s.expect.status[resp.StatusCode], resp.Body.Close()
}

// advice says what to do about a target that cannot be reached.
func advice(err error) string {
	switch _, away := errors.AsType[*refused](err); {
	case away || errors.Is(err, errProxied): // they say it themselves
		return ""
	case isTLS(err):
		return "; name its authority in target.ca_file, its name in target.host, or set target.insecure"
	}
	return "; start the site, or correct target.url"
}
