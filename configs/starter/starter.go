// Package starter writes the experiment that somebody begins with, from a few
// answers, with comments that say what to change.
package starter

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"github.com/tailback/tailback/configs"
)

// Answers are what is asked. URL and Dependencies are needed.
type Answers struct {
	URL          string       // of the staging site
	Path         string       // of a page that calls the dependencies; "" for /
	Dependencies []Dependency // in the order in which they are to hang
	Expect       string       // text that a good answer holds; "" for any
	Rate         float64      // requests a second; 0 for DefaultRate
}

// Dependency is something that the site calls.
type Dependency struct {
	Name    string
	Address string // host:port
}

// DefaultRate is gentle, and enough to fill a small pool of workers in seconds.
const DefaultRate = 8

// The fault of each dependency: how long it hangs, and the phase around it.
const (
	before   = 2 * time.Second
	hang     = 15 * time.Second
	recovery = 20 * time.Second
)

// firstPort is where Tailback listens for the first dependency that needs that.
const firstPort = 9901

// Egress is the address of the forward proxy.
const Egress = "127.0.0.1:8888"

// ParseDependency reads "name=host:port".
func ParseDependency(text string) (Dependency, error) {
	name, address, ok := strings.Cut(strings.TrimSpace(text), "=")
	_, _, err := net.SplitHostPort(address)
	if !ok || name == "" || err != nil {
		return Dependency{}, fmt.Errorf("read dependency %q: it needs a name and an address, such as payments=api.pay.example:443", text)
	}
	if strings.Contains(name, ":") {
		return Dependency{}, fmt.Errorf("read dependency %q: its name becomes part of a phase's, which needs to be without a colon", text)
	}
	return Dependency{name, address}, nil
}

// HTTP reports whether the dependency is most likely called by HTTP or HTTPS, so
// that http_proxy and https_proxy lead the site's calls through the egress.
func (d Dependency) HTTP() bool {
	host, port, _ := net.SplitHostPort(d.Address)
	return (port == "80" || port == "443") && !configs.Loopback(host)
}

//go:embed experiment.yaml.tmpl
var text string

var file = template.Must(template.New("experiment").Funcs(template.FuncMap{"quote": quote}).Parse(text))

// page is what the template sees.
type page struct {
	Answers
	File, Schema string
	Host         string // of the URL, when it needs to be allowed
	Through      []through
	Egress       string // where it listens, when a dependency goes through it
	Most         float64
	Hang, Phase  time.Duration
	Before       time.Duration
	Length       time.Duration // of the whole run
	After        time.Duration // of each recovery
}

type through struct {
	Dependency
	Listen string // "" when it is reached through the egress
}

// Write returns the experiment that the answers ask for, for a file of that
// name with a schema at that path beside it. It is one that configs.Load takes;
// else the error is what Load says of the answers.
func Write(name, schema string, a Answers) ([]byte, error) {
	if err := a.complete(); err != nil {
		return nil, err
	}
	p := page{Answers: a, File: filepath.Base(name), Schema: schema, Most: min(10*a.Rate, 1e6),
		Hang: hang, Before: before, Phase: before + hang + 3*time.Second, After: recovery}
	if u, err := url.Parse(a.URL); err == nil && !configs.Loopback(u.Hostname()) {
		p.Host = u.Hostname()
	}
	port := firstPort
	for _, d := range a.Dependencies {
		t := through{Dependency: d}
		if d.HTTP() {
			p.Egress = Egress
		} else {
			t.Listen = fmt.Sprintf("127.0.0.1:%d", port)
			port++
		}
		p.Through = append(p.Through, t)
	}
	p.Length = 20*time.Second + time.Duration(len(p.Through))*(p.Phase+p.After)
	var out bytes.Buffer
	if err := file.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("write experiment: %w", err)
	}
	if _, err := configs.LoadText(name, out.Bytes(), nil); err != nil {
		return nil, fmt.Errorf("write experiment: %w", configs.Unplaced(err))
	}
	return out.Bytes(), nil
}

// Check says what is wrong with the answers that there are so far.
func Check(a Answers) error {
	if a.URL == "" {
		a.URL = "http://127.0.0.1:8081"
	}
	if len(a.Dependencies) == 0 {
		a.Dependencies = []Dependency{{"dependency", "127.0.0.1:1"}}
	}
	_, err := Write("experiment.yaml", "", a)
	if mistakes, ok := errors.AsType[configs.Mistakes](err); ok {
		return errors.New(mistakes[0].Text)
	}
	return err
}

// complete fills in what may be left out, and says what may not.
func (a *Answers) complete() error {
	if a.Path == "" {
		a.Path = "/"
	}
	if a.Rate == 0 {
		a.Rate = DefaultRate
	}
	for _, text := range append([]string{a.URL, a.Path, a.Expect}, texts(a.Dependencies)...) {
		if !utf8.ValidString(text) {
			return fmt.Errorf("write %q: it is no UTF-8 text", text)
		}
	}
	for what, value := range map[string]string{"address": a.URL, "path": a.Path} {
		if configs.SecretOverride("", value) != "" {
			return fmt.Errorf("write the %s: it holds a secret; leave that out here, and put it into the file as {env: NAME} (see `tailback help secrets`)", what)
		}
	}
	if a.URL == "" || len(a.Dependencies) == 0 {
		return errors.New("write experiment: it needs the site's address and a dependency")
	}
	return nil
}

func texts(dependencies []Dependency) (all []string) {
	for _, d := range dependencies {
		all = append(all, d.Name, d.Address)
	}
	return all
}

// quote writes a text so that YAML takes it for nothing else.
func quote(text string) (string, error) {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(text)
	return strings.TrimSpace(out.String()), err
}
