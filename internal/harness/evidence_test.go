package harness

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// loggingSite answers at once and logs each request a little later, as php-fpm
// does, so that the last ones are logged when the traffic is over.
func loggingSite(t *testing.T) (*configs.Experiment, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "access.log")
	log, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		line := fmt.Sprintf("::1 - - [%s] \"GET / HTTP/1.1\" 200 0\n", time.Now().Format("02/Jan/2006:15:04:05 -0700"))
		time.AfterFunc(100*time.Millisecond, func() { log.WriteString(line) })
	}))
	t.Cleanup(server.Close)
	return &configs.Experiment{
		Version: 1, Name: "logged", Seed: 1, Arrivals: configs.Arrivals{Kind: configs.Uniform},
		Target:   configs.Target{URL: server.URL, Timeout: 5 * time.Second},
		Requests: []configs.Request{{Name: "home", Method: "GET", Path: "/", Weight: 1}},
		Chaos:    configs.Chaos{Toxiproxy: configs.Embedded},
		Limits:   configs.Limits{InFlight: 100},
		Phases:   []configs.Phase{{Name: "only", Duration: time.Second, Rate: &configs.Rate{From: 50, To: 50}}},
		Site:     configs.Site{NginxAccessLog: configs.Source{File: path}},
	}, path
}

// What the site logs of the run is in the bundle, all of it and nothing else:
// not the request of the preflight, and also what came after the last answer. A
// source that fails is a warning. Neither makes the run longer.
func TestTheSiteIsWatched(t *testing.T) {
	t.Parallel()
	exp, _ := loggingSite(t)
	exp.Site.PHPSlowLog.Command = "echo no such host >&2; exit 9"
	dir := filepath.Join(t.TempDir(), "out")
	if err := Run(t.Context(), exp, dir, nil); err != nil {
		t.Fatal(err)
	}
	b, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	observed, err := b.Observations()
	if err != nil {
		t.Fatal(err)
	}
	var logged int64
	for _, o := range observed {
		if o.Kind == journal.Access && o.Code == 200 {
			logged += o.Count
		}
	}
	if logged != 50 {
		t.Errorf("logged %d requests, want the 50 of the run: %+v", logged, observed)
	}
	if want := []journal.Source{journal.NginxAccessLog, journal.PHPSlowLog}; !slices.Equal(b.Manifest.Sources, want) {
		t.Errorf("sources %v, want %v", b.Manifest.Sources, want)
	}
	events, err := b.Events()
	if err != nil {
		t.Fatal(err)
	}
	warned := slices.ContainsFunc(events, func(e journal.Event) bool {
		return e.Kind == journal.Warning && e.Text == "site.php_slow_log: its command ended (exit status 9): no such host"
	})
	if !warned {
		t.Errorf("events %+v, want a warning that the command ended", events)
	}
	if end := time.Duration(b.Manifest.Outcome.EndNS); b.Manifest.Outcome.Status != "complete" || end >= time.Second+linger {
		t.Errorf("outcome %+v, want it complete, and over when the traffic was", b.Manifest.Outcome)
	}
}

// A log that is not there is a mistake of the experiment, told before the first hit.
func TestUnreadableLogIsRefused(t *testing.T) {
	exp, path := loggingSite(t)
	exp.Site.NginxErrorLog.File = path + ".absent"
	want := "read site.nginx_error_log: open " + path + ".absent: no such file or directory; start the site first, or correct the path"
	if _, err := Preflight(t.Context(), exp); err == nil || err.Error() != want {
		t.Errorf("preflight: got %v, want %s", err, want)
	}
	dir := filepath.Join(t.TempDir(), "out")
	if err := Run(t.Context(), exp, dir, nil); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("run: got %v, want %s", err, want)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the bundle: %v, want none", err)
	}
}
