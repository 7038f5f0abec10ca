package workers

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// The kernel's sock_diag tells anybody of all sockets of a network namespace,
// and more than /proc: when bytes were sent and came, and which unix sockets
// belong together. The times of the links in /proc/PID/fd would be of no use:
// they are those of somebody's first look.

// times are those of one TCP socket.
type times struct {
	sent, came   time.Duration // ago; of a socket that has sent or got nothing, since the connect
	sentAny, got bool
	tries        int
}

// ask asks the kernel for the TCP sockets and the ends of unix sockets in a
// process's network namespace; "self" is ours.
func (s *scene) ask(process string) error {
	var h *netlink.Handle
	var err error
	if process == "self" {
		h, err = netlink.NewHandle(syscall.NETLINK_INET_DIAG)
	} else {
		h, err = handleIn("/proc/" + process + "/ns/net")
	}
	if err != nil {
		return err
	}
	defer h.Close()
	for _, family := range []uint8{syscall.AF_INET, syscall.AF_INET6} {
		list, err := h.SocketDiagTCPInfo(family)
		if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) { // interrupted: it may lack some
			return fmt.Errorf("ask the kernel for its TCP sockets (sock_diag): %w", err)
		}
		for _, l := range list {
			s.addTCP(l)
		}
	}
	list, err := h.UnixSocketDiagInfo()
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		return fmt.Errorf("ask the kernel for its unix sockets (sock_diag): %w", err)
	}
	for _, l := range list {
		if l.DiagMsg != nil && l.Peer != nil {
			s.peers[uint64(l.DiagMsg.INode)] = uint64(*l.Peer)
		}
	}
	return nil
}

// handleIn asks in another network namespace.
func handleIn(namespace string) (*netlink.Handle, error) {
	ns, err := netns.GetFromPath(namespace)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", namespace, err)
	}
	defer ns.Close()
	h, err := netlink.NewHandleAt(ns, syscall.NETLINK_INET_DIAG)
	if err != nil {
		return nil, fmt.Errorf("enter %s: %w", namespace, err)
	}
	return h, nil
}

func (s *scene) addTCP(l *netlink.InetDiagTCPInfoResp) {
	if l.InetDiagMsg == nil {
		return
	}
	m, inode := l.InetDiagMsg, uint64(l.InetDiagMsg.INode)
	s.add("tcp", m.ID.Source, uint64(m.ID.SourcePort), m.ID.Destination, uint64(m.ID.DestinationPort), uint64(m.State), inode)
	if i := l.TCPInfo; i != nil {
		s.times[inode] = times{
			sent: time.Duration(i.Last_data_sent) * time.Millisecond, came: time.Duration(i.Last_data_recv) * time.Millisecond,
			sentAny: i.Data_segs_out > 0, got: i.Bytes_received > 0, tries: int(m.Retrans),
		}
	}
}

// judge fills in what the times of a TCP socket say.
func (s *scene) judge(c *Connection) {
	t, known := s.times[c.inode]
	yes := true
	switch {
	case c.State == synSent:
		c.Waits, c.Tries = &yes, t.tries+1
		return
	case !known || c.State != established:
		return
	}
	quiet := min(t.sent, t.came).Seconds()
	c.QuietS = &quiet
	// Until something has come, the time of its coming is that of the connect. A
	// server that speaks first, as MySQL does, may be waited for before anything is sent.
	if t.sent < t.came || !t.got {
		waits := t.came.Seconds()
		if t.sentAny {
			waits = t.sent.Seconds()
		}
		c.Waits, c.WaitsS = &yes, &waits
	}
}
