package ci

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Family is a metric in the sense of OpenMetrics: samples of one name.
type Family struct {
	Name    string // without its unit
	Unit    string // such as "seconds"; empty when it has none
	Type    string // "gauge", "summary" or "info"
	Help    string
	Samples []Sample
}

// Sample is a value with what it is of.
type Sample struct {
	Suffix string // of the name, where the type asks for one
	Labels []Label
	Value  float64
}

// Label says what a sample is of.
type Label struct{ Name, Value string }

// OpenMetrics writes the figures of s in OpenMetrics' text format, which GitLab's
// metrics report and Prometheus read. What is not known has no sample.
func OpenMetrics(w io.Writer, s *Suite) error {
	var b strings.Builder
	for _, f := range s.Metrics {
		f.write(&b)
	}
	b.WriteString("# EOF\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write metrics.txt: %w", err)
	}
	return nil
}

// write writes a family that has a sample. Of two samples of the same labels the last counts.
func (f Family) write(b *strings.Builder) {
	if len(f.Samples) == 0 {
		return
	}
	name := f.Name
	if f.Unit != "" {
		name += "_" + f.Unit
	}
	fmt.Fprintf(b, "# TYPE %s %s\n", name, f.Type)
	if f.Unit != "" {
		fmt.Fprintf(b, "# UNIT %s %s\n", name, f.Unit)
	}
	fmt.Fprintf(b, "# HELP %s %s\n", name, metricText(f.Help))
	last := map[string]int{}
	for i, s := range f.Samples {
		last[s.of(name)] = i
	}
	for i, s := range f.Samples {
		if of := s.of(name); last[of] == i {
			b.WriteString(of + " " + strconv.FormatFloat(s.Value, 'g', -1, 64) + "\n")
		}
	}
}

// of is a sample's name and labels.
func (s Sample) of(name string) string {
	var labels []string
	for _, l := range s.Labels {
		labels = append(labels, l.Name+`="`+metricText(labelText(l.Value))+`"`)
	}
	if labels == nil {
		return name + s.Suffix
	}
	return name + s.Suffix + "{" + strings.Join(labels, ",") + "}"
}

// metricText escapes what ends a line or a label.
func metricText(text string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(text)
}

// labelText is a text of a site or a file as a label's value: in one line, and
// without the sign from which on GitLab takes a line for a comment.
func labelText(text string) string { return strings.ReplaceAll(plain(text), "#", "_") }

// gauge begins a family of figures that may go up and down.
func gauge(name, unit, help string) Family {
	return Family{Name: "tailback_" + name, Unit: unit, Type: "gauge", Help: help}
}

// add adds a sample if the value is known. Labels are names and values in turn.
func (f *Family) add(v *float64, labels ...string) {
	if v != nil {
		f.Samples = append(f.Samples, Sample{Labels: pairs(labels), Value: *v})
	}
}

// pairs makes labels of names and values in turn. One without a value is left out:
// in OpenMetrics it is the same as none.
func pairs(texts []string) (labels []Label) {
	for i := 0; i+1 < len(texts); i += 2 {
		if texts[i+1] != "" {
			labels = append(labels, Label{texts[i], texts[i+1]})
		}
	}
	return labels
}
