package chaos

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/Shopify/toxiproxy/v2"

	"github.com/tailback/tailback/configs"
)

// gate says which calls may command the proxies. Whoever may can break the
// dependencies, and a web page in a browser on this machine reaches loopback too.
type gate struct {
	at    netip.Addr // listened on
	names []string   // of that address, besides localhost, in lower case
	token string     // that every call needs; "" is none
}

// newGate returns the gate of an API that listens at a TCP address. asked is that
// address as it was asked for. The error says that a token is needed.
func newGate(exp *configs.Experiment, asked string, at netip.Addr) (*gate, error) {
	g := &gate{at: at.Unmap().WithZone(""), token: exp.Chaos.Token.Text}
	if !g.at.IsLoopback() && g.token == "" {
		return nil, fmt.Errorf("serve chaos.toxiproxy at %s: others than this machine reach it, and whoever reaches it can break the dependencies; set %s in the environment (or chaos: {token: {env: NAME}}) to what its clients shall send as a bearer token, or serve 127.0.0.1",
			asked, configs.AuthTokenVariable)
	}
	host, _, _ := net.SplitHostPort(asked)
	g.names = append(g.names, strings.ToLower(host))
	if u, err := url.Parse(exp.Chaos.Toxiproxy); err == nil && u.Host != "" {
		g.names = append(g.names, strings.ToLower(u.Hostname()))
	}
	return g, nil
}

// guard answers for next what may not pass.
func (g *gate) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := g.check(r); err != nil {
			if err.StatusCode == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			refuse(w, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// check returns why a call may not pass, or nil.
func (g *gate) check(r *http.Request) *toxiproxy.ApiError {
	switch {
	case ofPage(r):
		return &toxiproxy.ApiError{Message: "browsers are not served: any web page could break your dependencies", StatusCode: http.StatusForbidden}
	case !g.known(r.Host):
		return &toxiproxy.ApiError{Message: fmt.Sprintf("the Host header names %q, which is not where this is served: a web page could have had that name point here; use the address, or the name in chaos.toxiproxy", plain(r.Host)), StatusCode: http.StatusForbidden}
	case g.token != "" && !g.bears(r.Header.Values("Authorization")):
		return &toxiproxy.ApiError{Message: "a token is needed: send the header Authorization: Bearer, with the value of " + configs.AuthTokenVariable + " (a run: chaos: {token: {env: " + configs.AuthTokenVariable + "}})", StatusCode: http.StatusUnauthorized}
	}
	return nil
}

// ofPage reports whether a web page has sent the request. Browsers add Origin
// and Sec-Fetch-Site themselves, and pages can't take them away.
func ofPage(r *http.Request) bool {
	return len(r.Header.Values("Origin")) > 0 || len(r.Header.Values("Sec-Fetch-Site")) > 0 || strings.HasPrefix(r.UserAgent(), "Mozilla/")
}

// known reports whether a Host header names what is listened on. A page's own
// name can be made to point here (DNS rebinding), but the browser then sends that
// name. The port is not compared: it may be forwarded from another.
func (g *gate) known(host string) bool {
	u := url.URL{Host: host}
	name := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if address, err := netip.ParseAddr(name); err == nil {
		address = address.Unmap()
		return g.at.IsUnspecified() || address == g.at || address.IsLoopback() && g.at.IsLoopback()
	}
	if name == "localhost" {
		return g.at.IsUnspecified() || g.at.IsLoopback()
	}
	for _, own := range g.names {
		if name == own && name != "" {
			return true
		}
	}
	return false
}

// bears reports whether the Authorization headers are one with the token. It
// takes as long for every wrong one.
func (g *gate) bears(headers []string) bool {
	if len(headers) != 1 {
		return false
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	got, want := sha256.Sum256([]byte(strings.TrimSpace(token))), sha256.Sum256([]byte(g.token))
	return strings.EqualFold(scheme, "bearer") && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}
