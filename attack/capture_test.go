package attack

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"github.com/tailback/tailback/configs"
)

// answered is an answer from http://shop.test/done?id=7 with some headers.
func answered(headers http.Header) *http.Response {
	return &http.Response{StatusCode: 200, Header: headers, Request: &http.Request{URL: &url.URL{Scheme: "http", Host: "shop.test", Path: "/done", RawQuery: "id=7"}}}
}

func mustCapture(t testing.TB, from configs.Capture) *capture {
	t.Helper()
	c, err := newCapture(from)
	if err != nil {
		t.Fatal(err)
	}
	return &c
}

// What a browser would find in a page is found; of several the first. "" is none.
func TestCaptureHTML(t *testing.T) {
	for _, row := range []struct{ name, selector, attribute, page, want string }{
		{"a field", "input[name=_token]", "value", `<form><input type="hidden" name="_token" value="abc"></form>`, "abc"},
		{"entities", "input[name=_token]", "value", `<input name=_token value="a&amp;b&quot;c&#43;d">`, `a&b"c+d`},
		{"upper case", "input[name=_token]", "VALUE", `<INPUT NAME="_token" VALUE=abc>`, "abc"},
		{"the first of two", "input[name=_token]", "value", `<input name=_token value=one><input name=_token value=two>`, "one"},
		{"the first has no value", "input[name=_token]", "value", `<input name=_token><input name=_token value=two>`, ""},
		{"of nested forms the inner one is none", "form#inner", "action", `<form id=outer action=/a><form id=inner action=/b><input name=_token value=x></form></form>`, ""},
		{"whose field is the outer one's", "form#outer input", "value", `<form id=outer><form id=inner><input name=_token value=x></form></form>`, "x"},
		{"a comment", "input[name=_token]", "value", `<!-- <input name=_token value=old> --><input name=_token value=new>`, "new"},
		{"a script", "input[name=_token]", "value", `<script>var s = '<input name=_token value=no>';</script>`, ""},
		{"a text area", "input[name=_token]", "value", `<textarea><input name=_token value=no></textarea>`, ""},
		{"a template", "template input[name=_token]", "value", `<template><input name=_token value=t></template>`, "t"},
		{"a meta", `meta[name="csrf-token"]`, "content", `<head><meta name="csrf-token" content="abc"></head>`, "abc"},
		{"a select ignores a meta", "meta[name=x]", "content", `<select><meta name=x content=no></select>`, ""},
		{"a picture's title", "input[name=_token]", "value", `<svg><title><input name=_token value=y></title></svg>`, "y"},
		{"a table puts a field before itself", "input", "value", `<table><tr><td><input name=a value=in></td></tr><input name=b value=out></table>`, "out"},
		{"text", "#order b", "", `<p id=order>Your <b> number <i>17</i> </b></p>`, "number 17"},
		{"text with entities", "h1", "", `<h1>Smith &amp; Sons</h1>`, "Smith & Sons"},
		{"an empty text", "h1", "", `<h1> </h1>`, ""},
		{"no attribute", "a", "href", `<a>x</a>`, ""},
		{"no page", "a", "href", ``, ""},
	} {
		c := mustCapture(t, configs.Capture{Name: "x", HTML: row.selector, Attribute: row.attribute})
		got, found, _ := c.from(answered(nil), []byte(row.page), newJar())
		if got != row.want || found != (row.want != "") {
			t.Errorf("%s: got %q, %v; want %q", row.name, got, found, row.want)
		}
	}
}

func TestCaptureJSON(t *testing.T) {
	const page = `{"id": 9007199254740993, "price": 1.50, "tiny": 1e-7, "a/b": {"m~n": "odd"}, "": "nameless", "list": ["x", {"id": "y"}], "null": null, "yes": true, "name": "Zoë \u00e9", "list2": [1, 2], "twice": 1, "twice": 2}`
	for pointer, want := range map[string]string{
		"/id":    "9007199254740993", // 2^53+1, which no float64 holds
		"/price": "1.50", "/tiny": "1e-7", "/a~1b/m~0n": "odd", "/": "nameless", "/list/0": "x", "/list/1/id": "y", "/yes": "true", "/name": "Zoë é",
		"/list2": "[1,2]", "/list/1": `{"id":"y"}`, "/twice": "2",
		"/null": "", "/none": "", "/list/2": "", "/list/-": "", "/list/x": "", "/id/x": "",
	} {
		c := mustCapture(t, configs.Capture{Name: "x", JSON: pointer})
		if got, found, _ := c.from(answered(nil), []byte(page), newJar()); got != want || found != (want != "") {
			t.Errorf("%s: got %q, %v; want %q", pointer, got, found, want)
		}
	}
	for _, page := range []string{"", "<html>", `{"id": `, `"text"`, "null", "[]"} {
		if got, found, _ := mustCapture(t, configs.Capture{JSON: "/id"}).from(answered(nil), []byte(page), newJar()); found {
			t.Errorf("found %q in %q", got, page)
		}
	}
}

func TestCaptureElsewhere(t *testing.T) {
	jar, headers := newJar(), http.Header{"X-Token": {"one", "two"}, "X-Empty": {""}}
	jar.SetCookies(&url.URL{Scheme: "http", Host: "shop.test", Path: "/done"}, []*http.Cookie{
		{Name: "sid", Value: "root", Path: "/"}, {Name: "sid", Value: "deep", Path: "/done"}, {Name: "gone", Value: "x"}, {Name: "gone", MaxAge: -1}, {Name: "other", Value: "x", Path: "/admin"}})
	const page = "token: abc, token: def"
	for _, row := range []struct {
		from configs.Capture
		want string
	}{
		{configs.Capture{Regexp: `token: (\w+)`}, "abc"},
		{configs.Capture{Regexp: `token: \w+`}, "token: abc"},
		{configs.Capture{Regexp: `(token): (\w+)`}, "token"},
		{configs.Capture{Regexp: `token: (?:x)?(y)?`}, ""}, // the group took no part
		{configs.Capture{Regexp: `none`}, ""},
		{configs.Capture{Header: "x-token"}, "one"},
		{configs.Capture{Header: "X-Empty"}, ""},
		{configs.Capture{Header: "X-None"}, ""},
		{configs.Capture{Cookie: "sid"}, "deep"}, // the one with the longer path is sent first (RFC 6265, 5.4)
		{configs.Capture{Cookie: "gone"}, ""},
		{configs.Capture{Cookie: "other"}, ""},
		{configs.Capture{Cookie: "SID"}, ""}, // names of cookies have a case
		{configs.Capture{URL: `id=(\d+)`}, "7"},
		{configs.Capture{URL: `^https:`}, ""},
	} {
		if got, found, _ := mustCapture(t, row.from).from(answered(headers), []byte(page), jar); got != row.want || found != (row.want != "") {
			t.Errorf("%+v: got %q, %v; want %q", row.from, got, found, row.want)
		}
	}
}

// Where more is known than that a value is not there, it is said.
func TestWhyNothingIsCaptured(t *testing.T) {
	in := func(c *capture) *capture { c.inHeader = true; return c }
	for _, row := range []struct {
		name    string
		c       *capture
		headers http.Header
		page    string
		why     string
	}{
		{"just not there", mustCapture(t, configs.Capture{Regexp: "x"}), nil, "a", ""},
		{"coded", mustCapture(t, configs.Capture{Regexp: "x"}), http.Header{"Content-Encoding": {"compress"}}, "a", "its body is in a coding that can't be read (compress)"},
		{"behind what is searched", mustCapture(t, configs.Capture{Regexp: "x"}), nil, strings.Repeat("a", maxJudged), "only the first 1 MB of the page is searched"},
		{"empty", mustCapture(t, configs.Capture{Header: "X-A"}), http.Header{"X-A": {""}}, "", "it is there, but empty"},
		{"too long", mustCapture(t, configs.Capture{Regexp: "a+"}), nil, strings.Repeat("a", maxTaken+1), "longer than 64 KB"},
		{"two lines, for a header", in(mustCapture(t, configs.Capture{Regexp: "a\nb"})), nil, "a\nb", "it has a line break"},
	} {
		if got, found, why := row.c.from(answered(row.headers), []byte(row.page), newJar()); found || got != "" || !strings.Contains(why, row.why) || row.why == "" && why != "" {
			t.Errorf("%s: got %q, %v, %q; want %q", row.name, got, found, why, row.why)
		}
	}
	if got, found, _ := mustCapture(t, configs.Capture{Regexp: "a\nb"}).from(answered(nil), []byte("a\nb"), newJar()); !found || got != "a\nb" {
		t.Errorf("of two lines, for a body: %q, %v", got, found)
	}
}

// soup are parts of pages, good and bad, around fields of one name.
var soup = []string{"<input name=t value=a>", "<input name=t value=b>", "<INPUT value=a NAME=t />", "<input name=t>", "<meta name=t value=c>", "<p>", "</p>", "<form>", "</form>",
	"<table>", "<tr>", "<td>", "</table>", "<select>", "<option>", "</select>", "<svg>", "</svg>", "<math>", "</math>", "<title>", "</title>", "<script>", "</script>", "<style>", "</style>",
	"<textarea>", "</textarea>", "<template>", "</template>", "<noscript>", "</noscript>", "<!--", "-->", "<![CDATA[", "]]>", "<head>", "</head>", "<body>", "<frameset>", "<frame>", "</frameset>",
	"<colgroup>", "<col>", "<caption>", "<iframe>", "</iframe>", "<noframes>", "</noframes>", "<xmp>", "</xmp>", "<plaintext>", "<button>", "</button>", "<desc>", "<foreignObject>", "<mi>", "<annotation-xml encoding=text/html>",
	"<svg/>", "x", " ", "&amp;", "<", "<a href='", "'>", "\"", "</html>", "<br>", "<a b=c/>", "<a b = \"<input name=t value=q>\">", "<a =x>", "<a b=>", "<a/b='>", "</a b='>'>", "</>", "</ x>", "<!>", "<!-->", "<!--->", "--!>", "<!doctype html>", "<?x?>", "<3", "</script", "<Input/name=t/value=z>", "<inputx name=t value=n>", "<image>", "<b>", "<i>", "</b>"}

// What is found without a tree is what the tree has, on any page.
func TestFieldsAreThoseOfTheTree(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	captures := []*capture{mustCapture(t, configs.Capture{HTML: "input[name=t]", Attribute: "value"}), mustCapture(t, configs.Capture{HTML: "meta[name='t']", Attribute: "value"}),
		mustCapture(t, configs.Capture{HTML: "input", Attribute: "name"})}
	sure := 0
	for range 50_000 {
		var page strings.Builder
		for range 1 + draw.IntN(12) {
			page.WriteString(soup[draw.IntN(len(soup))])
		}
		for _, c := range captures {
			if !c.plain {
				t.Fatalf("%s is not looked for without a tree", c.HTML)
			}
			value, ok := c.field([]byte(page.String()))
			if !ok {
				continue
			}
			sure++
			if want, found := inTree(c, page.String()); !found || value != want {
				t.Fatalf("%s in %s: %q without a tree; in it %q, %v", c.HTML, page.String(), value, want, found)
			}
		}
	}
	if sure < 10_000 {
		t.Errorf("only %d were found without a tree", sure)
	}
}

// FuzzField holds the same of bytes of any kind.
func FuzzField(f *testing.F) {
	for _, part := range soup {
		f.Add([]byte(part + "<input name=t value=a>" + part))
	}
	c := mustCapture(f, configs.Capture{HTML: "input[name=t]", Attribute: "value"})
	f.Fuzz(func(t *testing.T, page []byte) {
		value, sure := c.field(page)
		if want, found := inTree(c, string(page)); sure && (!found || value != want) {
			t.Errorf("%q without a tree; in it %q, %v", value, want, found)
		}
	})
}

func inTree(c *capture, page string) (value string, found bool) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return "", false
	}
	n := cascadia.Query(root, c.selector)
	if n == nil {
		return "", false
	}
	return attribute(n, c.Attribute)
}

// FuzzCapture: no page and no header makes a capture panic, and what is found is
// neither empty nor beyond bounds, nor able to split a header it is meant for.
func FuzzCapture(f *testing.F) {
	f.Add([]byte(`<form><input name="_token" value="abc"></form>`), "sid=1; Path=/")
	f.Add([]byte(`{"id": [1, {"a/b": null}]}`), "")
	f.Add([]byte("token: a\r\nX-Evil: 1"), "a=\"b\"")
	f.Add(bytes.Repeat([]byte("<div>"), 2000), "=;")
	captures := []*capture{}
	for _, from := range []configs.Capture{{HTML: "input[name=_token]", Attribute: "value"}, {HTML: "form > input:first-child, p b"}, {HTML: "svg|a, a[href^='/x' i]", Attribute: "href"}, {Regexp: `(?s)token: (.*)`},
		{JSON: "/id/1/a~1b"}, {JSON: "/"}, {Header: "X-Body"}, {Cookie: "sid"}, {URL: "id=(.)"}} {
		c, err := newCapture(from)
		if err != nil {
			continue
		}
		c.inHeader = true
		captures = append(captures, &c)
	}
	f.Fuzz(func(t *testing.T, body []byte, cookie string) {
		resp, jar := answered(http.Header{"Set-Cookie": {cookie}, "X-Body": {string(body)}}), newJar()
		jar.SetCookies(resp.Request.URL, resp.Cookies())
		for _, c := range captures {
			value, found, _ := c.from(resp, body, jar)
			if found != (value != "") || len(value) > maxTaken || strings.ContainsAny(value, "\r\n\x00") {
				t.Errorf("%+v: %q, %v", c.Capture, value, found)
			}
		}
	})
}

// BenchmarkFromHTML is a token in a page of 4 KB, without and with a tree.
func BenchmarkFromHTML(b *testing.B) {
	page := []byte("<html><body>" + strings.Repeat(`<p class="item">A thing to buy, <a href="/thing">look</a>.</p>`, 60) + `<form><input type="hidden" name="_token" value="0123456789abcdef"></form></body></html>`)
	for _, selector := range []string{"input[name=_token]", "form input[name=_token]"} {
		b.Run(fmt.Sprintf("%q", selector), func(b *testing.B) {
			c := mustCapture(b, configs.Capture{HTML: selector, Attribute: "value"})
			b.ReportAllocs()
			for b.Loop() {
				if _, found := c.fromHTML(page); !found {
					b.Fatal("not found")
				}
			}
		})
	}
}
