package configs

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/viper"
)

// Load reads an experiment from a YAML, TOML or JSON file, puts the TAILBACK_
// environment variables and then set (dotted keys to text, from the command
// line) over it, fills in the defaults, reads the files and variables that it
// names, and validates the whole.
//
// Everything that is wrong with it comes back at once, as Mistakes; any other
// error means that the file could not be read at all.
func Load(path string, set map[string]string) (*Experiment, error) {
	source, err := readLimited(path, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("read experiment: %w", err)
	}
	return LoadText(path, source, set)
}

// LoadText is Load of a file that holds source, whether or not it is there.
func LoadText(path string, source []byte, set map[string]string) (*Experiment, error) {
	root, found := parse(path, source)
	if root == nil {
		return nil, locate(found, path, nil, nil)
	}
	found = append(found, root.unfoldRequests()...)
	found = append(found, root.twoShares()...)
	found = append(found, root.unfoldLatencies("")...)
	at := map[string]*node{}
	root.index("", at)
	e, by, more := decodeLayers(root, set)
	found = append(found, more...)

	e.Source, e.Path = source, path
	e.fill(func(path string) bool { return by[path] != "" || at[path] != nil && at[path].kind != null })
	found = append(found, e.resolve()...)
	unread := found
	for _, m := range e.validate(unread.touch) {
		if !unread.cover(m.Path) {
			found = append(found, m)
		}
	}
	if len(found) > 0 {
		return nil, locate(found, path, at, by)
	}
	for i := range e.Objectives {
		if n := at[element("objectives", i)]; n != nil {
			e.Objectives[i].Line = n.line
		}
	}
	return e, nil
}

// decodeLayers decodes the file with what overrides it.
func decodeLayers(root *node, set map[string]string) (e *Experiment, by map[string]string, found Mistakes) {
	s := shape{}
	s.check(experimentType, root, "")
	v := viper.NewWithOptions(viper.KeyDelimiter(delimiter))
	values, _ := root.plain().(map[string]any) // parse returns nothing but maps
	if err := v.MergeConfigMap(values); err != nil {
		s.found.add("", "cannot be read: %v", err)
	}
	by, found = layer(v, set)
	e, wrong := decode(v)
	for _, m := range wrong {
		if !s.found.cover(m.Path) && !s.found.touch(m.Path) {
			found = append(found, m)
		}
	}
	// Viper drops sections without keys, but an empty section asks for it.
	if root.get("capacity") != nil && e.Capacity == nil {
		e.Capacity = &Capacity{}
	}
	if root.get("audit") != nil && e.Audit == nil {
		e.Audit = &Audit{}
	}
	return e, by, append(s.found, found...)
}

// locate gives each mistake the line of its field, or of what is around it, or
// the name of what overrode it.
func locate(found Mistakes, file string, at map[string]*node, by map[string]string) Mistakes {
	for i := range found {
		m := &found[i]
		if m.File != "" {
			continue
		}
		if by[m.Path] != "" {
			m.File = by[m.Path]
			continue
		}
		m.File = file
		for path := m.Path; m.Line == 0 && path != ""; path = outer(path) {
			if n := at[path]; n != nil {
				m.Line = n.line
			}
		}
	}
	found.sort()
	return found
}

// readLimited reads a regular file up to one byte beyond limit.
func readLimited(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		if pathErr, ok := err.(*os.PathError); ok {
			pathErr.Op = "open"
		}
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open %s: is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// nameOf returns the experiment's name when it has none: its file's.
func nameOf(path string) string {
	base := filepath.Base(path)
	return strings.TrimSuffix(base, filepath.Ext(base))
}
