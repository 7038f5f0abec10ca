package configs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"mime"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// JSON is a body that the file writes as keys and values, as the text that is sent.
type JSON string

// Pairs is a body of names and values; a name may come more than once.
type Pairs []Param

// Part is one part of a multipart body: a value, or a file.
type Part struct {
	Name     string `mapstructure:"name"`
	Value    Secret `mapstructure:"value"`
	File     string `mapstructure:"file"`     // sent as it stands
	Filename string `mapstructure:"filename"` // as the site is told; if empty, File's own name
	Type     string `mapstructure:"type"`     // its Content-Type; if empty, application/octet-stream for a file

	Content []byte `mapstructure:"-"` // of File
}

// bodyKeys are the ways to write a body, and whether a request has each.
func (r *Request) bodyKeys() (given []string) {
	for _, b := range []struct {
		key  string
		used bool
	}{
		{"body", r.Body != (Body{}) && r.BodyFile == ""}, // else it is that file's
		{"body_file", r.BodyFile != ""}, {"json", r.JSON != ""}, {"form", len(r.Form) > 0}, {"multipart", len(r.Multipart) > 0},
	} {
		if b.used {
			given = append(given, b.key)
		}
	}
	return given
}

// pieces takes a value apart. What comes from a variable or a file is sent as it stands.
func (s Secret) pieces() (pieces []Piece, wrong []string) {
	if s.Env != "" || s.File != "" {
		return []Piece{{Text: s.Text}}, nil
	}
	return Pieces(s.Text)
}

// Pieces are what the value is made of, as it is sent in a place. A value from a
// variable or a file has no placeholders.
func (s Secret) Pieces(as Escape) []Piece {
	pieces, _ := s.pieces()
	return escaped(pieces, as)
}

// BodyPieces are what the text that a body is to hold is made of.
func (m Match) BodyPieces() []Piece {
	pieces, _ := m.bodyPieces()
	return escaped(pieces, AsIs)
}

// bodyPieces takes the text apart. It is not sent, so that a ${ or {{ in it is no mistake.
func (m Match) bodyPieces() (pieces []Piece, wrong []string) {
	end := 0
	for _, at := range placeholderForm.FindAllStringSubmatchIndex(m.Body, -1) {
		if before := m.Body[end:at[0]]; before != "" {
			pieces = append(pieces, Piece{Text: before})
		}
		p, problem := placeholder(strings.TrimSpace(m.Body[at[2]:at[3]]))
		if problem != "" {
			wrong = append(wrong, problem)
		}
		pieces, end = append(pieces, p), at[1]
	}
	if rest := m.Body[end:]; rest != "" {
		pieces = append(pieces, Piece{Text: rest})
	}
	return pieces, wrong
}

// Draws reports whether requests have values that are drawn from the seed: the same
// seed gives the same UUIDs again, which a site may refuse as known.
func (e *Experiment) Draws() bool {
	drawn := func(p Piece) bool { return p.Kind == UUID || p.Kind == Random }
	for _, r := range e.written() {
		if slices.ContainsFunc(r.pieces(), drawn) {
			return true
		}
	}
	return false
}

// pieces are what all of the request is made of.
func (r *Request) pieces() []Piece {
	payload, _ := r.Payload()
	all := slices.Concat(r.PathPieces(), r.QueryPieces(), payload)
	for _, h := range r.Headers {
		all = append(all, h.Value.Pieces(AsIs)...)
	}
	return all
}

// PathPieces are what the path is made of, and QueryPieces the query, without the ? between them.
func (r *Request) PathPieces() []Piece {
	path, _ := r.splitPath()
	return escaped(path, InPath)
}

// QueryPieces are the path's own query and behind it that of Query, escaped.
func (r *Request) QueryPieces() []Piece {
	_, own := r.splitPath()
	all := escaped(own, InQuery)
	for _, q := range r.Query {
		all = appendPieces(all, pair(q, len(all) > 0)...)
	}
	return all
}

// pair is a name and its value as they stand in a query or a form.
func pair(p Param, behind bool) []Piece {
	name := InQuery.Value(p.Name) + "="
	if behind {
		name = "&" + name
	}
	value, _ := p.Value.pieces()
	return appendPieces([]Piece{{Text: name}}, asValue(value, InQuery)...)
}

// splitPath takes the path apart at its first question mark.
func (r *Request) splitPath() (path, query []Piece) {
	all, _ := Pieces(r.Path)
	for i, p := range all {
		if before, after, found := strings.Cut(p.Text, "?"); p.Kind == Plain && found {
			path, query = slices.Clone(all[:i]), slices.Clone(all[i+1:])
			return appendPieces(path, Piece{Text: before}), append([]Piece{{Text: after}}, query...)
		}
	}
	return all, nil
}

// Payload is what the request's body is made of, and its Content-Type where the
// way in which it is written tells that; else "".
func (r *Request) Payload() (pieces []Piece, contentType string) {
	switch {
	case r.JSON != "":
		pieces, _ = r.JSON.pieces()
		return pieces, "application/json"
	case len(r.Form) > 0:
		for i, p := range r.Form {
			pieces = appendPieces(pieces, pair(p, i > 0)...)
		}
		return pieces, "application/x-www-form-urlencoded"
	case len(r.Multipart) > 0:
		return r.multipart()
	case r.Body.Env != "" || r.Body.File != "":
		return []Piece{{Text: r.Body.Text}}, ""
	}
	pieces, _ = Pieces(r.Body.Text)
	return escaped(pieces, r.bodyEscape()), ""
}

var jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// pieces are what the body is made of, as it is sent: placeholders stand in its texts.
func (j JSON) pieces() (pieces []Piece, wrong []string) {
	end := 0
	for _, at := range jsonString.FindAllStringIndex(string(j), -1) {
		inside, more := Pieces(unquote(string(j[at[0]:at[1]])))
		pieces = appendPieces(pieces, Piece{Text: string(j[end:at[0]]) + `"`})
		pieces = appendPieces(pieces, asValue(inside, InJSON)...)
		pieces = appendPieces(pieces, Piece{Text: `"`})
		wrong, end = append(wrong, more...), at[1]
	}
	if rest := string(j[end:]); rest != "" {
		pieces = appendPieces(pieces, Piece{Text: rest})
	}
	return pieces, wrong
}

// bodyEscape says how values are written in body or body_file: as in JSON if the
// header Content-Type says so, or if the body is a list, a map or a text of JSON with a
// 0 in the place of each placeholder; as in a form if Content-Type says so; else as they are.
func (r *Request) bodyEscape() Escape {
	kind, _, _ := mime.ParseMediaType(r.header("Content-Type"))
	filled := standIn(r.Body.Text)
	switch {
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		return InJSON
	case kind == "application/x-www-form-urlencoded":
		return InQuery
	case kind == "" && strings.ContainsAny(filled, `{["`) && json.Valid([]byte(filled)):
		return InJSON
	}
	return AsIs
}

// header is the value of the request's first header of that name; "" without one.
func (r *Request) header(name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value.Text
		}
	}
	return ""
}

// multipart writes the parts one behind the other (RFC 7578). What is between them
// is drawn from what they are, so that a run repeats, and is in none of them.
func (r *Request) multipart() (pieces []Piece, contentType string) {
	sum := sha256.New()
	for _, p := range r.Multipart {
		for _, text := range []string{p.Name, p.Value.Text, p.Filename, p.Type, string(p.Content)} {
			sum.Write([]byte(text + "\x00"))
		}
	}
	boundary := "tailback-" + hex.EncodeToString(sum.Sum(nil)[:16])
	for _, p := range r.Multipart {
		pieces = appendPieces(pieces, Piece{Text: "--" + boundary + "\r\n" + p.head()})
		if p.File != "" {
			pieces = appendPieces(pieces, Piece{Text: string(p.Content)})
		} else {
			pieces = appendPieces(pieces, p.Value.Pieces(AsIs)...)
		}
		pieces = appendPieces(pieces, Piece{Text: "\r\n"})
	}
	return appendPieces(pieces, Piece{Text: "--" + boundary + "--\r\n"}), "multipart/form-data; boundary=" + boundary
}

// quotes escapes what would end a name in quotes, as browsers do (WHATWG, HTML, 4.10.21.8).
var quotes = strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22")

// head is what stands before a part's content.
func (p *Part) head() string {
	disposition := `form-data; name="` + quotes.Replace(p.Name) + `"`
	kind := p.Type
	if p.File != "" {
		name := p.Filename
		if name == "" {
			name = filepath.Base(p.File)
		}
		disposition += `; filename="` + quotes.Replace(name) + `"`
		if kind == "" {
			kind = "application/octet-stream"
		}
	}
	head := "Content-Disposition: " + disposition + "\r\n"
	if kind != "" {
		head += "Content-Type: " + kind + "\r\n"
	}
	return head + "\r\n"
}

// jsonInner is a text as it stands within the quotes of a JSON text.
func jsonInner(text string) string {
	quoted := jsonText(text)
	return quoted[1 : len(quoted)-1]
}

// jsonText is a text in JSON, with <, > and & as they are.
func jsonText(text string) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a text can always be
	return strings.TrimSuffix(out.String(), "\n")
}
