package traffic

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/tailback/tailback/configs"
)

var envPlaceholder = regexp.MustCompile(`\{\{env [A-Za-z0-9_]+\}\}`)

// vault gives each secret the name of a variable, and keeps none of them for longer
// than an import lasts.
type vault struct {
	names map[string]string // of values
	taken map[string]bool
	list  []Variable

	// captured is the placeholder of a value that an answer before had, or "". If
	// nil, there are no answers.
	captured func(value string) string
}

func newVault() *vault { return &vault{names: map[string]string{}, taken: map[string]bool{}} }

// maxVariables bounds what a person can be asked to export.
const maxVariables = 200

// name returns the variable for a secret that field is called, the same one for the
// same value. what says where it stood.
func (v *vault) name(field, secret, what string) string {
	if own, ok := shellVariable(secret); ok {
		v.use(own, "as $"+own+" in a command")
		return own
	}
	key := secret
	if secret == "" {
		key = "\x00" + field
	}
	if name, ok := v.names[key]; ok {
		return name
	}
	name := "STAGING_" + variableName(field)
	if len(v.list) >= maxVariables {
		name = "STAGING_OTHERS"
	} else {
		base := name
		for n := 2; v.taken[name]; n++ {
			name = fmt.Sprintf("%s_%d", base, n)
		}
	}
	v.names[key] = name
	v.use(name, what)
	return name
}

// use takes down that a variable has to be exported.
func (v *vault) use(name, what string) {
	if !v.taken[name] {
		v.list = append(v.list, Variable{name, what})
	}
	v.taken[name] = true
}

var notInVariables = regexp.MustCompile(`[^A-Z0-9]+`)

func variableName(field string) string {
	name := strings.Trim(notInVariables.ReplaceAllString(strings.ToUpper(field), "_"), "_")
	if name == "" {
		name = "VALUE"
	}
	return name[:min(len(name), 40)]
}

// knownTokens are values that say themselves that they are secrets: JSON web tokens,
// keys of Stripe, GitHub, Slack, AWS and Google.
var knownTokens = regexp.MustCompile(`eyJ[\w-]{8,}\.[\w-]+\.[\w-]*|\b[sprw]k_(live|test)_\w+|\bgh[pousr]_\w{20,}|\bgithub_pat_\w+|\bxox[abeprs]-[\w-]+|\bAKIA[A-Z0-9]{12,}|\bAIza[\w-]{30,}`)

// secret reports whether a value is one, by its name or by itself.
func secret(name, value string) bool {
	return value != "" && (configs.SecretName(name) || knownTokens.MatchString(value))
}

// value is a field's value, of a form, a JSON body or a query: a variable when it is secret.
func (v *vault) value(name, value, what string) Value {
	if p := v.placeholder(value); p != "" {
		return Value{Text: p}
	}
	if secret(name, value) {
		return Value{Env: v.name(name, value, fmt.Sprintf("%s of %s", name, what))}
	}
	return Value{Text: literal(value)}
}

func (v *vault) placeholder(value string) string {
	if v.captured == nil || value == "" {
		return ""
	}
	return v.captured(value)
}

// header is a header's value. A token is told from its scheme, so that it can be
// exported as it is handed out.
func (v *vault) header(name, value, what string) Value {
	if p := v.placeholder(value); p != "" {
		return Value{Text: p}
	}
	if scheme, token, ok := strings.Cut(value, " "); ok && strings.EqualFold(name, "Authorization") && strings.EqualFold(scheme, "bearer") {
		if p := v.placeholder(strings.TrimSpace(token)); p != "" {
			return Value{Text: "Bearer " + p}
		}
		return Value{Text: "Bearer {{env " + v.name("TOKEN", strings.TrimSpace(token), "the token in Authorization: Bearer, of "+what) + "}}"}
	}
	if !secret(name, value) {
		return Value{Text: literal(value)}
	}
	what = "the header " + name + " of " + what
	if strings.EqualFold(name, "Authorization") && len(value) > 6 && strings.EqualFold(value[:6], "basic ") {
		what += `, "Basic " and user:password in base64`
	}
	return Value{Env: v.name(name, value, what)}
}

// query writes a query with the secrets in it as placeholders.
func (v *vault) query(raw, what string) string {
	pairs := strings.Split(raw, "&")
	for i, pair := range pairs {
		name, value, found := strings.Cut(pair, "=")
		plainName, plainValue := unescaped(name), unescaped(value)
		p := v.placeholder(plainValue)
		switch {
		case found && p != "":
			pairs[i] = cleanQuery(name) + "=" + p
		case found && secret(plainName, plainValue):
			pairs[i] = cleanQuery(name) + "={{env " + v.name(plainName, plainValue, "the query's "+plainName+" of "+what) + "}}"
		case !found && knownTokens.MatchString(plainName):
			pairs[i] = "{{env " + v.name("query", plainName, "the query of "+what) + "}}"
		default:
			pairs[i] = cleanQuery(pair)
		}
	}
	return strings.Join(pairs, "&")
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// target writes a path with its query.
func (v *vault) target(raw, what string) string {
	path, query, found := strings.Cut(raw, "?")
	path = v.path(path, what)
	if !found || query == "" {
		return path
	}
	return path + "?" + v.query(query, what)
}

// path writes a path; a segment that is a known token is one here too.
func (v *vault) path(raw, what string) string {
	segments := strings.Split(cleanPath(raw), "/")
	for i, s := range segments {
		if p := v.placeholder(unescaped(s)); p != "" {
			segments[i] = p
		} else if knownTokens.MatchString(s) {
			segments[i] = "{{env " + v.name("key", s, "a part of the path of "+what) + "}}"
		}
	}
	return strings.Join(segments, "/")
}
