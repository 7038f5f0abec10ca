package redact

import "strings"

// deepest is how many escapes over each other are taken off; one more is seen through.
const deepest = 2

// layer is a text from which escapes were taken off.
type layer struct {
	text string
	of   []span // of the first text, for each byte; nil in that itself
}

// place is what byte i stands for in the first text.
func (l layer) place(i int) span {
	if l.of == nil {
		return span{i, i + 1}
	}
	return l.of[i]
}

// layers are a text, and what it is when escapes of one kind after the other are taken off.
func layers(text string) []layer {
	all := []layer{{text: text}}
	if !strings.ContainsAny(text, escapes) {
		return all
	}
	known := map[string]bool{text: true}
	from := 0
	for range deepest {
		to := len(all)
		for _, l := range all[from:to] {
			for _, first := range []byte(escapes[:len(escapes)-1]) { // a plus can't hide another
				under, changed := l.under(first)
				if changed && !known[under.text] {
					known[under.text] = true
					all = append(all, under)
				}
			}
		}
		from = to
	}
	return all
}

// under takes off the escapes that begin with a byte, if there are any.
func (l layer) under(first byte) (under layer, changed bool) {
	var b strings.Builder
	var of []span
	for i := 0; i < len(l.text); {
		meaning, n := l.text[i:i+1], 1
		if l.text[i] == first {
			if m, k := escape(l.text, i); k > 0 {
				if !changed {
					of = l.places(i)
					b.WriteString(l.text[:i])
				}
				meaning, n, changed = m, k, true
			}
		}
		if changed {
			b.WriteString(meaning)
			for range len(meaning) {
				of = append(of, span{l.place(i).from, l.place(i + n - 1).to})
			}
		}
		i += n
	}
	return layer{b.String(), of}, changed
}

// places are those of the first n bytes.
func (l layer) places(n int) []span {
	of := make([]span, n, len(l.text))
	for i := range of {
		of[i] = l.place(i)
	}
	return of
}
