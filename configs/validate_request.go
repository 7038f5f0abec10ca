package configs

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

func (c *check) requests() {
	switch {
	case c.e.Arrivals.Replayed() && (c.e.Arrivals.Log == nil || len(c.e.Requests) > 0):
		c.ownGroups()
		return
	case len(c.e.Visits) > 0 && len(c.e.Requests) > 0:
		c.add("visits", "is given besides requests; write the requests as visits of one step, or leave one of the two out")
		return
	case len(c.e.Visits) > 0:
		return
	case len(c.e.Requests) == 0 && c.unread("arrivals"):
		return
	case len(c.e.Requests) == 0:
		c.add("requests", "needs at least one, such as requests: [{path: /}], or visits")
		return
	}
	seen, weighted := map[string]string{}, false
	for i, r := range c.e.Requests {
		path := element("requests", i)
		c.request(r, path)
		c.unique(seen, r.Name, path+".name", "the name")
		weighted = weighted || r.Weight != 0 || r.Rate != nil
	}
	if !weighted {
		c.add("requests", "has no weight above 0, so nothing would be sent")
	}
}

// maxWeight keeps the sum of the weights far from overflowing.
const maxWeight = 1_000_000

func (c *check) request(r Request, path string) {
	if strings.ContainsFunc(r.Name, unprintable) {
		c.add(path+".name", "needs printable characters")
	}
	if r.Weight < 0 || r.Weight > maxWeight {
		c.add(path+".weight", "needs to be from 0 to %d, not %d", maxWeight, r.Weight)
	}
	c.ownRate(r, path)
	c.method(r.Method, path+".method")
	c.path(standIn(r.Path), path+".path")
	c.values(&r, path)
	c.multipart(&r, path)
	for i, h := range r.Headers {
		c.header(h, element(path+".headers", i))
	}
	for i, q := range r.Query {
		if at := element(path+".query", i); q.Name == "" {
			c.add(at+".name", "needs the value's name")
		} else {
			c.secret(q.Value, at+".value")
		}
	}
	c.secret(r.Body.Secret, path+".body")
	for i, status := range r.Expect.Status {
		if !statusForm.MatchString(status) {
			c.add(element(path+".expect.status", i), `needs a status such as 200 or a class such as 2xx, not %q`, status)
		}
	}
	c.pattern(r.Expect.BodyMatches, path+".expect.body_matches")
	c.pattern(r.Degraded.BodyMatches, path+".degraded.body_matches")
	if r.Degraded != (Match{}) && r.Degraded == r.Expect.Match {
		c.add(path+".degraded", "is the same as expect, so that every good answer would count as degraded; say what tells them apart")
	}
}

var statusForm = regexp.MustCompile(`^[1-5](xx|[0-9][0-9])$`)

func (c *check) method(method, path string) {
	switch upper := strings.ToUpper(method); {
	case !httpguts.ValidHeaderFieldName(method): // both are tokens, RFC 9110 section 5.6.2
		c.add(path, "needs an HTTP method such as GET or POST")
	case method != upper:
		c.add(path, "methods are in capitals; did you mean %q?", upper)
	case method == "CONNECT":
		c.add(path, "CONNECT opens a tunnel and gets no answer to judge; use another method")
	}
}

// path checks a request's path. What it says never holds it: a query may hold a key.
func (c *check) path(p, path string) {
	_, err := url.ParseRequestURI(p)
	switch {
	case p == "":
		c.add(path, `needs a path, such as "/"`)
	case !strings.HasPrefix(p, "/"):
		c.add(path, `needs to begin with "/"; the host is that of target.url`)
	case strings.HasPrefix(p, "//"):
		c.add(path, `needs to begin with one "/"; two name another host`)
	case strings.Contains(p, "#"):
		c.add(path, "has a fragment (#...), which is never sent; remove it")
	case err != nil || strings.ContainsFunc(p, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		c.add(path, "has a character that a URL cannot hold; write a space as %%20, a percent sign as %%25")
	}
}

// ownHeaders are set by the harness or by Go's client, whatever a file says.
var ownHeaders = []string{"content-length", "transfer-encoding", "x-vegeta-seq", "x-vegeta-attack"}

func (c *check) header(h Header, path string) {
	switch lower := strings.ToLower(h.Name); {
	case lower == "host":
		c.add(path+".name", "Host is set with target.host")
	case slices.Contains(ownHeaders, lower):
		c.add(path+".name", "%s is set when the request is sent; remove it here", h.Name)
	}
	c.headerForm(h, path)
}

// headerForm checks what is the same for the headers of requests and answers.
func (c *check) headerForm(h Header, path string) {
	switch {
	case h.Name == "":
		c.add(path+".name", "needs the header's name")
	case !httpguts.ValidHeaderFieldName(h.Name):
		c.add(path+".name", "is no header name: letters, digits and - are good, spaces and colons are not (RFC 7230, 3.2)")
	}
	if !httpguts.ValidHeaderFieldValue(h.Value.Text) {
		c.add(path+".value", "holds a line break or another control character, which a header cannot")
	}
	c.secret(h.Value, path+".value")
}

func (c *check) secret(s Secret, path string) {
	if s.Env != "" && s.File != "" {
		c.add(path, "needs either env or file")
	}
}

// pattern checks a regular expression.
func (c *check) pattern(p, path string) {
	if _, err := regexp.Compile(p); err != nil {
		c.add(path, "is no regular expression (RE2): %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
}
