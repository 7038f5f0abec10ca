package accuracy

import (
	"fmt"
	"io"
)

// Row is a site and what the report said of it.
type Row struct {
	Site    Site
	Figures []Figure
	Seconds float64 // that the run took
	FitR2   *float64
}

// Score counts how often the figures of one name were right.
type Score struct {
	Told, Close, Inside, Narrow, Unknown int
}

// Scores are by the figure's name.
func Scores(rows []Row) map[string]Score {
	all := map[string]Score{}
	for _, row := range rows {
		for _, f := range row.Figures {
			s := all[f.Name]
			if f.Estimate == nil {
				s.Unknown++
				all[f.Name] = s
				continue
			}
			s.Told++
			s.Close += count(f.Close())
			s.Inside += count(f.Inside())
			s.Narrow += count(f.Width() <= maxWidth)
			all[f.Name] = s
		}
	}
	return all
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

var names = [...]string{"workers", "queue slots", "service", "capacity", "timeout"}

// Write writes the table in Markdown.
func Write(w io.Writer, rows []Row) {
	fmt.Fprint(w, "| seed | site | run | ")
	for _, n := range names {
		fmt.Fprintf(w, "%s | ", n)
	}
	fmt.Fprint(w, "R² |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, row := range rows {
		fmt.Fprintf(w, "| %d | %v | %.0f s |", row.Site.Seed, row.Site, row.Seconds)
		for _, n := range names {
			fmt.Fprintf(w, " %s |", cell(row.Figures, n))
		}
		if row.FitR2 != nil {
			fmt.Fprintf(w, " %.2f |\n", *row.FitR2)
		} else {
			fmt.Fprint(w, " – |\n")
		}
	}
	scores := Scores(rows)
	fmt.Fprint(w, "\n| figure | told | not told | close enough | truth in the interval | interval at most 25% |\n|---|---|---|---|---|---|\n")
	for _, n := range names {
		s := scores[n]
		fmt.Fprintf(w, "| %s | %d | %d | %d | %d | %d |\n", n, s.Told, s.Unknown, s.Close, s.Inside, s.Narrow)
	}
}

func cell(figures []Figure, name string) string {
	for _, f := range figures {
		if f.Name == name {
			return fmt.Sprintf("%v of %.3g", f, f.Truth)
		}
	}
	return ""
}
