package traffic

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// maxText bounds what is read whole: command lines, and the description of an API.
const maxText = 16 << 20

// fromCurl reads command lines of curl. Each is a request.
func fromCurl(in io.Reader, o Options) (*Draft, error) {
	text, err := readText(in)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", o.Name, err)
	}
	script, err := parseShell(text)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", o.Name, err)
	}
	b := newBuilder(&Draft{About: []string{fmt.Sprintf("Requests of curl, from %s.", o.Name)}})
	for _, line := range script.lines {
		for _, args := range split(line.args, "--next", "-:") {
			c := newCurl(b, line.line)
			if err := c.read(args); err != nil {
				return nil, fmt.Errorf("read %s: line %d: %w", o.Name, line.line, err)
			}
			if err := c.send(o); err != nil {
				return nil, fmt.Errorf("read %s: line %d: %w", o.Name, line.line, err)
			}
		}
	}
	if len(script.others) > 0 {
		b.note("%s: %s", counted(len(script.others), "command of another program is left out", "commands of other programs are left out"), some(script.others, 3))
	}
	d, err := b.finish(o.URL, fmt.Sprintf("read %s: it has no command of curl with an address", o.Name))
	if err == nil {
		d.variables(b.v)
	}
	return d, err
}

// readText reads all of a text that is not too long.
func readText(in io.Reader) (string, error) {
	content, err := io.ReadAll(io.LimitReader(in, maxText+1))
	switch {
	case err != nil:
		return "", err
	case len(content) > maxText:
		return "", fmt.Errorf("it is larger than %d MiB", maxText>>20)
	}
	return strings.TrimPrefix(strings.ToValidUTF8(string(content), "\uFFFD"), "\ufeff"), nil
}

// split takes a list apart at separators.
func split(args []string, separators ...string) (parts [][]string) {
	start := 0
	for i, a := range args {
		for _, s := range separators {
			if a == s {
				parts = append(parts, args[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, args[start:])
}

// variables writes the shell's variables as placeholders.
func (d *Draft) variables(v *vault) {
	in := func(text string) string {
		for _, m := range variableMark.FindAllStringSubmatch(text, -1) {
			v.use(m[1], "as $"+m[1]+" in a command")
		}
		return variableMark.ReplaceAllString(text, "{{env $1}}")
	}
	list := func(pairs []Pair) {
		for i := range pairs {
			pairs[i].Value.Text = in(pairs[i].Value.Text)
		}
	}
	for i := range d.Requests {
		r := &d.Requests[i]
		r.Path = in(r.Path)
		list(r.Headers)
		if r.Body != nil {
			r.Body.JSON = in(r.Body.JSON)
			list(r.Body.Form)
			list(r.Body.Parts)
			if r.Body.Text != nil {
				r.Body.Text.Text = in(r.Body.Text.Text)
			}
		}
	}
	if d.Login != nil {
		if name, ok := shellVariable(d.Login.User.Text); ok {
			d.Login.User = Value{Env: name}
			v.use(name, "as $"+name+" in a command")
		}
	}
	d.Secrets = v.list
}

// curl is one command.
type curl struct {
	b       *builder
	line    int
	what    string
	method  string
	urls    []string
	headers []field
	data    []string
	kind    string // the Content-Type that its data have by themselves
	file    string // the body's
	parts   []field
	get     bool
	head    bool
	user    *string
	unknown []string
	kept    []string // flags that say something that an experiment can't or does otherwise
}

func newCurl(b *builder, line int) *curl {
	return &curl{b: b, line: line, what: fmt.Sprintf("the command in line %d", line)}
}

// read takes the arguments one by one.
func (c *curl) read(args []string) error {
	for i := 0; i < len(args); i++ {
		a := args[i]
		value := func() (string, error) {
			if i++; i >= len(args) {
				return "", fmt.Errorf("%s needs a value behind it", a)
			}
			return args[i], nil
		}
		var err error
		switch {
		case strings.HasPrefix(a, "--") && len(a) > 2:
			err = c.flag(a, value)
		case strings.HasPrefix(a, "-") && len(a) > 1:
			err = c.short(a[1:], value)
		case a != "":
			c.urls = append(c.urls, a)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// short takes one-letter flags apart: -sSLd x is -s -S -L -d x.
func (c *curl) short(letters string, value func() (string, error)) error {
	for i, letter := range letters {
		long, ok := shortFlags[letter]
		if !ok {
			c.unknown = append(c.unknown, "-"+string(letter))
			continue
		}
		if f := longFlags[long]; f.value {
			if rest := letters[i+len(string(letter)):]; rest != "" {
				return c.flag(long, func() (string, error) { return rest, nil })
			}
			return c.flag(long, value)
		}
		if err := c.flag(long, value); err != nil {
			return err
		}
	}
	return nil
}

func (c *curl) flag(name string, value func() (string, error)) error {
	f, ok := longFlags[name]
	if !ok {
		if strings.HasPrefix(name, "--no-") {
			return nil // turns something off
		}
		name, _, _ = strings.Cut(name, "=") // what stands there may be anything
		c.unknown = append(c.unknown, hidden(name))
		return nil
	}
	text := ""
	if f.value {
		var err error
		if text, err = value(); err != nil {
			return err
		}
	}
	if f.other != "" {
		c.kept = append(c.kept, name+" ("+f.other+")")
	}
	if f.do != nil {
		return f.do(c, text)
	}
	return nil
}

// send adds the requests, one for each address.
func (c *curl) send(o Options) error {
	c.tell()
	if len(c.urls) == 0 {
		return nil
	}
	for _, address := range c.urls {
		if !strings.Contains(address, "://") {
			address = "http://" + address
		}
		m := c.message(address)
		if m.file != "" {
			if err := o.bodyFile(&m, m.file); err != nil {
				return err
			}
		}
		for i := range m.parts {
			if m.parts[i].file != "" {
				file, err := o.file(m.parts[i].file)
				if err != nil {
					return err
				}
				m.parts[i].file = file
			}
		}
		if err := c.add(m); err != nil {
			return err
		}
	}
	return nil
}

func (c *curl) add(m message) error {
	before := len(c.b.Requests)
	if _, err := c.b.add(m); err != nil {
		return err
	}
	if c.user != nil && len(c.b.Requests) > before && !has(c.headers, "Authorization") {
		r := c.b.Requests[before]
		c.b.Requests = c.b.Requests[:before]
		user, password, _ := strings.Cut(*c.user, ":")
		c.b.login(&r, user, password, c.what)
		c.b.Requests = append(c.b.Requests, r)
	}
	return nil
}

func (c *curl) message(address string) message {
	m := message{method: c.method, url: address, headers: c.headers, what: c.what, parts: append([]field(nil), c.parts...), file: c.file}
	data := strings.Join(c.data, "&")
	switch {
	case c.get && data != "":
		mark := "?"
		if strings.Contains(address, "?") {
			mark = "&"
		}
		m.url += mark + data
	case len(c.data) > 0:
		m.body = data
	}
	sends := len(c.data) > 0 || c.file != "" || len(c.parts) > 0
	if m.method == "" {
		m.method = "GET"
		if sends && !c.get {
			m.method = "POST"
		}
		if c.head {
			m.method = "HEAD"
		}
	}
	if sends && !c.get && len(c.parts) == 0 && c.kind != "" && !has(c.headers, "Content-Type") {
		m.headers = append(m.headers[:len(m.headers):len(m.headers)], field{name: "Content-Type", value: c.kind})
	}
	return m
}

func has(headers []field, name string) bool {
	for _, h := range headers {
		if strings.EqualFold(h.name, name) {
			return true
		}
	}
	return false
}

// tell says which flags are not in the experiment.
func (c *curl) tell() {
	if len(c.unknown) > 0 {
		c.b.note("line %d: flags of curl that are not known here are left out, and maybe a value behind them was taken for an address: %s", c.line, some(c.unknown, 10))
	}
	if len(c.kept) > 0 {
		c.b.note("line %d: left out of the experiment: %s", c.line, some(c.kept, 10))
	}
}

// fileText reads a file whose text becomes a part of a request.
func fileText(name string) (string, error) {
	if _, err := (Options{}).file(name); err != nil {
		return "", err
	}
	f, err := os.Open(strings.TrimSpace(name))
	if err != nil {
		return "", err
	}
	defer f.Close()
	return readText(f)
}
