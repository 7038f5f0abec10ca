package attack

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// errSentBack is why a request over HTTP/2 failed that Go's transport would have
// sent again: the site did not want it (REFUSED_STREAM), or was leaving (GOAWAY).
var errSentBack = errors.New("the site sent the request back (GOAWAY or REFUSED_STREAM), and a hit is sent once")

// protocols are what the transport may agree upon with the site.
func protocols(name string) *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP1(name == configs.HTTP2)
	p.SetHTTP2(name == configs.HTTP2)
	p.SetUnencryptedHTTP2(name == configs.H2C)
	return p
}

// once sends each request at most once over whatever protocol is agreed upon. Over
// HTTP/2 Go's transport repeats what a site sends back, up to seven times, and
// with a body that can't be rewound it does not; but there an empty body of
// unknown length is sent as one, so that a GET is no longer one to the site. So
// the body is left out, and the second try held up, before it is written.
//
// By itself the transport also dials for each request that finds no connection
// with room, so that all that come in while one is dialed make one more each: a
// site that ends a connection would be met by a storm of handshakes. So dials are
// made one after the other, and those that were not needed after all are left out.
type once struct {
	*http.Transport
	http1, http2 atomic.Bool // is spoken with a connection
	dialOne      func(ctx context.Context, network, address string) (net.Conn, error)
	dialing      chan struct{} // holds one while a connection is being made
}

func newOnce(tr *http.Transport, protocol string) *once {
	o := &once{Transport: tr, dialOne: tr.DialContext, dialing: make(chan struct{}, 1)}
	o.http2.Store(protocol == configs.H2C)
	tr.DialContext = o.dial
	return o
}

// want is a request that waits for a connection.
type want struct {
	got    chan struct{} // closed when it has one, or has given up
	once   sync.Once
	dialed atomic.Bool // for it; what came of that may have been full when it came to use it
	sent   atomic.Bool
}

func (w *want) done() { w.once.Do(func() { close(w.got) }) }

// again reports whether it has had a connection, which could not be used.
func (w *want) again() bool {
	select {
	case <-w.got:
		return true
	default:
		return false
	}
}

type wantKey struct{}

var errNotNeeded = errors.New("the request got another connection meanwhile")

// dial dials when no other dial is under way, unless the request that it is for has
// a connection by then. A connection of HTTP/1 serves one request, so those are not held up.
func (o *once) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w, ok := ctx.Value(wantKey{}).(*want)
	switch {
	case ok && w.sent.Load():
		return nil, errSentBack
	case !ok || o.http1.Load() || w.dialed.Load() || w.again():
		return o.dialOne(ctx, network, address)
	}
	select {
	case o.dialing <- struct{}{}:
	case <-w.got:
		return nil, errNotNeeded
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	w.dialed.Store(true)
	conn, err := o.dialOne(ctx, network, address)
	if err != nil {
		w.dialed.Store(false)
		<-o.dialing
		return nil, err
	}
	go func() { // TLS and HTTP/2 are still to be begun
		<-w.got
		<-o.dialing
	}()
	return conn, nil
}

// note notes which protocol a connection is spoken to in.
func (o *once) note(conn net.Conn) {
	if t, ok := conn.(*tls.Conn); ok && t.ConnectionState().NegotiatedProtocol != "h2" {
		o.http1.Store(true)
	} else {
		o.http2.Store(true)
	}
}

// RoundTrip implements http.RoundTripper. The request's context must end when its
// answer has been read.
func (o *once) RoundTrip(req *http.Request) (*http.Response, error) {
	w := &want{got: make(chan struct{})}
	defer w.done()
	ctx, cancel := context.WithCancelCause(context.WithValue(req.Context(), wantKey{}, w))
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { w.sent.Store(true) },
		GotConn: func(got httptrace.GotConnInfo) {
			w.done()
			o.note(got.Conn)
			if w.sent.Load() {
				cancel(errSentBack)
			}
		},
	})
	one := req.WithContext(ctx)
	// Once a site has spoken HTTP/1.1, any connection may be of that, on which
	// only the body keeps the transport from repeating a request.
	if len(one.TransferEncoding) > 0 && o.http2.Load() && !o.http1.Load() {
		one.Body, one.TransferEncoding = http.NoBody, nil
	}
	resp, err := o.Transport.RoundTrip(one)
	if err != nil {
		if context.Cause(ctx) == errSentBack || unrewound(err) || w.sent.Load() && errors.Is(err, errNotNeeded) {
			err = errSentBack
		}
		cancel(err)
		return nil, err
	}
	resp.Request = req
	return resp, nil
}

// unrewound reports whether the transport would have sent a request again, if it
// could have rewound its body. It exports neither error.
func unrewound(err error) bool {
	return strings.Contains(err.Error(), "cannot retry err") || strings.Contains(err.Error(), "cannot rewind body")
}

// spoken counts the answers by the protocol that they came in.
type spoken struct {
	counts [len(spokenNames)]atomic.Int64
	other  atomic.Int64
}

var spokenNames = [...]string{"HTTP/1.0", "HTTP/1.1", "HTTP/2.0"}

func (s *spoken) add(resp *http.Response) {
	for i := range spokenNames {
		if resp.Proto == spokenNames[i] {
			s.counts[i].Add(1)
			return
		}
	}
	s.other.Add(1)
}

// events tell of the answers, over how many connections they came, and whether
// they are not in the protocol asked for; none when there was neither.
func (s *spoken) events(at time.Duration, connections int64, asked string) (list []journal.Event) {
	spoke := &journal.Spoken{Answers: map[string]int64{}, Connections: connections}
	var all int64
	for i := range s.counts {
		if n := s.counts[i].Load(); n > 0 {
			spoke.Answers[spokenNames[i]] = n
			all += n
		}
	}
	if n := s.other.Load(); n > 0 {
		spoke.Answers["another"] = n
		all += n
	}
	if all == 0 && connections == 0 {
		return nil
	}
	list = append(list, journal.Event{AtNS: int64(at), Kind: journal.Spoke, Spoken: spoke})
	if older := all - spoke.Answers["HTTP/2.0"]; asked == configs.HTTP2 && older > 0 {
		list = append(list, journal.Event{AtNS: int64(at), Kind: journal.Warning,
			Text: fmt.Sprintf("target.protocol asks for HTTP/2, and %d of %d answers came in HTTP/1: the site did not offer it (ALPN)", older, all)})
	}
	return list
}

// certAsked has the client show its certificate, if it has one, whenever the site
// asks for one, and notes that it did. By itself Go shows none that the site does
// not name the authority of, and the site would say that it got none.
func certAsked(c *tls.Config, asked *atomic.Bool) {
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		asked.Store(true)
		if len(c.Certificates) > 0 {
			return &c.Certificates[0], nil
		}
		return &tls.Certificate{}, nil
	}
}
