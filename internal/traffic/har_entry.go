package traffic

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"regexp"
	"strings"
	"time"
)

// harEntry is a request and its answer, as far as they are of use (HAR 1.2).
type harEntry struct {
	Started string  `json:"startedDateTime"`
	Time    float64 `json:"time"` // milliseconds, all of it
	Type    string  `json:"_resourceType"`
	Request struct {
		Method   string     `json:"method"`
		URL      string     `json:"url"`
		Headers  []harField `json:"headers"`
		PostData *struct {
			MimeType string     `json:"mimeType"`
			Text     string     `json:"text"`
			Params   []harField `json:"params"`
		} `json:"postData"`
	} `json:"request"`
	Response struct {
		Status  float64    `json:"status"`
		Headers []harField `json:"headers"`
		Cookies []harField `json:"cookies"`
		Content struct {
			MimeType string `json:"mimeType"`
			Text     string `json:"text"`
			Encoding string `json:"encoding"`
		} `json:"content"`
		Redirect string `json:"redirectURL"`
	} `json:"response"`
}

type harField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	File  string `json:"fileName"`
}

// maxClip is how much of one text of a recording is read.
const maxClip = 256 << 10

// eachEntry reads the entries of a recording one by one, and never the whole.
func eachEntry(in io.Reader, do func(*harEntry)) (n, broken int, err error) {
	d := json.NewDecoder(&clipper{in: in, most: maxClip})
	for _, key := range []string{"log", "entries"} {
		if err := find(d, key); err != nil {
			return 0, 0, err
		}
	}
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return 0, 0, errors.New("its log.entries is no list")
	}
	for d.More() {
		var e harEntry
		n++
		err := d.Decode(&e)
		if _, wrong := errors.AsType[*json.UnmarshalTypeError](err); wrong {
			broken++
			continue
		} else if err != nil {
			return n, broken, fmt.Errorf("entry %d: %w", n, jsonError(err))
		}
		do(&e)
	}
	if _, err := d.Token(); err != nil {
		return n, broken, jsonError(err)
	}
	return n, broken, nil
}

// jsonError says what is wrong in our words: the decoder's own may quote.
func jsonError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends too early")
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("it is no JSON: %s", syntax.Error())
	}
	return err
}

// find reads to the value of a key of the object that comes next.
func find(d *json.Decoder, key string) error {
	if t, err := d.Token(); err != nil {
		return jsonError(err)
	} else if t != json.Delim('{') {
		return errors.New("it is no HAR: it has no log.entries")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return jsonError(err)
		}
		if name == key {
			return nil
		}
		if err := skipValue(d); err != nil {
			return jsonError(err)
		}
	}
	return errors.New("it is no HAR: it has no log.entries")
}

func skipValue(d *json.Decoder) error {
	for depth := 0; ; {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// began is when the request was sent; the zero time when that can't be read.
func (e *harEntry) began() time.Time {
	t, err := time.Parse(time.RFC3339Nano, e.Started)
	if err != nil {
		return time.Time{}
	}
	return t
}

// ended is when the answer was there.
func (e *harEntry) ended() time.Time {
	return e.began().Add(time.Duration(min(max(e.Time, 0), 3.6e6) * float64(time.Millisecond)))
}

// kind is the media type of the answer.
func (e *harEntry) kind() string {
	kind, _, _ := strings.Cut(strings.ToLower(e.Response.Content.MimeType), ";")
	return strings.TrimSpace(kind)
}

// content is the answer's body, or as much of it as is read.
func (e *harEntry) content() string {
	text := e.Response.Content.Text
	if e.Response.Content.Encoding == "base64" {
		plain, _ := base64.StdEncoding.DecodeString(text[:len(text)/4*4])
		return string(plain)
	}
	return text
}

var staticType = regexp.MustCompile(`^(image|font|video|audio)/|^(text/css|(text|application)/(x-)?javascript|application/(x-)?font.*|application/wasm|application/manifest\+json)$`)

// static reports whether it is a file that the browser loads for a page.
func (e *harEntry) static() bool {
	switch e.Type {
	case "stylesheet", "script", "image", "font", "media", "texttrack", "manifest", "ping", "csp-violation-report":
		return true
	}
	target, _, _ := strings.Cut(e.Request.URL, "#")
	return e.Request.Method == "GET" && (static(target) || staticType.MatchString(e.kind()))
}

// posted are the fields that were sent as a form or in parts, or the text.
func (e *harEntry) posted(m *message) (files int) {
	p := e.Request.PostData
	if p == nil {
		return 0
	}
	kind, parameters, _ := mime.ParseMediaType(p.MimeType)
	switch {
	case kind == "multipart/form-data":
		fields := p.Params
		if len(fields) == 0 {
			fields = multipartFields(p.Text, parameters["boundary"])
		}
		for _, f := range fields {
			if f.Name == "" || !printable(f.Name) {
				continue
			}
			if f.File != "" {
				files++
				f.Value = "CHANGE: the content of a file"
			}
			m.parts = append(m.parts, field{name: f.Name, value: f.Value})
		}
	case p.Text == "" && kind == formType:
		for _, f := range p.Params {
			if f.Name != "" {
				m.form = append(m.form, field{name: unescaped(f.Name), value: unescaped(f.Value)})
			}
		}
	default:
		m.body = p.Text
	}
	if p.MimeType != "" && !has(m.headers, "Content-Type") {
		m.headers = append(m.headers, field{name: "Content-Type", value: p.MimeType})
	}
	return files
}

func multipartFields(text, boundary string) (fields []harField) {
	if boundary == "" {
		return nil
	}
	r := multipart.NewReader(strings.NewReader(text), boundary)
	for len(fields) < maxProperties {
		part, err := r.NextPart()
		if err != nil {
			return fields
		}
		value, _ := io.ReadAll(io.LimitReader(part, maxBody))
		fields = append(fields, harField{Name: part.FormName(), Value: strings.ToValidUTF8(string(value), ""), File: part.FileName()})
	}
	return fields
}
