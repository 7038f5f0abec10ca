package traffic

import (
	"fmt"
	"strings"
)

// request writes a request of the mix or a step, behind # when it is off.
func (p *page) request(r Request, indent, of string) {
	p.comments(indent, r.Note)
	lines := p.requestLines(r, of)
	lines[0] = "- " + lines[0]
	for i, line := range lines {
		if i > 0 {
			line = "  " + line
		}
		if i == 0 && r.Short != "" {
			line += " # " + comment(r.Short)
		}
		if r.Off {
			line = "# " + line
		}
		p.line("%s%s", indent, line)
	}
}

// requestLines are the keys of a request, on one line when there is nothing but a
// name, a path and a weight.
func (p *page) requestLines(r Request, of string) []string {
	keys := []string{"name: " + quote(r.Name)}
	if r.Method != "" && r.Method != "GET" {
		keys = append(keys, "method: "+quote(r.Method))
	}
	keys = append(keys, "path: "+quote(p.filled(r.Path)))
	if r.Weight > 0 && of == "requests" {
		keys = append(keys, fmt.Sprintf("weight: %d", r.Weight))
	}
	if r.Think > 0 {
		keys = append(keys, "think: "+r.Think.String())
	}
	if len(r.Headers) == 0 && r.Body == nil && len(r.Captures) == 0 {
		if one := "{" + strings.Join(keys, ", ") + "}"; len(one) < width-20 {
			return []string{one}
		}
	}
	if len(r.Headers) > 0 {
		keys = append(keys, "headers:")
		for _, h := range r.Headers {
			keys = append(keys, "  - "+p.pair(h))
		}
	}
	if r.Body != nil {
		keys = append(keys, p.body(r.Body)...)
	}
	if len(r.Captures) > 0 {
		keys = append(keys, "capture:")
		for _, c := range r.Captures {
			keys = append(keys, "  - "+c.line())
		}
	}
	return keys
}

func (p *page) pair(pair Pair) string {
	if pair.File != "" {
		return "{name: " + quote(pair.Name) + ", file: " + quote(pair.File) + "}"
	}
	return "{name: " + quote(pair.Name) + ", value: " + p.value(pair.Value) + "}"
}

func (c Capture) line() string {
	attribute := ""
	if c.Attribute != "" {
		attribute = ", attribute: " + quote(c.Attribute)
	}
	return "{name: " + quote(c.Name) + ", " + c.Kind + ": " + quote(c.Where) + attribute + "}"
}

func (p *page) body(b *Body) []string {
	switch {
	case b.File != "":
		return []string{"body_file: " + quote(b.File)}
	case b.JSON != "":
		return []string{"json: " + p.filled(b.JSON)}
	case len(b.Form) > 0:
		return p.pairs("form:", b.Form)
	case len(b.Parts) > 0:
		return p.pairs("multipart:", b.Parts)
	}
	return []string{"body: " + p.value(*b.Text)}
}

func (p *page) pairs(key string, pairs []Pair) []string {
	lines := []string{key}
	for _, f := range pairs {
		lines = append(lines, "  - "+p.pair(f))
	}
	return lines
}
