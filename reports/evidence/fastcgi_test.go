package evidence

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/fcgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports/journal"
)

// The status page as real php-fpm gives it over FastCGI: on a socket of its own,
// while the pool's only worker is busy; on the pool's, where it then waits; over
// TCP; and under a path that it has not.
func TestRealStatusOverFastCGI(t *testing.T) {
	t.Parallel()
	site, err := phpfpm.Start(t.Context(), staging.Options{Workers: 1, Status: staging.StatusApart, Network: "tcp"})
	if errors.Is(err, phpfpm.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skipf("not run: install %s (%v)", phpfpm.Packages, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	socket := "unix:" + filepath.Join(site.Dir, "status.sock")
	busy, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan struct{})
	go func() { defer close(done); new(visitor).get(busy, site.URL+"/work?ms=800") }()
	w := watch(t, configs.Site{PHPFPMStatus: configs.Status{URL: socket, Every: 50 * time.Millisecond}}, time.Now())
	await(t, w, journal.Gauge, 4)
	<-done
	w.stop()
	wantCount(t, w, journal.Lost, 0)
	busiest := int64(0)
	for _, o := range w.seen() {
		if o.Pool.Total != 1 || o.Pool.Manager != "static" {
			t.Errorf("the page says %+v, want 1 static process", o.Pool)
		}
		busiest = max(busiest, o.Pool.Active)
	}
	if busiest != 1 {
		t.Error("the page never saw the worker busy")
	}
	for url, want := range map[string]string{
		socket + ":/other":                                              "is its path the pool's pm.status_path?",
		socket + ":/status?html":                                        "it begins",
		"unix:" + filepath.Join(site.Dir, "absent.sock"):                "no such file",
		"fcgi://" + strings.TrimPrefix(site.URL, "http://") + "/status": "does not speak FastCGI",
	} {
		one := open(t, url, configs.Target{})
		if pool, err := one.read(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v, want an error with %q", url, pool, err, want)
		}
	}
}

func open(t *testing.T, url string, target configs.Target) *status {
	t.Helper()
	s, err := newStatus(configs.Status{URL: url}, target)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Another implementation of the protocol, that of Go's library, over TCP: a page
// of many records, and what it was asked for.
func TestFastCGIOfAnotherServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	long := strings.Repeat("x", 200_000)
	go fcgi.Serve(listener, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if _, asked := r.URL.Query()["json"]; r.Method != http.MethodGet || !asked {
			rw.WriteHeader(http.StatusBadRequest)
		}
		rw.Header().Set("X-Long", long)
		rw.Write([]byte(jsonPage + `,"path":"` + r.URL.Path + long + `"}`))
	}))
	got, err := open(t, "fcgi://"+listener.Addr().String()+"/pool/"+strings.Repeat("a", 200), configs.Target{}).read(t.Context())
	if err != nil || got.Total != 5 {
		t.Errorf("got %+v, %v, want the pool of 5", got, err)
	}
}

// A server that lies, cuts its answer off, never ends it or never answers.
func TestFastCGIAnswersThatAreNone(t *testing.T) {
	page := "Content-Type: application/json\r\n\r\n" + jsonPage + "}"
	end := fcgiRecord(nil, fcgiEnd, make([]byte, 8))
	for name, row := range map[string]struct{ answer, want string }{
		"good":       {string(fcgiRecord(nil, fcgiStdout, []byte(page))) + string(end), ""},
		"padded":     {"\x01\x06\x00\x01\x00\x00\x03\x00abc" + string(fcgiRecord(nil, fcgiStdout, []byte(page))) + string(end), ""},
		"nothing":    {"", "closed the connection before the end"},
		"no end":     {string(fcgiRecord(nil, fcgiStdout, []byte(page))), "closed the connection before the end"},
		"cut off":    {"\x01\x06\x00\x01\x10\x00\x00\x00abc", "its answer is cut off"},
		"HTTP":       {"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak FastCGI"},
		"complains":  {string(fcgiRecord(nil, fcgiStderr, []byte("Primary script unknown"))) + string(end), `it says "Primary script unknown"`},
		"no head":    {string(fcgiRecord(nil, fcgiStdout, []byte("hello"))) + string(end), `it has no head: it begins "hello"`},
		"an error":   {string(fcgiRecord(nil, fcgiStdout, []byte("status: 404 Not Found\r\n\r\nFile not found."))) + string(end), `it answered "404 Not Found"`},
		"endless":    {string(bytes.Repeat(fcgiRecord(nil, fcgiStdout, make([]byte, 60_000)), 40)), "it is larger than"},
		"of nothing": {string(bytes.Repeat(fcgiRecord(nil, fcgiStdout, nil), 300_000)), "it is larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := readFastCGI(strings.NewReader(row.answer))
			if err == nil {
				answer, err = fcgiPage(answer)
			}
			if row.want == "" && (err != nil || string(answer) != jsonPage+"}") || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("got %q, %v, want %q", answer, err, row.want)
			}
		})
	}
}

// A server that never answers does not keep a run from its end.
func TestFastCGIThatHangs(t *testing.T) {
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err = open(t, "unix:"+listener.Addr().String(), configs.Target{}).read(ctx)
	if took := time.Since(began); took > 5*time.Second || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v after %v, want the end of the run at once", err, took)
	}
}

func FuzzFastCGI(f *testing.F) {
	f.Add([]byte("\x01\x06\x00\x01\x00\x04\x01\x00a\r\nb\x00\x01\x03\x00\x01\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		out, err := readFastCGI(bytes.NewReader(answer))
		if len(out) > len(answer) || err != nil && out != nil {
			t.Errorf("got %d bytes of %d, %v", len(out), len(answer), err)
		}
		fcgiPage(out)
	})
}

// The page behind TLS and a name: as the target is asked, and no other host by
// the target's name.
func TestStatusByTheTargetsName(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Host == "example.com" {
			rw.Write([]byte(jsonPage + "}"))
			return
		}
		rw.WriteHeader(http.StatusMisdirectedRequest)
	}))
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	elsewhere := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	for name, row := range map[string]struct {
		target configs.Target
		want   string
	}{
		"its authority":   {configs.Target{URL: server.URL, Host: "example.com", CAFile: ca}, ""},
		"any certificate": {configs.Target{URL: server.URL, Host: "example.com", Insecure: true}, ""},
		"another port":    {configs.Target{URL: "https://127.0.0.1", Host: "example.com", Insecure: true}, ""},
		"unknown":         {configs.Target{URL: server.URL, Host: "example.com"}, "certificate signed by unknown authority"},
		"no name":         {configs.Target{URL: server.URL, CAFile: ca}, "it answered 421"},
		"another host":    {configs.Target{URL: elsewhere, Host: "example.com", CAFile: ca}, "it answered 421"},
	} {
		pool, err := open(t, server.URL+"/status", row.target).read(t.Context())
		if row.want == "" && (err != nil || pool.Total != 5) || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: got %+v, %v, want %q", name, pool, err, row.want)
		}
	}
	if _, err := newStatus(configs.Status{URL: server.URL}, configs.Target{CAFile: ca + ".absent"}); err == nil || !strings.Contains(err.Error(), "read target.ca_file") {
		t.Errorf("got %v, want that the authorities can't be read", err)
	}
}
