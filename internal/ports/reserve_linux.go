package ports

import (
	"net"
	"net/netip"
	"os"
	"syscall"
)

// reserve binds without listening. Linux lets two sockets have one port when
// both set SO_REUSEADDR and at most one listens, but never chooses such a port
// itself (inet_csk_bind_conflict and __inet_hash_connect in its source).
func reserve(to *net.TCPAddr) (*Port, error) {
	family, sockaddr := address(to)
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	free := func() error { return os.NewSyscallError("close", syscall.Close(fd)) }
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		free()
		return nil, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, sockaddr); err != nil {
		free()
		return nil, os.NewSyscallError("bind", err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		free()
		return nil, os.NewSyscallError("getsockname", err)
	}
	return &Port{addrPort(bound).String(), free}, nil
}

// address is one of all hosts, over IPv6 and IPv4 both, where to has none.
func address(to *net.TCPAddr) (family int, a syscall.Sockaddr) {
	if ip := to.IP.To4(); ip != nil {
		return syscall.AF_INET, &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(ip)}
	}
	a6 := &syscall.SockaddrInet6{Port: to.Port}
	copy(a6.Addr[:], to.IP)
	return syscall.AF_INET6, a6
}

func addrPort(a syscall.Sockaddr) netip.AddrPort {
	switch a := a.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	return netip.AddrPort{}
}
