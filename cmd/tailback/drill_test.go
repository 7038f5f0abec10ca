package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/campaign"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gosite"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// The drills are what `tailback help promises` says of a run in which things break. In
// each the program itself runs, as a process of its own, against a staging site
// over real sockets, and something really breaks. They mostly wait, so they do
// it side by side.

// drillSoon is a deadline that is only there so that a broken drill ends.
const drillSoon = time.Minute

// drill is one run, and what it is run against.
type drill struct {
	*testing.T
	dir, out string
	vars     map[string]string // what $NAME stands for in an experiment
	site     *staging.Site
	proxy    string // where the site calls payments
	child    *exec.Cmd
	ended    chan struct{}
	calls    []sample // of payments, through the proxy
}

type sample struct {
	at    time.Time
	calls int64
}

// newDrill starts a staging site of 4 workers whose payments are behind the run's proxy.
func newDrill(t *testing.T) *drill {
	t.Helper()
	return newDrillOn(t, gosite.Start)
}

func newDrillOn(t *testing.T, start func(context.Context, staging.Options) (*staging.Site, error)) *drill {
	t.Helper()
	t.Parallel()
	proxy := ports.Test(t)
	site, err := start(t.Context(), staging.Options{Dependency: proxy})
	if errors.Is(err, phpfpm.ErrNotInstalled) {
		t.Skipf("not run: install %s (%v)", phpfpm.Packages, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { site.Close() })
	dir := t.TempDir()
	return &drill{T: t, dir: dir, out: filepath.Join(dir, "out"), site: site, proxy: proxy,
		vars: map[string]string{"SITE": site.URL, "PROXY": proxy, "PAYMENTS": site.DependencyAddr}}
}

// slowed is an experiment whose fault is in force all the time, and lets each
// request through after 50 ms: the site serves on, and counts what it served.
const slowed = `
version: 1
name: drill
target: {url: "$SITE", timeout: 2s}
requests: [{path: "/external?ms=10"}]
dependencies: [{name: payments, listen: "$PROXY", upstream: "$PAYMENTS"}]
phases: [{name: slow, duration: 1h, rate: 50, faults: [{dependency: payments, latency: {delay: 50ms}}]}]
`

// inShell is how a drill starts the run, with the experiment's file as $0 and
// the bundle's folder as $1.
const inShell = `exec tailback run "$0" --out "$1"`

// start starts a run of the experiment, by a script and a shell.
func (d *drill) start(experiment, script string, shell ...string) {
	d.Helper()
	file, stderr := filepath.Join(d.dir, "drill.yaml"), d.create("stderr")
	text := os.Expand(experiment, func(name string) string { return d.vars[name] })
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		d.Fatal(err)
	}
	args := append(shell, "sh", "-ec", script, file, d.out)
	d.child = exec.Command(args[0], args[1:]...)
	d.child.Stdout, d.child.Stderr, d.ended = d.create("stdout"), stderr, make(chan struct{})
	d.child.Env = append(os.Environ(), "XDG_STATE_HOME="+d.dir)
	d.child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := d.child.Start(); err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { syscall.Kill(-d.child.Process.Pid, syscall.SIGKILL); <-d.ended })
	go func() {
		defer close(d.ended)
		defer each(10*time.Millisecond, func() { d.calls = append(d.calls, sample{time.Now(), d.site.Dependency.Calls()}) })()
		d.child.Wait()
	}()
}

// each calls f every so often until the function it returns is called.
func each(every time.Duration, f func()) (stop func()) {
	ticker, done := time.NewTicker(every), make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-ticker.C:
				f()
			case <-done:
				return
			}
		}
	})
	return func() { ticker.Stop(); close(done); running.Wait() }
}

func (d *drill) create(name string) *os.File {
	d.Helper()
	f, err := os.Create(filepath.Join(d.dir, name))
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { f.Close() })
	return f
}

// await polls until the thing is so.
func (d *drill) await(what string, so func() bool) {
	d.Helper()
	for end := time.Now().Add(drillSoon); !so(); time.Sleep(10 * time.Millisecond) {
		select {
		case <-d.ended:
			d.Fatalf("the run ended before %s; it said: %s", what, d.said())
		default:
		}
		if time.Now().After(end) {
			d.Fatalf("%s does not come; the run said: %s", what, d.said())
		}
	}
}

// event awaits an event of the kind in the bundle.
func (d *drill) event(kind journal.EventKind) {
	d.Helper()
	d.await(string(kind), func() bool {
		text, _ := os.ReadFile(filepath.Join(d.out, "events.jsonl"))
		return strings.Contains(string(text), fmt.Sprintf("%q", kind))
	})
}

// served awaits that payments has answered so many calls.
func (d *drill) served(calls int64) {
	d.Helper()
	d.await(fmt.Sprintf("call %d", calls), func() bool { return d.site.Dependency.Calls() >= calls })
}

// ends waits for the run's end.
func (d *drill) ends() {
	d.Helper()
	select {
	case <-d.ended:
	case <-time.After(drillSoon):
		d.Fatalf("the run does not end; it said: %s", d.said())
	}
}

// completes waits for the run to come to its planned end, and returns its report.
// It exits with 0, or with 3 where the machine was too busy to send all that was
// due, or anything while a short fault was in force.
func (d *drill) completes() *reports.Report {
	d.Helper()
	d.ends()
	r, code := d.reported(), d.child.ProcessState.ExitCode()
	busy := !r.Fidelity.OK || slices.ContainsFunc(r.Faults, func(f reports.Fault) bool { return !f.Exercised })
	if r.Outcome != "complete" || code != exitOK && (code != exitFailed || !busy) {
		d.Errorf("the run was %s and exits with %d: %q; it said: %s", r.Outcome, code, r.Warnings, d.said())
	}
	return r
}

// exits waits for the run's end, and checks its code and what it said on stderr.
func (d *drill) exits(code int, said ...string) {
	d.Helper()
	d.ends()
	if got := d.child.ProcessState.ExitCode(); got != code {
		d.Errorf("exit code %d, want %d; it said: %s", got, code, d.said())
	}
	for _, want := range said {
		if !strings.Contains(d.said(), want) {
			d.Errorf("it says %q, want %q in it", d.said(), want)
		}
	}
}

// said is what the run has said on stderr.
func (d *drill) said() string { return d.read("stderr") }

func (d *drill) read(name string) string {
	text, _ := os.ReadFile(filepath.Join(d.dir, name))
	return string(text)
}

// faultless checks that no fault stays: the proxy has ended with the run.
func (d *drill) faultless() {
	d.Helper()
	conn, err := net.Dial("tcp", d.proxy)
	if err == nil {
		conn.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		d.Errorf("connecting to the proxy after the run: %v, want it refused", err)
	}
}

// lifted checks that the bundle says so of every fault, and that it was shown; or
// else, where that may be, that the run says it aloud.
func (d *drill) lifted(mayDoubt bool) {
	d.Helper()
	applied, lifted, shown := 0, 0, 0
	for _, e := range d.events() {
		switch e.Kind {
		case journal.FaultApplied:
			applied++
		case journal.FaultLifted:
			lifted++
			if e.Fault.UndoConfirmed != nil && *e.Fault.UndoConfirmed {
				shown++
			}
		}
	}
	if applied == 0 || lifted != applied {
		d.Errorf("%d faults were applied and %d lifted", applied, lifted)
	}
	if loud := strings.Contains(d.said(), "NOT EVERY FAULT COULD BE SHOWN TO BE LIFTED"); loud != (shown < lifted) || shown < lifted && !mayDoubt {
		d.Errorf("%d of %d faults were shown to be lifted; it said: %s", shown, lifted, d.said())
	}
}

func (d *drill) bundle() *journal.Bundle {
	d.Helper()
	b, err := journal.Open(d.out)
	if err != nil {
		d.Fatal(err)
	}
	return b
}

func (d *drill) events() []journal.Event {
	d.Helper()
	events, err := d.bundle().Events()
	if err != nil {
		d.Fatal(err)
	}
	return events
}

// hits counts the hits in the bundle, by how they ended.
func (d *drill) hits() (all int64, by map[journal.Class]int64) {
	d.Helper()
	by = map[journal.Class]int64{}
	for batch, err := range d.bundle().Hits() {
		if err != nil {
			d.Fatal(err)
		}
		for _, h := range batch {
			all++
			by[h.Class]++
		}
	}
	return all, by
}

// keeps checks that of the hits that the site served no more are lost than those
// of the last so long in which it served any. Lost beside them are only the probe
// before the run, whose call payments counts too, and one for each worker that was not done.
func (d *drill) keeps(but time.Duration) {
	d.Helper()
	const probe, workers = 1, 4
	all := d.calls[len(d.calls)-1].calls
	last := d.calls[slices.IndexFunc(d.calls, func(s sample) bool { return s.calls == all })].at
	then, _ := slices.BinarySearchFunc(d.calls, last.Add(-but), func(s sample, t time.Time) int { return s.at.Compare(t) })
	served := d.calls[max(then-1, 0)].calls - probe - workers
	if kept, _ := d.hits(); served < 10 || kept < served {
		d.Errorf("%d hits are kept, want all %d served %v before the end", kept, served, but)
	}
}

// report has the program write the report of the bundle, and checks its exit code.
func (d *drill) report(code int) *reports.Report {
	d.Helper()
	cmd := exec.Command("tailback", "report", d.out)
	text, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		d.Errorf("tailback report exits with %d, want %d: %v: %s", got, code, err, text)
	}
	return d.reported()
}

// reported is the report as it stands in the bundle.
func (d *drill) reported() *reports.Report {
	d.Helper()
	text, err := os.ReadFile(filepath.Join(d.out, campaign.ReportJSON))
	if err != nil {
		d.Fatal(err)
	}
	var r reports.Report
	if err := json.Unmarshal(text, &r); err != nil {
		d.Fatalf("%v in the report %q", err, text)
	}
	if !exists(filepath.Join(d.out, campaign.ReportHTML)) {
		d.Error("there is no report as a page")
	}
	return &r
}

// warns checks that the report has a warning with the text in it.
func (d *drill) warns(r *reports.Report, text string) {
	d.Helper()
	if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, text) }) {
		d.Errorf("the warnings are %q, want %q in one", r.Warnings, text)
	}
}
