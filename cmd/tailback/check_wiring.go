package main

import (
	"fmt"
	"strings"

	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/words"
)

// wiring is what a preflight saw, as it is printed.
type wiring struct {
	Requests     []wiredRequest    `json:"requests"`
	Dependencies []wiredDependency `json:"dependencies"`
	Sources      []wiredSource     `json:"sources"`
	Remarks      []remark          `json:"remarks"`
	spoilt       int
}

type wiredRequest struct {
	Name     string      `json:"name"`
	Method   string      `json:"method"`
	Path     string      `json:"path"`
	Status   string      `json:"status"`             // "" without an answer
	Protocol string      `json:"protocol,omitempty"` // such as "HTTP/1.1"
	Location string      `json:"location,omitempty"`
	Class    string      `json:"class"`
	TookS    float64     `json:"took_s"`
	BytesIn  int64       `json:"bytes_in"`
	Body     *string     `json:"body"`               // null where the file asks for none
	Captured []string    `json:"captured,omitempty"` // by a visit's step: names
	Calls    []wiredCall `json:"calls"`              // null where none can be counted
	Remarks  []remark    `json:"remarks"`
}

type wiredCall struct {
	Dependency string `json:"dependency"`
	Declared   bool   `json:"declared"`
	Self       bool   `json:"self"`
	Calls      int64  `json:"calls"`
	Opened     int64  `json:"opened"`
}

type wiredDependency struct {
	Name    string   `json:"name"`
	Calls   *int64   `json:"calls"` // null where they can't be counted
	Faulted bool     `json:"faulted"`
	Remarks []remark `json:"remarks"`
}

type wiredSource struct {
	Source  string   `json:"source"`
	Lines   int64    `json:"lines"`
	Unread  int64    `json:"unread"`
	Says    string   `json:"says"`
	Remarks []remark `json:"remarks"`
}

func newWiring(w *harness.Wiring) *wiring {
	p := &wiring{Requests: []wiredRequest{}, Dependencies: []wiredDependency{}, Sources: []wiredSource{}, Remarks: remarks(w.Remarks), spoilt: w.Spoilt()}
	for _, r := range w.Requests {
		one := wiredRequest{Name: r.Name, Method: r.Method, Path: r.Path, Status: r.Status, Protocol: r.Protocol, Location: r.Location, Class: r.Class.String(),
			TookS: r.TookS, BytesIn: r.BytesIn, Captured: r.Captured, Remarks: remarks(r.Remarks)}
		if r.Body != "" {
			one.Body = &r.Body
		}
		if r.Calls != nil {
			one.Calls = []wiredCall{}
		}
		for _, c := range r.Calls {
			one.Calls = append(one.Calls, wiredCall{c.Dependency, c.Declared, c.Self, c.Calls, c.Opened})
		}
		p.Requests = append(p.Requests, one)
	}
	for _, d := range w.Dependencies {
		p.Dependencies = append(p.Dependencies, wiredDependency{d.Name, d.Calls, d.Faulted, remarks(d.Remarks)})
	}
	for _, s := range w.Sources {
		p.Sources = append(p.Sources, wiredSource{string(s.Source), s.Lines, s.Unread, s.Says, remarks(s.Remarks)})
	}
	return p
}

func remarks(from []harness.Remark) []remark {
	list := []remark{}
	for _, r := range from {
		list = append(list, remark{Text: r.Text, Spoils: r.Spoils})
	}
	return list
}

// text writes it for a terminal: a line for each request and source, and for
// each dependency there is something to say of, what to do about it below.
func (p *wiring) text() string {
	var b strings.Builder
	wide := 0
	for _, r := range p.Requests {
		wide = max(wide, min(len([]rune(r.Name)), 30))
	}
	for _, s := range p.Sources {
		wide = max(wide, len(s.Source))
	}
	line := func(name, text string, list []remark) {
		b.WriteString(words.Paragraph(fmt.Sprintf("%-*s  ", wide, name), strings.Repeat(" ", wide+2), text, words.Columns))
		for _, r := range list {
			mark := "!"
			if r.Spoils {
				mark = "x"
			}
			b.WriteString(words.Paragraph("  "+mark+" ", "    ", r.Text, words.Columns))
		}
	}
	for _, r := range p.Requests {
		line(r.Name, r.says(), r.Remarks)
	}
	for _, d := range p.Dependencies {
		if len(d.Remarks) > 0 {
			line(d.Name, d.says(), d.Remarks)
		}
	}
	for _, s := range p.Sources {
		line(s.Source, s.says(), s.Remarks)
	}
	if len(p.Remarks) > 0 {
		line("besides", "", p.Remarks)
	}
	return b.String()
}

// says is a request's line: "200 in 112 ms, body ok, called payments 1x, mariadb 2x".
func (r *wiredRequest) says() string {
	text := "no answer"
	if code, _, _ := strings.Cut(r.Status, " "); code != "" {
		text = code
	}
	if r.Protocol != "" && r.Protocol != "HTTP/1.1" {
		text += " by " + r.Protocol
	}
	if r.Location != "" {
		text += " to " + r.Location
	}
	text += " in " + words.Span(r.TookS)
	if r.Body != nil {
		text += ", body " + *r.Body
	} else if r.Class == journal.ClassStatus.String() {
		text += ", not as expected"
	}
	if len(r.Captured) > 0 {
		text += ", captured " + strings.Join(r.Captured, ", ")
	}
	if calls := r.called(); calls != "" {
		text += ", " + calls
	}
	return text
}

// called says what the site called meanwhile; nothing where that can't be known.
func (r *wiredRequest) called() string {
	var calls []string
	for _, c := range r.Calls {
		switch {
		case c.Self:
			calls = append(calls, fmt.Sprintf("itself %dx", c.Calls))
		case c.Calls == 0 && c.Opened > 0:
			calls = append(calls, c.Dependency+" (connected, and asked nothing)")
		case c.Calls == 0:
		case !c.Declared:
			calls = append(calls, fmt.Sprintf("%s %dx (undeclared)", c.Dependency, c.Calls))
		default:
			calls = append(calls, fmt.Sprintf("%s %dx", c.Dependency, c.Calls))
		}
	}
	switch {
	case len(calls) > 0:
		return "called " + strings.Join(calls, ", ")
	case r.Calls != nil && r.Class == journal.ClassOK.String():
		return "no call seen"
	}
	return ""
}

func (d *wiredDependency) says() string {
	if d.Calls == nil {
		return "calls not counted"
	}
	return "not called"
}

func (s *wiredSource) says() string {
	var parts []string
	if s.Lines > 0 {
		parts = append(parts, words.Number(s.Lines, "line"))
	}
	if s.Unread > 0 {
		parts = append(parts, words.Number(s.Unread, "line")+" unread")
	}
	if s.Says != "" {
		parts = append(parts, s.Says)
	}
	if len(parts) == 0 && len(s.Remarks) > 0 {
		return "said nothing"
	}
	if len(parts) == 0 {
		return "nothing new, which is good"
	}
	return strings.Join(parts, ": ")
}
