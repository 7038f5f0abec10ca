package redact

import (
	"slices"
	"sort"
	"strings"
)

// Table hides a great many values, such as those of a file of cards: as they are and
// as they are commonly escaped, whole or cut off where a text ends or says "...". What
// Hider also sees through, several escapes over each other and base64, it does not: its
// time does not grow with their number.
type Table struct {
	least   int
	lengths []int               // of the forms, the longest first
	forms   map[string]struct{} // of each value
	starts  map[string]struct{} // the first least bytes of each form
	sorted  []string            // the forms
}

// NewTable returns what hides these values; those of fewer than least bytes are left out.
func NewTable(values []string, least int) *Table {
	t := &Table{least: least, forms: map[string]struct{}{}, starts: map[string]struct{}{}}
	for _, value := range values {
		if len(value) < least {
			continue
		}
		for _, form := range commonForms(value) {
			if _, known := t.forms[form]; known {
				continue
			}
			t.forms[form], t.starts[form[:least]] = struct{}{}, struct{}{}
			t.sorted = append(t.sorted, form)
			if !slices.Contains(t.lengths, len(form)) {
				t.lengths = append(t.lengths, len(form))
			}
		}
	}
	slices.Sort(t.sorted)
	slices.SortFunc(t.lengths, func(a, b int) int { return b - a })
	return t
}

// backslashed writes a text as JSON does that leaves & and < as they are, and as logs do.
var backslashed = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// commonForms are forms, which for a value of letters and digits is only one.
func commonForms(value string) []string {
	for i := range len(value) {
		if c := value[i]; !alphanumeric(c) && c != '-' && c != '_' && c != '.' {
			return append(forms(value), backslashed.Replace(value))
		}
	}
	return []string{value}
}

// Hide returns a text with mark in the place of each value.
func (t *Table) Hide(text, mark string) string {
	if len(t.sorted) == 0 {
		return text
	}
	var b strings.Builder
	end := 0
	for i := 0; i+t.least <= len(text); {
		n := t.at(text, i)
		if n == 0 {
			i++
			continue
		}
		b.WriteString(text[end:i])
		b.WriteString(mark)
		i += n
		end = i
	}
	if end == 0 {
		return text
	}
	return b.String() + text[end:]
}

// at returns how long the value at text[i] is; 0 when there is none.
func (t *Table) at(text string, i int) int {
	if _, begins := t.starts[text[i:i+t.least]]; !begins {
		return 0
	}
	for _, n := range t.lengths {
		if i+n > len(text) {
			continue
		}
		if _, is := t.forms[text[i:i+n]]; is {
			return n
		}
	}
	return t.cut(text[i:])
}

// cut returns how long the beginning of a value is that a text was cut off in.
func (t *Table) cut(rest string) int {
	rest = rest[:min(len(rest), t.lengths[0]+3)]
	n := strings.Index(rest, "...")
	if n < 0 && len(rest) < t.lengths[0]+3 {
		n = len(rest)
	}
	if n < t.least {
		return 0
	}
	k := sort.SearchStrings(t.sorted, rest[:n])
	if k < len(t.sorted) && strings.HasPrefix(t.sorted[k], rest[:n]) {
		return n
	}
	return 0
}
