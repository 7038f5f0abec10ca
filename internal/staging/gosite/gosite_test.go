package gosite

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tailback/tailback/internal/staging"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}

func startSite(t *testing.T, o staging.Options) *staging.Site {
	t.Helper()
	site, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	return site
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestPages(t *testing.T) {
	for _, network := range []string{"unix", "tcp"} {
		site := startSite(t, staging.Options{Network: network, Workers: 2})
		for _, row := range []struct {
			name, path string
			status     int
			body       string
		}{
			{"work is done", "/work?ms=1", 200, "ok"},
			{"work without a length", "/work", 200, "ok"},
			{"a length that is no number is none", "/work?ms=x", 200, "ok"},
			{"the dependency answers", "/external?ms=1&timeout_ms=5000", 200, "ok ok"},
			{"the site calls itself", "/self?ms=1", 200, "ok ok"},
			{"the gateway answers for itself", "/health", 200, "ok"},
			{"no such page", "/other", 404, "no such page"},
			{"the worker closes", "/close", 502, "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n<center><h1>502 Bad Gateway</h1></center>\n<hr><center>nginx</center>\n</body>\n</html>\n<!-- unexpected EOF -->\n"},
		} {
			t.Run(network+": "+row.name, func(t *testing.T) {
				if status, body := get(t, site.URL+row.path); status != row.status || body != row.body {
					t.Errorf("got %d %q, want %d %q", status, body, row.status, row.body)
				}
			})
		}
	}
}

// A dependency that is not there is a fallback at once, one that hangs is a
// fallback at the timeout.
func TestExternalFallsBack(t *testing.T) {
	site := startSite(t, staging.Options{})
	site.Dependency.Hang(true)
	begin := time.Now()
	status, body := get(t, site.URL+"/external?timeout_ms=100")
	if status != 200 || !strings.HasPrefix(body, "fallback ") || time.Since(begin) < 100*time.Millisecond {
		t.Errorf("hung: got %d %q after %v, want a fallback after 100ms or more", status, body, time.Since(begin))
	}
	nobody := startSite(t, staging.Options{Dependency: "127.0.0.1:1"})
	if status, body := get(t, nobody.URL+"/external"); status != 200 || !strings.HasPrefix(body, "fallback ") {
		t.Errorf("refused: got %d %q, want a fallback", status, body)
	}
}

func TestLargeBodyIsRefusedByTheGateway(t *testing.T) {
	site := startSite(t, staging.Options{})
	for _, row := range []struct{ size, status int }{{maxRequest, 200}, {maxRequest + 1, 413}} {
		resp, err := client.Post(site.URL+"/work", "text/plain", strings.NewReader(strings.Repeat("x", row.size)))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != row.status {
			t.Errorf("body of %d bytes: got %d, want %d", row.size, resp.StatusCode, row.status)
		}
	}
}

// The only worker outlives whoever connects and sends nonsense or nothing.
func TestWorkerSurvivesGarbage(t *testing.T) {
	site := startSite(t, staging.Options{Workers: 1})
	for name, sent := range map[string]string{
		"nothing":            "",
		"half a length":      "\x00\x00",
		"far too long":       "\xff\xff\xff\xff",
		"less than promised": "\x00\x00\x00\x09GET",
		"no request":         "\x00\x00\x00\x03abc\x00",
	} {
		conn, err := net.Dial("unix", filepath.Join(site.Dir, "pool.sock"))
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, sent)
		conn.Close()
		if status, body := get(t, site.URL+"/work"); status != 200 {
			t.Errorf("after %s: got %d %q, want 200", name, status, body)
		}
	}
}

// It is the kernel that queues and refuses: with nobody accepting, a unix
// socket of backlog B takes B+1 connections and answers EAGAIN to the next.
func TestBacklogIsTheKernels(t *testing.T) {
	for _, backlog := range []int{1, 5, 16} {
		path := filepath.Join(t.TempDir(), "s")
		ln, err := listen("unix", path, backlog)
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		taken := 0
		for ; taken < 100; taken++ {
			conn, err := net.Dial("unix", path)
			if errors.Is(err, syscall.EAGAIN) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		}
		if taken != backlog+1 {
			t.Errorf("backlog %d: got %d connections, want %d", backlog, taken, backlog+1)
		}
	}
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, row := range []struct {
		name    string
		ctx     context.Context
		options staging.Options
		want    string
	}{
		{"the gateway's port is taken", t.Context(), staging.Options{Listen: taken.Addr().String()}, "listen for the gateway"},
		{"the folder is not there", t.Context(), staging.Options{Dir: "/nonexistent"}, "listen for the pool"},
		{"it was called off before", over, staging.Options{}, "context canceled"},
	} {
		t.Run(row.name, func(t *testing.T) {
			site, err := Start(row.ctx, row.options)
			if err == nil {
				site.Close()
				t.Fatal("got a site, want an error")
			}
			if !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want it to contain %q", err, row.want)
			}
		})
	}
}
