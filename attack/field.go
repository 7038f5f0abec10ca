package attack

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// fieldSelector is a selector of one element by itself that has no content, as tokens
// are kept in: input[name=_token], meta[name="csrf-token"], input#token.
var fieldSelector = regexp.MustCompile(`^(input|meta)(\[[\w-]+(=("[^"\\]*"|'[^'\\]*'|[A-Za-z_][\w-]*))?\]|[.#][A-Za-z_][\w-]*)*$`)

// odd are the elements in which other rules of HTML are in force than on the page.
var odd = []atom.Atom{atom.Svg, atom.Math, atom.Select, atom.Template}

// raw are the elements whose content is text, except for some within the odd ones.
var raw = map[atom.Atom]bool{atom.Iframe: true, atom.Noembed: true, atom.Noframes: true, atom.Noscript: true, atom.Plaintext: true,
	atom.Script: true, atom.Style: true, atom.Textarea: true, atom.Title: true, atom.Xmp: true}

// field finds the value in a page without the tree of its elements, which would cost
// several times as much as the request itself. It is sure only if all the elements
// that match have the same value, and none of them is where other rules are in force.
func (c *capture) field(body []byte) (value string, sure bool) {
	if !c.plain || bytes.Contains(body, []byte("<![CDATA[")) {
		return "", false
	}
	page, within := tags{page: body}, oddness{}
	for {
		name, end, tag := page.next()
		switch {
		case page.odd:
			return "", false
		case tag == nil:
			return value, sure
		case end:
			within.count(name, -1)
			continue
		}
		within.count(name, 1)
		if name == atom.Frameset || raw[name] && within != (oddness{}) {
			return "", false
		}
		if name != c.tag {
			continue
		}
		n := element(tag, name)
		if !c.selector.Match(n) {
			continue
		}
		found, has := attribute(n, c.Attribute)
		if !has || within != (oddness{}) || sure && found != value {
			return "", false
		}
		value, sure = found, true
	}
}

// oddness is how many odd elements of each kind are open, at most.
type oddness [4]int

func (o *oddness) count(tag atom.Atom, by int) {
	if i := slices.Index(odd, tag); i >= 0 {
		o[i] = max(o[i]+by, 0)
	}
}

// element is that of a tag.
func element(tag []byte, name atom.Atom) *html.Node {
	n := &html.Node{Type: html.ElementNode, DataAtom: name, Data: name.String()}
	page := html.NewTokenizer(bytes.NewReader(tag))
	page.Next()
	_, more := page.TagName()
	for more {
		var key, val []byte
		key, val, more = page.TagAttr()
		n.Attr = append(n.Attr, html.Attribute{Key: string(key), Val: string(val)})
	}
	return n
}

// attribute is the value of an element's attribute.
func attribute(n *html.Node, name string) (value string, has bool) {
	for _, a := range n.Attr {
		if strings.EqualFold(a.Key, name) {
			return a.Val, true
		}
	}
	return "", false
}
