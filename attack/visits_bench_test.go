package attack

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// thinking drives n visits to where all of them think, with a cookie and a captured
// value each, and returns how many bytes one takes, stacks included.
func thinking(t testing.TB, n int) float64 {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "0123456789abcdef0123456789abcdef", Path: "/"})
		fmt.Fprint(w, `<form><input name="_token" value="0123456789abcdef0123456789abcdef"></form>`)
	}))
	defer site.Close()
	length := time.Duration(n) * 500 * time.Microsecond
	exp := buy(site.URL, configs.Phase{Name: "only", Duration: length, Rate: &configs.Rate{From: 2000, To: 2000}})
	exp.Phases = append(exp.Phases, configs.Phase{Name: "calm", Duration: time.Minute, Rate: &configs.Rate{}})
	exp.Visits[0].Steps[1].Think = configs.Think{From: time.Minute, To: time.Minute}
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	a.late = time.Minute
	var came, thinks atomic.Int64
	all := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	before, done := used(), make(chan error)
	go func() {
		done <- a.Run(ctx, time.Now(), func(h journal.Hit) {
			if h.Class == journal.ClassOK {
				thinks.Add(1)
			}
			if came.Add(1) == int64(n) {
				close(all)
			}
		}, func(journal.Event) {})
	}()
	<-all
	for goroutines := runtime.NumGoroutine(); ; goroutines = runtime.NumGoroutine() { // until the connections are gone
		a.transport.CloseIdleConnections()
		time.Sleep(50 * time.Millisecond)
		if runtime.NumGoroutine() == goroutines {
			break
		}
	}
	bytes := float64(used()-before) / float64(max(thinks.Load(), 1))
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return bytes
}

// used is how many bytes of heap and stacks are in use.
func used() int64 {
	var m runtime.MemStats
	for range 3 { // what a finaliser or a pool holds is free after the second
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// A visit under way takes at most 8 KB while it thinks. This test does not run beside
// others, whose memory would count.
func TestVisitsAreLight(t *testing.T) {
	most := 8.0 * 1024
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		most *= 4 // the race detector keeps as much again of each goroutine, and larger stacks: 15 to 20 KB were seen, for 4.8 KB without it
	}
	if bytes := thinking(t, 1000); bytes > most {
		t.Errorf("a visit that thinks takes %.0f bytes, want at most %.0f", bytes, most)
	}
}

// BenchmarkThinking is how many bytes a visit under way takes while it thinks.
func BenchmarkThinking(b *testing.B) {
	sum, n := 0.0, 0
	for b.Loop() {
		sum, n = sum+thinking(b, 20_000), n+1
	}
	b.ReportMetric(sum/float64(n), "B/visit")
}
