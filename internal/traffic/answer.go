package traffic

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// found is a value in an answer, and how to take it from there.
type found struct {
	value string
	field string // what it is called there
	Capture
}

// Bounds on what is looked at in one answer.
const (
	maxFound = 2000
	maxWhere = 200      // bytes of a selector or pointer
	maxValue = 60 << 10 // bytes of a value: what a run takes, too
)

// dynamic reports whether a value is such as a site makes for one visitor or one
// visit, and so worth taking from an answer: it has digits and is not short, or is
// called a secret.
func dynamic(name, value string) bool {
	switch {
	case len(value) < 4 || len(value) > maxValue || !printable(value):
		return false
	case ofToken(name):
		return true
	case digits([]byte(value)):
		return len(value) >= 5
	case strings.ContainsAny(value, "0123456789"):
		return len(value) >= 8
	}
	return len(value) >= 24 && !strings.ContainsAny(value, " /.")
}

// inHTML finds the values of a page's fields and meta elements. Only what a selector
// finds first can be taken by it.
func inHTML(text string) (all []found) {
	seen := map[string]bool{}
	add := func(field, value, selector, attribute string) bool {
		first := !seen[selector]
		seen[selector] = true
		if first && dynamic(field, value) && len(selector) <= maxWhere && printable(selector) && len(all) < maxFound {
			all = append(all, found{value, field, Capture{Kind: "html", Where: selector, Attribute: attribute}})
		}
		return first
	}
	form := ""
	z := html.NewTokenizer(strings.NewReader(text))
	z.SetMaxBuf(1 << 20)
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return all
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		t := z.Token()
		name, value := attribute(t, "name"), attribute(t, "value")
		switch t.Data {
		case "form":
			form = formSelector(t)
		case "input", "button":
			selector := t.Data + "[name=" + cssText(name) + "]"
			if name != "" && !add(name, value, selector, "value") && form != "" {
				add(name, value, form+" "+selector, "value")
			}
		case "meta":
			if name != "" {
				add(name, attribute(t, "content"), "meta[name="+cssText(name)+"]", "content")
			}
		}
	}
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// formSelector tells a form by its id or where it is sent.
func formSelector(t html.Token) string {
	if id := attribute(t, "id"); cssName.MatchString(id) {
		return "form#" + id
	}
	if action := attribute(t, "action"); action != "" && len(action) < 100 && !dynamic("", action) {
		return "form[action=" + cssText(action) + "]"
	}
	return ""
}

var cssName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// cssText is a value in a selector, in quotes where it needs them.
func cssText(text string) string {
	if cssName.MatchString(text) {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ", "\r", " ", "\f", " ").Replace(text) + `"`
}

// inJSON finds the texts and numbers of a document.
func inJSON(text string) (all []found) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var document any
	if d.Decode(&document) != nil {
		return nil
	}
	var walk func(v any, name, pointer string)
	walk = func(v any, name, pointer string) {
		if len(all) >= maxFound || len(pointer) > maxWhere {
			return
		}
		value := ""
		switch x := v.(type) {
		case map[string]any:
			for _, key := range sortedKeys(x) {
				field := key
				if strings.EqualFold(key, "id") && name != "" {
					field = name + "_id"
				}
				walk(x[key], field, pointer+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key))
			}
		case []any:
			for i, item := range x {
				walk(item, name, pointer+"/"+strconv.Itoa(i))
			}
		case string:
			value = x
		case json.Number:
			value = x.String()
		}
		if pointer != "" && printable(pointer) && dynamic(name, value) {
			all = append(all, found{value, name, Capture{Kind: "json", Where: pointer}})
		}
	}
	walk(document, "", "")
	return all
}

// commonHeaders are those of answers that no later request sends again.
var commonHeaders = regexp.MustCompile(`(?i)^(date|content-.*|server|etag|last-modified|expires|age|via|x-cache.*|cf-.*|x-amz-.*|alt-svc|report-to|nel|strict-.*|vary|set-cookie|cache-control|location|link|connection|keep-alive|transfer-encoding|x-powered-by|server-timing|access-control-.*|:.*)$`)

// inHeaders finds the values of headers and cookies.
func inHeaders(headers, cookies []harField) (all []found) {
	for _, h := range headers {
		if !commonHeaders.MatchString(h.Name) && headerName.MatchString(h.Name) && dynamic(h.Name, h.Value) {
			all = append(all, found{h.Value, h.Name, Capture{Kind: "header", Where: h.Name}})
		}
		if strings.EqualFold(h.Name, "Set-Cookie") {
			for line := range strings.Lines(h.Value) { // Chrome joins several by line breaks
				pair, _, _ := strings.Cut(line, ";")
				name, value, _ := strings.Cut(pair, "=")
				cookies = append(cookies, harField{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
			}
		}
	}
	for _, c := range cookies {
		if headerName.MatchString(c.Name) && dynamic(c.Name, c.Value) {
			all = append(all, found{c.Value, c.Name, Capture{Kind: "cookie", Where: c.Name}})
		}
	}
	return all
}

var headerName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

// inURL finds the values in an address that the site led to.
func inURL(address string) (all []found) {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if dynamic(name, value) && unescaped(value) == value && name != "" {
			all = append(all, found{value, name, Capture{Kind: "url", Where: `[?&]` + regexp.QuoteMeta(name) + `=([^&#]+)`}})
		}
	}
	segments := strings.Split(u.EscapedPath(), "/")
	for i, s := range segments {
		if i > 0 && dynamic("", s) && unescaped(s) == s {
			before := regexp.QuoteMeta(strings.Join(segments[:i], "/") + "/")
			all = append(all, found{s, segments[i-1], Capture{Kind: "url", Where: before + `([^/?#]+)`}})
		}
	}
	return all
}
