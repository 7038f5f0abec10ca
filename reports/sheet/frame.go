// Package sheet is what all pages and pictures share: the frame of a page, its
// style and its policy, names and figures as a page shows them, and what a chart
// is drawn of.
package sheet

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strings"
)

//go:embed style.css parts.html
var files embed.FS

//go:embed style.css
var style string

// Style is the style that all pages begin with.
func Style() string { return style }

// Frame is what the head of a page needs.
type Frame struct {
	Style   template.CSS
	Scripts []template.JS
	Policy  string
}

// NewFrame makes the frame of a page of that style and of these scripts, which
// may be none. Its Content-Security-Policy lets them in by their hashes, and
// nothing else: the page can't be made to ask anyone for anything.
func NewFrame(css string, scripts ...template.JS) Frame {
	var hashes strings.Builder
	for _, s := range scripts {
		hashes.WriteString(" " + hash(string(s)))
	}
	if len(scripts) == 0 {
		hashes.WriteString(" 'none'")
	}
	return Frame{template.CSS(css), scripts, "default-src 'none'; style-src " + hash(css) + "; script-src" + hashes.String() +
		"; img-src data:; base-uri 'none'; form-action 'none'"}
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Fill writes a page: the template name among those that patterns name in own,
// which may use the parts of this package and its Functions beside their own. The
// page embeds a Frame, and has a ToolVersion. A page that can't be filled leaves
// no half of it.
func Fill(w io.Writer, own fs.FS, name string, patterns []string, functions template.FuncMap, page any) error {
	t, err := template.New(name).Funcs(Functions()).Funcs(functions).ParseFS(files, "parts.html")
	if err != nil {
		return fmt.Errorf("parse the parts of pages: %w", err)
	}
	if t, err = t.ParseFS(own, patterns...); err != nil {
		return fmt.Errorf("parse the page: %w", err)
	}
	var whole bytes.Buffer
	if err := t.Execute(&whole, page); err != nil {
		return fmt.Errorf("fill the page: %w", err)
	}
	if _, err := whole.WriteTo(w); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
