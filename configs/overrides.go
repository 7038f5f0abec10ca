package configs

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/viper"
)

// EnvPrefix begins the names of the environment variables that override an
// experiment file: TAILBACK_TARGET_URL overrides target.url.
const EnvPrefix = "TAILBACK_"

// delimiter separates the parts of viper's keys. No key of an experiment holds it.
const delimiter = "\x00"

// commandLine is the file named by a Mistake about an override that Load was given.
const commandLine = "command line"

// Overridable lists the dotted keys that a variable or a flag may override:
// those that hold one value and are in no list, such as "target.url".
func Overridable() []string {
	var all []string
	walkKeys(experimentType, "", func(path string, of reflect.Kind) {
		if of != reflect.Struct && of != reflect.Slice {
			all = append(all, path)
		}
	})
	return all
}

// walkKeys visits the keys that are in no list, outer ones first.
func walkKeys(t reflect.Type, path string, visit func(path string, of reflect.Kind)) {
	for _, k := range keysOf(t) {
		inner, at := k.typ, join(path, k.name)
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner == secretType || inner == arrivalsType { // as plain text
			visit(at, reflect.String)
			continue
		}
		visit(at, inner.Kind())
		if inner.Kind() == reflect.Struct {
			walkKeys(inner, at, visit)
		}
	}
}

// envName returns the variable that overrides a key.
func envName(key string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// layer puts the environment over the file and the command line over both. It
// returns what overrode each key, for messages.
func layer(v *viper.Viper, set map[string]string) (by map[string]string, found Mistakes) {
	by = map[string]string{}
	for _, key := range Overridable() {
		name := envName(key)
		v.MustBindEnv(strings.ReplaceAll(key, ".", delimiter), name)
		if os.Getenv(name) != "" {
			by[key] = name
		}
	}
	found = strayVariables()
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if problem := notOverridable(key); problem != "" {
			found = append(found, Mistake{File: commandLine, Path: key, Text: problem})
			continue
		}
		v.Set(strings.ReplaceAll(key, ".", delimiter), set[key])
		by[key] = commandLine
	}
	for _, key := range slices.Sorted(maps.Keys(by)) {
		source := by[key]
		if value := v.GetString(strings.ReplaceAll(key, ".", delimiter)); !utf8.ValidString(value) {
			found = append(found, Mistake{File: source, Path: key, Text: "is no valid UTF-8 text"})
		}
	}
	return by, found
}

// strayVariables finds the TAILBACK_ variables that override nothing. None is
// allowed: each would be a typing error that silently left the file as it is.
func strayVariables() Mistakes {
	var found Mistakes
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, EnvPrefix) || value == "" { // viper takes no empty one either
			continue
		}
		if problem := strayVariable(name); problem != "" {
			found = append(found, Mistake{File: name, Text: problem})
		}
	}
	return found
}

// strayVariable says why a variable overrides nothing, or "".
func strayVariable(name string) string {
	var key string
	var good []string
	walkKeys(experimentType, "", func(path string, _ reflect.Kind) {
		good = append(good, envName(path))
		if envName(path) == name {
			key = path
		}
	})
	if key == "" {
		return "no such key" + didYouMean(name, good)
	}
	return notOverridable(key)
}

// notOverridable says why a key has no one value to override, or "".
func notOverridable(key string) string {
	good := Overridable()
	if slices.Contains(good, key) {
		return ""
	}
	problem := ""
	head, _, _ := strings.Cut(key, "[")
	walkKeys(experimentType, "", func(path string, of reflect.Kind) {
		switch {
		case of == reflect.Slice && within(head, path):
			problem = fmt.Sprintf("%s is a list, and lists cannot be overridden; change it in the file", path)
		case of == reflect.Struct && head == path:
			problem = fmt.Sprintf("is a section; override its keys, such as %s", firstWithin(good, path))
		}
	})
	if problem == "" {
		problem = "no such key" + didYouMean(key, good)
	}
	return problem
}

func firstWithin(keys []string, path string) string {
	return keys[slices.IndexFunc(keys, func(k string) bool { return within(k, path) })]
}
