package traffic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/url"
	"regexp"
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
		return nil, false, fmt.Sprintf("its body is longer than %d KB, and left out: write it as body_file", maxBody>>10)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return nil, false, "its body is no text, and left out: write it as body_file"
	}
	if kind == "application/json" || kind == "" {
		if written, ok := writeJSON(text, put, false); ok {
			return &Body{JSON: written}, true, ""
		}
		if written, ok := writeJSON(text, put, true); ok {
			return &Body{Text: &Value{Text: written}}, false, ""
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

var errOther = errors.New("it would come out as something else")

// writeJSON writes a JSON text on one line of YAML, as keys and values that send the
// same again; or, asText, as JSON, which may have placeholders also in the place of
// numbers. It is not ok for what would come out as something else, such as a number
// with more digits.
func writeJSON(text string, put func(name, value string) Value, asText bool) (written string, ok bool) {
	if t := strings.TrimSpace(text); !strings.HasPrefix(t, "{") && !strings.HasPrefix(t, "[") {
		return "", false
	}
	w := jsonWriter{d: json.NewDecoder(strings.NewReader(text)), put: put, asText: asText}
	w.d.UseNumber()
	if err := w.value("", 0); err != nil {
		return "", false
	}
	_, err := w.d.Token()
	return w.b.String(), errors.Is(err, io.EOF)
}

type jsonWriter struct {
	d      *json.Decoder
	b      bytes.Buffer
	put    func(name, value string) Value
	asText bool
}

// value writes the next value, which is called name, or is in a list that is.
func (w *jsonWriter) value(name string, depth int) error {
	t, err := w.d.Token()
	if err != nil {
		return err
	}
	if depth > maxDepth {
		return errOther
	}
	switch x := t.(type) {
	case json.Delim:
		return w.inside(x, name, depth)
	case string:
		w.text(w.put(name, x))
	case json.Number:
		return w.number(name, x.String())
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
				return errOther
			}
			keys[name] = true
			w.b.WriteString(w.quoted(literal(name)) + ": ")
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

// inText is the value with a variable as a placeholder.
func (v Value) inText() string {
	if v.Env != "" {
		return "{{env " + v.Env + "}}"
	}
	return v.Text
}

func (w *jsonWriter) text(v Value) { w.b.WriteString(w.quoted(v.inText())) }

// quoted is a text in quotes, as YAML or as JSON has it. In JSON a placeholder stands
// as it is: its value is escaped when it is sent.
func (w *jsonWriter) quoted(text string) string {
	if !w.asText {
		if q := quote(text); q[0] == '"' {
			return q
		}
		return `"` + text + `"`
	}
	var b strings.Builder
	inner := func(text string) {
		q := jsonOf(text)
		b.WriteString(q[1 : len(q)-1])
	}
	end := 0
	for _, at := range placeholderForm.FindAllStringIndex(text, -1) {
		inner(text[end:at[0]])
		b.WriteString(text[at[0]:at[1]])
		end = at[1]
	}
	inner(text[end:])
	return `"` + b.String() + `"`
}

// placeholderForm finds placeholders in a text that literal or the vault wrote.
var placeholderForm = regexp.MustCompile(`\{\{("\{"|[^{}"]*)\}\}`)

// number writes a number that the file's reader takes for the same.
func (w *jsonWriter) number(name, text string) error {
	put := w.put(name, text).inText()
	if !w.asText {
		n, err := strconv.ParseInt(text, 10, 64)
		f, wrong := strconv.ParseFloat(text, 64)
		whole := err == nil && strconv.FormatInt(n, 10) == text
		decimal := wrong == nil && strings.Contains(text, ".") && strconv.FormatFloat(f, 'f', -1, 64) == text
		if put != text || !whole && !decimal {
			return errOther
		}
	}
	w.b.WriteString(put)
	return nil
}
