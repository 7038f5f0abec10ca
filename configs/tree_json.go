package configs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// jsonReader reads tokens, because they tell where they stand and do not drop
// the first of two equal keys.
type jsonReader struct {
	*reader
	decoder *json.Decoder
	lines   lines
	size    int64
}

func (r *reader) json(source []byte) (*node, error) {
	j := &jsonReader{r, json.NewDecoder(bytes.NewReader(source)), linesOf(source), int64(len(source))}
	j.decoder.UseNumber()
	root, err := j.value("", 0)
	if errors.Is(err, io.EOF) && j.nodes == 0 {
		return &node{kind: null}, nil
	}
	if err == nil && root.kind == mapping {
		if _, tail := j.decoder.Token(); !errors.Is(tail, io.EOF) {
			err = errors.New("something follows the closing brace")
		}
	}
	if err != nil {
		return nil, j.mistake(err)
	}
	return root, nil
}

// mistake gives an error of the decoder the line on which it happened.
func (j *jsonReader) mistake(err error) error {
	if _, ok := errors.AsType[Mistake](err); ok {
		return err
	}
	at := j.decoder.InputOffset()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = syntax.Offset
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err, at = errors.New("it ends too early; a brace or bracket is not closed"), j.size
	}
	return Mistake{Line: j.line(at), Text: fmt.Sprintf("cannot be read: %v", err)}
}

// line returns the line of the last byte before offset.
func (j *jsonReader) line(offset int64) int { return j.lines.at(int(max(offset-1, 0))) }

func (j *jsonReader) value(path string, depth int) (*node, error) {
	token, err := j.decoder.Token()
	if err != nil {
		return nil, err
	}
	line := j.line(j.decoder.InputOffset())
	if err := j.grow(line, depth); err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return j.object(&node{line: line, kind: mapping}, path, depth)
		}
		return j.array(&node{line: line, kind: list}, path, depth)
	case string:
		return &node{line: line, kind: text, value: t}, nil
	case bool:
		return &node{line: line, kind: boolean, value: t}, nil
	case json.Number:
		return number(line, t.String()), nil
	}
	return &node{line: line, kind: null}, nil
}

func (j *jsonReader) object(to *node, path string, depth int) (*node, error) {
	for j.decoder.More() {
		token, err := j.decoder.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string) // the decoder takes nothing else here
		line := j.line(j.decoder.InputOffset())
		child, err := j.value(join(path, key), depth+1)
		if err != nil {
			return nil, err
		}
		child.line = line
		if err := j.put(to, path, key, child); err != nil {
			return nil, err
		}
	}
	_, err := j.decoder.Token()
	return to, err
}

func (j *jsonReader) array(to *node, path string, depth int) (*node, error) {
	for j.decoder.More() {
		child, err := j.value(element(path, len(to.items)), depth+1)
		if err != nil {
			return nil, err
		}
		to.items = append(to.items, child)
	}
	_, err := j.decoder.Token()
	return to, err
}

// number reads a JSON or TOML number; whole ones keep all their digits.
func number(line int, digits string) *node {
	if v, err := strconv.ParseInt(digits, 0, 64); err == nil {
		return &node{line: line, kind: integer, value: v}
	}
	if v, err := strconv.ParseUint(digits, 0, 64); err == nil {
		return &node{line: line, kind: integer, value: v}
	}
	v, _ := strconv.ParseFloat(digits, 64) // out of range is infinite, which validation refuses
	return &node{line: line, kind: float, value: v}
}
