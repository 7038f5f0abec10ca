package workers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gunicorn"
	"github.com/tailback/tailback/internal/staging/phpfpm"
)

// asWorker makes the test binary a worker: it connects to each address in it,
// says a word where the address ends with "!", and waits to be killed.
const asWorker = "WORKERS_TEST_CONNECT"

func TestMain(m *testing.M) {
	if to := os.Getenv(asWorker); to != "" {
		work(strings.Fields(to))
		return
	}
	goleak.VerifyTestMain(m)
}

func work(addresses []string) {
	var all []net.Conn
	for _, address := range addresses {
		network, address, _ := strings.Cut(address, ":")
		address, says := strings.CutSuffix(address, "!")
		c, err := net.Dial(network, address)
		if err != nil {
			panic(err)
		}
		if says {
			io.WriteString(c, "word")
		}
		all = append(all, c)
	}
	fmt.Println("connected")
	time.Sleep(time.Minute)
	runtime.KeepAlive(all)
}

// soon bounds what should come at once.
const soon = 20 * time.Second

// sees looks until the verdict on the workers that of keeps is as wanted.
func sees(t *testing.T, i *Inspector, of func(Worker) bool, want ...string) []Worker {
	t.Helper()
	expressions := make([]*regexp.Regexp, len(want))
	for n, w := range want {
		expressions[n] = regexp.MustCompile("^" + w + "$")
	}
	for end := time.Now().Add(soon); ; time.Sleep(20 * time.Millisecond) {
		s, err := i.Look()
		if err != nil {
			t.Fatal(err)
		}
		list := slices.DeleteFunc(s.Workers, func(w Worker) bool { return !of(w) })
		got := verdict(list)
		if slices.EqualFunc(got, expressions, func(line string, e *regexp.Regexp) bool { return e.MatchString(line) }) {
			return list
		}
		if time.Now().After(end) {
			t.Fatalf("got %q\nwant %q\nof %+v", got, want, list)
		}
	}
}

// of keeps the workers of a site: other pools may run on this machine.
func of(site *staging.Site) func(Worker) bool {
	return func(w Worker) bool { return slices.Contains(site.Children, w.Master) }
}

func start(t *testing.T, start func(context.Context, staging.Options) (*staging.Site, error), o staging.Options) *staging.Site {
	t.Helper()
	site, err := start(t.Context(), o)
	if (errors.Is(err, phpfpm.ErrNotInstalled) || errors.Is(err, gunicorn.ErrNotInstalled)) && os.Getenv("CI") != "true" {
		t.Skipf("not run: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { site.Close() })
	return site
}

// ask sends requests whose answers nobody waits for; they are cut at the test's end.
func ask(t *testing.T, site *staging.Site, paths ...string) {
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, path := range paths {
		running.Go(func() {
			req, _ := http.NewRequestWithContext(ctx, http.MethodGet, site.URL+path, nil)
			if resp, err := client.Do(req); err == nil {
				resp.Body.Close()
			}
		})
	}
	t.Cleanup(func() { cancel(); running.Wait() })
}

const apart_ = `1 is busy without a connection: sleeping, or waiting for a file, a lock or a child`

// Of five workers two hang on a dependency, one calls the site itself, whose
// page sleeps on another one, and one is left.
func TestRealPHPFPM(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			site := start(t, phpfpm.Start, staging.Options{Workers: 5, Network: network, GatewayTimeout: time.Minute})
			i := New(PHPFPM, nil)
			sees(t, i, of(site), "5 of 5 workers are idle")
			site.Dependency.Hang(true)
			t.Cleanup(func() { site.Dependency.Hang(false) })
			began := time.Now()
			ask(t, site, "/external", "/external", "/self?ms=60000")
			list := sees(t, i, of(site),
				`2 of 5 workers wait for `+site.DependencyAddr+` \(workers.test\), the longest for [0-9.]+ s; `+
					`1 calls the site itself: `+strings.TrimPrefix(site.URL, "http://")+` \(nginx, which this pool's requests come from, listens there\), for [0-9.]+ s; `+
					apart_+"; 1 is idle",
				"each of these holds one worker and needs another \\(unless that address serves another pool\\): when all workers do that, none is left to answer")
			for _, w := range list {
				for _, c := range w.Connections {
					if c.State != established || c.WaitsS == nil || *c.WaitsS > time.Since(began).Seconds() || w.Pool != "site" {
						t.Errorf("got %+v, want it established, and waited for since %v at most", c, time.Since(began))
					}
				}
			}
			time.Sleep(100 * time.Millisecond)
			again := sees(t, i, of(site), `2 of 5 .*`, `each .*`)
			for n, w := range again {
				for m, c := range w.Connections {
					if before := list[n].Connections[m]; c.SeenS < 0.1 || *c.WaitsS < *before.WaitsS+0.09 {
						t.Errorf("100 ms later: got %+v, before %+v", c, before)
					}
				}
			}
		})
	}
}

// The only worker calls its own site, and so waits for itself.
func TestADeadlockIsNamed(t *testing.T) {
	t.Parallel()
	site := start(t, phpfpm.Start, staging.Options{Workers: 1, GatewayTimeout: time.Minute})
	ask(t, site, "/self")
	sees(t, New(PHPFPM, nil), of(site), `1 of 1 worker calls the site itself: .*, for [0-9.]+ s`,
		"every worker waits for another, and none is free: a deadlock, until something times out or the pool is restarted \\(unless that address serves another pool\\)")
}

// Gunicorn's workers are found by their command line, without their master.
func TestRealGunicorn(t *testing.T) {
	t.Parallel()
	site := start(t, gunicorn.Start, staging.Options{Workers: 3})
	site.Dependency.Hang(true)
	t.Cleanup(func() { site.Dependency.Hang(false) })
	ask(t, site, "/external")
	sees(t, New(regexp.MustCompile("gunicorn.*"+regexp.QuoteMeta(site.Dir)), nil), of(site),
		`1 of 3 workers waits for `+site.DependencyAddr+` \(workers.test\), for [0-9.]+ s; 2 are idle`)
}

// A dependency whose accept queue is full answers no connect.
func TestConnectThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	l := listen(t, "tcp", "127.0.0.1:0")
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) { err = syscall.Listen(int(fd), 0) })
	if err != nil {
		t.Fatal(err)
	}
	for full := false; !full; {
		c, err := net.DialTimeout("tcp", l.Addr().String(), 300*time.Millisecond)
		if full = err != nil; !full {
			defer c.Close()
		}
	}
	site := start(t, phpfpm.Start, staging.Options{Workers: 2, Dependency: l.Addr().String()})
	ask(t, site, "/external")
	list := sees(t, New(PHPFPM, nil), of(site), `1 of 2 workers waits for `+l.Addr().String()+` \(workers.test\); 1 is idle`, "SYN_SENT: .*")
	for _, w := range list {
		if len(w.Connections) == 1 && (w.Connections[0].State != synSent || w.Connections[0].WaitsS != nil) {
			t.Errorf("got %+v, want SYN_SENT, and no time, which the kernel does not tell", w.Connections[0])
		}
	}
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// accepted listens, and returns the address and what serve did with the first connection.
func accepted(t *testing.T, network, address string, serve func(net.Conn)) string {
	t.Helper()
	l := listen(t, network, address)
	var serving sync.WaitGroup
	serving.Go(func() {
		if c, err := l.Accept(); err == nil {
			t.Cleanup(func() { c.Close() })
			serve(c)
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return network + ":" + l.Addr().String()
}

// worker starts this binary as a worker with those connections.
func worker(t *testing.T, addresses ...string) (*Inspector, func(Worker) bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asWorker+"="+strings.Join(addresses, " "))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatalf("the worker does not connect: %v", err)
	}
	pid := cmd.Process.Pid
	return New(regexp.MustCompile(regexp.QuoteMeta(filepath.Base(os.Args[0]))), nil), func(w Worker) bool { return w.PID == pid }
}

// What each kind of connection looks like, alone on a worker that listens on
// nothing, so that whether it has a request can't be seen.
func TestKindsOfConnection(t *testing.T) {
	t.Parallel()
	hold := func(net.Conn) {}
	answer := func(c net.Conn) {
		c.Read(make([]byte, 10))
		time.Sleep(20 * time.Millisecond) // clearly after the question, by a clock of 4 ms
		io.WriteString(c, "answer")
	}
	for _, row := range []struct {
		name    string
		address string
		want    []string
	}{
		{"asked, no answer", accepted(t, "tcp", "127.0.0.1:0", hold) + "!", []string{`1 of 1 worker waits for ADDR \(workers.test\), for [0-9.]+ s`}},
		{"a greeting that does not come", accepted(t, "tcp", "127.0.0.1:0", hold), []string{`1 of 1 worker waits for ADDR \(workers.test\), for [0-9.]+ s`}},
		{"IPv6", accepted(t, "tcp", "[::1]:0", hold) + "!", []string{`1 of 1 worker waits for ADDR \(workers.test\), for [0-9.]+ s`}},
		{"answered", accepted(t, "tcp", "127.0.0.1:0", answer) + "!", []string{`1 of 1 worker is busy, last in touch with ADDR \(workers.test\)`}},
		{"left by the other side", accepted(t, "tcp", "127.0.0.1:0", func(c net.Conn) { c.Close() }),
			[]string{`1 of 1 worker is busy, with a connection to ADDR \(workers.test\)`, "CLOSE_WAIT: .*"}},
		{"a unix socket", accepted(t, "unix", filepath.Join(t.TempDir(), "mysqld.sock"), hold) + "!",
			[]string{`1 of 1 worker is busy, with a connection to ADDR \(MySQL, workers.test\)`}},
		{"a unix socket that accepts nobody", "unix:" + listen(t, "unix", filepath.Join(t.TempDir(), "x.sock")).Addr().String() + "!",
			[]string{`1 of 1 worker waits for a unix socket that has not accepted it`}},
	} {
		_, addr, _ := strings.Cut(strings.TrimSuffix(row.address, "!"), ":")
		i, it := worker(t, row.address)
		for n := range row.want {
			row.want[n] = strings.ReplaceAll(row.want[n], "ADDR", regexp.QuoteMeta(addr))
		}
		for _, w := range sees(t, i, it, row.want...) {
			if w.Busy != nil || len(w.Connections) != 1 {
				t.Errorf("%s: got %+v, want one connection, and nothing known of a request", row.name, w)
			}
		}
	}
}

// An address given as the site's own, by name, is the site itself.
func TestSelfThatIsGiven(t *testing.T) {
	t.Parallel()
	address := accepted(t, "tcp", "127.0.0.1:0", func(net.Conn) {})
	port := address[strings.LastIndex(address, ":")+1:]
	self, err := ParseSelf(t.Context(), "localhost:"+port)
	if err != nil {
		t.Fatal(err)
	}
	i, it := worker(t, address+"!")
	i.self = self
	sees(t, i, it, `1 of 1 worker calls the site itself: 127.0.0.1:`+port+` \(given as --self localhost:`+port+`\), for [0-9.]+ s`, "every worker waits .*")
	for _, text := range []string{"", "localhost:0", "localhost:http", "no such host"} {
		if _, err := ParseSelf(t.Context(), text); err == nil {
			t.Errorf("%q: got no error", text)
		}
	}
}

// Another user's workers are seen, and their sockets are not.
func TestSocketsOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not run: it takes root to become another user")
	}
	i, it := worker(t, accepted(t, "tcp", "127.0.0.1:0", func(net.Conn) {}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: this thread alone becomes nobody, and ends with the goroutine
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, 65534, 65534, 65534); errno != 0 {
			t.Error(errno)
			return
		}
		s, err := i.Look()
		if err != nil {
			t.Error(err)
			return
		}
		list := slices.DeleteFunc(s.Workers, func(w Worker) bool { return !it(w) })
		if got, want := verdict(list), "can't see the sockets of 1 worker: run as root"; len(got) != 1 || got[0] != want || !(&Snapshot{Workers: list}).Blind() {
			t.Errorf("got %q, want %q", got, want)
		}
	}()
	<-done
}
