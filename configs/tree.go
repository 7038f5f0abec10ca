package configs

import (
	"fmt"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kind is what a person would call a value in a file.
type kind string

const (
	null    kind = "nothing"
	text    kind = "text"
	boolean kind = "true or false"
	integer kind = "a whole number"
	float   kind = "a decimal number"
	list    kind = "a list"
	mapping kind = "a map"
	date    kind = "a date"
	binary  kind = "binary data"
)

// node is one value of a file. The three formats are read into the same nodes,
// so that what follows knows only one.
type node struct {
	line   int // of the key, or of the value in a list
	kind   kind
	value  any // of a scalar: string, bool, int64, uint64 or float64
	fields []field
	items  []*node
}

type field struct {
	key  string
	node *node
}

// The bounds of a file. An experiment of a thousand phases stays far below;
// a file that is over them is no experiment, or it attacks the reader.
const (
	maxBytes  = 1 << 20
	maxNodes  = 100_000 // counted after YAML's aliases are followed
	maxDepth  = 50
	maxFields = 100 // of one map
)

// reader builds nodes and collects what is wrong in the file as such.
type reader struct {
	found Mistakes
	nodes int
}

// parse reads the format that the path's extension names. What it returns is a
// map; the mistakes are those that leave the rest unread.
func parse(path string, source []byte) (*node, Mistakes) {
	formats := map[string]func(*reader, []byte) (*node, error){
		".yaml": (*reader).yaml, ".yml": (*reader).yaml, ".toml": (*reader).toml, ".json": (*reader).json,
	}
	read, ok := formats[strings.ToLower(filepath.Ext(path))]
	if !ok {
		return nil, Mistakes{{Text: "needs a name that ends in .yaml, .yml, .toml or .json"}}
	}
	if at := notText(source); at > 0 {
		return nil, Mistakes{{Line: at, Text: "holds bytes that are no text; save the file as UTF-8"}}
	}
	if len(source) > maxBytes {
		return nil, Mistakes{{Text: "is larger than 1 MiB; an experiment is a short file (put large bodies into a body_file)"}}
	}
	var r reader
	root, err := read(&r, source)
	if err != nil {
		return nil, append(r.found, syntaxMistake(err, source))
	}
	if root.kind == null {
		return nil, Mistakes{{Text: "is empty; `tailback init` writes an experiment to start from"}}
	}
	if root.kind != mapping {
		return nil, Mistakes{{Line: root.line, Text: fmt.Sprintf("needs a map of keys such as version, target and phases, not %s", root.kind)}}
	}
	return root, r.found
}

// notText returns the first line with a byte that is not UTF-8, or a control
// character that no format allows; 0 when there is none.
func notText(source []byte) int {
	line := 1
	for len(source) > 0 {
		r, size := utf8.DecodeRune(source)
		switch {
		case r == '\n':
			line++
		case r == utf8.RuneError && size == 1, r < ' ' && r != '\t' && r != '\r', r == 0x7f:
			return line
		}
		source = source[size:]
	}
	return 0
}

// grow counts a node against the bounds.
func (r *reader) grow(line, depth int) error {
	r.nodes++
	if r.nodes > maxNodes {
		return Mistake{Line: line, Text: fmt.Sprintf("holds more than %d values (are there aliases of aliases?)", maxNodes)}
	}
	if depth > maxDepth {
		return Mistake{Line: line, Text: fmt.Sprintf("is nested more than %d deep", maxDepth)}
	}
	return nil
}

// put adds a field to a map. A key that is there already is a mistake.
func (r *reader) put(to *node, path, key string, n *node) error {
	if old := to.get(key); old != nil {
		r.found = append(r.found, Mistake{Line: n.line, Path: join(path, key), Text: fmt.Sprintf("is given twice, first on line %d; remove one", old.line)})
		return nil
	}
	if len(to.fields) == maxFields {
		return Mistake{Line: n.line, Path: path, Text: fmt.Sprintf("has more than %d keys", maxFields)}
	}
	to.fields = append(to.fields, field{key, n})
	return nil
}

// get returns a map's field, or nil.
func (n *node) get(key string) *node {
	for _, f := range n.fields {
		if f.key == key {
			return f.node
		}
	}
	return nil
}

// plain returns the value as viper wants it.
func (n *node) plain() any {
	switch n.kind {
	case mapping:
		m := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			m[f.key] = f.node.plain()
		}
		return m
	case list:
		l := make([]any, len(n.items))
		for i, item := range n.items {
			l[i] = item.plain()
		}
		return l
	}
	return n.value
}

// index adds n and all below it to at, by path.
func (n *node) index(path string, at map[string]*node) {
	at[path] = n
	for _, f := range n.fields {
		f.node.index(join(path, f.key), at)
	}
	for i, item := range n.items {
		item.index(element(path, i), at)
	}
}

var simpleKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// join returns the path of a map's field. A key that could be taken for
// something else, or break the line it is printed on, is quoted.
func join(path, key string) string {
	if !simpleKey.MatchString(key) {
		key = strconv.Quote(key[:min(len(key), 64)])
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// outer returns the path around path: its map or its list.
func outer(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

// lines finds the line of an offset: it holds where each line ends.
type lines []int

func linesOf(source []byte) lines {
	var ends lines
	for i, b := range source {
		if b == '\n' {
			ends = append(ends, i)
		}
	}
	return ends
}

// at returns the line, from 1, of the byte at offset.
func (l lines) at(offset int) int { return 1 + sort.SearchInts(l, offset) }
