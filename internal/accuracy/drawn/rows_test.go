package drawn

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/zoo"
	"github.com/tailback/tailback/reports"
)

var update = flag.Bool("update", false, "write testdata/rows.golden anew: read each sentence, and ask whether that run shows it")

// What is said of each row of the zoo, beside the truth: a person has read it, and
// reads it again when it changes.
func TestRowsAsTheyAreRead(t *testing.T) {
	var b strings.Builder
	for _, row := range zoo.Rows() {
		fmt.Fprintf(&b, "== row %s; in truth: %s\n", row.Name, row.Truth)
		write(&b, rowReport(t, row.Name))
	}
	const golden = "testdata/rows.golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	was, is := strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")
	row := ""
	for i := range max(len(was), len(is)) {
		if line(is, i) == line(was, i) {
			if strings.HasPrefix(line(is, i), "==") {
				row = line(is, i)
			}
			continue
		}
		t.Fatalf("%s\nline %d is\n%s\nand was\n%s\nRead it, and run with -update.", row, i+1, line(is, i), line(was, i))
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
