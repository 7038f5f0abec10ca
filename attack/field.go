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
	page, within := html.NewTokenizer(bytes.NewReader(body)), oddness{}
	for {
		switch kind := page.Next(); kind {
		case html.ErrorToken:
			return value, sure
		case html.EndTagToken:
			name, _ := page.TagName()
			within.count(atom.Lookup(name), -1)
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := page.TagName()
			tag := atom.Lookup(name)
			within.count(tag, 1)
			if tag == atom.Frameset || raw[tag] && within != (oddness{}) {
				return "", false
			}
			if !more || tag != c.tag {
				continue
			}
			n := element(page, tag)
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
}

// oddness is how many odd elements of each kind are open, at most.
type oddness [4]int

func (o *oddness) count(tag atom.Atom, by int) {
	if i := slices.Index(odd, tag); i >= 0 {
		o[i] = max(o[i]+by, 0)
	}
}

// element is that of the tag that the tokenizer is at.
func element(page *html.Tokenizer, tag atom.Atom) *html.Node {
	n := &html.Node{Type: html.ElementNode, DataAtom: tag, Data: tag.String()}
	for more := true; more; {
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
