package render

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/tailback/tailback/reports"
)

// HistoryCSV writes the nights of one experiment as a table with the columns time
// (UTC, RFC 3339, to the second), commit (that label, or nothing) and one for each
// series, which ends in its unit unless that is a ratio or a count: p99_steady_s,
// errors_hang, capacity_hz. So Apache Otava reads it, with time_column: time and
// attributes: [commit]. A figure that is not known is an empty field; a night of
// which none is known is left out, and with whole each of which one is not: Otava takes no empty field.
func HistoryCSV(w io.Writer, h *reports.History, whole bool) error {
	table := csv.NewWriter(w)
	table.Write(append([]string{"time", "commit"}, columns(h.Series)...))
	for night, n := range h.Nights {
		row := []string{n.Started.UTC().Format(time.RFC3339), oneLine(n.Labels["commit"])}
		known := 0
		for _, s := range h.Series {
			field := ""
			if v := s.Values[night]; v != nil {
				field, known = strconv.FormatFloat(*v, 'g', 9, 64), known+1
			}
			row = append(row, field)
		}
		if known > 0 && (!whole || known == len(h.Series)) {
			table.Write(row)
		}
	}
	table.Flush()
	if err := table.Error(); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

// columns are the names of the series as columns, each once.
func columns(series []reports.Series) (names []string) {
	seen := map[string]int{"time": 1, "commit": 1}
	for _, s := range series {
		var parts []string
		for _, part := range []string{s.Figure, s.Phase, s.Dependency, s.Fault, map[string]string{"s": "s", "/s": "hz"}[s.Unit]} {
			if part = word(part); part != "" {
				parts = append(parts, part)
			}
		}
		name := strings.Join(parts, "_")
		for seen[name]++; seen[name] > 1; seen[name]++ { // such as of the phases "a b" and "a-b"
			name += "_" + strconv.Itoa(seen[name])
		}
		names = append(names, name)
	}
	return names
}

// word makes a name one that needs no quotes anywhere: letters, digits and '_'.
func word(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return ' '
	}, name)
	return strings.Join(strings.Fields(clean), "_")
}
