package configs

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// Data is a table of values that requests are sent with, {{name.column}}: a request
// has one of its rows.
type Data struct {
	Name   string   `mapstructure:"name"`
	File   string   `mapstructure:"file"`
	Order  string   `mapstructure:"order"`  // NextRow, RandomRow or RowOnce
	Secret []string `mapstructure:"secret"` // columns whose values are hidden wherever they turn up

	Columns []string   `mapstructure:"-"`
	Rows    [][]string `mapstructure:"-"` // each with a value for each column
}

// The orders in which rows are dealt to the requests of a run, whichever request
// of the mix uses them.
const (
	NextRow   = "next"   // one after the other, and from the first again
	RandomRow = "random" // any
	RowOnce   = "once"   // one after the other; a run with more requests than rows ends
)

// maxRows bounds a table, as maxReferenced does its file.
const maxRows = 1_000_000

// data returns the experiment's data of that name, or nil.
func (e *Experiment) data(name string) *Data {
	for i := range e.Data {
		if e.Data[i].Name == name {
			return &e.Data[i]
		}
	}
	return nil
}

// table reads the rows of a file: .csv and .tsv with the columns' names in the
// first line, .jsonl and .ndjson with an object in each line. The error says in
// which line it is wrong, and never holds a value.
func (d *Data) table(content []byte) error {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")) // as spreadsheets write before UTF-8
	var err error
	switch strings.ToLower(filepath.Ext(d.File)) {
	case ".csv":
		err = d.separated(content, separator(content))
	case ".tsv":
		err = d.separated(content, '\t')
	case ".jsonl", ".ndjson":
		err = d.lines(content)
	default:
		return errors.New("needs a name that ends in .csv, .tsv, .jsonl or .ndjson")
	}
	if err == nil && len(d.Rows) == 0 {
		err = errors.New("has no row")
	}
	return err
}

// separator is the comma, or what stands in its place in the first line: spreadsheets
// of some countries write semicolons.
func separator(content []byte) rune {
	head, _, _ := bytes.Cut(content, []byte("\n"))
	for _, r := range ",;\t" {
		if bytes.ContainsRune(head, r) {
			return r
		}
	}
	return ','
}

func (d *Data) separated(content []byte, comma rune) error {
	r := csv.NewReader(bytes.NewReader(content))
	r.Comma, r.FieldsPerRecord = comma, -1
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
			return fmt.Errorf("line %d: %w", wrong.Line, wrong.Err)
		}
		if err != nil {
			return err
		}
		line, _ := r.FieldPos(0)
		if d.Columns == nil {
			err = d.head(row)
		} else {
			err = d.add(row, line)
		}
		if err != nil {
			return err
		}
	}
}

// head takes the names of the columns.
func (d *Data) head(names []string) error {
	if len(names) == 0 {
		return errors.New("names no column in its first line")
	}
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		switch {
		case names[i] == "":
			return fmt.Errorf("has no name for column %d in its first line", i+1)
		case slices.Contains(names[:i], names[i]):
			return fmt.Errorf("has the column %q twice in its first line", names[i])
		}
	}
	d.Columns = names
	return nil
}

// add takes a row.
func (d *Data) add(row []string, line int) error {
	switch {
	case len(row) < len(d.Columns):
		return fmt.Errorf("line %d has %d of %d values: that of %q is missing", line, len(row), len(d.Columns), d.Columns[len(row)])
	case len(row) > len(d.Columns):
		return fmt.Errorf("line %d has %d values, and the first line names %d columns", line, len(row), len(d.Columns))
	case len(d.Rows) == maxRows:
		return fmt.Errorf("has more than %d rows", maxRows)
	}
	d.Rows = append(d.Rows, row)
	return nil
}

// lines reads JSON lines. The columns are those of the first one.
func (d *Data) lines(content []byte) error {
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, maxBytes)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		object, names, err := jsonObject(lines.Bytes())
		if err != nil {
			return fmt.Errorf("line %d %w", n, err)
		}
		if d.Columns == nil {
			err = d.head(names)
		}
		if err != nil {
			return err
		}
		row := make([]string, len(d.Columns))
		for i, column := range d.Columns {
			value, ok := object[column]
			if !ok {
				return fmt.Errorf("line %d lacks %q, which the first line has", n, column)
			}
			row[i] = value
		}
		if err := d.add(row, n); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return errors.New("has a line longer than 1 MiB")
	}
	return nil
}

// jsonObject reads an object of texts, numbers and truths, and its names in order.
// A value that is an object or a list itself is taken as its JSON.
func jsonObject(line []byte) (values map[string]string, names []string, err error) {
	wrong := errors.New(`is no JSON object such as {"number": "4111"}`)
	decoder := json.NewDecoder(bytes.NewReader(line))
	if t, err := decoder.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, wrong
	}
	values = map[string]string{}
	for decoder.More() {
		name, err := decoder.Token()
		var value json.RawMessage
		if err != nil || decoder.Decode(&value) != nil {
			return nil, nil, wrong
		}
		written := string(value)
		if written == "null" {
			return nil, nil, fmt.Errorf("has no value for %q (null)", name)
		}
		values[name.(string)], names = unquote(written), append(names, name.(string))
	}
	if _, err := decoder.Token(); err != nil {
		return nil, nil, wrong
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, wrong
	}
	return values, names, nil
}
