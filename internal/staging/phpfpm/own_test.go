package phpfpm

import (
	"context"
	"flag"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/staging"
)

var batches = flag.Int("batches", 4, "how many batches of 16 sites TestSitesThatStartAtOnceAreTheirOwn starts")

// Of sites that start at once each has addresses of its own, where its own
// gateway and its own pool answer, and none is taken for another. (The ports
// that a batch had by looking for a free one, and letting go of it, were the
// same in 6 of 100 batches.)
func TestSitesThatStartAtOnceAreTheirOwn(t *testing.T) {
	needBoth(t)
	for range *batches {
		sites := startAtOnce(t, 16)
		taken := map[string]bool{}
		for _, site := range sites {
			if taken[site.URL] {
				t.Errorf("two sites at %s", site.URL)
			}
			taken[site.URL] = true
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			if err := site.AwaitAnswer(ctx); err != nil {
				t.Error(err)
			}
			cancel()
		}
		for _, site := range sites {
			if err := site.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// startAtOnce starts sites whose pools listen on TCP, so that each needs four ports.
func startAtOnce(t *testing.T, n int) []*staging.Site {
	sites := make([]*staging.Site, n)
	var starting sync.WaitGroup
	for i := range sites {
		starting.Go(func() {
			site, err := Start(t.Context(), staging.Options{Network: "tcp", Workers: 1})
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { site.Close() })
			sites[i] = site
		})
	}
	starting.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return sites
}

// A site waits for its own token: what another site's gateway says is not
// taken for it, nor what another's pool says through its own gateway.
func TestAnotherSiteIsNotTakenForIt(t *testing.T) {
	bins := needBoth(t)
	other := started(t, staging.Options{})
	wants := func(site *staging.Site, want string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := site.AwaitAnswer(ctx); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	wants(&staging.Site{URL: other.URL, Token: "mine"}, "another gateway answered")

	site, o, err := staging.New(staging.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	gateway, err := site.Reserve(o.Listen)
	if err != nil {
		t.Fatal(err)
	}
	site.URL = "http://" + gateway
	if err := writeConfig(site, o, gateway, filepath.Join(other.Dir, "pool.sock"), ""); err != nil {
		t.Fatal(err)
	}
	nginx, err := staging.StartChild(site, bins.nginx, site.ErrorLog, "-p", site.Dir, "-c", filepath.Join(site.Dir, "nginx.conf"))
	if err != nil {
		t.Fatal(err)
	}
	defer nginx.Stop()
	if err := nginx.Await(t.Context(), func(ctx context.Context) error { return staging.AwaitSocket(ctx, "tcp", gateway) }); err != nil {
		t.Fatal(err)
	}
	wants(site, "another site's pool answered")
}
