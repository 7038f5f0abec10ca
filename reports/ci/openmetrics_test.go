package ci

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

// countSamples parses files with the format's own reference parser.
const countSamples = `import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
for name in sys.argv[1:]:
    print(sum(len(f.samples) for f in parse(open(name, newline="", encoding="utf-8").read())))`

// The reference parser takes every file, and finds every sample.
func TestOpenMetricsAreValid(t *testing.T) {
	if err := exec.Command("/usr/bin/python3", "-c", "import prometheus_client.openmetrics").Run(); err != nil {
		t.Skip("not run: install python3-prometheus-client")
	}
	args, want := []string{"-c", countSamples}, ""
	for name, s := range suites() {
		text, samples := written(t, OpenMetrics, s), 0
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "#") {
				samples++
			}
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args, want = append(args, path), want+fmt.Sprintln(samples)
	}
	if out, err := exec.Command("/usr/bin/python3", args...).CombinedOutput(); err != nil || string(out) != want {
		t.Errorf("%v: samples found:\n%s\nwant\n%s", err, out, want)
	}
}

// A figure that is not known has no sample, and never 0; GitLab takes a line from
// "#" on for a comment.
func TestOpenMetricsOfWhatIsKnown(t *testing.T) {
	got := written(t, OpenMetrics, OfRun(hang()))
	for _, want := range []string{
		`tailback_response_seconds{phase="hang",quantile="0.95"} 9.7` + "\n", `tailback_ok_ratio{phase="hang"} 0.2875` + "\n", `tailback_workers{kind="workers"} 4` + "\n",
		`tailback_objective_met{objective="hang: errors < 1%"} 0` + "\n", `tailback_timeout_seconds{dependency="stock"} 0.5` + "\n", `tailback_recovery_seconds{phase="hang",dependency="payments",kind="hang"} 1` + "\n",
		`tailback_onset_seconds{phase="hang",error="502",cause="queue_full"} 2.626` + "\n", "# UNIT tailback_response_seconds seconds\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
	for _, bad := range []string{"queue_slots", `timeout_seconds{dependency="payments"`, `"recovery: onset < 1s"`, "warmup", "NaN"} {
		if strings.Contains(got, bad) {
			t.Errorf("there is %q, which is not known, in\n%s", bad, got)
		}
	}
	r := hang()
	r.Pool.QueueSlots, r.Pool.ServiceS = &reports.Estimate{Value: 17}, &reports.Estimate{Value: 0.05}
	for _, want := range []string{"\ntailback_queue_slots 17\n", "\n# UNIT tailback_service_seconds seconds\n", "\ntailback_service_seconds 0.05\n", "\ntailback_capacity_hertz 39.5\n"} {
		if text := written(t, OpenMetrics, OfRun(r)); !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if !strings.HasSuffix(got, "\n# EOF\n") {
		t.Error("it does not end in # EOF")
	}
	for line := range strings.Lines(written(t, OpenMetrics, OfRun(hostile()))) {
		if strings.Contains(strings.TrimPrefix(line, "# "), "#") {
			t.Errorf("GitLab would not read all of %q", line)
		}
	}
}

// The rate, times in ms and good and bad answers: 57 of 200 were bad.
func TestGitLab(t *testing.T) {
	var got, want any
	for text, to := range map[string]*any{
		written(t, GitLab, OfRun(hang())): &got,
		`{"metrics": {"http_reqs": {"rate": 8}, "http_req_waiting": {"p(90)": 8250, "p(95)": 9500}, "checks": {"passes": 143, "fails": 57}}}`: &want,
	} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if OfRun(&reports.Report{}).Load != nil || OfAudit(audited()).Load != nil {
		t.Error("there is a load where nothing was sent")
	}
}
