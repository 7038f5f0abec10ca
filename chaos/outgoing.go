package chaos

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/tailback/tailback/chaos/egress"
	"github.com/tailback/tailback/configs"
)

// outgoing carries the calls that go through the egress. Each host has a proxy
// without a listener, which treats its connections as it does any dependency's.
type outgoing struct {
	*Proxies
	target target
	addr   string
	ended  chan struct{} // closed when the egress has

	mu     sync.Mutex
	hosts  map[string]*proxy
	others []*proxy // of hosts that nobody declared
	rest   *proxy   // of all hosts beyond mostHosts
}

// mostHosts bounds the hosts that are told apart, besides declared ones and the site itself.
const mostHosts = 200

// otherHosts is the name under which the hosts beyond are recorded.
const otherHosts = "other"

// openEgress listens for the site's outgoing calls until ps is closed, and lets none through to own.
func (ps *Proxies) openEgress(own []netip.AddrPort) error {
	e := ps.exp.Chaos.Egress
	o := &outgoing{Proxies: ps, target: newTarget(ps.done, ps.exp.Target), hosts: map[string]*proxy{}, ended: make(chan struct{})}
	for _, d := range ps.exp.Dependencies {
		if d.Host == "" {
			continue
		}
		host, err := egress.HostPort(d.Host, "")
		if err != nil {
			return fmt.Errorf("reach dependency %s at %s through the egress: %w", d.Name, d.Host, err)
		}
		p, err := o.open(d, host)
		if err != nil {
			return err
		}
		if d.Upstream != "" {
			p.dial = dialTCP(d.Upstream)
		}
		ps.proxies[d.Name] = p
	}
	l, err := net.Listen("tcp", e.Listen)
	if err != nil {
		return fmt.Errorf("listen for the site's outgoing calls on %s: %w (free the port, or give chaos.egress another listen address)", e.Listen, bare(err))
	}
	o.addr = l.Addr().String()
	proxy := &egress.Proxy{Allow: e.Networks(), Own: own, Parent: e.Parents(ps.exp.Dependencies), Carry: o.carry,
		Refused: func(class egress.Class) { ps.rec.refused(string(class)) }}
	go func() {
		defer close(o.ended)
		if err := proxy.Run(ps.done, l.(*net.TCPListener)); err != nil {
			ps.rec.warn(fmt.Sprintf("the egress could not go on: %v", bare(err)))
		}
	}()
	ps.out = o
	return nil
}

// open makes the proxy of a host.
func (o *outgoing) open(d configs.Dependency, host string) (*proxy, error) {
	p := newProxy(o.done, d, o.rec)
	p.host, p.usage.spread, p.usage.since = host, true, time.Now()
	p.self.Store(o.target.named(host))
	o.hosts[host] = p
	return p, nil
}

// carry takes a call of the site's to the proxy of its host.
func (o *outgoing) carry(call egress.Call) {
	p, err := o.proxyOf(call.Host)
	if err != nil {
		o.rec.warn(fmt.Sprintf("the egress could not carry a call to %s: %v", call.Host, err))
		call.Site.Close()
		return
	}
	dial := p.dial
	if dial == nil {
		dial = call.Dial
	}
	call.Dial = func(ctx context.Context) (socket, error) {
		s, err := dial(ctx)
		if err == nil && p != o.rest && o.target.at(s.RemoteAddr()) {
			p.self.Store(true)
		}
		return s, err
	}
	p.admit(call)
}

// proxyOf returns the proxy of a host, and makes it when the host is first seen.
func (o *outgoing) proxyOf(host string) (*proxy, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p := o.hosts[host]; p != nil {
		return p, nil
	}
	if len(o.others) >= mostHosts && !o.target.named(host) {
		if host = otherHosts; o.rest != nil {
			return o.rest, nil
		}
	}
	if err := o.done.Err(); err != nil { // Close has its list of proxies already
		return nil, err
	}
	p, err := o.open(configs.Dependency{Name: host, Host: host}, host)
	if err != nil {
		return nil, err
	}
	if host == otherHosts {
		o.rest = p
	}
	o.others = append(o.others, p)
	return p, nil
}

// undeclared returns the proxies of hosts that nobody declared, by name.
func (o *outgoing) undeclared() []*proxy {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.SortedFunc(slices.Values(o.others), func(a, b *proxy) int { return cmp.Compare(a.host, b.host) })
}
