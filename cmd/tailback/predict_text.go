package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/whatif"
	"github.com/tailback/tailback/reports/words"
)

// predictWidth is how wide the text is at most: it fits 80 columns.
const predictWidth = 78

// writePrediction writes a prediction for people: what they will see, what would
// help, and the figures behind it, those that a run told first.
func writePrediction(w io.Writer, q *whatif.Question, r *reports.WhatIf, origins []reports.Figure) error {
	var b strings.Builder
	for _, o := range origins {
		b.WriteString(words.Paragraph("  ", "      ", strings.TrimSpace("--"+o.Flag+" "+o.Value)+" ("+o.From+")", predictWidth))
	}
	if len(origins) > 0 {
		b.WriteString("\n")
	}
	network := "unix"
	if q.TCP {
		network = "tcp"
	}
	fmt.Fprintf(&b, "  %s, %s (%s), %s of own work a request\n",
		words.Number(int64(q.Workers), "worker"), words.Number(int64(q.QueueSlots), "queue slot"), network, words.Span(q.ServiceS))
	b.WriteString(words.Paragraph("  ", "  ", r.Asked, predictWidth))
	b.WriteString("\n")
	b.WriteString(words.Paragraph("  ", "  ", r.Summary, predictWidth))
	b.WriteString(strip(r.Prediction.Series, q.LastsS))
	b.WriteString("\n")
	if q.DelayS == 0 {
		b.WriteString("  Should the dependency hang:\n")
	}
	for _, advice := range r.Advice {
		b.WriteString(words.Paragraph("  -> ", "     ", advice, predictWidth))
	}
	b.WriteString("\n")
	writeCapacities(&b, q, &r.Prediction)
	b.WriteString("\n")
	writeGrid(&b, &r.Grid)
	_, err := io.WriteString(w, b.String())
	return err
}

// strip draws the time simulated, each mark as many answers as came then.
func strip(series []reports.PredictedSecond, lastsS float64) string {
	const marks = 60
	last := min(len(series), int(math.Ceil(lastsS)))
	each := max((last+marks-1)/marks, 1)
	var b strings.Builder
	for from := 0; from < last; from += each {
		good, bad := 0.0, 0.0
		for _, s := range series[from:min(from+each, last)] {
			good, bad = good+s.OKHz, bad+s.BadHz
		}
		switch {
		case good+bad == 0:
			b.WriteByte('.')
		case bad == 0:
			b.WriteByte('+')
		case good == 0:
			b.WriteByte('x')
		default:
			b.WriteByte('o')
		}
	}
	return fmt.Sprintf("\n  %s %s %s\n      each mark %s:  + all good  o some errors  x only errors  . no answers\n",
		words.Moment(0), b.String(), words.Moment(float64(last)), words.Span(float64(each)))
}

// writeCapacities writes what the pool can serve, well and under the fault.
func writeCapacities(b *strings.Builder, q *whatif.Question, p *reports.PredictedSeconds) {
	fmt.Fprintf(b, "  capacity   %8s when the dependency answers at once\n", words.PerS(p.CapacityWellHz))
	if p.CapacityHz == nil {
		return
	}
	what := "with calls of " + q.CallLasts()
	if math.IsInf(q.HoldS(), 1) {
		what = "while it hangs"
	}
	fmt.Fprintf(b, "             %8s %s\n", words.PerS(*p.CapacityHz), what)
}

// writeGrid writes which timeouts hold the rate with how many workers: as many
// columns as fit.
func writeGrid(b *strings.Builder, g *reports.Grid) {
	fmt.Fprintf(b, "  capacity per second, and whether it holds %s evenly spaced\n\n", words.Asked(g.RateHz))
	rows := [][]string{{"timeout"}}
	for _, w := range g.Workers {
		rows[0] = append(rows[0], words.Number(int64(w), "worker"))
	}
	for _, row := range g.Rows {
		line := []string{"none"}
		if row.TimeoutS != nil {
			line[0] = words.Limit(*row.TimeoutS)
		}
		for _, c := range row.Cells {
			line = append(line, strings.TrimSuffix(words.PerS(c.CapacityHz), "/s")+" "+verb(c.Holds))
		}
		rows = append(rows, line)
	}
	width := 13
	for _, line := range rows {
		for _, cell := range line {
			width = max(width, len(cell)+2)
		}
	}
	fits := min(len(g.Workers), (predictWidth-10)/width)
	for _, line := range rows {
		fmt.Fprintf(b, "  %8s", line[0])
		for _, cell := range line[1 : 1+fits] {
			fmt.Fprintf(b, "%*s", width, cell)
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
