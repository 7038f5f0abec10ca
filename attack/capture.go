package attack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/andybalholm/cascadia"
	"github.com/go-openapi/jsonpointer"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/http/httpguts"

	"github.com/tailback/tailback/configs"
)

// maxTaken bounds a captured value, in bytes: a longer one is no token, and a page of
// them for each visit under way would fill the memory.
const maxTaken = 64 << 10

// capture takes a value out of an answer.
type capture struct {
	configs.Capture
	selector cascadia.Sel
	body     *regexp.Regexp
	address  *regexp.Regexp
	pointer  jsonpointer.Pointer
	plain    bool      // the selector is one of a field
	tag      atom.Atom // which it is then
	inHeader bool      // a later step sends it in one
}

func newCapture(from configs.Capture) (c capture, err error) {
	c.Capture = from
	switch {
	case from.HTML != "":
		c.selector, err = cascadia.ParseWithPseudoElement(from.HTML)
		if tag := fieldSelector.FindStringSubmatch(from.HTML); tag != nil && from.Attribute != "" {
			c.plain, c.tag = true, atom.Lookup([]byte(tag[1]))
		}
	case from.Regexp != "":
		c.body, err = regexp.Compile(from.Regexp)
	case from.URL != "":
		c.address, err = regexp.Compile(from.URL)
	case from.JSON != "":
		c.pointer, err = jsonpointer.New(from.JSON)
	}
	return c, err
}

// needsBody reports whether the value is in the answer's body.
func (c *capture) needsBody() bool { return c.HTML != "" || c.Regexp != "" || c.JSON != "" }

// from finds the value in an answer with this body, to a visit with these cookies. Why
// there is none is said only where more is known than that it is not there.
func (c *capture) from(resp *http.Response, body []byte, jar http.CookieJar) (value string, found bool, why string) {
	value, found = c.find(resp, body, jar)
	coding := resp.Header.Get("Content-Encoding")
	switch {
	case !found && c.needsBody() && coding != "":
		why = fmt.Sprintf("its body is in a coding that can't be read (%s); let the request have no header Accept-Encoding", plain(coding, 20))
	case !found && c.needsBody() && len(body) >= maxJudged:
		why = "only the first 1 MB of the page is searched"
	case found && value == "":
		why = "it is there, but empty"
	case len(value) > maxTaken:
		why = "it is longer than 64 KB, which no token is"
	case c.inHeader && !httpguts.ValidHeaderFieldValue(value):
		why = "it has a line break or another control character, and a later step sends it in a header"
	}
	if !found || why != "" {
		return "", false, why
	}
	return strings.Clone(value), true, "" // not the page that it is a part of
}

func (c *capture) find(resp *http.Response, body []byte, jar http.CookieJar) (value string, found bool) {
	switch {
	case c.HTML != "":
		return c.fromHTML(body)
	case c.Regexp != "":
		return firstGroup(c.body, body)
	case c.JSON != "":
		return c.fromJSON(body)
	case c.Header != "":
		if all := resp.Header.Values(c.Header); len(all) > 0 {
			return all[0], true
		}
	case c.URL != "":
		return firstGroup(c.address, []byte(resp.Request.URL.String()))
	case c.Cookie != "":
		for _, cookie := range jar.Cookies(resp.Request.URL) {
			if cookie.Name == c.Cookie {
				return cookie.Value, true
			}
		}
	}
	return "", false
}

func (c *capture) fromHTML(body []byte) (value string, found bool) {
	if value, sure := c.field(body); sure {
		return value, true
	}
	page, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return "", false
	}
	element := cascadia.Query(page, c.selector)
	if element == nil {
		return "", false
	}
	if c.Attribute == "" {
		return strings.TrimSpace(text(element)), true
	}
	return attribute(element, c.Attribute)
}

// text is what an element holds, without its tags.
func text(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var all strings.Builder
	for child := range n.ChildNodes() {
		all.WriteString(text(child))
	}
	return all.String()
}

func firstGroup(re *regexp.Regexp, in []byte) (value string, found bool) {
	m := re.FindSubmatch(in)
	switch {
	case m == nil:
		return "", false
	case len(m) > 1:
		return string(m[1]), true
	}
	return string(m[0]), true
}

func (c *capture) fromJSON(body []byte) (value string, found bool) {
	var document any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // an id of 19 digits stays as it is
	if err := decoder.Decode(&document); err != nil {
		return "", false
	}
	at, _, err := c.pointer.Get(document)
	if err != nil || at == nil {
		return "", false
	}
	switch v := at.(type) {
	case string:
		return v, true
	case json.Number, bool:
		return fmt.Sprint(v), true
	}
	written, err := json.Marshal(at)
	return string(written), err == nil
}

// where says where the value was looked for.
func (c *capture) where() string {
	switch {
	case c.HTML != "" && c.Attribute != "":
		return fmt.Sprintf("html %q, attribute %s", c.HTML, c.Attribute)
	case c.HTML != "":
		return fmt.Sprintf("html %q", c.HTML)
	case c.Regexp != "":
		return fmt.Sprintf("regexp %q", c.Regexp)
	case c.JSON != "":
		return "json " + c.JSON
	case c.Header != "":
		return "header " + c.Header
	case c.Cookie != "":
		return "cookie " + c.Cookie
	}
	return fmt.Sprintf("url %q", c.URL)
}
