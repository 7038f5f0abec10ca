package drawn

import (
	"flag"
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/zoo"
	"github.com/tailback/tailback/reports"
)

var update = flag.Bool("update", false, "write testdata anew: read each sentence, and ask whether that run shows it")

// What is said of each row of the zoo, beside the truth: a person has read it, and
// reads it again when it changes.
func TestRowsAsTheyAreRead(t *testing.T) {
	var b strings.Builder
	for _, row := range zoo.Rows() {
		fmt.Fprintf(&b, "== row %s; in truth: %s\n", row.Name, row.Truth)
		write(&b, rowReport(t, row.Name))
	}
	approved(t, "testdata/rows.golden", b.String())
}

// What is told of one run of each kind, beside the truth: what is wrong or silent of
// these is counted in TestZoo; a change of any figure is seen here.
func TestKindsAsTheyAreTold(t *testing.T) {
	kinds := zoo.Kinds()
	texts := make([]string, len(kinds))
	var all sync.WaitGroup
	for i, k := range kinds {
		all.Go(func() {
			d, err := Draw(k, golden)
			if err != nil {
				t.Error(err)
				return
			}
			texts[i] = told(&d)
		})
	}
	all.Wait()
	approved(t, "testdata/kinds.golden", strings.Join(texts, ""))
}

// golden is the seed of the runs in kinds.golden.
const golden = 1

// told is what a report says of a run, each thing beside the truth where it is another.
func told(d *Run) string {
	var b strings.Builder
	fmt.Fprintf(&b, "== %s", d.Kind)
	if fit := d.Report.Pool.FitR2; fit != nil {
		fmt.Fprintf(&b, ", of which the model explains %.2f", *fit)
	}
	b.WriteString("\n")
	for _, m := range d.Marks() {
		switch {
		case m.Said == "" && !m.Could:
			continue
		case m.Said == "":
			m.Said = "nothing, though it could"
		}
		fmt.Fprintf(&b, "  %s: %s", m.Figure, m.Said)
		if m.Truth != "" {
			fmt.Fprintf(&b, "; in truth %s", strings.TrimSpace(m.Truth))
		}
		if m.Wrong {
			b.WriteString("; WRONG")
		}
		b.WriteString("\n")
	}
	for key, why := range sorted(d.Report.Pool.Unknown) {
		fmt.Fprintf(&b, "  %s can't be told: %s\n", key, why)
	}
	fmt.Fprintf(&b, "  %s\n", d.Report.Summary)
	return b.String()
}

func sorted(texts map[string]string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, key := range slices.Sorted(maps.Keys(texts)) {
			if !yield(key, texts[key]) {
				return
			}
		}
	}
}

// approved holds a text against the one that a person has read and committed.
func approved(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	was, is := strings.Split(string(want), "\n"), strings.Split(text, "\n")
	of := ""
	for i := range max(len(was), len(is)) {
		if line(is, i) != line(was, i) {
			t.Fatalf("%s\nline %d of %s is\n%s\nand was\n%s\nRead it, and run with -update.", of, i+1, file, line(is, i), line(was, i))
		}
		if strings.HasPrefix(line(is, i), "==") {
			of = line(is, i)
		}
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// write puts what a reader of the report meets into plain lines.
func write(b *strings.Builder, r *reports.Report) {
	p := &r.Pool
	fmt.Fprintf(b, "%s\n", r.Summary)
	for _, one := range []struct {
		name, key string
		e         *reports.Estimate
	}{{"workers", "workers", p.Workers}, {"slots", "queue_slots", p.QueueSlots}, {"service", "service_s", p.ServiceS}, {"capacity", "capacity_hz", p.CapacityHz}, {"gateway", "gateway_timeout_s", p.GatewayTimeoutS}} {
		if one.e == nil {
			fmt.Fprintf(b, "  %s: can't tell, because %s\n", one.name, p.Unknown[one.key])
			continue
		}
		fmt.Fprintf(b, "  %s: %s", one.name, one.e)
		if only := p.Assumes[one.key]; only != "" {
			fmt.Fprintf(b, ", if %s", only)
		}
		b.WriteString("\n")
	}
	for _, o := range r.Onset {
		fmt.Fprintf(b, "  onset: %d × %d from %.1f s: %s", o.Count, o.Code, o.FirstS, o.Cause)
		if o.Confidence != nil {
			fmt.Fprintf(b, " %.2f", *o.Confidence)
		}
		for _, or := range o.Or {
			fmt.Fprintf(b, " or %s", or)
		}
		b.WriteString("\n")
	}
	for _, c := range r.Claims {
		fmt.Fprintf(b, "  claim: %s\n", inWords(&c))
	}
	for _, a := range r.Advice {
		fmt.Fprintf(b, "  do: %s | %s\n", a.Text, a.Because)
	}
	for _, n := range r.NotKnown {
		fmt.Fprintf(b, "  not known: %s | %s | %s\n", n.What, n.Why, n.Needs)
	}
}

func inWords(c *reports.Claim) string {
	text := string(c.Kind)
	if c.Dependency != "" {
		text += " " + c.Dependency
	}
	if c.Workers != nil {
		text += fmt.Sprintf(", %d workers", *c.Workers)
	}
	for _, one := range []struct {
		v      *float64
		format string
	}{{c.AtS, "at %.1f s"}, {c.AfterS, "after %.3g s"}, {c.TimeoutS, "%.3g s"}, {c.SizeS, "%.3g s"}, {c.RateHz, "%.3g/s"}} {
		if one.v != nil {
			text += ", " + fmt.Sprintf(one.format, *one.v)
		}
	}
	if c.Assumes != "" {
		text += ", if " + c.Assumes
	}
	return text
}

// Of seed 254 an overload fills a queue on TCP; 0.6 s after a hang the first 504 comes, to
// a request that had waited for 10 s before it: the hang is not why.
func TestWhoWaitedBeforeAFault(t *testing.T) {
	k, err := zoo.KindNamed("gunicorn")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Draw(k, 254)
	if err != nil {
		t.Fatal(err)
	}
	if o := d.Report.Onset; len(o) == 0 || o[0].Code != 504 || o[0].AfterFaultS != nil {
		t.Errorf("%+v, want a 504 that no fault is blamed for", o)
	}
}

// A call of three round trips is three calls over one connection: one that times out ends
// it, and the timeout may be three times as long as if each were waited for.
func TestBudgetsOfSeveralCalls(t *testing.T) {
	k, err := zoo.KindNamed("database")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Draw(k, golden)
	if err != nil {
		t.Fatal(err)
	}
	b := d.Report.BudgetOf("payments")
	if b == nil || b.MaxTimeoutS == nil || b.OnceS == nil {
		t.Fatalf("%+v, want a budget for each way to wait", b)
	}
	for at, want := range map[float64]bool{0.8 * *b.OnceS: true, 1.25 * *b.OnceS: false} {
		if got := d.Truth.Holds(0, time.Duration(at*float64(time.Second)), b.RateHz); got != want {
			t.Errorf("%+v: a timeout of %.3g s holds: %t, want %t", *b, at, got, want)
		}
	}
}
