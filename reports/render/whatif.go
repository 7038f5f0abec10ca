package render

import (
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// whatIfPage is what the template of a prediction is filled from.
type whatIfPage struct {
	*reports.WhatIf
	sheet.Frame
	Map heatMap
}

// WhatIf writes a prediction as one page that needs nothing else, not even
// scripts. The same prediction gives the same bytes.
func WhatIf(w io.Writer, p *reports.WhatIf) error {
	all := maps.Clone(functions)
	maps.Copy(all, whatIfFunctions)
	page := whatIfPage{p, sheet.NewFrame(sheet.Style() + pageFile("whatif/style.css")), newHeatMap(p.Grid)}
	return sheet.Fill(w, pageFiles, "whatif.html", []string{"page/whatif/whatif.html"}, all, page)
}

var whatIfFunctions = template.FuncMap{
	"chosen":  words.Timeout,
	"rowName": rowName,
	"outcome": outcome,
	"busy":    busy,
	"flag":    func(f reports.Figure) string { return "--" + strings.TrimSpace(f.Flag+" "+f.Value) },
	"about":   about,
}

// about is the title.
func about(p *reports.WhatIf) string {
	name := "the dependency"
	if len(p.Budget) > 0 && p.Budget[0].Dependency != "" {
		name = p.Budget[0].Dependency
	}
	return "What if " + name + " is slow, at " + words.Asked(p.Grid.RateHz)
}

// rowName names a timeout of the grid.
func rowName(r reports.GridRow) string {
	switch {
	case r.TimeoutS != nil:
		return words.Limit(*r.TimeoutS)
	case r.HoldS != nil:
		return "none, or over " + words.Span(*r.HoldS)
	}
	return "none"
}

// outcome says what becomes of a site.
func outcome(c reports.GridCell) string {
	switch {
	case c.Holds:
		return "✓ " + busy(c) + " busy"
	case c.OnsetS == nil || c.Code == nil:
		return "✕ fails"
	}
	return fmt.Sprintf("✕ %d at %s", *c.Code, words.Span(*c.OnsetS))
}

// busy is how busy the workers of a site are: 100% leaves nothing.
func busy(c reports.GridCell) string {
	if c.Busy == nil {
		return "all"
	}
	return words.Percent(math.Round(*c.Busy*1e9) / 1e9) // what a float makes of all is all
}

// heatMap is the grid as a picture. Its widths are percents of the picture's,
// so that its letters stay as large on a small screen; its heights are pixels.
type heatMap struct {
	Height  float64
	Columns []heatLabel
	Rows    []heatRow
}

type heatLabel struct {
	X    float64
	Text string
	Here bool
}

type heatRow struct {
	Name  string
	Y     float64 // of the name
	Cells []heatCell
}

type heatCell struct {
	X, Y, Width, Height  float64
	Middle, Above, Below float64 // of the letters
	Class, Sign, Text    string
	Site                 bool
	Title                string
}

// Geometry of a heat map.
const (
	heatLeft    = 17.0 // percent
	heatTop     = 26.0 // pixels
	heatRowHigh = 44.0
	heatGap     = 0.5 // percent
	maxHeat     = 6   // columns
)

// newHeatMap lays out a grid.
func newHeatMap(g reports.Grid) heatMap {
	columns := min(len(g.Workers), maxHeat)
	each := (100 - heatLeft) / float64(max(columns, 1))
	m := heatMap{Height: heatTop + heatRowHigh*float64(len(g.Rows)) + 2}
	for i, n := range g.Workers[:columns] {
		l := heatLabel{X: heatLeft + each*(float64(i)+0.5), Text: words.Count(int64(n))}
		for _, row := range g.Rows {
			l.Here = l.Here || row.Cells[i].Site
		}
		m.Columns = append(m.Columns, l)
	}
	for i, row := range g.Rows {
		y := heatTop + heatRowHigh*float64(i)
		r := heatRow{Name: mapName(row), Y: y + heatRowHigh/2 + 4}
		for k, c := range row.Cells[:columns] {
			x := heatLeft + each*float64(k)
			cell := heatCell{X: sheet.Round(x), Y: y + 1, Width: sheet.Round(each - heatGap), Height: heatRowHigh - 4,
				Middle: sheet.Round(x + (each-heatGap)/2), Above: y + 17, Below: y + 32, Site: c.Site}
			cell.Class, cell.Sign, cell.Text = heat(c)
			cell.Title = words.Number(int64(g.Workers[k]), "worker") + ", timeout " + rowName(row) + ": " + words.PerS(c.CapacityHz) + " " + outcome(c)
			r.Cells = append(r.Cells, cell)
		}
		m.Rows = append(m.Rows, r)
	}
	return m
}

// mapName is a row's name where there is little room.
func mapName(r reports.GridRow) string {
	if r.TimeoutS == nil {
		return "none"
	}
	return words.Limit(*r.TimeoutS)
}

// tight is how busy workers are who hold evenly spaced arrivals and no others.
const tight = 0.8

// heat is how a cell looks: its class, and two lines of text.
func heat(c reports.GridCell) (class, sign, text string) {
	switch {
	case c.Holds && c.Busy != nil && *c.Busy > tight*(1+1e-9):
		return "tight", "✓ tight", busy(c)
	case c.Holds:
		return "calm", "✓ holds", busy(c)
	case c.OnsetS == nil || c.Code == nil:
		return "over", "✕ fails", ""
	}
	return "over", fmt.Sprintf("✕ %d", *c.Code), words.Span(*c.OnsetS)
}
