package traffic

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tailback/tailback/configs"
)

// width is that of comments.
const width = 100

// page is the file as it is being written.
type page struct {
	b strings.Builder
	// tried says that the file is only tried: its variables, which nobody has set
	// yet, are then written as something that is no secret either.
	tried bool
}

// YAML writes the experiment, for a file of that name; "" for standard output. It is
// one that configs.Load takes once the variables in Secrets are set; else the error
// is what Load says of it.
func (d *Draft) YAML(file string) ([]byte, error) {
	if file == "" {
		file = "imported.yaml"
	}
	e, err := configs.LoadText(file, []byte(d.text(file, true)), nil)
	if err != nil {
		return nil, fmt.Errorf("write experiment: what was read makes none: %w", configs.Unplaced(err))
	}
	for _, m := range e.PlainSecrets() {
		if m.Path != "target.password" { // which can be no placeholder, and is a variable
			return nil, fmt.Errorf("write experiment: %s would hold a secret in plain text; leave that out of what is read", m.Path)
		}
	}
	return []byte(d.text(file, false)), nil
}

func (d *Draft) text(file string, tried bool) string {
	p := &page{tried: tried}
	d.head(p, filepath.Base(file))
	d.target(p)
	if len(d.Visits) > 0 {
		d.visits(p)
	} else {
		d.requests(p)
	}
	d.phases(p)
	return p.b.String()
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.b, format+"\n", args...) }

func (p *page) comments(indent string, texts []string) {
	for _, line := range wrapped(indent, texts, width) {
		p.line("%s", line)
	}
}

func (d *Draft) head(p *page, file string) {
	p.comments("", d.About)
	p.line("#")
	sends := "sends each request once"
	if len(d.Visits) > 0 {
		sends = "takes each step once"
	}
	p.line("#   tailback check --preflight %s   %s", comment(file), sends)
	p.line("#   tailback run %s", comment(file))
	d.exports(p)
	if len(d.Notes) > 0 {
		p.line("#")
		for _, note := range d.Notes {
			p.comments("", []string{"Note: " + note + "."})
		}
	}
	p.line("#")
	p.line("# Every key: tailback help experiment. Where this comes from: tailback help import.")
	p.line("version: 1")
	p.line("")
}

// exports says which variables are needed, and which only for what stands behind #.
func (d *Draft) exports(p *page) {
	needed := d.Needed()
	off := slices.DeleteFunc(d.used(true), func(v Variable) bool { return slices.Contains(needed, v) })
	for _, part := range []struct {
		what string
		list []Variable
	}{
		{"It holds no secrets. Set these first, to what the staging site takes:", needed},
		{"Only for what stands behind #:", off},
	} {
		if len(part.list) == 0 {
			continue
		}
		p.line("#")
		p.comments("", []string{part.what})
		for _, s := range part.list {
			p.line("#   export %s=...   # %s", s.Name, comment(s.What))
		}
	}
}

// Needed are the variables that have to be set before the experiment is loaded.
func (d *Draft) Needed() []Variable { return d.used(false) }

// used are the variables of what is sent, or of what stands behind #.
func (d *Draft) used(off bool) (used []Variable) {
	p := &page{}
	if !off {
		d.target(p)
	}
	for _, r := range d.Requests {
		if r.Off == off {
			p.request(r, "", "requests")
		}
	}
	for _, v := range d.Visits {
		for _, s := range v.Steps {
			if s.Off == off {
				p.request(s, "", "steps")
			}
		}
	}
	text := p.b.String()
	for _, s := range d.Secrets {
		if strings.Contains(text, "{env: "+s.Name+"}") || strings.Contains(text, "{{env "+s.Name+"}}") {
			used = append(used, s)
		}
	}
	return used
}

func (d *Draft) target(p *page) {
	p.line("target:")
	if d.Guessed {
		p.line("  url: %s # CHANGE: your staging site", quote(d.URL))
		p.line("  # allow: [staging.example.com] # load goes to this machine and to what is named here")
	} else {
		p.line("  url: %s", quote(d.URL))
	}
	if host := d.host(); host != "" && !d.Guessed {
		p.line("  allow: [%s] # CHANGE: load goes only to what is named here; is it the staging site, and yours?", quote(host))
	}
	if d.Host != "" {
		p.line("  host: %s # the Host header, and the name in TLS", quote(d.Host))
	}
	if d.Login != nil {
		p.line("  user: %s", p.value(d.Login.User))
		p.line("  password: %s", p.value(d.Login.Password))
	}
	if d.Insecure {
		p.line("  insecure: true # any certificate is good")
	}
	if d.Redirect {
		p.line("  follow_redirects: true")
	}
	p.line("  timeout: 30s # when the client gives up")
	p.line("")
}

// value writes a value, {env: NAME} or a text.
func (p *page) value(v Value) string {
	switch {
	case v.Env != "" && p.tried:
		return quote(standIn)
	case v.Env != "":
		return "{env: " + v.Env + "}"
	}
	return quote(p.filled(v.Text))
}

// filled puts something else in the place of {{env NAME}} when the file is only tried.
func (p *page) filled(text string) string {
	if !p.tried {
		return text
	}
	return envPlaceholder.ReplaceAllString(text, standIn)
}

// standIn is what a variable is written as when the file is only tried.
const standIn = "{{uuid}}"

func (d *Draft) requests(p *page) {
	p.comments("", d.Sends)
	p.line("requests:")
	for _, r := range d.Requests {
		p.request(r, "  ", "requests")
	}
	p.line("")
}

func (d *Draft) visits(p *page) {
	p.comments("", d.Sends)
	for _, v := range d.Visits {
		p.sessions(v)
	}
	p.line("visits:")
	for _, v := range d.Visits {
		p.line("  - name: %s", quote(v.Name))
		p.line("    weight: 1")
		p.line("    steps:")
		for _, s := range v.Steps {
			p.request(s, "      ", "steps")
		}
	}
	p.line("")
}

// sessions says how those who make the visit can be logged in before the run: what
// most people want to know is how the pages behind a login bear load, and not the login.
func (p *page) sessions(v Visit) {
	if v.Login == 0 || v.Login == len(v.Steps) {
		return
	}
	last, first, think := v.Steps[v.Login-1], v.Steps[v.Login], ""
	if first.Think > 0 {
		think = fmt.Sprintf(", and take away the think of %s, which is the first step then", first.Name)
	}
	p.line("#")
	p.comments("", []string{fmt.Sprintf("Each visit logs in, by its steps up to %s. To log visitors in before the run instead, outside of "+
		"every figure, move these steps to here, as they stand%s (tailback help experiment):", last.Name, think)})
	p.line("# sessions:")
	p.line("#   count: 50 # CHANGE: more than visits are under way at once")
	p.line("#   steps:")
}

func (d *Draft) phases(p *page) {
	p.comments("", d.Curve)
	highest := 0.0
	for _, phase := range d.Phases {
		highest = max(highest, phase.Rate)
	}
	steps := 1 // rates are of visits, and the ceiling of requests
	for _, v := range d.Visits {
		steps = max(steps, len(v.Steps))
	}
	p.line("# A typing error must not become an outage.")
	p.line("limits: {rate: %s, in_flight: 2000}", decimal(max(10*highest, 10)*float64(steps)))
	p.line("")
	p.line("phases:")
	measured := ""
	for _, phase := range d.Phases {
		warmup, short := "", ""
		if phase.Warmup {
			warmup = ", warmup: true"
		} else if measured == "" {
			measured = phase.Name
		}
		if phase.Short != "" {
			short = " # " + comment(phase.Short)
		}
		p.line("  - {name: %s, duration: %s, rate: %s%s}%s", quote(phase.Name), configs.DurationText(phase.Duration), decimal(phase.Rate), warmup, short)
	}
	p.line("")
	p.line("objectives:")
	p.line("  - %s", quote(measured+": errors < 1%"))
	p.line("")
	p.comments("", []string{"What the site calls, and what becomes of it while that hangs (tailback help faults):"})
	p.line("# dependencies:")
	p.line(`#   - {name: payments, listen: "127.0.0.1:9901", upstream: "api.pay.example:443"}`)
	p.line("# and as one more phase:")
	p.line("#   - {name: hang, duration: 20s, rate: %s, faults: [{dependency: payments, hang: {}, after: 2s, for: 15s}]}", decimal(highest))
	p.line("# and as one more objective:")
	p.line("#   - %s", quote("hang: errors < 5%"))
}
