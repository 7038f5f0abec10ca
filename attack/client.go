package attack

import (
	"bytes"
	"context"
	"crypto/tls"
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

// newTransport returns a transport for the target: HTTP/1.1, with as many
// connections as there are requests in flight, unless HTTP/2 is asked for, and
// proxies only when asked for.
func newTransport(t configs.Target, to *addresses) (*http.Transport, error) {
	tlsConfig, err := t.TLS()
	if err != nil {
		return nil, err
	}
	certAsked(tlsConfig, &to.certAsked)
	tr := &http.Transport{
		DialContext:            to.dial,
		TLSClientConfig:        tlsConfig,
		MaxIdleConnsPerHost:    10_000,
		IdleConnTimeout:        idleConnTimeout,
		MaxResponseHeaderBytes: maxHeader,
	}
	if t.Protocol == configs.HTTP2 || t.Protocol == configs.H2C {
		tr.Protocols = protocols(t.Protocol)
	} else {
		tr.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{} // no HTTP/2
	}
	if t.UseProxy {
		tr.Proxy = to.proxy
	}
	return tr, nil
}

// newHop returns what sends a request once, and follows nothing.
func newHop(t configs.Target, tr *http.Transport) sender {
	if tr.Protocols == nil {
		return tr.RoundTrip
	}
	return newOnce(tr, t.Protocol).RoundTrip
}

// sender sends one request: a hop, or a client that follows redirects within the
// allowed hosts.
type sender func(*http.Request) (*http.Response, error)

// newSender returns what sends the requests of a run by hops. A jar, unless it is nil,
// keeps their cookies: the request's header is changed then, so it must be the request's
// own.
func newSender(t configs.Target, hop sender, jar http.CookieJar) sender {
	switch {
	case !t.Redirect && jar == nil:
		return hop
	case !t.Redirect:
		return func(req *http.Request) (*http.Response, error) { return withCookies(hop, jar, req) }
	}
	client := &http.Client{Transport: onceOnly{hop}, Jar: jar, CheckRedirect: func(req *http.Request, via []*http.Request) error {
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
		if len(body) == 0 && len(req.TransferEncoding) == 0 {
			req.Body = http.NoBody
			return client.Do(req)
		}
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.Body, _ = req.GetBody()
		return client.Do(req)
	}
}

// withCookies sends a request with the cookies of the jar, which keeps those of the answer.
func withCookies(hop sender, jar http.CookieJar, req *http.Request) (*http.Response, error) {
	for _, cookie := range jar.Cookies(req.URL) {
		req.AddCookie(cookie)
	}
	resp, err := hop(req)
	if err != nil {
		return nil, err
	}
	if set := resp.Cookies(); len(set) > 0 {
		jar.SetCookies(req.URL, set)
	}
	return resp, nil
}

// onceOnly keeps the transport from repeating a hop of a redirect: see shot.request.
type onceOnly struct{ hop sender }

// RoundTrip implements http.RoundTripper.
func (o onceOnly) RoundTrip(req *http.Request) (*http.Response, error) {
	once := *req
	once.GetBody = nil
	if once.Body == nil { // as after a 302
		once.Body, once.TransferEncoding = io.NopCloser(bytes.NewReader(nil)), identity
	}
	return o.hop(&once)
}

// Probe sends the mix's first request once, or with sessions the first of a login. It returns the answer's status, and
// whether that is one the request expects, or why there was no answer. A
// request that changes something on the site (POST and the like) is not sent:
// then GET of target.url is, and any status will do.
func (a *Attack) Probe(ctx context.Context) (status string, expected bool, err error) {
	if err := bindable(a.addresses.sources); err != nil {
		return "", false, err
	}
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
	resp, err := a.hop(one.request().WithContext(ctx))
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return "", false, a.unreachable(s, err)
	}
	return resp.Status, !safe || resp.StatusCode < 600 && s.expect.status[resp.StatusCode], resp.Body.Close()
}
