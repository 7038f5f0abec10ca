package configs

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// key is one field of an experiment file, as the types above declare it.
type key struct {
	name  string
	index []int // for reflect.Value.FieldByIndex
	typ   reflect.Type
}

// keysOf returns the keys that a map of the given type may have, in order.
func keysOf(t reflect.Type) []key {
	var keys []key
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("mapstructure"), ",")
		switch {
		case name == "-":
		case option == "squash":
			for _, k := range keysOf(f.Type) {
				keys = append(keys, key{k.name, append([]int{i}, k.index...), k.typ})
			}
		case t == secretType && name == "text": // is written as plain text, not as a key
		default:
			keys = append(keys, key{name, f.Index, f.Type})
		}
	}
	if t == stepType { // a step is in the mix by its visit
		keys = slices.DeleteFunc(keys, func(k key) bool { return k.name == "weight" || k.name == "rate" })
	}
	return keys
}

func names(keys []key) []string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = k.name
	}
	return all
}

var (
	experimentType = reflect.TypeFor[Experiment]()
	durationType   = reflect.TypeFor[time.Duration]()
	sizeType       = reflect.TypeFor[Size]()
	rateType       = reflect.TypeFor[Rate]()
	hzType         = reflect.TypeFor[Hz]()
	doseType       = reflect.TypeFor[Dose]()
	thinkType      = reflect.TypeFor[Think]()
	stepType       = reflect.TypeFor[Step]()
	arrivalsType   = reflect.TypeFor[Arrivals]()
	jsonType       = reflect.TypeFor[JSON]()
	pairsType      = reflect.TypeFor[Pairs]()
	secretType     = reflect.TypeFor[Secret]()
	bodyType       = reflect.TypeFor[Body]()
	objectiveType  = reflect.TypeFor[Objective]()
	faultType      = reflect.TypeFor[Fault]()
	objectivesType = reflect.TypeFor[[]Objective]()
	textsType      = reflect.TypeFor[[]string]()
)

// shape compares a file's nodes with the types they are decoded into: unknown
// keys, and values of another kind than is needed. What a text says, such as
// "480/m", is left to decoding.
type shape struct{ found Mistakes }

func (s *shape) check(t reflect.Type, n *node, path string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n.kind == null { // as if it were not there; a fault's kind without parameters is written so
		return
	}
	want, fits := wanted(t, n.kind)
	switch {
	case !fits:
		s.found.add(path, "%s", needs(t, want, n, path))
	case n.value == false && t.Kind() == reflect.Struct:
		s.found.add(path, "is false; leave the key out")
	case n.kind == mapping:
		s.mapping(t, n, path)
	case n.kind == list:
		for i, item := range n.items {
			if t != textsType || item.kind != integer { // {status: [200]}
				s.check(t.Elem(), item, element(path, i))
			}
		}
	}
}

func (s *shape) mapping(t reflect.Type, n *node, path string) {
	keys := keysOf(t)
	for _, f := range n.fields {
		if name, problem := glued(f, keys); problem != "" {
			s.found = append(s.found, Mistake{Line: f.node.line, Path: join(path, name), Text: problem})
			continue
		}
		at := join(path, f.key)
		found := false
		for _, k := range keys {
			if k.name == f.key {
				s.check(k.typ, f.node, at)
				found = true
			}
		}
		switch {
		case found:
		case t == stepType && (f.key == "weight" || f.key == "rate"):
			s.found.add(at, "is for requests by themselves: a step is taken when its visit comes to it; visits have a weight, and phases the rate")
		default:
			s.found.add(at, "no such key%s", instead(f.key, keys))
		}
	}
}

// instead says which key was meant, or which there are.
func instead(word string, keys []key) string {
	if near := didYouMean(word, names(keys)); near != "" {
		return near
	}
	if len(keys) == 0 {
		return "; there are none here"
	}
	return "; there are " + strings.Join(names(keys), ", ")
}

// wanted returns what a value of type t is written as, and whether the kind fits.
func wanted(t reflect.Type, k kind) (want string, fits bool) {
	switch t {
	case durationType:
		return `a duration such as "300ms" or "1m30s"`, k == text
	case sizeType:
		return `a size such as 100, "100KB" or "1MB"`, k == text || k == integer
	case rateType:
		return rateForms, k == text || k == integer || k == float || k == mapping
	case hzType:
		return hzForms, k == text || k == integer || k == float
	case thinkType:
		return thinkForms, k == text || k == mapping
	case doseType:
		return doseForms, k == text || k == mapping
	case arrivalsType:
		return arrivalForms, k == text || k == mapping
	case jsonType:
		return "any value", true // unfoldRequests has made a text of it
	case pairsType:
		return "a map of names to values", k == list
	case secretType, bodyType:
		return "text, {env: NAME} or {file: path}", k == text || k == mapping
	case objectivesType:
		return "a list of texts", k == list
	case objectiveType:
		return `text such as "hang: errors < 1%"`, k == text
	case textsType:
		return "a list of texts", k == list || k == text || k == integer
	}
	return wantedKind(t, k)
}

func wantedKind(t reflect.Type, k kind) (want string, fits bool) {
	switch t.Kind() {
	case reflect.Slice:
		return "a list of maps with " + strings.Join(names(keysOf(t.Elem())), ", "), k == list
	case reflect.Struct:
		if t.NumField() == 0 { // hang: true is hang: {}
			return "{}", k == mapping || k == boolean
		}
		return "a map with " + strings.Join(names(keysOf(t)), ", "), k == mapping
	case reflect.String:
		return "text (put it in quotes)", k == text
	case reflect.Bool:
		return "true or false", k == boolean
	case reflect.Float64:
		return "a number", k == integer || k == float
	}
	return "a whole number", k == integer
}
