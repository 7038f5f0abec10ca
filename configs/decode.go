package configs

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strconv"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// decode fills an Experiment from viper's values. Values of the file have the
// kinds that shape asks for; values of overrides are texts.
func decode(v *viper.Viper) (*Experiment, Mistakes) {
	var e Experiment
	err := v.Unmarshal(&e, viper.DecodeHook(mapstructure.DecodeHookFuncType(convert)),
		func(c *mapstructure.DecoderConfig) { c.WeaklyTypedInput = false })
	return &e, decodeMistakes(err)
}

// decodeMistakes unpacks the errors of mapstructure, which name their fields.
func decodeMistakes(err error) Mistakes {
	if err == nil {
		return nil
	}
	switch wrapped := err.(type) { // not errors.As, which would stop at the first of many
	case *mapstructure.DecodeError:
		m := Mistake{Path: wrapped.Name(), Text: "cannot be read"} // never the decoder's own text, which may hold a value
		if form, ok := errors.AsType[*formError](err); ok {
			m.Text = form.Error()
		}
		return Mistakes{m}
	case interface{ Unwrap() []error }:
		var all Mistakes
		for _, one := range wrapped.Unwrap() {
			all = append(all, decodeMistakes(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		return decodeMistakes(wrapped.Unwrap())
	}
	return Mistakes{{Text: "cannot be read"}}
}

// formError is an error of convert: it says what would be right, and it holds
// no secret.
type formError struct{ error }

// convert reads the forms in which a value may be written. It is called for
// each value with the type it is decoded into.
func convert(_, to reflect.Type, data any) (any, error) {
	value, err := convertTo(to, data)
	if err != nil {
		return nil, &formError{err}
	}
	return value, nil
}

func convertTo(to reflect.Type, data any) (any, error) {
	switch to {
	case durationType:
		if s, ok := data.(string); ok {
			return parseDuration(s)
		}
		return nil, errors.New("needs a duration") // a bare number would be nanoseconds
	case sizeType:
		return convertSize(data)
	case rateType:
		return convertRate(data)
	case hzType:
		return convertHz(data)
	case doseType:
		return convertDose(data)
	case thinkType:
		return convertThink(data)
	case arrivalsType:
		return convertArrivals(data)
	case secretType:
		return convertSecret(data)
	case bodyType:
		if s, ok := data.(string); ok {
			return Body{Secret{Text: s}}, nil
		}
		return convertSecret(data)
	case objectiveType:
		if s, ok := data.(string); ok {
			return ParseObjective(s)
		}
	case faultType:
		return convertFault(data)
	case textsType:
		return convertTexts(data)
	}
	return convertText(to.Kind(), data)
}

// convertText reads the text of an override as the number or truth it stands for.
func convertText(to reflect.Kind, data any) (any, error) {
	if v, ok := data.(int64); ok && to == reflect.Uint64 && v < 0 {
		return nil, fmt.Errorf("needs a whole number that is not negative, not %d", v)
	}
	s, ok := data.(string)
	if !ok {
		return data, nil
	}
	switch to {
	case reflect.Bool:
		switch s {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
		return nil, fmt.Errorf("needs true or false, not %q", s)
	case reflect.Float64:
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil, fmt.Errorf("needs a number, not %q", s)
		}
		return v, nil
	case reflect.Int, reflect.Uint64:
		return convertInteger(to, s)
	}
	return data, nil
}

func convertInteger(to reflect.Kind, s string) (any, error) {
	if to == reflect.Uint64 {
		v, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("needs a whole number that is not negative, not %q", s)
		}
		return v, nil
	}
	v, err := strconv.Atoi(s)
	if err != nil {
		return nil, fmt.Errorf("needs a whole number, not %q", s)
	}
	return v, nil
}

func convertSize(data any) (any, error) {
	switch v := data.(type) {
	case string:
		return parseSize(v)
	case int64:
		if v > int64(maxSize) {
			return nil, errors.New("is larger than 1000GB")
		}
		return Size(v), nil
	case uint64: // only what an int64 cannot hold
		return nil, errors.New("is larger than 1000GB")
	}
	return data, nil
}

func convertRate(data any) (any, error) {
	switch v := data.(type) {
	case string:
		rate, err := parseRate(v)
		return Rate{From: rate, To: rate}, err
	case int64:
		return Rate{From: float64(v), To: float64(v)}, nil
	case uint64:
		return Rate{From: float64(v), To: float64(v)}, nil
	case float64:
		return Rate{From: v, To: v}, nil
	}
	return data, needBoth(data)
}

func convertDose(data any) (any, error) {
	if s, ok := data.(string); ok {
		d, err := parseDuration(s)
		return Dose{From: d, To: d}, err
	}
	return data, needBoth(data)
}

// needBoth refuses {from: 5}: a ramp down to nothing is asked for, not forgotten.
func needBoth(data any) error {
	m, ok := data.(map[string]any)
	if ok && (m["from"] == nil || m["to"] == nil) {
		return errors.New("needs both from and to")
	}
	return nil
}

func convertSecret(data any) (any, error) {
	switch v := data.(type) {
	case string:
		return Secret{Text: v}, nil
	case map[string]any:
		if (v["env"] == nil) == (v["file"] == nil) {
			return nil, errors.New("needs either env or file")
		}
		return map[string]any{"env": v["env"], "file": v["file"]}, nil
	}
	return data, nil
}

// convertFault lets `hang:` and `hang: true` stand for `hang: {}`.
func convertFault(data any) (any, error) {
	given, ok := data.(map[string]any)
	if !ok {
		return data, nil
	}
	m := maps.Clone(given)
	for _, k := range faultKinds {
		if value, ok := m[k.Name]; ok && (value == nil || value == true) {
			m[k.Name] = map[string]any{}
		}
	}
	return m, nil
}

// convertTexts lets one text stand for a list of one, and a whole number for its digits.
func convertTexts(data any) (any, error) {
	items, ok := data.([]any)
	if !ok {
		items = []any{data}
	}
	texts := make([]string, 0, len(items))
	for _, item := range items {
		switch v := item.(type) {
		case string:
			texts = append(texts, v)
		case int64, uint64:
			texts = append(texts, fmt.Sprint(v))
		}
	}
	return texts, nil
}
