package egress

import (
	"bufio"
	"io"
	"net"
	"sync"
	"testing"
)

// Whoever carries a leg may close it just as the client turns to another host.
func TestClosedWhileTheClientTurnsToAnotherHost(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 50 {
		out, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		in, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		p := &Proxy{clients: map[*client]struct{}{}, Refused: func(Class) {}}
		c := newClient(p, in.(*net.TCPConn))
		leg := &leg{client: c, host: "a:80", over: make(chan struct{})}
		leg.answered.Store(true)
		io.WriteString(out, "GET http://b/ HTTP/1.1\r\nHost: b\r\n\r\n")
		var both sync.WaitGroup
		both.Go(func() { bufio.NewReader(leg).ReadByte() })
		both.Go(func() { leg.Close() })
		<-leg.over
		turned := leg.next != nil
		both.Wait()
		if turned != (leg.next != nil) {
			t.Error("the client turned to another host after the leg was over")
		}
		c.Close()
		out.Close()
	}
}
