package traffic

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// fromVegeta reads targets in either of Vegeta's formats.
func fromVegeta(in io.Reader, o Options) (*Draft, error) {
	d := &Draft{About: []string{fmt.Sprintf("Targets of Vegeta, from %s.", o.Name)}}
	t := targets{builder: newBuilder(d), o: o, lines: bufio.NewScanner(in)}
	t.lines.Buffer(nil, 16<<20)
	if err := t.read(); err != nil {
		return nil, fmt.Errorf("read %s: %w", o.Name, err)
	}
	d, err := t.finish(o.URL, fmt.Sprintf("read %s: it has no target", o.Name))
	if err == nil {
		d.Sends = append(d.Sends, "Vegeta sends its targets one after the other; here they are a mix, each as often as the others.")
	}
	return d, err
}

type targets struct {
	*builder
	o       Options
	lines   *bufio.Scanner
	line    int
	pending *string // a line that was read too far
}

func (t *targets) next() (line string, ok bool) {
	if t.pending != nil {
		line, t.pending = *t.pending, nil
		return line, true
	}
	if !t.lines.Scan() {
		return "", false
	}
	t.line++
	return strings.TrimSpace(t.lines.Text()), true
}

func (t *targets) read() error {
	for {
		line, ok := t.next()
		if !ok {
			if err := t.lines.Err(); err != nil {
				return fmt.Errorf("line %d: %w", t.line+1, err)
			}
			return nil
		}
		line = strings.TrimPrefix(line, "\xef\xbb\xbf")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		read := t.http
		if line[0] == '{' {
			read = t.json
		}
		m, err := read(line)
		if err == nil {
			_, err = t.add(m)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", t.line, err)
		}
	}
}

// http reads a target of Vegeta's http format: a line with method and URL, then
// headers, then a body's file, until an empty line or the next target.
func (t *targets) http(line string) (message, error) {
	method, address, ok := strings.Cut(line, " ")
	if !ok || strings.ToUpper(method) != method || !strings.Contains(address, "://") {
		return message{}, fmt.Errorf("needs a method and an address, such as GET https://staging.example.com/ (got %s)", hidden(line))
	}
	m := message{method: method, url: strings.TrimSpace(address), what: fmt.Sprintf("line %d", t.line)}
	for {
		line, ok := t.next()
		if !ok || line == "" {
			return m, nil
		}
		name, value, colon := strings.Cut(line, ":")
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "@"):
			return m, t.o.bodyFile(&m, line[1:])
		case vegetaLine.MatchString(line):
			t.pending = &line
			return m, nil
		case colon:
			m.headers = append(m.headers, field{name: strings.TrimSpace(name), value: strings.TrimSpace(value)})
		default:
			return m, fmt.Errorf("needs a header such as Accept: text/html, or @file with the body (got %s)", hidden(line))
		}
	}
}

// json reads a target of Vegeta's json format, whose body is in base64.
func (t *targets) json(line string) (message, error) {
	var target struct {
		Method string              `json:"method"`
		URL    string              `json:"url"`
		Body   []byte              `json:"body"`
		Header map[string][]string `json:"header"`
	}
	if err := json.Unmarshal([]byte(line), &target); err != nil {
		return message{}, errors.New("is no target of Vegeta's json format: method, url, body in base64, header as a map of lists")
	}
	if target.Method == "" {
		target.Method = "GET"
	}
	m := message{method: target.Method, url: target.URL, body: string(target.Body), what: fmt.Sprintf("line %d", t.line)}
	for _, name := range sortedKeys(target.Header) {
		for _, value := range target.Header[name] {
			m.headers = append(m.headers, field{name: name, value: value})
		}
	}
	return m, nil
}

// file is the name by which the experiment names a file that lies where the command
// is run. It has to be there, or the experiment would not load.
func (o Options) file(name string) (string, error) {
	name = strings.TrimSpace(name)
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return "", fmt.Errorf("the file %s can't be read from here: run this where its path begins", hidden(name))
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("the file %s is no regular file", hidden(name))
	case filepath.IsAbs(name):
		return name, nil
	}
	folder := o.Folder
	if folder == "" {
		folder = "."
	}
	whole, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return "", err
	}
	return filepath.Rel(folder, whole)
}

// bodyFile lets a message have the file as its body; as text, when it has what would
// be a placeholder in it.
func (o Options) bodyFile(m *message, name string) (err error) {
	if m.file, err = o.file(name); err != nil {
		return err
	}
	f, err := os.Open(strings.TrimSpace(name))
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxBody+1))
	if len(text) <= maxBody && literal(string(text)) != string(text) {
		m.body = string(text)
	}
	return err
}
