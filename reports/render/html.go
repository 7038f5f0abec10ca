package render

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"

	"github.com/tsenart/vegeta/v12/lib/plot"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

//go:embed page
var pageFiles embed.FS

// page is what the template is filled from.
type page struct {
	*reports.Report
	sheet.Frame
	Chart chart
	Data  template.JS // Chart as JSON
	Still *still      // nil when there is nothing to draw
}

// HTML writes r as one page that needs nothing else: no network, and with
// scripts off its charts are still pictures. The same report gives the same bytes.
func HTML(w io.Writer, r *reports.Report) error {
	p, err := newPage(r)
	if err != nil {
		return err
	}
	all := maps.Clone(functions)
	maps.Copy(all, diagnosisFunctions)
	return sheet.Fill(w, pageFiles, "report.html", []string{"page/*.html"}, all, p)
}

func newPage(r *reports.Report) (*page, error) {
	plotCSS, err := plotAsset("uPlot.min.css")
	if err != nil {
		return nil, err
	}
	p := &page{Report: r, Chart: newChart(r)}
	data, err := json.Marshal(p.Chart) // with <, > and & escaped: nothing in it ends its script
	if err != nil {
		return nil, fmt.Errorf("write the charts' data: %w", err)
	}
	p.Data = template.JS(data)
	var scripts []template.JS
	if len(p.Chart.Starts) > 0 {
		plotJS, err := plotAsset("uPlot.min.js")
		if err != nil {
			return nil, err
		}
		scripts = []template.JS{template.JS(plotJS), template.JS(pageFile("draw.js") + pageFile("charts.js"))}
		p.Still = newStill(p.Chart)
	}
	p.Frame = sheet.NewFrame(plotCSS+sheet.Style(), scripts...)
	return p, nil
}

// pageFile is one of the files that are embedded above.
func pageFile(name string) string {
	text, err := pageFiles.ReadFile("page/" + name)
	if err != nil {
		panic(err) // the program was built without it
	}
	return string(text)
}

// plotAsset reads a file of uPlot, which Vegeta carries.
func plotAsset(name string) (string, error) {
	f, err := plot.Assets.Open(name)
	if err != nil {
		return "", fmt.Errorf("open %s among vegeta's plot assets: %w", name, err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	return string(b), err
}

// functions are the template's, beside those of all pages.
var functions = template.FuncMap{
	"spoken":    func(s *reports.Spoken) string { return words.Spoken(s.Answers, s.Connections) },
	"labelled":  labelled,
	"after":     func(v *float64) string { return words.Known(v, words.After) },
	"bytes":     words.Bytes,
	"yes":       yes,
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
	"lines":     func(n int) int { return n * len(responseTimes(reports.Traffic{})) },
	"mixLines":  mixLines,
	"mixAbout":  mixAbout,
	"contents":  contents,
	"stepTime":  stepTime,
	"unsent":    unsentWords,
	"kindLines": kindLines,
	"whole":     words.Count,
	"bars":      bars,
	"wasWell":   wasWell,
	"egress":    egressWords,
	"shape":     func(ok *bool) string { return words.Known(ok, shape) },
}

func shape(ok bool) string {
	if ok {
		return "✓"
	}
	return "✕"
}

func yes(b *bool) string {
	return words.Known(b, func(b bool) string {
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
