package phpfpm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/staging"
)

func started(t *testing.T, o staging.Options) *staging.Site {
	t.Helper()
	needBoth(t)
	site, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { site.Close() })
	return site
}

func get(t *testing.T, site *staging.Site, path string) (code int, body string, took time.Duration) {
	t.Helper()
	began := time.Now()
	resp, err := http.Get(site.URL + path)
	if err != nil {
		t.Error(err)
		return 0, "", 0
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), time.Since(began)
}

// contains polls a file until it has the text; logs are written a moment after the answer.
func contains(t *testing.T, file, text string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		got, _ := os.ReadFile(file)
		if strings.Contains(string(got), text) {
			return
		}
		if time.Now().After(end) {
			t.Errorf("%s: got %q, want %q in it", file, got, text)
			return
		}
	}
}

// Four at once with grow=1 take 1, 2, 3 and 4 times 50 ms, as each counts those
// that run already: together at least 50+100+150+200 = 500 ms if all overlap,
// which they do when they come within 50 ms. One alone takes 50 ms again.
func TestContendedPageGrows(t *testing.T) {
	site := started(t, staging.Options{})
	var mu sync.Mutex
	var all sync.WaitGroup
	longest := time.Duration(0)
	for range 4 {
		all.Go(func() {
			_, _, took := get(t, site, "/contend?ms=300&grow=1")
			mu.Lock()
			defer mu.Unlock()
			longest = max(longest, took)
		})
	}
	all.Wait()
	if longest < 2*300*time.Millisecond {
		t.Errorf("four at once: the slowest took %v, want at least two times 300 ms", longest)
	}
	if _, _, took := get(t, site, "/contend?ms=300&grow=1"); took > 590*time.Millisecond {
		t.Errorf("one alone: took %v, want about 300 ms", took)
	}
}

// 300 ms of CPU time, beside little else: most of what the request took, on a
// processor that may be shared with others.
func TestComputingPageUsesTheProcessor(t *testing.T) {
	site := started(t, staging.Options{AccessFormat: `"%r" %{seconds}d %C`})
	get(t, site, "/cpu?ms=300")
	contains(t, site.PHPAccessLog, `"/cpu"`)
	text, _ := os.ReadFile(site.PHPAccessLog)
	_, line, _ := strings.Cut(string(text), `"/cpu" `)
	var seconds, share float64
	if _, err := fmt.Sscan(line, &seconds, &share); err != nil || seconds*share/100 < 0.25 {
		t.Errorf("got %q (%v), want 0.3 s of CPU", line, err)
	}
}

func TestLimitedPageIsRefusedByTheGateway(t *testing.T) {
	site := started(t, staging.Options{})
	codes := map[int]int{}
	for range 10 { // at 5/s without a burst, of ten at once at most two or three
		code, _, _ := get(t, site, "/limited")
		codes[code]++
	}
	if codes[200] == 0 || codes[503] == 0 || codes[200]+codes[503] != 10 {
		t.Errorf("got %v, want some 200 and some 503", codes)
	}
}

// The status page counts the workers: with its own socket also when all of them are busy.
func TestStatusPage(t *testing.T) {
	for _, o := range []staging.Options{{Status: staging.StatusInPool}, {Status: staging.StatusApart, PM: "dynamic"}, {Status: staging.StatusApart, Network: "tcp"}} {
		site := started(t, o)
		if site.StatusURL != site.URL+"/status" {
			t.Errorf("%+v: status URL %q", o, site.StatusURL)
		}
		code, body, _ := get(t, site, "/status?json")
		var page struct {
			Manager string `json:"process manager"`
			Total   int    `json:"total processes"`
		}
		err := json.Unmarshal([]byte(body), &page)
		want := 4
		if o.PM == "dynamic" {
			want = page.Total // 1 to 2, as it grows with the first requests
		}
		if code != 200 || err != nil || page.Total != want || page.Total < 1 {
			t.Errorf("%+v: got %d %q (%v), want %d processes", o, code, body, err, want)
		}
	}
}

func TestSlowLogNamesTheCall(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not run: php-fpm writes its slow log only where it may trace its workers: run as root")
	}
	site := started(t, staging.Options{SlowLog: time.Second})
	site.Dependency.Hang(true)
	defer site.Dependency.Hang(false)
	get(t, site, "/external?timeout_ms=3000")
	contains(t, site.SlowLog, "curl_exec() ")
}

func TestPoolStopsAndStartsAgain(t *testing.T) {
	site := started(t, staging.Options{})
	if err := site.StopPool(); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := get(t, site, "/work"); code != 502 {
		t.Errorf("without a pool: got %d, want 502", code)
	}
	if err := site.StartPool(); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := get(t, site, "/work"); code != 200 {
		t.Errorf("started again: got %d, want 200", code)
	}
}

func TestAccessLogAsJSON(t *testing.T) {
	site := started(t, staging.Options{JSONLog: true})
	get(t, site, "/work?ms=10")
	contains(t, site.AccessLog, `"upstream_status": "200"`)
	text, _ := os.ReadFile(site.AccessLog)
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

// A real MariaDB and a real Redis answer, and are gone with the site.
func TestStores(t *testing.T) {
	bins := needBoth(t)
	if err := bins.needStores(); err != nil && os.Getenv("CI") != "true" {
		t.Skipf("not run: %v", err)
	}
	site := started(t, staging.Options{Stores: true})
	for _, path := range []string{"/db", "/db?queries=3&timeout_s=2", "/cache", "/cache?timeout_ms=2000"} {
		if code, body, _ := get(t, site, path); code != 200 || body != "ok" {
			t.Errorf("%s: got %d %q, want ok", path, code, body)
		}
	}
	if err := site.Close(); err != nil {
		t.Error(err)
	}
	for _, addr := range []string{site.DatabaseAddr, site.CacheAddr} {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			t.Errorf("%s still listens", addr)
		}
	}
}

func TestMissingStoresNameTheirPackages(t *testing.T) {
	for want, bins := range map[string]binaries{
		"find mariadbd":               {},
		"find redis-server":           {mariadb: "m"},
		"find PHP's mysqli extension": {mariadb: "m", redis: "r"},
	} {
		if err := bins.needStores(); !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), StorePackages) {
			t.Errorf("got %v, want %s, not installed, and the packages", err, want)
		}
	}
}

func TestMissingSessionsNameTheirPackages(t *testing.T) {
	for want, bins := range map[string]binaries{
		"find redis-server":          {},
		"find PHP's redis extension": {redis: "r"},
	} {
		if err := bins.needSessions(); !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), SessionPackages) {
			t.Errorf("got %v, want %s, not installed, and the packages", err, want)
		}
	}
}
