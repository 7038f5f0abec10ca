// Package redact hides secrets in text in whatever form they turn up there: as
// they are, in the escapes of HTML, JSON, URLs, quoted-printable, programs and
// logs, several of them over each other and mixed with plain characters, and in
// base64, also as a part of what was encoded.
package redact

import (
	"cmp"
	"slices"
	"strings"
)

// Hider hides some secrets.
type Hider struct {
	needles []needle
	first   [256][]int // by the first byte
	least   int
}

// New returns what hides these secrets, of at least two bytes each. Of one that is cut
// off, where a text ends or says "...", a beginning of at least so many bytes is hidden.
func New(secrets []string, least int) *Hider {
	h := &Hider{least: least}
	for _, secret := range secrets {
		h.needles = append(h.needles, needles(secret)...)
	}
	for i, n := range h.needles {
		h.first[n.text[0]] = append(h.first[n.text[0]], i)
	}
	return h
}

// Hide returns a text with mark in the place of each secret.
func (h *Hider) Hide(text, mark string) string {
	spans := h.find(text)
	if spans == nil {
		return text
	}
	var b strings.Builder
	end := 0
	for _, s := range spans {
		if s.from > end || end == 0 {
			b.WriteString(text[end:s.from])
			b.WriteString(mark)
		}
		end = max(end, s.to)
	}
	b.WriteString(text[end:])
	return b.String()
}

// span is a part of a text.
type span struct{ from, to int }

// find returns where secrets are, in order.
func (h *Hider) find(text string) []span {
	if len(h.needles) == 0 {
		return nil
	}
	var spans []span
	for _, l := range layers(text) {
		spans = h.search(l, spans)
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	return spans
}

// special are the bytes that may stand for another, or for nothing.
var special = [256]bool{'%': true, '&': true, '\\': true, '=': true, '+': true, '\r': true, '\n': true, ' ': true, '\t': true}

// search appends where secrets are in one layer.
func (h *Hider) search(l layer, spans []span) []span {
	for i := range len(l.text) {
		c := l.text[i]
		for _, k := range h.first[c] {
			if n := &h.needles[k]; special[c] || i+1 == len(l.text) || l.text[i+1] == n.text[1] || special[l.text[i+1]] {
				spans = h.try(l, i, n, spans)
			}
		}
		if !special[c] {
			continue
		}
		if meaning, _ := escape(l.text, i); meaning != "" && meaning[0] != c {
			for _, k := range h.first[meaning[0]] {
				spans = h.try(l, i, &h.needles[k], spans)
			}
		}
	}
	return spans
}

// try appends the place at i if the needle is there.
func (h *Hider) try(l layer, i int, n *needle, spans []span) []span {
	m := match{text: l.text, needle: n, least: h.least, steps: 32 + 4*len(n.text)}
	end := cmp.Or(m.from(i, 0), m.cut)
	if end == 0 {
		return spans
	}
	if n.before && i > 0 && ofBase64(l.text[i-1]) {
		i--
	}
	if n.after && end < len(l.text) && ofBase64(l.text[end]) {
		end++
	}
	for n.base64 && end < len(l.text) && l.text[end] == '=' { // fills the last group
		end++
	}
	return append(spans, span{l.place(i).from, l.place(end - 1).to})
}

// match compares a text with a needle.
type match struct {
	text   string
	needle *needle
	least  int
	cut    int // where a beginning of the needle ends with the text, or before "..."; 0 is nowhere
	steps  int // left, so that no text can make it long
}

// from returns where the needle from byte j on ends, if it is at text[i]; else 0.
func (m *match) from(i, j int) int {
	for ; j < len(m.needle.text); m.steps-- {
		if j >= m.least {
			m.cut = max(m.cut, cutOff(m.text, i))
		}
		if i == len(m.text) || m.steps < 0 {
			return 0
		}
		if end := m.escaped(i, j); end > 0 {
			return end
		}
		switch c := m.text[i]; {
		case c == m.needle.text[j]:
			i, j = i+1, j+1
		case m.needle.base64 && j > 0 && blanks(m.text[i:]) > 0:
			i += blanks(m.text[i:])
		default:
			return 0
		}
	}
	return i
}

// cutOff returns where a text was cut off, if text[i] is there or begins an escape
// that was cut off with it; else 0.
func cutOff(text string, i int) int {
	if i < len(text) && text[i] != '.' && !special[text[i]] {
		return 0
	}
	rest := text[i:min(i+longestEntity, len(text))]
	n := strings.Index(rest, "...")
	if n < 0 && i+len(rest) == len(text) {
		n = len(rest)
	}
	if n == 0 {
		return i
	}
	if n < 0 || strings.IndexByte(escapes, rest[0]) < 0 || strings.ContainsAny(rest[:n], " \t\r\n") {
		return 0
	}
	if _, whole := escape(rest[:n], 0); whole > 0 && (rest[0] != '&' || rest[n-1] == ';') { // a number may go on
		return 0
	}
	return i + n
}

// escaped goes on with what an escape at text[i] means.
func (m *match) escaped(i, j int) int {
	if !special[m.text[i]] {
		return 0
	}
	meaning, n := escape(m.text, i)
	if n == 0 {
		return 0
	}
	if strings.HasPrefix(m.needle.text[j:], meaning) && (meaning != "" || j > 0) {
		return m.from(i+n, j+len(meaning))
	}
	if m.needle.base64 && j > 0 && strings.Trim(meaning, "\r\n") == "" {
		return m.from(i+n, j)
	}
	return 0
}
