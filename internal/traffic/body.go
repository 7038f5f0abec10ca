package traffic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tailback/tailback/configs"
)

// maxBody is how long a body may be to be written into the file.
const maxBody = 64 << 10

// body writes a body as what it is: keys and values where it is JSON or a form, else
// its text, else, when that may hold a secret, a variable. why says why there is
// none. implied reports whether the way it is written sets the Content-Type itself.
func (v *vault) body(text, contentType, what string, put func(name, value string) Value) (b *Body, implied bool, why string) {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case text == "":
		return nil, false, ""
	case len(text) > maxBody:
		return nil, false, fmt.Sprintf("its body of %s bytes is left out: write it as body_file", count(len(text)))
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return nil, false, "its body is no text, and left out: write it as body_file"
	}
	if kind == "application/json" || kind == "" {
		if written, ok := writeJSON(text, put); ok {
			return &Body{JSON: written}, true, ""
		}
	}
	if kind == "application/x-www-form-urlencoded" {
		if form, ok := formPairs(text, put); ok {
			return &Body{Form: form}, true, ""
		}
	}
	if configs.HideBody(text) != text || knownTokens.MatchString(text) || v.holds(text) {
		return &Body{Text: &Value{Env: v.name("body", text, "the whole body of "+what+", which holds a secret")}}, false, ""
	}
	return &Body{Text: &Value{Text: literal(text)}}, false, ""
}

// holds reports whether a text has a secret in it that is known from elsewhere.
func (v *vault) holds(text string) bool {
	for value := range v.names {
		if len(value) >= 6 && value[0] != 0 && strings.Contains(text, value) {
			return true
		}
	}
	return false
}

// formPairs takes a form apart, in its order.
func formPairs(text string, put func(name, value string) Value) (form []Pair, ok bool) {
	for _, pair := range strings.Split(text, "&") {
		name, value, _ := strings.Cut(pair, "=")
		plainName, err := url.QueryUnescape(name)
		plainValue, err2 := url.QueryUnescape(value)
		if err != nil || err2 != nil || plainName == "" || !printable(plainName) || !utf8.ValidString(plainValue) {
			return nil, false
		}
		form = append(form, Pair{Name: plainName, Value: put(plainName, plainValue)})
	}
	return form, true
}

func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) })
}

// maxDepth is how deep a JSON body may be to be written as keys and values.
const maxDepth = 16

var errAsText = errors.New("write it as text")

// writeJSON writes a JSON text on one line of YAML that sends the same again. It is
// not ok for what would come out otherwise, such as a number with more digits.
func writeJSON(text string, put func(name, value string) Value) (written string, ok bool) {
	if t := strings.TrimSpace(text); !strings.HasPrefix(t, "{") && !strings.HasPrefix(t, "[") {
		return "", false
	}
	w := jsonWriter{d: json.NewDecoder(strings.NewReader(text)), put: put}
	w.d.UseNumber()
	if err := w.value("", 0); err != nil {
		return "", false
	}
	if _, err := w.d.Token(); !errors.Is(err, io.EOF) {
		return "", false
	}
	return w.b.String(), true
}

type jsonWriter struct {
	d   *json.Decoder
	b   bytes.Buffer
	put func(name, value string) Value
}

// value writes the next value, which is called name, or is in a list that is.
func (w *jsonWriter) value(name string, depth int) error {
	t, err := w.d.Token()
	if err != nil {
		return err
	}
	if depth > maxDepth {
		return errAsText
	}
	switch x := t.(type) {
	case json.Delim:
		return w.inside(x, name, depth)
	case string:
		w.text(w.put(name, x))
	case json.Number:
		if secret(name, x.String()) { // a PIN
			w.text(w.put(name, x.String()))
			return nil
		}
		return w.number(x.String())
	case bool:
		fmt.Fprint(&w.b, x)
	default:
		w.b.WriteString("null")
	}
	return nil
}

// inside writes an object or a list behind its opening.
func (w *jsonWriter) inside(open json.Delim, name string, depth int) error {
	w.b.WriteString(open.String())
	keys := map[string]bool{}
	for n := 0; w.d.More(); n++ {
		if n > 0 {
			w.b.WriteString(", ")
		}
		if open == '{' {
			t, err := w.d.Token()
			if err != nil {
				return err
			}
			name, _ = t.(string)
			if keys[name] || len(name) > 200 || !printable(name) || name == "<<" {
				return errAsText
			}
			keys[name] = true
			w.b.WriteString(quoted(literal(name)) + ": ")
		}
		if err := w.value(name, depth+1); err != nil {
			return err
		}
	}
	end, err := w.d.Token()
	if err != nil {
		return err
	}
	w.b.WriteString(end.(json.Delim).String())
	return nil
}

func (w *jsonWriter) text(v Value) {
	if v.Env != "" {
		v.Text = "{{env " + v.Env + "}}"
	}
	w.b.WriteString(quoted(v.Text))
}

// number writes a number that the file's reader takes for the same.
func (w *jsonWriter) number(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != text {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || strconv.FormatFloat(f, 'f', -1, 64) != text || !strings.Contains(text, ".") {
			return errAsText
		}
	}
	w.b.WriteString(text)
	return nil
}

// quoted is quote with quotes around every text.
func quoted(text string) string {
	if q := quote(text); q[0] == '"' {
		return q
	}
	return `"` + text + `"`
}
