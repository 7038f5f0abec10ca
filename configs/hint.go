package configs

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// needs says what would be right where the value n does not fit its type t,
// which is written as want.
func needs(t reflect.Type, want string, n *node, path string) string {
	if v, ok := n.number(); ok && (t == durationType || t == doseType) {
		return needsUnit(v)
	}
	if isKind(t) {
		right := example(t, path[strings.LastIndex(path, ".")+1:], n)
		if t.NumField() == 0 {
			return "has no parameters; write `" + right + "`"
		}
		return "needs its parameters by name; write it like `" + right + "`"
	}
	return fmt.Sprintf("needs %s, not %s", want, n.kind)
}

// needsUnit says what would be right instead of a bare number for a duration.
func needsUnit(v float64) string {
	if v != 0 && !(v >= 1e-3 && v <= 1e9) { // so written, it finds NaN as well
		v = 5
	}
	example := decimal(v) + "s"
	if v >= 100 { // milliseconds may have been meant
		example += " or " + decimal(v) + "ms"
	}
	return "needs a unit, such as " + example
}

// number returns the value of an integer or a float.
func (n *node) number() (v float64, ok bool) {
	switch v := n.value.(type) {
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, true
	}
	return math.NaN(), false
}

// isKind reports whether t holds the parameters of one kind of fault.
func isKind(t reflect.Type) bool {
	return slices.ContainsFunc(keysOf(faultType), func(k key) bool { return k.typ == reflect.PointerTo(t) })
}

// example returns how a kind of fault is written, with the value that was given
// for it as the first of its parameters where that makes sense.
func example(t reflect.Type, name string, given *node) string {
	keys := keysOf(t)
	if len(keys) == 0 {
		return name + ": {}"
	}
	value := meant(keys[0].typ, given)
	if value == "" {
		kind, _ := KindOf(name)
		value = kind.example
	}
	if value == "" { // the parameter may be left out
		return name + ": {}"
	}
	return fmt.Sprintf("%s: {%s: %s}", name, keys[0].name, value)
}

// meant returns a status, a size, or a duration with its unit, as it would be written for
// a parameter of type t; "" when the value given is none.
func meant(t reflect.Type, given *node) string {
	written, _ := given.value.(string)
	if t == sizeType {
		if _, err := parseSize(written); err != nil {
			return ""
		}
		return written
	}
	v, isNumber := given.number()
	if t.Kind() == reflect.Int { // a status
		if isNumber {
			return decimal(v)
		}
		return ""
	}
	if isNumber {
		written = decimal(v) + "s"
	}
	if d, err := parseDuration(written); err == nil && d > 0 && d <= maxDelay {
		return DurationText(d)
	}
	return ""
}

// glued finds the key that was meant by one that ends with its colon, as YAML
// reads {hang:, after: 1s}, and says what would be right.
func glued(f field, keys []key) (name, problem string) {
	name, ok := strings.CutSuffix(f.key, ":")
	i := slices.IndexFunc(keys, func(k key) bool { return k.name == name })
	if !ok || i < 0 || f.node.kind != null {
		return "", ""
	}
	problem = "needs a space and a value after its colon"
	if t := keys[i].typ; t.Kind() == reflect.Pointer && isKind(t.Elem()) {
		problem += "; write `" + example(t.Elem(), name, f.node) + "`"
	}
	return name, problem
}
