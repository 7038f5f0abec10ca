package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tailback/tailback/internal/files"
	"github.com/tailback/tailback/reports"
)

// maxReport bounds what is read of a report.json, in bytes: that of an hour is of some 100 KB.
const maxReport = 16 << 20

// run is what a history takes of a report.json: of a run, an audit or a search.
type run struct {
	dir       string
	Schema    int               `json:"schema"`
	Kind      string            `json:"kind"` // empty of a run
	Name      string            `json:"name"`
	Started   time.Time         `json:"started"`
	Labels    map[string]string `json:"labels"`
	DurationS float64           `json:"duration_s"`
	Verdict   reports.Verdict   `json:"verdict"`
	Summary   string            `json:"summary"`
	Outcome   string            `json:"outcome"`

	Fidelity *struct {
		OK  bool   `json:"ok"`
		Why string `json:"why"`
	} `json:"fidelity"`
	Phases   []phase    `json:"phases"`
	Faults   []fault    `json:"faults"`
	Onset    []onset    `json:"onset"`
	Recovery []recovery `json:"recovery"`
	Pool     pool       `json:"pool"`
	Timeouts []timeout  `json:"timeouts"`
	Budget   []budget   `json:"budget"`
	Rows     []auditRow `json:"rows"`     // of an audit
	Capacity []capacity `json:"capacity"` // of a search
}

type (
	phase struct {
		Name      string   `json:"name"`
		Warmup    bool     `json:"warmup"`
		CutShort  bool     `json:"cut_short"`
		Doubt     string   `json:"doubt"`
		OKRatio   *float64 `json:"ok_ratio"`
		ResponseS struct {
			P50 *float64 `json:"p50"`
			P99 *float64 `json:"p99"`
		} `json:"response_s"`
		Visits *struct {
			CompletedRatio *float64 `json:"completed_ratio"`
		} `json:"visits"`
	}
	fault struct {
		Dependency string `json:"dependency"`
		Phase      string `json:"phase"`
		Exercised  bool   `json:"exercised"`
		Uncounted  bool   `json:"uncounted"`
	}
	onset struct {
		Phase       string        `json:"phase"`
		Dependency  string        `json:"dependency"`
		AfterFaultS *float64      `json:"after_fault_s"`
		Cause       reports.Cause `json:"cause"`
	}
	recovery struct {
		Dependency string   `json:"dependency"`
		AfterLiftS *float64 `json:"after_lift_s"`
	}
	pool struct {
		Workers    *value `json:"workers"`
		CapacityHz *value `json:"capacity_hz"`
	}
	timeout struct {
		Dependency string `json:"dependency"`
		ObservedS  *value `json:"observed_s"`
	}
	budget struct {
		Dependency  string   `json:"dependency"`
		MaxTimeoutS *float64 `json:"max_timeout_s"`
	}
	auditRow struct {
		Dependency  string   `json:"dependency"`
		Timeout     *timeout `json:"timeout"`
		MaxTimeoutS *float64 `json:"max_timeout_s"`
	}
	capacity struct {
		Fault  string   `json:"fault"`
		RateHz *float64 `json:"rate_hz"`
	}
	value struct {
		Value *float64 `json:"value"`
	}
)

// of is the value of a figure that may not be known.
func (v *value) of() *float64 {
	if v == nil {
		return nil
	}
	return v.Value
}

// readAll reads the reports in folders of dir, and tells of those that can't be read why.
func readAll(dir string, folders []string) (runs []*run, skipped []reports.Skipped) {
	read := make([]*run, len(folders))
	why := make([]string, len(folders))
	workers := min(runtime.GOMAXPROCS(0), 4)
	buffers := make(chan *buffer, workers) // each holds one report
	for range workers {
		buffers <- new(buffer)
	}
	var g errgroup.Group
	g.SetLimit(workers)
	for i, at := range folders {
		g.Go(func() error {
			b := <-buffers
			defer func() { buffers <- b }()
			r, err := readReport(dir, at, b)
			if err != nil {
				why[i] = err.Error()
				return nil
			}
			read[i] = r
			return nil
		})
	}
	g.Wait()
	for i, at := range folders {
		if read[i] == nil {
			skipped = append(skipped, reports.Skipped{Dir: at, Why: why[i]})
		} else {
			runs = append(runs, read[i])
		}
	}
	return runs, skipped
}

// buffer holds a report while it is read, and what is needed of it.
type buffer struct{ whole, small bytes.Buffer }

// readReport reads one report through the buffer.
func readReport(dir, at string, b *buffer) (*run, error) {
	f, err := openPlain(dir, path.Join(at, reportFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b.whole.Reset()
	b.small.Reset()
	n, err := b.whole.ReadFrom(io.LimitReader(f, maxReport+1))
	switch {
	case err != nil:
		return nil, err
	case n > maxReport:
		return nil, fmt.Errorf("its %s holds more than %d MB, beyond what a history reads", reportFile, maxReport>>20)
	}
	r := &run{dir: at}
	if err = parts(b.whole.Bytes(), &b.small); err == nil {
		err = json.Unmarshal(b.small.Bytes(), r)
	}
	if err != nil {
		return nil, fmt.Errorf("its %s is damaged (%w); write it again with: tailback report %s", reportFile, err, path.Join(dir, at))
	}
	return r, r.check()
}

func openPlain(dir, name string) (*os.File, error) { return files.Open(dir, name) }

// check refuses what this version can't read, or what is no run.
func (r *run) check() error {
	switch {
	case r.Schema > reports.Schema:
		return fmt.Errorf("its %s is of schema %d, newer than %d, the newest this tailback reads; use a newer tailback", reportFile, r.Schema, reports.Schema)
	case r.Schema < 1 || r.Name == "":
		return fmt.Errorf("its %s is not the report of a run", reportFile)
	case r.Kind != "" && r.Kind != reports.KindAudit && r.Kind != reports.KindCapacity:
		return fmt.Errorf("its %s is of the kind %q, and not of a run", reportFile, r.Kind)
	case r.Started.IsZero():
		return fmt.Errorf("its %s does not say when the run began", reportFile)
	}
	return nil
}

// name is the experiment's, with what was done where that was no run: figures of
// an audit, which hangs one dependency after the other, are none of a run.
func (r *run) name() string {
	switch r.Kind {
	case reports.KindAudit:
		return r.Name + " (audit)"
	case reports.KindCapacity:
		return r.Name + " (capacity)"
	}
	return r.Name
}

// is reports whether the run is one of those asked for.
func (r *run) is(o Options) bool {
	if o.Name != "" && r.name() != o.Name {
		return false
	}
	for name, value := range o.Labels {
		if r.Labels[name] != value {
			return false
		}
	}
	return true
}

func (r *run) night() reports.Night {
	labels := r.Labels
	if labels == nil {
		labels = map[string]string{}
	}
	return reports.Night{Dir: r.dir, Name: r.name(), Started: r.Started, DurationS: r.DurationS, Verdict: r.Verdict,
		Outcome: r.Outcome, Summary: r.Summary, Labels: labels, Note: r.note()}
}
