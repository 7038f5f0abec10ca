package configs

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

// hidden stands for a secret.
const hidden = "[hidden]"

// secretName finds the names of headers, query values and fields that are
// secrets. One that is hidden for nothing harms nobody.
var secretName = regexp.MustCompile(`(?i)auth|cookie|key|token|jwt|bearer|secret|pass|pwd|credential|session|signature|^sig$|^pin$`)

var (
	userInfo = regexp.MustCompile(`://[^/\s"'@]*@`)
	queryOf  = regexp.MustCompile(`([?&;])([^?&;=\s"'<>]+)=([^&;\s"'<>]*)`)
	// A name that says its value is secret, and the value. In a text it takes more
	// than in a query: "key: " may be anybody's.
	secretOf = regexp.MustCompile(`(?i)((?:auth[a-z]*|cookie|[a-z_-]*token|passw(?:or)?d|pwd|secret|api[_-]?key|session[a-z_]*)["']?\s*[:=]\s*)("[^"]*"|'[^']*'|(?:(?:basic|bearer)\s+)?[^\s",;&]+)`)
)

// Hide returns a text, such as a line of a log, without the user info and the
// secret-looking query values of addresses and without the values of names that
// say they are secret. It knows no secret by itself: see Redactor.
func Hide(text string) string { return hideAll(text, func(string) bool { return false }) }

// hideCommand is Hide for a shell command, in which a variable is no secret.
func hideCommand(text string) string { return hideAll(text, onlyVariable.MatchString) }

var onlyVariable = regexp.MustCompile(`^["']?\$\{?[A-Za-z_][A-Za-z0-9_]*\}?["']?$`)

func hideAll(text string, open func(value string) bool) string {
	text = userInfo.ReplaceAllString(text, "://")
	text = queryOf.ReplaceAllStringFunc(text, func(pair string) string {
		m := queryOf.FindStringSubmatch(pair)
		if !isSecret(m[2]) || open(m[3]) {
			return pair
		}
		return m[1] + m[2] + "=" + hidden
	})
	return secretOf.ReplaceAllStringFunc(text, func(pair string) string {
		m := secretOf.FindStringSubmatch(pair)
		if open(m[2]) {
			return pair
		}
		return m[1] + hidden
	})
}

// isSecret reports whether a name, which may be escaped, is that of a secret.
func isSecret(name string) bool {
	plain, err := url.QueryUnescape(name)
	return err != nil || secretName.MatchString(plain)
}

// aroundValues is what may stand around placeholders in a secret: the scheme of an
// Authorization, and the names of cookies.
var aroundValues = regexp.MustCompile(`^(?i:basic|bearer|token)?[\s;]*$`)

var cookieName = regexp.MustCompile(`[A-Za-z0-9_.-]+=(\{\{)`)

// openText reports whether a text has placeholders, and nothing beside them that
// could be secret: what they stand for is kept elsewhere.
func openText(text string) bool {
	bare := placeholderForm.ReplaceAllString(cookieName.ReplaceAllString(text, "$1"), "")
	return bare != text && aroundValues.MatchString(bare) && !strings.Contains(text, `{{"`)
}

// hidePath hides the secret-looking query values of a request's path.
func hidePath(text string) string {
	path, query, found := strings.Cut(text, "?")
	if !found {
		return text
	}
	return path + "?" + replacePairs(query, func(name, value string) string {
		if isSecret(name) && !openText(value) {
			return url.QueryEscape(hidden)
		}
		return value
	})
}

// hideURL hides the user and the secret-looking query values of an address, or of
// a path alone.
func hideURL(text string) string {
	if strings.HasPrefix(text, "/") {
		return hidePath(text)
	}
	u, err := url.Parse(text)
	if err != nil {
		return text // no target.url or path that Validate lets through
	}
	if u.User != nil {
		u.User = url.User(hidden)
	}
	query := replacePairs(u.RawQuery, func(name, value string) string {
		if isSecret(name) {
			return url.QueryEscape(hidden)
		}
		return value
	})
	if u.User == nil && query == u.RawQuery {
		return text
	}
	u.RawQuery = query
	return u.String()
}

// replacePairs replaces the values of a query or a form.
func replacePairs(text string, with func(name, value string) string) string {
	pairs := strings.Split(text, "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		if other := with(name, value); other != value {
			pairs[i] = name + "=" + other
		}
	}
	return strings.Join(pairs, "&")
}

var (
	jsonField = regexp.MustCompile(`("(?:[^"\\]|\\.)*")(\s*:\s*)("(?:[^"\\]|\\.)*"|-?[0-9][0-9eE+.-]*)`)
	xmlField  = regexp.MustCompile(`<([A-Za-z][\w:.-]*)>([^<]*)</`)
)

// replaceFields replaces the values of a body's fields, be it JSON, XML or a form.
func replaceFields(body string, with func(name, value string) string) string {
	switch start := strings.TrimSpace(body); {
	case strings.HasPrefix(start, "{"), strings.HasPrefix(start, "["):
		return jsonField.ReplaceAllStringFunc(body, func(field string) string {
			m := jsonField.FindStringSubmatch(field)
			value := unquote(m[3])
			if other := with(unquote(m[1]), value); other != value {
				return m[1] + m[2] + `"` + other + `"`
			}
			return field
		})
	case strings.HasPrefix(start, "<"):
		return xmlField.ReplaceAllStringFunc(body, func(field string) string {
			m := xmlField.FindStringSubmatch(field)
			return "<" + m[1] + ">" + with(m[1], m[2]) + "</"
		})
	}
	return replacePairs(body, with)
}

func unquote(text string) string {
	var plain string
	if err := json.Unmarshal([]byte(text), &plain); err != nil {
		return text
	}
	return plain
}

// hideBody hides the fields of a body that are secret by their names.
func hideBody(body string) string {
	return replaceFields(body, func(name, value string) string {
		if isSecret(name) && value != "" && !openText(value) {
			return hidden
		}
		return value
	})
}

// SecretName reports whether a header, a query value or a field of that name is
// taken for a secret.
func SecretName(name string) bool { return secretName.MatchString(name) }

// HideBody returns a body, be it JSON, XML or a form, with [hidden] in the place of
// the fields that are secrets by their names.
func HideBody(body string) string { return hideBody(body) }
