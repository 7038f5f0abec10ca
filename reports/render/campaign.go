package render

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// campaignJSON writes an audit or a search as indented JSON.
func campaignJSON(w io.Writer, found any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(found); err != nil {
		return fmt.Errorf("write report.json: %w", err)
	}
	return nil
}

// campaignHead writes name and verdict of an audit or a search, what it was, and
// its summary.
func campaignHead(b *strings.Builder, c *reports.Campaign, badge, what string) {
	b.WriteString(strings.Join([]string{shorten(oneLine(c.Name), width-30), badge, words.Lasted(c.DurationS)}, "  ") + "\n")
	if said := labelled(c.Labels); said != "" {
		b.WriteString(words.Paragraph("  ", "  ", said, width))
	}
	b.WriteString(words.Paragraph("  ", "  ", what, width) + "\n")
	if c.Summary != "" {
		b.WriteString(words.Paragraph("  ", "  ", words.Sentence(oneLine(c.Summary)), width) + "\n")
	}
}

// leftTable writes rows in columns that all begin at the left. Where they are too
// wide, the first column's ends are left out.
func leftTable(b *strings.Builder, rows [][]cell) {
	room := max(width-tableWidth(rows)+widthsOf(rows)[0], len("dependency"))
	for _, row := range rows {
		row[0].text = shorten(row[0].text, room)
	}
	alignLeft(rows, len(rows[0])-1)
	var table strings.Builder
	writeTable(&table, unpainted, rows)
	for line := range strings.Lines(table.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n") // no blanks behind the last column
	}
}

// campaignHTML fills one of the templates of page/campaign. The page needs
// nothing else, not even scripts; it links to the runs' own reports.
func campaignHTML(w io.Writer, name string, own template.FuncMap, page any) error {
	all := maps.Clone(functions)
	maps.Copy(all, campaignFunctions)
	maps.Copy(all, own)
	return sheet.Fill(w, pageFiles, name, []string{"page/campaign/parts.html", "page/campaign/" + name}, all, page)
}

func campaignFrame() sheet.Frame {
	return sheet.NewFrame(sheet.Style() + pageFile("campaign/style.css"))
}

// campaignFunctions are those of the templates' common parts.
var campaignFunctions = template.FuncMap{
	"report":   sheet.ReportLink,
	"plural":   func(n int, noun string) string { return words.Number(int64(n), noun) },
	"headline": func(summary string) string { first, _ := sheet.Parted(summary); return words.Sentence(first) },
	"lead":     func(summary string) string { _, rest := sheet.Parted(summary); return rest },
}
