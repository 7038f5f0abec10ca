package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"path/filepath"

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
	t, err := template.New(name).Funcs(functions).Funcs(campaignFunctions).Funcs(own).ParseFS(pageFiles, "page/campaign/parts.html", "page/campaign/"+name)
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
