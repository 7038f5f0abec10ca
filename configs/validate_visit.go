package configs

import (
	"regexp"
	"slices"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/http/httpguts"
)

const (
	// MaxSteps is how many steps a visit may have.
	MaxSteps = 256
	// maxSessions bounds how many visitors log in before a run.
	maxSessions = 100_000
)

func (c *check) visits() {
	seen, weighted := map[string]string{}, false
	for i, v := range c.e.Visits {
		path := element("visits", i)
		c.name(v.Name, path+".name")
		c.unique(seen, v.Name, path+".name", "the name")
		if v.Weight < 0 || v.Weight > maxWeight {
			c.add(path+".weight", "needs to be from 0 to %d, not %d", maxWeight, v.Weight)
		}
		weighted = weighted || v.Weight != 0
		c.inOrder(v.Steps, path, c.e.Sessions.Captured())
	}
	if len(c.e.Visits) > 0 && !weighted {
		c.add("visits", "has no weight above 0, so nothing would be sent")
	}
}

func (c *check) sessions() {
	s := c.e.Sessions
	if s == nil {
		return
	}
	if len(c.e.Visits) == 0 {
		c.add("sessions", "are lent to visits, and there are none; write the requests as visits: [{name: visit, steps: [...]}]")
	}
	if s.Count < 1 || s.Count > maxSessions {
		c.add("sessions.count", "needs to be from 1 to %d, not %d", maxSessions, s.Count)
	}
	c.inOrder(s.Steps, "sessions", nil)
}

// captured are the names of what the step captures.
func (s *Step) captured() (names []string) {
	for _, one := range s.Capture {
		names = append(names, one.Name)
	}
	return names
}

// inOrder checks steps that are taken one after the other, with what was captured before them.
func (c *check) inOrder(steps []Step, path string, captured []string) {
	switch {
	case len(steps) == 0:
		c.add(path+".steps", "needs at least one step, such as steps: [{path: /}]")
	case len(steps) > MaxSteps:
		c.add(path+".steps", "has %d steps, and can have %d; make two of it", len(steps), MaxSteps)
	}
	seen, later := map[string]string{}, []string{}
	for _, s := range steps {
		later = append(later, s.captured()...)
	}
	captured = slices.Clone(captured)
	for j, s := range steps {
		at := element(path+".steps", j)
		c.captured, c.later = captured, later
		c.request(s.Request, at)
		c.captured, c.later = nil, nil
		c.unique(seen, s.Name, at+".name", "the name")
		if j == 0 && s.Think != (Think{}) {
			c.add(at+".think", "comes before the visit's first step, which is due when the visit arrives; think before a later one")
		}
		c.think(s.Think, at+".think")
		for k, one := range s.Capture {
			c.capture(one, element(at+".capture", k), captured)
			captured = append(captured, one.Name)
		}
	}
}

var captureName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// ownWords are the placeholders that a capture cannot be named as.
var ownWords = []string{string(UUID), string(Seq), string(Random), string(Now), string(fromEnv)}

func (c *check) capture(one Capture, path string, captured []string) {
	switch {
	case !captureName.MatchString(one.Name) || len(one.Name) > maxName:
		c.add(path+".name", "needs a name of letters, digits, - and _, such as csrf, by which later steps send it: {{csrf}}")
	case slices.Contains(ownWords, one.Name):
		c.add(path+".name", "{{%s}} is a placeholder of its own; use another name", one.Name)
	case c.e.data(one.Name) != nil:
		c.add(path+".name", "%q is the name of data; use another name", one.Name)
	case slices.Contains(captured, one.Name):
		c.add(path+".name", "%q is captured before; each value needs its own name", one.Name)
	}
	given := []string{}
	for _, kind := range []struct{ key, value string }{{"html", one.HTML}, {"regexp", one.Regexp}, {"json", one.JSON}, {"header", one.Header}, {"cookie", one.Cookie}, {"url", one.URL}} {
		if kind.value != "" {
			given = append(given, kind.key)
		}
	}
	switch {
	case len(given) == 0:
		c.add(path, "needs one of html, regexp, json, header, cookie and url, which say where the value is")
	case len(given) > 1:
		c.add(path+"."+given[1], "is given besides %s; give one of them", given[0])
	}
	c.captureForms(one, path)
}

// captureForms checks what says where a value is.
func (c *check) captureForms(one Capture, path string) {
	if _, err := cascadia.ParseWithPseudoElement(one.HTML); one.HTML != "" && err != nil {
		c.add(path+".html", "is no CSS selector: %v", err)
	}
	if one.Attribute != "" && one.HTML == "" {
		c.add(path+".attribute", "needs html beside it, the CSS selector of the element that has the attribute")
	}
	c.pattern(one.Regexp, path+".regexp")
	c.pattern(one.URL, path+".url")
	if p := one.JSON; p != "" && (p[0] != '/' || strings.Contains(strings.NewReplacer("~0", "", "~1", "").Replace(p), "~")) {
		c.add(path+".json", "needs a JSON pointer (RFC 6901), such as /cart/0/id; in a key ~ is written ~0, / is ~1")
	}
	if one.Header != "" && !httpguts.ValidHeaderFieldName(one.Header) {
		c.add(path+".header", "is no header name: letters, digits and - are good, spaces and colons are not")
	}
	if one.Cookie != "" && !httpguts.ValidHeaderFieldName(one.Cookie) { // both are tokens, RFC 6265 section 4.1.1
		c.add(path+".cookie", "is no cookie's name")
	}
}
