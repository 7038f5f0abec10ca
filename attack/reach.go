package attack

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"github.com/tailback/tailback/configs"
)

// unreachable says that the target can't be reached, and what to do.
func (a *Attack) unreachable(s *shot, err error) error {
	where := s.url.Scheme + "://" + s.url.Host
	if a.exp.Target.BySocket(s.url.Hostname()) {
		where += " at " + a.exp.Target.Socket
	}
	return fmt.Errorf("reach target %s: %w%s", where, err, a.advice(err))
}

// advice says what to do about a target that cannot be reached.
func (a *Attack) advice(err error) string {
	t := a.exp.Target
	_, away := errors.AsType[*refused](err)
	_, foreign := errors.AsType[*notOurs](err)
	switch asked := a.addresses.certAsked.Load(); {
	case away, foreign, errors.Is(err, errProxied): // they say it themselves
		return ""
	case isAlert(err) && asked && t.Cert == (configs.ClientCert{}):
		return "; the site asks for a client certificate: name one in target.client_cert"
	case isAlert(err) && asked:
		return "; the site asks for a client certificate, and does not accept that of target.client_cert: use one that is in force, and signed by the authority that the site trusts"
	case isTLS(err):
		return "; name its authority in target.ca_file, its name in target.host, or set target.insecure"
	case errors.Is(err, errSentBack):
		return "; look at the site, or leave target.protocol out"
	case t.Protocol == configs.H2C && classifyNetwork(err).String() != "refused":
		return "; the site may not speak HTTP/2 without TLS: leave target.protocol out"
	case t.Socket != "" && errors.Is(err, fs.ErrPermission):
		return "; give this user the right to write to the socket, or run tailback as one who has it"
	case t.Socket != "":
		return "; start the site, or correct target.socket"
	}
	return "; start the site, or correct target.url"
}

// isAlert reports whether the site ended TLS by an alert of its own, for which
// crypto/tls has no exported type.
func isAlert(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error"
}

// notOurs is a source address that no connection can be made from.
type notOurs struct {
	index   int // in target.source_addresses
	address netip.Addr
	err     error
}

func (n *notOurs) Error() string {
	return fmt.Sprintf("bind to target.source_addresses[%d], %s: %v; it is no address of this machine (`ip address` lists them)", n.index, n.address, n.err)
}

func (n *notOurs) Unwrap() error { return n.err }

// bindable checks that this machine has each of the addresses.
func bindable(sources []netip.Addr) error {
	for i, address := range sources {
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(address, 0)))
		if err != nil {
			if errno := syscall.Errno(0); errors.As(err, &errno) {
				err = errno
			}
			return &notOurs{i, address, err}
		}
		l.Close()
	}
	return nil
}

// sourceFor returns the next of the addresses that a connection to one can be made from.
func (a *addresses) sourceFor(to netip.Addr) (net.Addr, error) {
	n := len(a.sources)
	first := int(a.next.Add(1)-1) % n
	for i := range n {
		from := a.sources[(first+i)%n]
		if from.Is4() == to.Is4() && (!from.IsLoopback() || to.IsLoopback()) {
			return net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0)), nil
		}
	}
	return nil, fmt.Errorf("dial %s: none of target.source_addresses can reach it; add one of its family (IPv4 or IPv6) that is not loopback", to)
}

// lateBind has the kernel choose the port when it knows the other side, so that
// a source address has its 28,000 ports for each.
func lateBind(network, _ string, c syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	return c.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, bindNoPort, 1) // an old kernel does without
	})
}

// bindNoPort is IP_BIND_ADDRESS_NO_PORT, ip(7).
const bindNoPort = 24
