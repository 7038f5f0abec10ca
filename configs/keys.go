package configs

import (
	"fmt"
	"reflect"
	"strings"
)

// Key is one key of an experiment file, as a manual or an editor tells of it.
type Key struct {
	Name string
	Path string // from the file's top; [] stands for each item of a list: "phases[].rate"
	Type string // of a map, or of a list's items: what is alike in two places has one type
	Form Form
	Doc  string // what it says; no sentence, and without a full stop

	Required bool   // the file is wrong without it
	Default  string // what is taken where it is left out, as it is written; or in round brackets, in words; "" for nothing
	Unit     string // what a number counts; "" where the value says so itself, as 30s does
	Example  string // as it is written in YAML

	Words   []string // all values that a text may have; nil for any
	Pattern string   // that a text matches; a regular expression in what RE2 and ECMAScript share; "" for any
	Not     string   // that a text does not match; "" for nothing
	Least   float64  // of a number, a rate or a size; of a duration 0
	Most    float64  // of a number, a rate or a size, of a text its length; 0 for no bound
	Above   bool     // it needs to be above Least, which is then no value itself

	Keys []Key // of a map, of arrivals, of a list's items, or of a fault
}

// Form is how the value of a key is written.
type Form string

// The forms.
const (
	FormText       Form = "text"
	FormTexts      Form = "list of texts"
	FormTruth      Form = "true or false"
	FormInteger    Form = "whole number"
	FormNumber     Form = "number"
	FormDuration   Form = "duration"      // 300ms, 1m30s
	FormSize       Form = "size"          // 100, 100KB, 1MB
	FormRate       Form = "rate"          // 8, 480/m, a ramp or steps
	FormHz         Form = "constant rate" // 8, 480/m
	FormAny        Form = "any value"
	FormArrivals   Form = "text or map" // uniform, poisson or a map for a log
	FormPairs      Form = "map of names to values"
	FormThink      Form = "think time"     // a duration, a range, or a distribution's parameters
	FormDose       Form = "delay"          // a duration, or steps
	FormSecret     Form = "text or secret" // text, {env: NAME} or {file: path}
	FormObjectives Form = "objectives"     // a list of texts, "[phase:] [request or dependency] metric op value [over window]"
	FormObjective  Form = "objective"      // "[request] metric op value", several with commas between
	FormAborts     Form = "rules"          // a list of texts, "metric op value over window"
	FormMap        Form = "map"
	FormList       Form = "list"
	FormFault      Form = "fault" // a map, which may be left empty where none of its keys is required
)

// Keys returns every key of an experiment file, in the order of its types.
func Keys() []Key { return keysWithin(experimentType, experimentType.Name(), "") }

// keysWithin describes the keys of a map of type t, which keyRows has under name.
func keysWithin(t reflect.Type, name, path string) []Key {
	var all []Key
	for _, k := range keysOf(t) {
		all = append(all, keyOf(k, name+"."+k.name, join(path, k.name)))
	}
	if t == reflect.TypeFor[Latency]() { // see unfoldLatencies
		all = append(all, keysWithin(doseType, doseType.Name(), path)...)
	}
	return all
}

func keyOf(k key, row, path string) Key {
	r, ok := keyRows[row]
	if step, is := strings.CutPrefix(row, "Step."); is && !ok { // what it has of a request
		r, ok = keyRows["Request."+step]
	}
	if !ok {
		panic(fmt.Sprintf("describe keys: keyRows has no row %q", row)) // TestEachKeyHasARow
	}
	r.Name, r.Path = k.name, path
	inner := k.typ
	if r.Form == "" {
		r.Form = formOf(inner)
	}
	switch r.Form {
	case FormList:
		inner, path = inner.Elem(), path+"[]"
	case FormMap, FormFault, FormArrivals:
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
	default:
		return r
	}
	if r.Type == "" {
		r.Type = inner.Name()
	}
	r.Keys = keysWithin(inner, r.Type, path)
	return r
}

// formOf returns how a value of type t is written.
func formOf(t reflect.Type) Form {
	forms := map[reflect.Type]Form{
		durationType: FormDuration, sizeType: FormSize, reflect.PointerTo(rateType): FormRate, reflect.PointerTo(hzType): FormHz, doseType: FormDose, thinkType: FormThink,
		arrivalsType: FormArrivals, secretType: FormSecret, bodyType: FormSecret, textsType: FormTexts, objectivesType: FormObjectives,
	}
	if form, ok := forms[t]; ok {
		return form
	}
	if t.Kind() == reflect.Pointer && isKind(t.Elem()) {
		return FormFault
	}
	return map[reflect.Kind]Form{
		reflect.String: FormText, reflect.Bool: FormTruth, reflect.Float64: FormNumber,
		reflect.Int: FormInteger, reflect.Uint64: FormInteger,
		reflect.Slice: FormList, reflect.Struct: FormMap, reflect.Pointer: FormMap,
	}[t.Kind()]
}

// Patterns of texts.
const (
	port       = `0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])`
	hostPort   = `^(\[[0-9A-Fa-f:.]+(%[^\]\s]+)?\]|[^\s:/\[\]]+):` + port + `$`
	ownAddress = `^(\[[0-9A-Fa-f:.]+(%[^\]\s]+)?\]|[0-9.]+|[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]):` + port + `$`
	webAddress = `^[Hh][Tt][Tt][Pp][Ss]?://([^/?#\s@]*@)?(\[[^\]\s]+\]|[^\s:/?#\[\]@]+)(:(` + port + `)?)?([/?][^\s#]*)?$`
)

// anyCase is a pattern that matches the words in capitals or not, and nothing else.
func anyCase(words ...string) string {
	patterns := make([]string, len(words))
	for i, word := range words {
		for _, letter := range word {
			patterns[i] += "[" + strings.ToLower(string(letter)) + strings.ToUpper(string(letter)) + "]"
		}
	}
	return "^(" + strings.Join(patterns, "|") + ")$"
}
