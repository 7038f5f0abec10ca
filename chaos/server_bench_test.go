package chaos

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/reports/journal"
)

// childEnv makes the test binary a `tailback proxy` of one dependency: "listen upstream".
const childEnv = "CHAOS_TEST_PROXY"

func serveChild(arg string) int {
	listen, upstream, _ := strings.Cut(arg, " ")
	exp := &configs.Experiment{Dependencies: []configs.Dependency{{Name: "d", Listen: listen, Upstream: upstream}}}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // the parent's end of it
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := Serve(ctx, exp, "127.0.0.1:0", func(string) {}, func(string) {}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// BenchmarkAgainstServer compares a `tailback proxy` with a plain Toxiproxy
// server, each a process of its own, without a fault, in alternating pairs. It
// reports medians: requests a second of 64 clients, and what a request of a
// single client takes longer than directly (p50).
func BenchmarkAgainstServer(b *testing.B) {
	upstream := answerer(b)
	ours, plain := startOurs(b, upstream), startPlain(b, upstream)
	for _, way := range []struct {
		name string
		kept bool
	}{{"kept", true}, {"new", false}} {
		b.Run(way.name, func(b *testing.B) {
			const pairs, lasts = 5, time.Second
			var oursRate, plainRate, ratio, oursAdds, plainAdds []float64
			for range pairs {
				o, p := rate(b, ours, way.kept, lasts), rate(b, plain, way.kept, lasts)
				oursRate, plainRate, ratio = append(oursRate, o), append(plainRate, p), append(ratio, o/p)
				direct := p50(b, upstream, way.kept, lasts/2)
				oursAdds = append(oursAdds, float64(p50(b, ours, way.kept, lasts/2)-direct)/1e3)
				plainAdds = append(plainAdds, float64(p50(b, plain, way.kept, lasts/2)-direct)/1e3)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(middle(oursRate), "ours/s")
			b.ReportMetric(middle(plainRate), "plain/s")
			b.ReportMetric(middle(ratio), "ratio")
			b.ReportMetric(middle(oursAdds), "ours-µs-added")
			b.ReportMetric(middle(plainAdds), "plain-µs-added")
		})
	}
}

func middle(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// answerer is a dependency that answers each request of requestSize.
func answerer(b testing.TB) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in, out := make([]byte, requestSize), make([]byte, answerSize)
				for {
					if _, err := io.ReadFull(c, in); err != nil {
						return
					}
					if _, err := c.Write(out); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func startOurs(b testing.TB, upstream string) (addr string) {
	addr = ports.Test(b)
	startProcess(b, addr, exec.Command(os.Args[0]), childEnv+"="+addr+" "+upstream)
	return addr
}

func startPlain(b testing.TB, upstream string) (addr string) {
	addr = ports.Test(b)
	api := ports.Test(b)
	_, port, _ := net.SplitHostPort(api)
	startProcess(b, api, exec.Command(command(b, "server"), "-host", "127.0.0.1", "-port", port), "LOG_LEVEL=error")
	server := &stand{t: b, url: "http://" + api}
	if status, text := server.do("POST", "/proxies", fmt.Sprintf(`{"name": "d", "listen": %q, "upstream": %q}`, addr, upstream)); status != 201 {
		b.Fatal(status, text)
	}
	return addr
}

func startProcess(b testing.TB, ready string, cmd *exec.Cmd, env ...string) {
	cmd.Env = append(os.Environ(), env...)
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); cmd.Process.Kill(); cmd.Wait() })
	waitFor(b, func() bool {
		c, err := net.Dial("tcp", ready)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// rate returns how many requests a second 64 clients get answered.
func rate(b *testing.B, addr string, kept bool, lasts time.Duration) float64 {
	var done atomic.Int64
	var clients sync.WaitGroup
	end := time.Now().Add(lasts)
	for range 64 {
		clients.Go(func() { done.Add(int64(len(requests(b, addr, kept, end)))) })
	}
	clients.Wait()
	return float64(done.Load()) / lasts.Seconds()
}

// p50 returns the median time of the requests of one client.
func p50(b *testing.B, addr string, kept bool, lasts time.Duration) time.Duration {
	took := requests(b, addr, kept, time.Now().Add(lasts))
	slices.Sort(took)
	return took[len(took)/2]
}

// requests asks until the end, and returns how long each took.
func requests(b *testing.B, addr string, kept bool, end time.Time) (took []time.Duration) {
	var c net.Conn
	for began := time.Now(); began.Before(end); began = time.Now() {
		if c == nil {
			c = dialB(b, addr)
		}
		roundTrip(b, c)
		if !kept {
			c.(*net.TCPConn).SetLinger(0) // no TIME_WAIT: ports would run out
			c.Close()
			c = nil
		}
		took = append(took, time.Since(began))
	}
	if c != nil {
		c.Close()
	}
	return took
}

// BenchmarkFaultOn1000 applies a fault to 1,000 open connections, and lifts it,
// and reports how long after its scheduled moment the last of their 2,000 flows
// ran it, or had let go: the median and the most of 20 times.
func BenchmarkFaultOn1000(b *testing.B) {
	const connections, times, apart = 1000, 20, 100 * time.Millisecond
	ps, err := Listen(&configs.Experiment{Dependencies: []configs.Dependency{{Name: "d", Listen: "127.0.0.1:0", Upstream: answerer(b)}}})
	if err != nil {
		b.Fatal(err)
	}
	defer ps.Close()
	for range connections {
		c := dialB(b, ps.Addr("d"))
		defer c.Close()
		roundTrip(b, c)
	}
	var late [2][]float64 // ms
	for b.Loop() {
		for range times {
			n := &noting{}
			n.entering.Add(2 * connections)
			n.leaving.Add(2 * connections)
			t0 := time.Now()
			pl := &player{Proxies: ps, t0: t0, emit: func(journal.Event) {}, second: time.NewTimer(time.Hour),
				faults: []*played{{&fault{effect: effect{up: n, down: n}, spec: configs.Fault{Share: 1}}, ps.proxies["d"], 0}}}
			for i, kind := range []actionKind{actionApply, actionLift} {
				at := time.Duration(i+1) * apart
				if err := pl.until(context.Background(), at); err != nil {
					b.Fatal(err)
				}
				pl.do(faultAction{at: at, kind: kind})
				[]*sync.WaitGroup{&n.entering, &n.leaving}[i].Wait()
				late[i] = append(late[i], (n.last().Sub(t0)-at).Seconds()*1e3)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	for i, what := range []string{"applied", "lifted"} {
		b.ReportMetric(middle(late[i]), "ms-"+what)
		b.ReportMetric(slices.Max(late[i]), "ms-"+what+"-max")
	}
}

// noting is a fault that notes when the last flow began or ended to run it.
type noting struct {
	entering, leaving sync.WaitGroup
	at                atomic.Int64
}

func (n *noting) Pipe(stub *toxics.ToxicStub) {
	n.at.Store(time.Now().UnixNano())
	n.entering.Done()
	<-stub.Interrupt
	n.at.Store(time.Now().UnixNano())
	n.leaving.Done()
}

func (n *noting) last() time.Time { return time.Unix(0, n.at.Load()) }
