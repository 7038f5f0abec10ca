package ports

import (
	"errors"
	"net"
	"syscall"
	"testing"
)

// A reserved port refuses, a server that asks for it by number has it as often
// as it likes, and it refuses again when that has gone.
func TestServersHaveAReservedPort(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "127.9.8.7", "[::1]"} {
		port, err := Reserve(host + ":0")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := net.Dial("tcp", port.Addr); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%s, reserved: got %v, want it refused", port.Addr, err)
			}
			l, err := net.Listen("tcp", port.Addr)
			if err != nil {
				t.Fatal(err)
			}
			c, err := net.Dial("tcp", port.Addr)
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
			l.Close()
		}
		if err := port.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestReserveSaysWhatIsWrong(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Reserve(l.Addr().String()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a port that is listened on: got %v, want that it is in use", err)
	}
	if _, err := Reserve("127.0.0.1"); err == nil {
		t.Error("no port: got no error")
	}
}
