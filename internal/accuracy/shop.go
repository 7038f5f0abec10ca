package accuracy

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports"
)

// Shop is a site with sessions as drawn: its cart needs one, and its list none.
type Shop struct {
	Seed       uint64
	Workers    int
	Network    string
	Arrivals   string
	Sessions   staging.Sessions
	Close      bool // pages release their session before their work
	Shared     int  // sessions that the requests share
	Cart, List time.Duration
	CartHz     float64 // asked of the cart while the shop is busy
	ListHz     float64
	SlowLog    bool
}

// ownSessions is how many sessions there are where each request has its own: more
// than ever are in the site at once.
const ownSessions = 300

// drawShop draws what all shops have: W 2 to 8, a cart of 60 to 200 ms.
func drawShop(seed uint64, r *rand.Rand) Shop {
	ms := func(from, to int) time.Duration { return time.Duration(from+r.IntN(to-from+1)) * time.Millisecond }
	s := Shop{Seed: seed, Workers: 2 + r.IntN(7), Network: "unix", Arrivals: "uniform", Cart: ms(60, 200), List: ms(50, 200)}
	if r.IntN(2) == 0 {
		s.Arrivals = "poisson"
	}
	if r.IntN(4) == 0 {
		s.Network = "tcp"
	}
	return s
}

// DrawLocked draws a shop whose requests share one to three sessions, fewer than there
// are workers, which it locks, and which it asks for more than they allow, beside a
// list that has workers to spare; with several sessions it may be the cart alone.
func DrawLocked(seed uint64) Shop {
	r := rand.New(rand.NewPCG(seed, 12))
	s := drawShop(seed, r)
	s.Sessions = []staging.Sessions{staging.SessionsInFiles, staging.SessionsLocked}[seed%2]
	s.Shared = 1 + r.IntN(min(3, s.Workers-1))
	s.CartHz = (1.2 + 0.6*r.Float64()) * float64(s.Shared) / s.Cart.Seconds()
	s.ListHz = min((0.3+0.7*r.Float64())*s.CartHz, 0.6*float64(s.Workers-s.Shared)/s.List.Seconds())
	if s.Shared > 1 && r.IntN(3) == 0 {
		s.ListHz = 0
	}
	s.SlowLog = r.IntN(3) == 0
	return s
}

// DrawFree draws one whose requests do not wait for each other: each has a session of
// its own, or Redis keeps them without locks, or pages release them at once. It is
// asked for 0.6 to 1.4 times what its workers carry.
func DrawFree(seed uint64) Shop {
	r := rand.New(rand.NewPCG(seed, 13))
	s := drawShop(seed, r)
	s.Shared = 1 + r.IntN(2)
	switch seed % 3 {
	case 0:
		s.Shared = ownSessions
	case 1:
		s.Sessions = staging.SessionsInRedis
	case 2:
		s.Close = true
	}
	share := 0.3 + 0.7*r.Float64()
	hz := (0.6 + 0.8*r.Float64()) * float64(s.Workers) / (share*s.Cart.Seconds() + (1-share)*s.List.Seconds())
	s.CartHz, s.ListHz = share*hz, (1-share)*hz
	if r.IntN(3) == 0 {
		s.CartHz, s.ListHz = (0.6+0.8*r.Float64())*float64(s.Workers)/s.Cart.Seconds(), 0
	}
	s.SlowLog = r.IntN(3) == 0
	return s
}

// Locked reports whether requests of one session wait for each other there.
func (s Shop) Locked() bool {
	return s.Shared < ownSessions && !s.Close && s.Sessions != staging.SessionsInRedis
}

// String names the shop in a table.
func (s Shop) String() string {
	text := fmt.Sprintf("seed %d: %s W=%d %s, sessions: %d", s.Seed, s.Network, s.Workers, s.Arrivals, s.Shared)
	if s.Sessions != "" {
		text += " in " + string(s.Sessions)
	}
	if s.Close {
		text += ", released at once"
	}
	text += fmt.Sprintf(", cart %v at %.1f/s", s.Cart, s.CartHz)
	if s.ListHz > 0 {
		text += fmt.Sprintf(", list %v at %.1f/s", s.List, s.ListHz)
	}
	if s.SlowLog {
		text += ", slow log"
	}
	return text
}

// Measure runs the shop for real in dir, which must exist, with sessions that were
// logged in before, and returns the report on it.
func (s Shop) Measure(ctx context.Context, dir string) (*reports.Report, error) {
	o := staging.Options{Workers: s.Workers, Network: s.Network, Sessions: s.Sessions, CloseSessions: s.Close}
	if s.SlowLog {
		o.SlowLog = time.Second
	}
	site, err := phpfpm.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	defer site.Close()
	rows := []string{"id"}
	for range s.Shared {
		id, err := site.LogIn(ctx)
		if err != nil {
			return nil, err
		}
		rows = append(rows, id)
	}
	file := filepath.Join(dir, "experiment.yaml")
	for name, text := range map[string]string{"sessions.csv": strings.Join(rows, "\n") + "\n", "experiment.yaml": s.experiment(site)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return Run(ctx, file, filepath.Join(dir, "out"))
}

func (s Shop) experiment(site *staging.Site) string {
	order := "random"
	if s.Shared == ownSessions {
		order = "next"
	}
	requests := fmt.Sprintf("  - {name: cart, path: \"/cart?ms=%d\", weight: %.0f, headers: [\"Cookie: PHPSESSID={{session.id}}\"], expect: {status: 200}}\n", s.Cart.Milliseconds(), 100*s.CartHz)
	if s.ListHz > 0 {
		requests += fmt.Sprintf("  - {name: list, path: \"/work?ms=%d\", weight: %.0f}\n", s.List.Milliseconds(), 100*s.ListHz)
	}
	logs := ""
	if s.SlowLog {
		logs = fmt.Sprintf("site: {php_slow_log: {file: %q}}\n", site.SlowLog)
	}
	hz := s.CartHz + s.ListHz
	return fmt.Sprintf(`version: 1
name: shop-%d
seed: %d
arrivals: %s
target: {url: "%s", timeout: 60s}
data: [{name: session, file: sessions.csv, order: %s}]
requests:
%sphases:
  - {name: calm, duration: 8s, rate: %.3f}
  - {name: busy, duration: 12s, rate: %.3f}
%s`, s.Seed, s.Seed, s.Arrivals, site.URL, order, requests, 0.25*hz, hz, logs)
}
