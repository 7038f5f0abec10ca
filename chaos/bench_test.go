package chaos

import (
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/tailback/tailback/configs"
)

// BenchmarkProxy asks for 1 KB over kept connections: directly, through us with
// no fault, and through a plain Toxiproxy in this process. BenchmarkConnect
// does it on a new connection each time, as php does.
func BenchmarkProxy(b *testing.B) {
	eachWay(b, func(b *testing.B, addr string) {
		b.RunParallel(func(pb *testing.PB) {
			c := dialB(b, addr)
			defer c.Close()
			for pb.Next() {
				roundTrip(b, c)
			}
		})
	})
}

// BenchmarkConnect is BenchmarkProxy with a connection for each request.
func BenchmarkConnect(b *testing.B) {
	eachWay(b, func(b *testing.B, addr string) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				c := dialB(b, addr)
				roundTrip(b, c)
				c.(*net.TCPConn).SetLinger(0) // no TIME_WAIT: ports would run out
				c.Close()
			}
		})
	})
}

const (
	requestSize = 100
	answerSize  = 1000
)

func eachWay(b *testing.B, run func(*testing.B, string)) {
	upstream := answerer(b)
	b.Run("direct", func(b *testing.B) { b.ReportAllocs(); run(b, upstream) })
	b.Run("tailback", func(b *testing.B) {
		ps, err := Listen(&configs.Experiment{Dependencies: []configs.Dependency{{Name: "d", Listen: "127.0.0.1:0", Upstream: upstream}}})
		if err != nil {
			b.Fatal(err)
		}
		defer ps.Close()
		b.ReportAllocs()
		b.ResetTimer()
		run(b, ps.Addr("d"))
	})
	b.Run("toxiproxy", func(b *testing.B) {
		p := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "d", "127.0.0.1:0", upstream)
		if err := p.Start(); err != nil {
			b.Fatal(err)
		}
		defer p.Stop()
		b.ReportAllocs()
		b.ResetTimer()
		run(b, p.Listen)
	})
}

func dialB(b *testing.B, addr string) net.Conn {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		b.Error(fmt.Errorf("dial: %w", err))
		panic(err)
	}
	return c
}

func roundTrip(b *testing.B, c net.Conn) {
	var buf [answerSize]byte
	if _, err := c.Write(buf[:requestSize]); err != nil {
		b.Error(err)
		return
	}
	if _, err := io.ReadFull(c, buf[:]); err != nil {
		b.Error(err)
	}
}
