package render

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tsenart/vegeta/v12/lib/plot"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

//go:embed page
var pageFiles embed.FS

// page is what the template is filled from.
type page struct {
	*reports.Report
	Style   template.CSS
	Scripts []template.JS
	Policy  string
	Chart   chart
	Data    template.JS // Chart as JSON
	Still   *still      // nil when there is nothing to draw
}

// HTML writes r as one page that needs nothing else: no network, and with
// scripts off its charts are still pictures. The same report gives the same bytes.
func HTML(w io.Writer, r *reports.Report) error {
	p, err := newPage(r)
	if err != nil {
		return err
	}
	t, err := template.New("report.html").Funcs(functions).Funcs(diagnosisFunctions).ParseFS(pageFiles, "page/*.html")
	if err != nil {
		return fmt.Errorf("parse the page: %w", err)
	}
	var whole bytes.Buffer // so that a report that cannot be shown leaves no half page
	if err := t.Execute(&whole, p); err != nil {
		return fmt.Errorf("fill the page: %w", err)
	}
	if _, err := whole.WriteTo(w); err != nil {
		return fmt.Errorf("write report.html: %w", err)
	}
	return nil
}

func newPage(r *reports.Report) (*page, error) {
	css, err := readAll(plotAsset("uPlot.min.css"), pageFile("style.css"))
	if err != nil {
		return nil, err
	}
	uplot, err := plotAsset("uPlot.min.js")()
	if err != nil {
		return nil, err
	}
	own, err := readAll(pageFile("draw.js"), pageFile("charts.js"))
	if err != nil {
		return nil, err
	}
	p := &page{Report: r, Style: template.CSS(css), Chart: newChart(r)}
	data, err := json.Marshal(p.Chart) // with <, > and & escaped: nothing in it ends its script
	if err != nil {
		return nil, fmt.Errorf("write the charts' data: %w", err)
	}
	p.Data = template.JS(data)
	if len(p.Chart.Starts) > 0 {
		p.Scripts = []template.JS{template.JS(uplot), template.JS(own)}
		p.Still = newStill(p.Chart)
	}
	p.Policy = policy(css, p.Scripts)
	return p, nil
}

// readAll joins texts.
func readAll(sources ...func() (string, error)) (string, error) {
	var all strings.Builder
	for _, read := range sources {
		s, err := read()
		if err != nil {
			return "", err
		}
		all.WriteString(s)
	}
	return all.String(), nil
}

func pageFile(name string) func() (string, error) {
	return func() (string, error) {
		b, err := pageFiles.ReadFile("page/" + name)
		return string(b), err
	}
}

// plotAsset reads a file of uPlot, which Vegeta carries.
func plotAsset(name string) func() (string, error) {
	return func() (string, error) {
		f, err := plot.Assets.Open(name)
		if err != nil {
			return "", fmt.Errorf("open %s among vegeta's plot assets: %w", name, err)
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		return string(b), err
	}
}

// policy is the Content-Security-Policy: this style and these scripts, by their
// hashes, and nothing else. The page can't be made to ask anyone for anything.
func policy(css string, scripts []template.JS) string {
	var hashes strings.Builder
	for _, s := range scripts {
		hashes.WriteString(" " + hash(string(s)))
	}
	if len(scripts) == 0 {
		hashes.WriteString(" 'none'")
	}
	return "default-src 'none'; style-src " + hash(css) + "; script-src" + hashes.String() +
		"; img-src data:; base-uri 'none'; form-action 'none'"
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// functions are the template's. Those of a figure take a pointer, since the
// template takes the address of a plain one and nil is unknown.
var functions = template.FuncMap{
	"labelled":  labelled,
	"seconds":   func(v *float64) string { return known(v, words.Span) },
	"moment":    func(v *float64) string { return known(v, words.Moment) },
	"after":     func(v *float64) string { return known(v, after) },
	"rate":      func(v *float64) string { return known(v, words.PerS) },
	"asked":     func(v *float64) string { return known(v, words.Asked) },
	"percent":   func(v *float64) string { return known(v, words.Percent) },
	"count":     func(v *int64) string { return known(v, words.Count) },
	"lasted":    words.Lasted,
	"bytes":     words.Bytes,
	"yes":       yes,
	"date":      func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
	"iso":       func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"verdict":   verdict,
	"sign":      sign,
	"faultName": faultName,
	"held":      held,
	"undone":    undone,
	"observed":  observed,
	"cause":     cause,
	"words":     kindWords,
	"codes":     tallies,
	"mixed":     mixed,
	"degraded":  degraded,
	"causes":    causes,
	"times":     responseTimes,
	"stretch":   fromTo,
	"closed":    closed,
	"listing":   newListing,
	"lines":     func(n int) int { return n * len(responseTimes(reports.Traffic{})) },
	"mixLines":  mixLines,
	"mixAbout":  mixAbout,
	"contents":  contents,
	"breakable": breakable,
	"glued":     glued,
	"wasWell":   wasWell,
	"egress":    egressWords,
	"shape":     func(ok *bool) string { return known(ok, shape) },
}

// sign is a verdict's shape, so that it does not rest on colour.
func sign(v reports.Verdict) string {
	return map[reports.Verdict]string{reports.Pass: "✓", reports.Fail: "✕", reports.Inconclusive: "?", reports.None: "–"}[v]
}

func shape(ok bool) string {
	if ok {
		return "✓"
	}
	return "✕"
}

func yes(b *bool) string {
	return known(b, func(b bool) string {
		if b {
			return "yes"
		}
		return "no"
	})
}

// tally is a count of a status or a class.
type tally struct {
	Name string
	N    int64
	Bad  bool
}

// tallies lists statuses or classes that occurred. Status 0 is no answer, which
// the classes tell more of.
func tallies(m map[string]int64) []tally {
	var list []tally
	for _, k := range sortedKeys(m) {
		if k != "0" {
			list = append(list, tally{kindWords(k), m[k], k != "ok" && !goodStatus(k)})
		}
	}
	return list
}

// mixed reports whether any phase served more than one request of the mix.
func mixed(phases []reports.Phase) bool {
	return slices.ContainsFunc(phases, func(p reports.Phase) bool { return len(p.Requests) > 1 })
}

// degraded reports whether any phase had degraded answers.
func degraded(phases []reports.Phase) bool {
	return slices.ContainsFunc(phases, func(p reports.Phase) bool { return p.DegradedRatio != nil && *p.DegradedRatio > 0 })
}

// closed reports whether any phase had closed load.
func closed(phases []reports.Phase) bool {
	return slices.ContainsFunc(phases, func(p reports.Phase) bool { return p.Kind == "closed" })
}

// fromTo is from when to when a phase lasted; empty when the run did not come to it.
func fromTo(r *reports.Report, p reports.Phase) []string {
	if !reached(r, p) {
		return nil
	}
	return []string{words.Moment(p.StartS), words.Moment(p.EndS)}
}

// causes reports whether the cause of any onset could be told.
func causes(onset []reports.Onset) bool {
	return slices.ContainsFunc(onset, func(o reports.Onset) bool { return cause(o) != "" })
}

// timesRow is one line of the table of response times.
type timesRow struct {
	Of string
	reports.Quantiles
}

func responseTimes(t reports.Traffic) []timesRow {
	return []timesRow{{"good answers", t.ResponseS}, {"all, failures too", t.ResponseAllS}, {"good, from sending", t.ServiceS}}
}
