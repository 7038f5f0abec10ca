package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// capacities writes what the pool can serve, well and under the fault.
func (p *prediction) capacities(b *strings.Builder) {
	fmt.Fprintf(b, "  capacity   %6s/s when the dependency answers at once\n", rate(p.Capacity(0)))
	if p.delay > 0 {
		what := "with calls of " + seconds(p.hold)
		if math.IsInf(p.hold, 1) {
			what = "while it hangs"
		}
		fmt.Fprintf(b, "             %6s/s %s\n", rate(p.Capacity(p.hold)), what)
	}
}

// table writes which timeouts hold the rate with how many workers.
func (p *prediction) table(b *strings.Builder) {
	g := p.grid()
	width := max(13, len(plural(g.Workers[len(g.Workers)-1], "worker"))+2)
	fits := min(len(g.Workers), (predictWidth-10)/width)
	fmt.Fprintf(b, "  capacity per second, and whether it holds %s/s evenly spaced\n\n  %8s", short(p.rate), "timeout")
	for _, w := range g.Workers[:fits] {
		fmt.Fprintf(b, "%*s", width, plural(w, "worker"))
	}
	b.WriteString("\n")
	for _, row := range g.Rows {
		label := "none"
		if row.TimeoutS != nil {
			label = atMost(*row.TimeoutS)
		}
		fmt.Fprintf(b, "  %8s", label)
		for _, c := range row.Cells[:fits] {
			fmt.Fprintf(b, "%*s", width, decimals(c.CapacityHz)+" "+verb(c.Holds))
		}
		b.WriteString("\n")
	}
}

func verb(holds bool) string {
	if holds {
		return "holds"
	}
	return "fails"
}

// decimals writes a capacity with the decimals that its size needs.
func decimals(hz float64) string {
	switch {
	case hz == 0:
		return "0"
	case hz < 9.995:
		return strconv.FormatFloat(hz, 'f', 2, 64)
	case hz < 99.95:
		return strconv.FormatFloat(hz, 'f', 1, 64)
	}
	return strconv.FormatFloat(hz, 'f', 0, 64)
}

// rate is decimals without zeros at the end.
func rate(hz float64) string { return trim(decimals(hz)) }
