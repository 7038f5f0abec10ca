package traffic

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tailback/tailback/configs"
)

// Draft is an experiment as it is to be written: what was found, and what a person
// needs to know of it. Its texts are as a file writes them: what looks like a
// placeholder is one, and they hold no secrets.
type Draft struct {
	About []string // what it was made of, for the head of the file
	Notes []string // what was left out or changed, and why: in the file, and told
	Sends []string // comment over the requests or visits
	Curve []string // comment over the phases

	URL      string // of the site, without user info
	Guessed  bool   // nobody said what the site's address is
	Host     string // the Host header, when it is not the URL's
	Login    *Login
	Insecure bool
	Redirect bool // follow redirects

	Requests []Request
	Visits   []Visit
	Phases   []Phase
	Secrets  []Variable // in the order in which they turned up
}

// Login is basic authentication.
type Login struct{ User, Password Value }

// Value is a text with placeholders, or, when Env is not "", what a variable of
// that name holds.
type Value struct{ Text, Env string }

// Pair is a value with a name. File is for parts of a multipart body alone.
type Pair struct {
	Name  string
	Value Value
	File  string // instead of a value
}

// Request is one of the mix, or a visit's step.
type Request struct {
	Name, Method, Path string // a method of "" is GET
	Weight             int    // of the mix; 0 for what is written without one
	Headers            []Pair
	Body               *Body
	Note               []string // comment lines before it
	Short              string   // comment behind its first line
	Off                bool     // it is written, and behind a #
	Think              time.Duration
	Captures           []Capture
}

// Body is what a request sends: one of the four.
type Body struct {
	Text  *Value
	File  string
	JSON  string // JSON, with placeholders in its texts
	Form  []Pair
	Parts []Pair // multipart
}

// Visit is a visitor's way through the site.
type Visit struct {
	Name  string
	Steps []Request
	Login int // how many of the steps, from the first on, log in; 0 for none
}

// Capture takes a value from an answer. Kind is html, regexp, json, header, cookie
// or url; Attribute is for html.
type Capture struct{ Name, Kind, Where, Attribute string }

// Phase is a proposed phase, at a constant rate a second.
type Phase struct {
	Name     string
	Duration time.Duration
	Rate     float64
	Warmup   bool
	Short    string // comment behind it
}

// Variable is one that has to be exported before the experiment is run.
type Variable struct {
	Name string
	What string // what it is to hold, without a secret
}

// placeholderURL stands where the site's address has to be put.
const placeholderURL = "http://127.0.0.1:8081"

// address sets the site's address: the one that was asked for, or the one found.
func (d *Draft) address(asked, found string) error {
	text := asked
	if text == "" {
		text = found
	}
	d.Guessed = text == ""
	if d.Guessed {
		d.URL = placeholderURL
		return nil
	}
	u, ok := site(text)
	if !ok {
		return fmt.Errorf("read the site's address: it needs to be like https://staging.example.com (--url)")
	}
	if asked != "" && (u.User != nil || u.RawQuery != "") {
		return fmt.Errorf("read --url: leave out the user and the query; a password is written into the file as {env: NAME} (see `tailback help secrets`)")
	}
	d.URL = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimSuffix(u.Path, "/")}).String()
	return nil
}

// site takes an address apart, if it is one that can be loaded.
func site(text string) (u *url.URL, ok bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || len(u.Hostname()) > 253 || !strings.HasPrefix(u.Path+"/", "/") {
		return u, false
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return u, false
		}
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return u, !strings.Contains(u.Host, "%")
	}
	return u, hostName.MatchString(u.Hostname())
}

var hostName = regexp.MustCompile(`^[\p{L}\p{Nd}._-]{1,253}$`)

// host is that of the site, when it has to be allowed.
func (d *Draft) host() string {
	u, err := url.Parse(d.URL)
	if err != nil || configs.Loopback(u.Hostname()) {
		return ""
	}
	return u.Hostname()
}

func (d *Draft) note(format string, args ...any) {
	d.Notes = append(d.Notes, fmt.Sprintf(format, args...))
}

// unique makes names differ: a second cart becomes cart-2.
func unique(taken map[string]bool, name string) string {
	if len(name) > 60 {
		name = strings.ToValidUTF8(name[:60], "")
	}
	free := name
	for n := 2; taken[free]; n++ {
		free = fmt.Sprintf("%s-%d", name, n)
	}
	taken[free] = true
	return free
}

// Sum says in a few words what the experiment has.
func (d *Draft) Sum() string {
	if len(d.Visits) > 0 {
		steps := 0
		for _, v := range d.Visits {
			steps += len(v.Steps)
		}
		return counted(len(d.Visits), "visit", "visits") + " of " + counted(steps, "step", "steps")
	}
	off := 0
	for _, r := range d.Requests {
		if r.Off {
			off++
		}
	}
	sum := counted(len(d.Requests)-off, "request", "requests")
	if off > 0 {
		sum += fmt.Sprintf(", and %d behind #", off)
	}
	return sum
}
