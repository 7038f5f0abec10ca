package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gosite"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports/journal"
)

const (
	benchClients = 64
	benchSeconds = 5
	benchPairs   = 5
	vegetaModule = "github.com/tsenart/vegeta/v12@v12.13.0"
)

// BenchmarkClosedLoop drives the same nginx with 64 closed clients, by turns
// with the vegeta command writing its results and with tailback writing its
// bundle, and reports the median of the pairs' ratios: hits/s of tailback over
// hits/s of vegeta, above 1.0 is faster than vegeta. Without nginx the target
// is the embedded site's gateway.
func BenchmarkClosedLoop(b *testing.B) {
	site, err := phpfpm.Start(b.Context(), staging.Options{})
	if err != nil {
		b.Logf("target is the embedded site: %v", err)
		site, err = gosite.Start(b.Context(), staging.Options{})
	}
	if err != nil {
		b.Fatal(err)
	}
	defer site.Close()
	bin := b.TempDir()
	goBuild(b, bin, "build", "-o", filepath.Join(bin, "tailback"), ".")
	goBuild(b, bin, "install", vegetaModule)

	var ours, theirs, ratios []float64
	for b.Loop() {
		for range benchPairs {
			v, t := vegetaRate(b, bin, site.URL), tailbackRate(b, filepath.Join(bin, "tailback"), site.URL, "requests: [{path: /health}]\n")
			theirs, ours, ratios = append(theirs, v), append(ours, t), append(ratios, t/v)
		}
	}
	b.ReportMetric(median(ours), "tailback-hits/s")
	b.ReportMetric(median(theirs), "vegeta-hits/s")
	b.ReportMetric(median(ratios), "ratio")
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func goBuild(b *testing.B, bin string, args ...string) {
	b.Helper()
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOBIN="+bin)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("go %v: %v\n%s", args, err, out)
	}
}

func vegetaRate(b *testing.B, bin, url string) float64 {
	b.Helper()
	results := filepath.Join(b.TempDir(), "results.bin")
	cmd := exec.Command(filepath.Join(bin, "vegeta"), "attack", "-rate", "0", "-max-workers", fmt.Sprint(benchClients),
		"-workers", fmt.Sprint(benchClients), "-duration", fmt.Sprintf("%ds", benchSeconds), "-output", results, "-targets", targets(b, url))
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("vegeta attack: %v\n%s", err, out)
	}
	out, err := exec.Command(filepath.Join(bin, "vegeta"), "report", "-type", "json", results).Output()
	if err != nil {
		b.Fatal(err)
	}
	var r struct {
		Requests int            `json:"requests"`
		Codes    map[string]int `json:"status_codes"`
	}
	if err := json.Unmarshal(out, &r); err != nil || r.Codes["200"] != r.Requests {
		b.Fatalf("vegeta report: %v %s", err, out)
	}
	return float64(r.Requests) / benchSeconds
}

func targets(b *testing.B, url string) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "targets")
	if err := os.WriteFile(path, []byte(http.MethodGet+" "+url+"/health\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// tailbackRate is how many hits/s that are good a tailback drives with what it is to send.
func tailbackRate(b *testing.B, program, url, sends string) float64 {
	b.Helper()
	dir := b.TempDir()
	file := filepath.Join(dir, "closed.yaml")
	text := fmt.Sprintf("version: 1\ntarget: {url: %q}\n%sphases: [{name: closed, duration: %ds, concurrency: %d}]\n", url, sends, benchSeconds, benchClients)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	if text, err := exec.Command(program, "run", file, "--out", out).CombinedOutput(); err != nil {
		b.Fatalf("tailback run: %v\n%s", err, text)
	}
	bundle, err := journal.Open(out)
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for hits, err := range bundle.Hits() {
		if err != nil {
			b.Fatal(err)
		}
		for _, h := range hits {
			if h.Code == http.StatusOK {
				n++
			}
		}
	}
	return float64(n) / benchSeconds
}
