package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/tailback/tailback/reports"
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

// frame is what the pages of an audit and a search have in common.
type frame struct {
	Style  template.CSS
	Policy string
}

func newFrame() (frame, error) {
	css, err := readAll(pageFile("style.css"), pageFile("campaign/style.css"))
	return frame{template.CSS(css), policy(css, nil)}, err
}

// campaignHTML fills one of the templates of page/campaign. The page needs
// nothing else, not even scripts; it links to the runs' own reports.
func campaignHTML(w io.Writer, name string, own template.FuncMap, page any) error {
	t, err := template.New(name).Funcs(functions).Funcs(campaignFunctions).Funcs(own).ParseFS(pageFiles, "page/listing.html", "page/campaign/parts.html", "page/campaign/"+name)
	if err != nil {
		return fmt.Errorf("parse the page: %w", err)
	}
	var whole bytes.Buffer // so that what cannot be shown leaves no half page
	if err := t.Execute(&whole, page); err != nil {
		return fmt.Errorf("fill the page: %w", err)
	}
	if _, err := whole.WriteTo(w); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// campaignFunctions are those of the templates' common parts.
var campaignFunctions = template.FuncMap{
	"report":   reportLink,
	"plural":   func(n int, noun string) string { return words.Number(int64(n), noun) },
	"atMost":   func(s *float64) string { return known(s, words.Limit) },
	"headline": func(summary string) string { first, _ := parted(summary); return words.Sentence(first) },
	"lead":     func(summary string) string { _, rest := parted(summary); return rest },
}

// reportLink is where a run's own page lies, seen from the campaign's; "" where
// there is none. A folder that lies elsewhere is not linked to.
func reportLink(dir string) string {
	if dir == "" || !filepath.IsLocal(dir) {
		return ""
	}
	return (&url.URL{Path: filepath.ToSlash(dir) + "/report.html"}).String()
}
