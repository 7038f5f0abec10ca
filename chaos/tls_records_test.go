package chaos

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Over TLS a handshake, its answers and a goodbye are no calls of their own, and
// a ticket is no answer: each request is one call and takes as long as its answer
// does, whether the connection is kept or not.
func TestCallsOverTLS(t *testing.T) {
	t.Parallel()
	const work = 50 * time.Millisecond
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(work)
		io.WriteString(w, "ok")
	}))
	defer s.Close()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, kept := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s kept %v", tls.VersionName(version), kept), func(t *testing.T) {
				r := newOutRig(t, hostOf(s), nil)
				transport := r.client.Transport.(*http.Transport)
				transport.TLSClientConfig.MinVersion, transport.TLSClientConfig.MaxVersion, transport.DisableKeepAlives = version, version, !kept
				r.play()
				const n = 4
				for range n {
					if got := r.get(s.URL); got != "ok" {
						t.Fatalf("got %q", got)
					}
				}
				transport.CloseIdleConnections()
				p := r.proxies["payments"]
				waitFor(t, func() bool {
					p.mu.Lock()
					defer p.mu.Unlock()
					return len(p.conns) == 0
				})
				var calls, ended, most int64
				var held time.Duration
				for _, e := range r.stop() {
					if u := e.Usage; u != nil {
						calls, ended, held, most = calls+u.Calls, ended+u.Ended, held+time.Duration(u.HeldNS), max(most, u.Waiting)
					}
				}
				if calls != n || ended != n || most != 1 {
					t.Errorf("%d calls, %d ended, %d at once; want %d, each alone", calls, ended, most, n)
				}
				if mean := held / n; mean < work {
					t.Errorf("a call took %v, want %v at least", mean, work)
				}
			})
		}
	}
}

// Records are found however their bytes are cut.
func TestRecords(t *testing.T) {
	record := func(kind byte, n int) []byte {
		return append([]byte{kind, 3, 3, byte(n >> 8), byte(n)}, make([]byte, n)...)
	}
	var all []byte
	for _, part := range [][]byte{record(22, 300), record(20, 1), record(23, 70), record(23, 0), record(21, 2), record(23, goodbye), record(23, 16000)} {
		all = append(all, part...)
	}
	for _, size := range []int{1, 2, 7, 1000, len(all)} {
		var r recordScanner
		data := 0
		for rest := all; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			data += r.scan(rest[:min(size, len(rest))])
		}
		if data != 3 || r.got != 0 || r.left != 0 {
			t.Errorf("in pieces of %d: %d records of data, %+v left; want 3 and nothing", size, data, r)
		}
	}
}
