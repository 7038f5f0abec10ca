package configs

import (
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

var dataName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func (c *check) data() {
	seen := map[string]string{}
	for i, d := range c.e.Data {
		path := element("data", i)
		if !dataName.MatchString(d.Name) || len(d.Name) > maxName {
			c.add(path+".name", "needs a name of letters, digits, - and _, such as card, by which placeholders speak of it: {{card.number}}")
		}
		c.unique(seen, d.Name, path+".name", "the name")
		if d.File == "" {
			c.add(path+".file", "needs a file of rows, such as cards.csv")
		}
		c.oneOf(d.Order, path+".order", NextRow, RandomRow, RowOnce)
		for j, column := range d.Secret {
			if d.Columns != nil && !slices.Contains(d.Columns, column) {
				c.add(element(path+".secret", j), "%s", d.lacks(column))
			}
		}
		switch ofSessions := slices.Contains(c.e.Sessions.Data(), d.Name); {
		case d.Order == RowOnce && ofSessions:
			c.onceForSessions(d, path)
		case d.Order == RowOnce:
			c.once(d, path)
		}
	}
}

// lacks says that there is no such column.
func (d *Data) lacks(column string) string {
	near := didYouMean(column, d.Columns)
	if near == "" {
		near = "; there are " + strings.Join(d.Columns[:min(len(d.Columns), 20)], ", ")
	}
	return fmt.Sprintf("%s has no column %q%s", filepath.Base(d.File), shortened(column), near)
}

// shortened is a word that somebody gave, short enough for a message.
func shortened(word string) string { return word[:min(len(word), 40)] }

// once checks that a run has a row for each of its requests, or visits, as far as their number
// is known: of Poisson arrivals it is only about so many.
func (c *check) once(d Data, path string) {
	if c.e.Capacity != nil || c.e.Audit != nil {
		c.add(path+".order", "each run of an audit and of a search for the capacity begins with the first row, so that no row would be sent once; write order: next")
		return
	}
	hits, what, them := 0.0, "requests", "sends"
	if len(c.e.Visits) > 0 {
		what, them = "visits", "begins"
	}
	for i, p := range c.e.Phases {
		if p.Concurrency > 0 && i+1 < len(c.e.Phases) {
			c.add(path+".order", "how many %s phase %s %s is not known beforehand (it has concurrency), so that no row can be kept for the phases after it; let it be the last, give it a rate, or write order: next", what, p.Name, them)
			return
		}
		hits += c.e.Hits(p)
	}
	if n := len(d.Rows); n > 0 && float64(n) < math.Floor(hits) {
		about := ""
		if c.e.Arrivals.Kind == Poisson {
			about = "about "
		}
		c.add(path+".file", "%s has %d rows, each to be sent once, and the phases %s %s%.0f %s: add rows, or write order: next", filepath.Base(d.File), n, strings.TrimSuffix(them, "s"), about, math.Floor(hits), what)
	}
}

// values checks the placeholders of a request.
func (c *check) values(r *Request, path string) {
	own, wrong := Pieces(r.Path)
	c.pieces(own, wrong, path+".path")
	for i, q := range r.Query {
		c.value(q.Value, element(path+".query", i)+".value")
	}
	for i, h := range r.Headers {
		at := element(path+".headers", i) + ".value"
		c.value(h.Value, at)
		c.inHeader(h.Value, at)
	}
	for i, p := range r.Form {
		c.value(p.Value, element(path+".form", i)+".value")
	}
	for i, p := range r.Multipart {
		c.value(p.Value, element(path+".multipart", i)+".value")
	}
	inJSON, wrong := r.JSON.pieces()
	c.pieces(inJSON, wrong, path+".json")
	body := path + ".body"
	if r.BodyFile != "" {
		body += "_file"
	}
	c.value(r.Body.Secret, body)
	c.match(r.Expect.Match, path+".expect")
	c.match(r.Degraded, path+".degraded")
}

// match checks the placeholders of what an answer is to hold.
func (c *check) match(m Match, path string) {
	pieces, wrong := m.bodyPieces()
	c.pieces(pieces, wrong, path+".body")
	if placeholderForm.MatchString(m.BodyMatches) {
		c.add(path+".body_matches", "holds a placeholder, and a regular expression is not filled in; use body, or for the text itself write [{]{")
	}
}

func (c *check) value(s Secret, path string) {
	pieces, wrong := s.pieces()
	c.pieces(pieces, wrong, path)
}

// pieces checks what a text is made of.
func (c *check) pieces(pieces []Piece, wrong []string, path string) {
	for _, text := range slices.Compact(wrong) {
		c.add(path, "%s", text)
	}
	for _, p := range pieces {
		if p.Kind == Captured {
			c.capturedBefore(p.Text, path)
		}
		if p.Kind != Column {
			continue
		}
		switch d := c.e.data(p.Data); {
		case d == nil && len(c.e.Data) == 0:
			c.add(path, "holds {{%s.%s}}, and there is no data; add data: [{name: %s, file: %s.csv}]", p.Data, shortened(p.Column), p.Data, p.Data)
		case d == nil:
			c.add(path, "holds {{%s.%s}}, and there is no data of that name%s", p.Data, shortened(p.Column), didYouMean(p.Data, c.e.dataNames()))
		case d.Columns != nil && !slices.Contains(d.Columns, p.Column):
			c.add(path, "holds {{%s.%s}}, but %s", p.Data, shortened(p.Column), d.lacks(p.Column))
		}
	}
}

// capturedBefore checks that a value that is sent was captured by a step before.
func (c *check) capturedBefore(name, path string) {
	switch {
	case slices.Contains(c.captured, name):
	case slices.Contains(c.later, name):
		c.add(path, "holds {{%s}}, which is captured by this step or by one after it; capture it before", name)
	case c.capturing(name) != "":
		c.add(path, "holds {{%s}}, which is captured by visit %s, and each visit has values of its own; capture it here too", name, c.capturing(name))
	default:
		c.add(path, "%s", unknown(name, c.captured))
	}
}

// capturing is the name of a visit that captures a value; "" if none does.
func (c *check) capturing(name string) string {
	for _, v := range c.e.Visits {
		for _, s := range v.Steps {
			if slices.Contains(s.captured(), name) {
				return v.Name
			}
		}
	}
	return ""
}

func (e *Experiment) dataNames() (all []string) {
	for _, d := range e.Data {
		all = append(all, d.Name)
	}
	return all
}

// inHeader checks that the values of a header's columns are what a header can hold.
func (c *check) inHeader(s Secret, path string) {
	pieces, _ := s.pieces()
	for _, p := range pieces {
		if p.Kind == fromEnv && !httpguts.ValidHeaderFieldValue(p.Text) {
			c.add(path, "holds an {{env}} with a line break or another control character, which a header cannot hold")
		}
		d := c.e.data(p.Data)
		if p.Kind != Column || d == nil {
			continue
		}
		at := slices.Index(d.Columns, p.Column)
		for i, row := range d.Rows {
			if at >= 0 && !httpguts.ValidHeaderFieldValue(row[at]) {
				c.add(path, "holds {{%s.%s}}, which has a line break or another control character in row %d, which a header cannot hold", p.Data, shortened(p.Column), i+1)
				break
			}
		}
	}
}

// multipart checks the parts of a body.
func (c *check) multipart(r *Request, path string) {
	for i, p := range r.Multipart {
		at := element(path+".multipart", i)
		switch given := p.Value != (Secret{}); {
		case p.Name == "":
			c.add(at+".name", "needs the part's name")
		case p.File != "" && given:
			c.add(at+".file", "is given besides value; give one of them")
		case p.File == "" && p.Filename != "":
			c.add(at+".filename", "needs file beside it")
		}
		c.secret(p.Value, at+".value")
		if !httpguts.ValidHeaderFieldValue(p.Type) {
			c.add(at+".type", "needs a media type such as image/jpeg")
		}
	}
	if len(r.Multipart) > 0 && r.header("Content-Type") != "" {
		c.add(path+".headers", "hold a Content-Type, which multipart sets by itself, with what is between its parts; remove it")
	}
	for i, p := range r.Form {
		if p.Name == "" {
			c.add(element(path+".form", i)+".name", "needs the value's name")
		}
		c.secret(p.Value, element(path+".form", i)+".value")
	}
}
