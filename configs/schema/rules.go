package schema

import (
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/tailback/tailback/configs"
)

type schema = jsonschema.Schema

// rules are what must hold between the keys of a map, by its type.
var rules = map[string]func(*schema){
	"Experiment": func(s *schema) {
		s.AnyOf = []*schema{
			{Required: []string{"phases"}, Properties: properties("phases", &schema{MinItems: new(1)})},
			has("capacity"), has("audit"), replays(),
		}
		s.DependencyStrings = map[string][]string{"sessions": {"visits"}}
		s.AllOf = []*schema{
			{If: replays(), Then: ofLog(),
				Else: &schema{OneOf: oneOf("requests", "visits"), AllOf: []*schema{
					{If: paced(), Then: besidePaced()},
					{If: unweighted(), Then: onlyPaced(), Else: &schema{Properties: properties("phases", &schema{Items: &schema{OneOf: oneOf("rate", "concurrency", "burst")}})}},
				}}},
			{Not: &schema{AllOf: []*schema{anyOf(has("audit"), has("capacity")), {Required: []string{"data"}, Properties: properties("data", &schema{Contains: &schema{Required: []string{"order"}, Properties: properties("order", constant(configs.RowOnce))}})}}}},
			{If: needsEgress(), Then: hasEgress()},
			{If: has("audit"), Then: anyOf(hasEgress(), &schema{Required: []string{"dependencies"}, Properties: properties("dependencies", &schema{MinItems: new(1)})})},
		}
	},
	"Target": func(s *schema) {
		s.DependencyStrings = map[string][]string{"password": {"user"}}
		s.Not = &schema{Required: []string{"user"}, Properties: properties("url", &schema{Pattern: userInfo})}
		overTLS := &schema{Properties: properties("url", &schema{Pattern: "^[Hh][Tt][Tt][Pp][Ss]:"})}
		bare := &schema{Properties: properties("url", &schema{Pattern: "^[Hh][Tt][Tt][Pp]:"})}
		is := func(key string, value any) *schema {
			return &schema{Required: []string{key}, Properties: properties(key, constant(value))}
		}
		s.AllOf = []*schema{
			{If: anyOf(has("client_cert"), is("protocol", configs.HTTP2)), Then: overTLS},
			{If: is("protocol", configs.H2C), Then: bare},
			{Not: &schema{AllOf: []*schema{filledText("socket"), is("use_proxy", true)}}},
			{Not: &schema{AllOf: []*schema{filledText("socket"), filled("source_addresses")}}},
		}
	},
	"Request": func(s *schema) {
		request(s)
		s.Not = has("rate", "weight")
	},
	"Step": request,
	"Capture": func(s *schema) {
		s.OneOf = oneOf("html", "regexp", "json", "header", "cookie", "url")
		s.DependencyStrings = map[string][]string{"attribute": {"html"}}
	},
	"Part": func(s *schema) {
		s.DependencyStrings = map[string][]string{"filename": {"file"}}
		s.Not = &schema{Required: []string{"file", "value"}, Properties: properties("value", &schema{Not: constant("")})}
	},
	"Dependency": func(s *schema) {
		s.OneOf = []*schema{has("listen", "upstream"), has("host")}
		s.Not = has("listen", "host")
	},
	"Egress": func(s *schema) {
		s.DependencyStrings = map[string][]string{"allow": {"listen"}, "parent": {"listen"}, "no_proxy": {"listen", "parent"}}
		s.If = &schema{Required: []string{"listen"}, Properties: properties("listen", &schema{Not: &schema{Pattern: loopback}})}
		s.Then = has("allow")
	},
	"Fault": func(s *schema) {
		var kinds []string
		for _, kind := range configs.FaultKinds() {
			kinds = append(kinds, kind.Name)
		}
		s.OneOf = oneOf(kinds...)
	},
	"Latency": func(s *schema) {
		s.OneOf = []*schema{has("delay"), has("from", "to")}
		s.DependencyStrings = map[string][]string{"from": {"to"}, "to": {"from"}, "step": {"from", "every"}, "every": {"from", "step"}}
	},
	"Source": notBoth("file", "command"),
	"Access": notBoth("file", "command"),
	"Status": func(s *schema) { s.DependencyStrings = map[string][]string{"every": {"url"}} },
}

// request holds for what can be sent: a request of the mix, or a step.
func request(s *schema) {
	bodies := []*schema{{Required: []string{"body"}, Properties: properties("body", &schema{Not: constant("")})}, has("body_file"), has("json"), filled("form"), filled("multipart")}
	for i, one := range bodies {
		for _, other := range bodies[:i] {
			s.AllOf = append(s.AllOf, &schema{Not: &schema{AllOf: []*schema{other.CloneSchemas(), one.CloneSchemas()}}})
		}
	}
	content := &schema{AnyOf: []*schema{{Type: "string", Pattern: contentType}, {Required: []string{"name"}, Properties: properties("name", &schema{Pattern: contentType})}}}
	s.AllOf = append(s.AllOf, &schema{Not: &schema{AllOf: []*schema{filled("multipart"), {Required: []string{"headers"}, Properties: properties("headers", &schema{Contains: content})}}}})
}

// listRules are what must hold in a list, by its path.
var listRules = map[string]func(*schema){
	"requests": func(s *schema) {
		s.MinItems = new(1)
		s.Contains = &schema{Not: &schema{Required: []string{"weight"}, Properties: properties("weight", constant(0))}}
	},
	"visits": func(s *schema) {
		s.MinItems = new(1)
		s.Contains = &schema{Not: &schema{Required: []string{"weight"}, Properties: properties("weight", constant(0))}}
	},
	"visits[].steps":           someSteps,
	"sessions.steps":           someSteps,
	"requests[].headers":       headerLines,
	"visits[].steps[].headers": headerLines,
	"sessions.steps[].headers": headerLines,
	"phases": func(s *schema) {
		s.AnyOf = []*schema{{MaxItems: new(0)}, {Contains: &schema{Not: &schema{Required: []string{"warmup"}, Properties: properties("warmup", constant(true))}}}}
	},
	"capacity.faults": func(s *schema) {
		s.Items = &schema{AllOf: []*schema{s.Items, {Not: anyOf(has("after"), has("for"))}}}
	},
}

func someSteps(s *schema) { s.MinItems, s.MaxItems = new(1), new(configs.MaxSteps) }

// headerLines lets a header be one text.
func headerLines(s *schema) {
	s.Items = anyOf(s.Items, &schema{Type: "string", Pattern: configs.HeaderLine, Not: &schema{Pattern: configs.OwnHeaderLine}})
}

// What an address begins with that has user info, or that nobody else reaches.
const (
	userInfo = `^[^:]*://[^/?#]*@`
	loopback = `^(127\.|\[::1\]|[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]:)`
)

// replays holds for files that replay a log.
func replays() *schema {
	return &schema{Required: []string{"arrivals"}, Properties: properties("arrivals", &schema{Type: "object"})}
}

// ofLog holds for files that leave the load to a log.
func ofLog() *schema {
	return &schema{Not: anyOf(has("capacity"), has("audit"), has("visits"), has("sessions")), Properties: map[string]*schema{
		"phases":   {Items: &schema{Not: anyOf(has("rate"), has("concurrency"), has("burst"))}},
		"requests": {Items: &schema{Not: anyOf(filled("query"), has("rate")), Properties: properties("weight", constant(1))}},
	}}
}

// paced holds for files in which a request has a rate of its own.
func paced() *schema {
	return &schema{Required: []string{"requests"}, Properties: properties("requests", &schema{Contains: has("rate")})}
}

// besidePaced holds for files without a load that such a rate would spoil.
func besidePaced() *schema {
	return &schema{Not: anyOf(has("capacity"), has("audit")), Properties: properties("phases", &schema{Items: &schema{Not: anyOf(has("concurrency"), has("burst"))}})}
}

// unweighted holds for files in which requests have rates of their own, and none a weight.
func unweighted() *schema {
	never := &schema{Required: []string{"weight"}, Properties: properties("weight", constant(0))}
	return &schema{AllOf: []*schema{paced(), {Properties: properties("requests", &schema{Items: anyOf(has("rate"), never)})}}}
}

// onlyPaced holds for files whose phases have no rate for others than those.
func onlyPaced() *schema {
	return &schema{Properties: properties("phases", &schema{Items: &schema{Properties: properties("rate", &schema{Maximum: new(0.0)})}})}
}

// needsEgress holds for files with a dependency that is reached through the egress.
func needsEgress() *schema {
	return &schema{Required: []string{"dependencies"}, Properties: properties("dependencies", &schema{Contains: has("host")})}
}

func hasEgress() *schema {
	egress := &schema{Required: []string{"egress"}, Properties: properties("egress", has("listen"))}
	return &schema{Required: []string{"chaos"}, Properties: properties("chaos", egress)}
}

// contentType is the name of that header, or begins it.
const contentType = `^[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Tt][Yy][Pp][Ee](\s*:|$)`

// filled holds for maps in which the key has something.
func filled(key string) *schema {
	return &schema{Required: []string{key}, Properties: properties(key, &schema{Not: &schema{AnyOf: []*schema{{Type: "array", MaxItems: new(0)}, {Type: "object", MaxProperties: new(0)}}}})}
}

// filledText holds for maps in which the key has a text.
func filledText(key string) *schema {
	return &schema{Required: []string{key}, Properties: properties(key, &schema{Not: constant("")})}
}

// has holds for maps with all of the keys.
func has(keys ...string) *schema { return &schema{Required: keys} }

// oneOf holds for maps with exactly one of the keys.
func oneOf(keys ...string) []*schema {
	all := make([]*schema, len(keys))
	for i, key := range keys {
		all[i] = has(key)
	}
	return all
}

func notBoth(a, b string) func(*schema) {
	return func(s *schema) { s.Not = has(a, b) }
}

func properties(name string, s *schema) map[string]*schema { return map[string]*schema{name: s} }

func constant(v any) *schema { return &schema{Const: &v} }

// never holds for nothing.
func never() *schema { return &schema{Not: &schema{}} }
