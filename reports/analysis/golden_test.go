package analysis

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

var update = flag.Bool("update", false, "write testdata anew: the bundle, then the report to read and approve")

// small is physics.md row 4 in 18 s, with two kinds of page, one of which
// serves less while payments hangs. Of the 40 hits due while it hangs, from 6 to
// 11 s, 21 fit in; the 22nd is due at 6 + 21/8 = 8.625 s and the first of 19 that
// get a 502.
func small() *madeup.Scenario {
	s := madeup.NewScenario(madeup.Warmup(madeup.Second), madeup.Phase("baseline", 4*madeup.Second), madeup.Phase("hang", 8*madeup.Second), madeup.Phase("recovery", 5*madeup.Second))
	s.Name, s.Requests = "checkout-payments-hang", []string{"checkout", "home"}
	s.Experiment = []byte(smallExperiment)
	p := &madeup.Pool{Workers: 4, Slots: 17, Service: 100 * madeup.Millisecond, Hang: 6 * madeup.Second, Lift: 11 * madeup.Second}
	s.Drive(func(h *journal.Hit) {
		h.Request = int32(h.Seq % 2)
		h.Sent += time.Duration(200+h.Seq%7*10) * time.Microsecond
		p.Answer(h)
		h.FirstByte, h.BytesIn = h.Done, 12
		h.Degraded = h.Class == journal.ClassOK && h.Request == 0 && h.Due >= 6*madeup.Second && h.Done < 12*madeup.Second
	})
	s.Fault("payments", "hang", 6*madeup.Second, 11*madeup.Second)
	fault := 0
	for i := range int64(4) { // each worker's call, due every 125 ms from 6 s on and held until the fault is lifted
		opened := int64(6*madeup.Second) + i*int64(125*madeup.Millisecond)
		s.Events = append(s.Events, journal.Event{AtNS: int64(11*madeup.Second) + i, Kind: journal.ConnClosed, Connection: &journal.Connection{
			ID: i + 1, Dependency: "payments", OpenedNS: opened, ClosedNS: int64(11*madeup.Second) + i, ClosedBy: "site", Requests: 1,
			BytesUp: 80, BytesDown: 120, Fault: &fault, HeldNS: new(int64(11*madeup.Second) - opened),
		}})
	}
	s.Events = append(s.Events, journal.Event{AtNS: int64(18 * madeup.Second), Kind: journal.Warning, Text: "made up by a test"})
	return s.Asking("baseline: p99 < 300ms", "hang: errors < 1%", "recovery: recovered < 5s", "onset > 10s", "recovery: onset < 1s")
}

const smallExperiment = `version: 1
name: checkout-payments-hang
target: {url: http://127.0.0.1:8081}
requests:
  - {name: checkout, path: /checkout.php, degraded: {body: fallback}}
  - {name: home, path: /}
dependencies:
  - {name: payments, listen: "127.0.0.1:9901", upstream: "127.0.0.1:9900"}
phases:
  - {name: warmup, duration: 1s, rate: 8, warmup: true}
  - {name: baseline, duration: 4s, rate: 8}
  - {name: hang, duration: 8s, rate: 8, faults: [{dependency: payments, hang: {}, after: 1s, for: 5s}]}
  - {name: recovery, duration: 5s, rate: 8}
`

// The report of the committed bundle, byte for byte. After a change of the
// analysis: go test ./reports/analysis -run Golden -update, and read the difference.
func TestGolden(t *testing.T) {
	dir := filepath.Join("testdata", "hang")
	golden := filepath.Join("testdata", "hang.report.json")
	if *update {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		writeTo(t, small(), dir)
	}
	bundle, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Analyze(bundle)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	e := json.NewEncoder(&got)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the report of %s differs from %s; see the comment of this test\n%s", dir, golden, got.Bytes())
	}
}

// The facts of the golden, so that it is not right only because it is what came out.
func TestGoldenFacts(t *testing.T) {
	bundle, err := journal.Open(filepath.Join("testdata", "hang"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Analyze(bundle)
	if err != nil {
		t.Fatal(err)
	}
	o := r.Onset[0]
	if o.Count != 19 || o.InFlight != 21 || !near(o.AfterFaultS, 2.626) {
		t.Errorf("count, in flight, after fault = %d, %d, %v, want 19, 21, 2.626", o.Count, o.InFlight, show(o.AfterFaultS))
	}
	if n := r.Fidelity.HitsSent; n != 144 {
		t.Errorf("%d hits sent, want 18 s of 8 = 144", n)
	}
	if r.Verdict != reports.Fail || r.ExitCode != 1 {
		t.Errorf("verdict, exit = %s, %d, want fail, 1", r.Verdict, r.ExitCode)
	}
}
