package campaign

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gosite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shop is an experiment, of no phases yet, for a site whose page calls payments.
func shop(t *testing.T) *configs.Experiment {
	t.Helper()
	proxy := ports.Test(t)
	site, err := gosite.Start(t.Context(), staging.Options{Dependency: proxy})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { site.Close() })
	return &configs.Experiment{
		Version: 1, Name: "shop", Seed: 1, Arrivals: configs.Arrivals{Kind: configs.Uniform},
		Target:       configs.Target{URL: site.URL, Timeout: 5 * time.Second},
		Requests:     []configs.Request{{Name: "external", Method: "GET", Path: "/external?ms=10", Weight: 1}},
		Dependencies: []configs.Dependency{{Name: "payments", Listen: proxy, Upstream: site.DependencyAddr}},
		Chaos:        configs.Chaos{Toxiproxy: configs.Embedded},
		Limits:       configs.Limits{InFlight: 10_000},
	}
}
