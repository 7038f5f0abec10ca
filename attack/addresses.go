package attack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tailback/tailback/configs"
)

// addresses dials the hosts of a run. A host's name is resolved once, and from
// then on stands for what was found and allowed: no answer that a name server
// gives later moves the load to another machine.
type addresses struct {
	target configs.Target
	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)
	dialer net.Dialer
	mu     sync.Mutex
	hosts  map[string]*addressed
	byUser sync.Map // hosts of the proxies that the user's variables name
}

// addressed is a host that was resolved.
type addressed struct {
	all  []netip.Addr
	good atomic.Int64 // index of the one that accepted last
}

func newAddresses(t configs.Target) *addresses {
	return &addresses{target: t, lookup: net.DefaultResolver.LookupNetIP,
		dialer: net.Dialer{KeepAlive: 15 * time.Second}, hosts: map[string]*addressed{}}
}

// refused is an address that must not get load.
type refused struct {
	host    string
	address netip.Addr
	why     string
}

func (r *refused) Error() string {
	return fmt.Sprintf("the host %s is at %s, %s", r.host, r.address, r.why)
}

// find resolves a host the first time that it is asked for. One address that
// must not be loaded is enough to refuse them all.
func (a *addresses) find(ctx context.Context, host string) (*addressed, error) {
	a.mu.Lock()
	known := a.hosts[host]
	a.mu.Unlock()
	if known != nil {
		return known, nil
	}
	found, err := a.lookup(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	known = &addressed{}
	_, byUser := a.byUser.Load(host)
	for _, address := range found {
		address = address.Unmap()
		if why := a.target.Refuses(host, address); why != "" && !byUser {
			return nil, &refused{host, address, why}
		}
		known.all = append(known.all, address)
	}
	if len(known.all) == 0 {
		return nil, &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if first := a.hosts[host]; first != nil { // another hit was faster
		return first, nil
	}
	a.hosts[host] = known
	return known, nil
}

// dial connects to the host's addresses in turn, that which accepted last
// first, each with an equal share of the time that is left of target.timeout: the
// transport keeps the request's own end from a dial, which another might use.
func (a *addresses) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, a.target.Timeout)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	known, err := a.find(ctx, host)
	if err != nil {
		return nil, err
	}
	n, first := len(known.all), int(known.good.Load())
	var firstErr error
	for i := range n {
		at := (first + i) % n
		conn, err := a.dialOne(ctx, n-i, network, net.JoinHostPort(known.all[at].String(), port))
		if err == nil {
			known.good.Store(int64(at))
			return conn, nil
		}
		if firstErr == nil {
			firstErr = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, firstErr
}

func (a *addresses) dialOne(ctx context.Context, left int, network, address string) (net.Conn, error) {
	if end, ok := ctx.Deadline(); ok && left > 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/time.Duration(left))
		defer cancel()
	}
	return a.dialer.DialContext(ctx, network, address)
}

var errProxied = errors.New("target.allow has addresses, which can't be held through a proxy that resolves names itself; remove them or target.use_proxy")

// proxy is what the user's variables say. The proxy resolves names itself, so
// that the addresses of what it leads to can't be held.
func (a *addresses) proxy(req *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(req)
	if proxy == nil || err != nil {
		return proxy, err
	}
	if len(a.target.Ranges()) > 0 {
		return nil, errProxied
	}
	a.byUser.Store(proxy.Hostname(), true)
	return proxy, nil
}

// Resolve returns the target's host and the addresses that a run would send its
// load to, and pins them for Run: they are not asked for again. They are none
// when a proxy of the user's stands between. The error says which address may
// not be loaded, and what to do.
func (a *Attack) Resolve(ctx context.Context) (host string, found []netip.Addr, err error) {
	host = a.mix.base.Hostname()
	if a.transport.Proxy != nil {
		if proxy, err := a.transport.Proxy(&http.Request{URL: a.mix.base}); proxy != nil || err != nil {
			return host, nil, err
		}
	}
	known, err := a.addresses.find(ctx, host)
	if err != nil {
		return host, nil, fmt.Errorf("resolve target: %w", err)
	}
	return host, known.all, nil
}
