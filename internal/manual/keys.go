package manual

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tailback/tailback/configs"
)

// keyTable returns a table of the keys within a section, such as "target" or
// "phases[].faults[]"; of those of "" only the ones that are no section.
func keyTable(section string) (string, error) {
	keys := configs.Keys()
	if section != "" {
		found := find(keys, strings.TrimSuffix(section, "[]"))
		if found == nil {
			return "", fmt.Errorf("there is no section %q", section)
		}
		keys = found.Keys
	}
	t := table{{"key", "", "value", "default", "example"}}
	for _, k := range keys {
		t.add(k, section)
	}
	return t.markdown(), nil
}

// find returns the key with that path, or nil.
func find(keys []configs.Key, path string) *configs.Key {
	for i := range keys {
		if keys[i].Path == path {
			return &keys[i]
		}
		if k := find(keys[i].Keys, path); k != nil {
			return k
		}
	}
	return nil
}

// apart are the sections that have a table of their own.
var apart = []string{"Target", "Data", "Request", "Dependency", "Chaos", "Limits", "Phase", "Fault", "Site", "Capacity", "Audit"}

// add adds a key, and those within it that have no table of their own.
func (t *table) add(k configs.Key, section string) {
	name := strings.TrimPrefix(strings.TrimPrefix(k.Path, section), ".")
	if k.Form != configs.FormMap {
		value := string(k.Form)
		if k.Unit != "" {
			value += ", " + k.Unit
		}
		if k.Words != nil {
			value = strings.Join(k.Words, " or ")
		}
		if k.Form == configs.FormArrivals {
			value += " or a map"
		}
		if k.Required {
			value += ", required"
		}
		*t = append(*t, []string{code(name), k.Doc, value, preset(k), code(k.Example)})
	}
	if slices.Contains(apart, k.Type) {
		return
	}
	for _, inner := range k.Keys {
		t.add(inner, section)
	}
}

// preset is what the table says of a key that is left out.
func preset(k configs.Key) string {
	if strings.HasPrefix(k.Default, "(") {
		return strings.Trim(k.Default, "()")
	}
	return code(k.Default)
}

// faultTable returns a table of the kinds of faults with their parameters.
func faultTable() string {
	t := table{{"fault", "what the site meets"}}
	for _, k := range find(configs.Keys(), "phases[].faults").Keys {
		if k.Form != configs.FormFault {
			continue
		}
		says := k.Doc + "."
		for _, p := range k.Keys {
			if slices.Contains([]string{"from", "to", "step", "every"}, p.Name) { // the steps, of which k.Doc tells
				continue
			}
			says += fmt.Sprintf(" `%s`: %s", p.Name, p.Doc)
			if d := preset(p); d != "" {
				says += fmt.Sprintf(" (%s unless given)", d)
			}
			says += "."
		}
		t = append(t, []string{code(k.Name + ": " + k.Example), says})
	}
	return t.markdown()
}

// table is rows of cells, the first being the head. A column that says for
// itself what it tells has no head.
type table [][]string

func (t table) markdown() string {
	var out strings.Builder
	for i, row := range t {
		for _, cell := range row {
			fmt.Fprintf(&out, "| %s ", strings.ReplaceAll(cell, "|", `\|`))
		}
		out.WriteString("|\n")
		if i == 0 {
			out.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// code puts a value into backquotes, for it is to be typed as it stands.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}
