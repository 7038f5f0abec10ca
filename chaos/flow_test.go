package chaos

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/tailback/tailback/configs"
)

// Whatever comes and goes while bytes flow, by us and by Toxiproxy's clients, all
// of them arrive, in order, and the end behind them. The seed of the changes is fixed.
func TestChangesLoseNothing(t *testing.T) {
	p, err := openProxy(t.Context(), configs.Dependency{Name: "mirror", Listen: "127.0.0.1:0", Upstream: mirror(t)}, newRecorder())
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var changing, sending sync.WaitGroup
	changing.Go(func() {
		random := rand.New(rand.NewPCG(1, 2))
		for !isClosed(stop) {
			changeAtRandom(p, random)
		}
	})
	for k := range 4 {
		sending.Go(func() { echoes(t, p.addr, byte(k)) })
	}
	sending.Wait()
	close(stop)
	changing.Wait()
	if err := p.close(); err != nil {
		t.Error(err)
	}
}

// A chunk that comes while a fault is being set is left to it, whatever the
// goroutine that carries chunks has looked at before.
func TestAFaultTakesWhatComesAfterIt(t *testing.T) {
	t.Parallel()
	for i := range 1000 {
		f := &flow{queue: make(chan *stream.StreamChunk, room), more: make(chan struct{}, 1)}
		f.change(pass, nil)
		changed := f.mode.Load().changed
		left := make(chan struct{})
		f.turn.Lock() // as change does
		go func() {
			f.plain(changed)
			close(left)
		}()
		f.queue <- &stream.StreamChunk{}
		runtime.Gosched() // to plain, which must not take it
		close(changed)
		f.turn.Unlock()
		<-left
		if len(f.queue) != 1 {
			t.Fatalf("flow %d passed on a chunk that came after the fault", i)
		}
	}
}

// mirror is a dependency that sends back what it gets, to the end.
func mirror(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				io.Copy(c, c)
			})
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return l.Addr().String()
}

// changeAtRandom applies and lifts a fault, and meanwhile changes the clients' toxics.
func changeAtRandom(p *proxy, random *rand.Rand) {
	some := func() configs.Dose { return configs.Dose{From: time.Duration(random.IntN(4)) * time.Millisecond} }
	throttled, _ := bandwidth(&configs.Bandwidth{Rate: 20_000_000})
	sliced, _ := slice(&configs.Slice{Size: 1000, Delay: time.Microsecond})
	effects := []effect{hang(), latency(&configs.Latency{Delay: some()}),
		latency(&configs.Latency{Delay: some(), Direction: configs.Upstream}), throttled, sliced}
	p.apply(&fault{effect: effects[random.IntN(len(effects))], spec: configs.Fault{Share: 1}})
	time.Sleep(time.Duration(random.IntN(3000)) * time.Microsecond)
	var clients []*clientToxic
	for _, toxic := range []toxics.Toxic{&toxics.LatencyToxic{Latency: 1}, &toxics.SlicerToxic{AverageSize: 3000, SizeVariation: 100, Delay: 10}} {
		if random.IntN(2) == 0 {
			clients = append(clients, newClientToxic(&toxics.ToxicWrapper{Toxicity: 1, Toxic: toxic}, 1))
		}
	}
	p.setToxics([]stream.Direction{up, down}[random.IntN(2)], clients)
	p.lift()
	time.Sleep(time.Duration(random.IntN(2000)) * time.Microsecond)
}

// echoes sends 10 MB in pieces of any size, ends, and checks what comes back.
func echoes(t *testing.T, addr string, seed byte) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	sent := make([]byte, 10<<20)
	rand.NewChaCha8([32]byte{seed}).Read(sent)
	var sending sync.WaitGroup
	defer sending.Wait()
	sending.Go(func() {
		random := rand.New(rand.NewPCG(uint64(seed), 3))
		for rest := sent; len(rest) > 0; {
			n := min(1+random.IntN(64<<10), len(rest))
			if _, err := c.Write(rest[:n]); err != nil {
				t.Error(err)
				return
			}
			rest = rest[n:]
		}
		c.(*net.TCPConn).CloseWrite()
	})
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("connection %d: %d bytes came back of %d, or others: %v", seed, len(got), len(sent), err)
	}
}
