package attack

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// busy is a site that holds each request for a while, and knows the most that
// it had at once.
type busy struct {
	hold      time.Duration
	mu        sync.Mutex
	now, most int
}

func (b *busy) ServeHTTP(http.ResponseWriter, *http.Request) {
	b.mu.Lock()
	b.now++
	b.most = max(b.most, b.now)
	b.mu.Unlock()
	time.Sleep(b.hold)
	b.mu.Lock()
	b.now--
	b.mu.Unlock()
}

// Whatever a phase asks for, and where phases meet, the ceilings hold: at the
// site there are never more requests than limits.in_flight, and any stretch of
// T seconds has at most limits.rate x (T+1) of them, since a second's worth may
// come at once.
func TestCeilingsHoldInEveryPhase(t *testing.T) {
	const rate, inFlight = 40, 6
	open := func(from, to float64) configs.Phase {
		return configs.Phase{Name: "open", Duration: 400 * time.Millisecond, Rate: &configs.Rate{From: from, To: to}}
	}
	stairs := open(50, 300)
	stairs.Rate.Step, stairs.Rate.Every = 125, 120*time.Millisecond
	closed := configs.Phase{Name: "closed", Duration: 400 * time.Millisecond, Concurrency: 30}
	burst := configs.Phase{Name: "burst", Duration: 150 * time.Millisecond, Burst: 100}
	for name, phases := range map[string][]configs.Phase{
		"constant": {open(200, 200)}, "ramp": {open(0, 400)}, "steps": {stairs}, "closed": {closed}, "burst": {burst},
		"a burst before a rate": {burst, open(200, 200)}, "a burst between": {open(30, 30), burst, closed}, "two bursts": {burst, burst, burst},
	} {
		for what, limits := range map[string]configs.Limits{
			"rate": {Rate: rate, InFlight: 10_000}, "in flight": {InFlight: inFlight}, "both": {Rate: rate, InFlight: inFlight},
		} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				site := &busy{hold: 25 * time.Millisecond}
				server := httptest.NewServer(site)
				defer server.Close()
				exp := experiment(server.URL, phases...)
				exp.Limits = limits
				held(t, drive(t, exp), site.most, limits)
			})
		}
	}
}

func held(t *testing.T, hits []journal.Hit, most int, limits configs.Limits) {
	t.Helper()
	var sent []time.Duration
	for _, h := range hits {
		if h.Class != journal.ClassDropped {
			sent = append(sent, h.Sent)
		}
	}
	if len(sent) == 0 || most > limits.InFlight {
		t.Errorf("%d sent, %d at once, want at most %d", len(sent), most, limits.InFlight)
	}
	slices.Sort(sent)
	for i := range sent {
		for j := i; limits.Rate > 0 && j < len(sent); j++ {
			if n, least := j-i+1, limits.Rate*((sent[j]-sent[i]).Seconds()+1)+1; float64(n) > least {
				t.Fatalf("%d sent from %v to %v, want at most %.1f", n, sent[i], sent[j], least)
			}
		}
	}
}
