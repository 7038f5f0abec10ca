package workers

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/prometheus/procfs"
)

// socket is a line of the kernel's tables.
type socket struct {
	network       string
	local, remote netip.AddrPort
	state         string
	path          string // of a unix socket
	listens       bool
	stream        bool
}

// scene is what one network namespace looks like from a process in it.
type scene struct {
	sockets map[uint64]socket
	addrs   map[netip.Addr]bool // of this machine, as sockets use them
	pairs   map[[2]netip.AddrPort]uint64
	owners  map[uint64][]owner
	times   map[uint64]times
	peers   map[uint64]uint64 // of unix sockets; 0 is one that has not been accepted
}

type owner struct {
	pid  int
	name string
}

// newScene reads the sockets of a network namespace, as a process in it sees
// them; "self" is ours.
func newScene(process string, owners map[uint64][]owner) (*scene, error) {
	s := &scene{sockets: map[uint64]socket{}, addrs: map[netip.Addr]bool{}, pairs: map[[2]netip.AddrPort]uint64{},
		owners: owners, times: map[uint64]times{}, peers: map[uint64]uint64{}}
	if err := s.ask(process); err != nil {
		return nil, err
	}
	fs, err := procfs.NewFS("/proc/" + process) // its net folder is that of the process's namespace
	if err != nil {
		return nil, err
	}
	// Without IPv6, or where the tables are kept from us, there is less to see.
	udp, _ := fs.NetUDP()
	for _, l := range udp {
		s.add("udp", l.LocalAddr, l.LocalPort, l.RemAddr, l.RemPort, l.St, l.Inode)
	}
	udp6, _ := fs.NetUDP6()
	for _, l := range udp6 {
		s.add("udp", l.LocalAddr, l.LocalPort, l.RemAddr, l.RemPort, l.St, l.Inode)
	}
	if unix, err := fs.NetUNIX(); err == nil {
		for _, l := range unix.Rows {
			const acceptsConnections = 1 << 16
			s.sockets[l.Inode] = socket{network: "unix", path: l.Path, listens: l.Flags&acceptsConnections != 0, stream: l.Type == 1}
		}
	}
	return s, nil
}

func (s *scene) add(network string, local net.IP, localPort uint64, remote net.IP, remotePort, state, inode uint64) {
	k := socket{network: network, local: addrPort(local, localPort), remote: addrPort(remote, remotePort)}
	if network == "tcp" && state < uint64(len(states)) {
		k.state = states[state]
		k.listens = k.state == "LISTEN"
	}
	s.addrs[k.local.Addr()] = true
	if network == "tcp" && !k.listens {
		s.pairs[[2]netip.AddrPort{k.local, k.remote}] = inode
	}
	if inode != 0 {
		s.sockets[inode] = k
	}
}

func addrPort(ip net.IP, port uint64) netip.AddrPort {
	addr, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(addr.Unmap(), uint16(port))
}

// local reports whether an address is one of this machine's.
func (s *scene) local(addr netip.Addr) bool {
	return addr.IsLoopback() || s.addrs[addr] && !addr.IsUnspecified()
}

// listeners are the sockets that take connections to an address of this machine.
func (s *scene) listeners(to netip.AddrPort) (inodes []uint64) {
	for inode, k := range s.sockets {
		if k.network == "tcp" && k.listens && k.local.Port() == to.Port() &&
			(k.local.Addr() == to.Addr() || k.local.Addr().IsUnspecified()) {
			inodes = append(inodes, inode)
		}
	}
	return inodes
}

// peer is the socket at the other end of one of this machine; 0 if there is none.
func (s *scene) peer(inode uint64) uint64 {
	k := s.sockets[inode]
	if k.network == "unix" {
		return s.peers[inode]
	}
	return s.pairs[[2]netip.AddrPort{k.remote, k.local}]
}

// socketsOf are the inodes of a process's sockets.
func socketsOf(p procfs.Proc) ([]uint64, error) {
	targets, err := p.FileDescriptorTargets()
	if err != nil {
		return nil, err
	}
	var inodes []uint64
	for _, t := range targets {
		var inode uint64
		if _, err := fmt.Sscanf(t, "socket:[%d]", &inode); err == nil {
			inodes = append(inodes, inode)
		}
	}
	return inodes, nil
}

// holdings are the sockets of a process, or why they can't be seen.
type holdings struct {
	inodes []uint64
	err    error
}

// descriptors says what every process holds, and who holds a socket, as far as we may see.
func descriptors(all procfs.Procs) (held map[int]holdings, owners map[uint64][]owner) {
	held, owners = map[int]holdings{}, map[uint64][]owner{}
	for _, p := range all {
		inodes, err := socketsOf(p)
		held[p.PID] = holdings{inodes, err}
		if len(inodes) == 0 {
			continue
		}
		name, _ := p.Comm()
		for _, inode := range inodes {
			owners[inode] = append(owners[inode], owner{p.PID, name})
		}
	}
	return held, owners
}

// namespaceOf returns the name of a process's network namespace, and a process
// in it; of our own "" and "self".
func namespaceOf(pid int) (name, process string) {
	own, _ := os.Readlink("/proc/self/ns/net")
	if name, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", pid)); err == nil && name != own {
		return name, fmt.Sprint(pid)
	}
	return "", "self"
}

// titleOf is a process's command line in one line.
func titleOf(p procfs.Proc) string {
	args, err := p.CmdLine()
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(strings.Join(args, " ")), " ")
}
