package staging_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/staging"
)

func TestNewFillsInDefaults(t *testing.T) {
	site, o, err := staging.New(staging.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	want := staging.Options{
		Workers: 4, Backlog: 16, Network: "unix", GatewayTimeout: 10 * time.Second,
		Listen: "127.0.0.1:0", Dir: site.Dir, Dependency: site.DependencyAddr, DependencyListen: "127.0.0.1:0",
		Dependency2: site.DependencyAddr2,
	}
	if o != want {
		t.Errorf("got %+v, want %+v", o, want)
	}
}

func TestNewRefusesNonsense(t *testing.T) {
	for name, row := range map[string]struct {
		options staging.Options
		want    string
	}{
		"fewer than no workers":    {staging.Options{Workers: -1}, "-1 workers: must be 1 or more"},
		"a backlog below nothing":  {staging.Options{Backlog: -1}, "backlog -1: must be 1 or more"},
		"an unknown network":       {staging.Options{Network: "udp"}, `network "udp": must be unix or tcp`},
		"a timeout of nothing":     {staging.Options{GatewayTimeout: time.Microsecond}, "must be 1ms or more"},
		"an unknown manager":       {staging.Options{PM: "fast"}, `pm "fast": must be static, dynamic or ondemand`},
		"an unknown status":        {staging.Options{Status: "tcp"}, `status "tcp": must be pool or apart`},
		"a slow log before it":     {staging.Options{SlowLog: -1}, "slow log at -1ns: must not be negative"},
		"killing before it begins": {staging.Options{TerminateTimeout: -1}, "must not be negative"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := staging.New(row.options)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q in it", err, row.want)
			}
		})
	}
}

func TestCloseUndoesInReverseOrderAndOnce(t *testing.T) {
	site, _, err := staging.New(staging.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	failed := errors.New("failed")
	site.OnClose(func() error { order = append(order, "first"); return failed })
	site.OnClose(func() error { order = append(order, "second"); return nil })
	if err := site.Close(); !errors.Is(err, failed) {
		t.Errorf("got %v, want the failure of one", err)
	}
	if err := site.Close(); err != nil {
		t.Errorf("second Close: got %v, want nothing", err)
	}
	if got := strings.Join(order, " "); got != "second first" {
		t.Errorf("got %s, want second first", got)
	}
	if _, err := os.Stat(site.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("folder: got %v, want it removed", err)
	}
}

// A call that arrives during the hang is answered when it is lifted, and not
// before; one that was called off leaves nothing behind.
func TestDependencyHangsUntilLifted(t *testing.T) {
	d, err := staging.StartDependency("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	call := func(ctx context.Context) (string, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.Addr, nil)
		if err != nil {
			return "", err
		}
		resp, err := client.Do(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), err
	}
	d.Hang(true)
	d.Hang(true) // twice is once
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if body, err := call(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hung: got %q, %v, want no answer", body, err)
	}
	answered := make(chan string)
	go func() {
		body, _ := call(t.Context())
		answered <- body
	}()
	for end := time.Now().Add(10 * time.Second); d.Calls() < 2 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	d.Hang(false)
	if body := <-answered; body != "ok" {
		t.Errorf("lifted: got %q, want ok", body)
	}

	d.SetDelay(50 * time.Millisecond)
	begin := time.Now()
	if body, err := call(t.Context()); body != "ok" || time.Since(begin) < 50*time.Millisecond {
		t.Errorf("slow: got %q, %v after %v, want ok after 50ms or more", body, err, time.Since(begin))
	}
}
