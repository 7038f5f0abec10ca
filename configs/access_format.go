package configs

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// FormatPart is a piece of php-fpm's access.format: Text as it stands, or, when
// Verb is not 0, a value, such as %{milliseconds}d with Verb 'd' and Arg
// "milliseconds", in small letters where php-fpm ignores their case.
type FormatPart struct {
	Text string
	Verb byte
	Arg  string
}

// formatArgs are the verbs of access.format, and the arguments that are read
// with them, the first being what php-fpm takes for none. nil: any argument.
// They are those of php-fpm's sapi/fpm/fpm/fpm_log.c, which ignores their case
// and still takes its old spellings with one l.
var formatArgs = map[byte][]string{
	'C': {"", "total", "user", "system"},
	'd': {"", "seconds", "milliseconds", "milli", "miliseconds", "mili", "microseconds", "micro"},
	'M': {"", "bytes", "kilobytes", "kilo", "megabytes", "mega"},
	'e': nil, 'o': nil, 't': nil, 'T': nil,
	'f': {""}, 'l': {""}, 'm': {""}, 'n': {""}, 'p': {""}, 'P': {""}, 'q': {""},
	'Q': {""}, 'r': {""}, 'R': {""}, 's': {""}, 'u': {""},
}

// ParseAccessFormat takes php-fpm's access.format apart.
func ParseAccessFormat(format string) ([]FormatPart, error) {
	if !utf8.ValidString(format) {
		return nil, errors.New("needs to be UTF-8")
	}
	var parts []FormatPart
	text := func(t string) {
		if n := len(parts); n > 0 && parts[n-1].Verb == 0 {
			parts[n-1].Text += t
		} else if t != "" {
			parts = append(parts, FormatPart{Text: t})
		}
	}
	for {
		before, rest, found := strings.Cut(format, "%")
		text(before)
		if !found {
			return parts, nil
		}
		var arg string
		if inner, ok := strings.CutPrefix(rest, "{"); ok {
			if arg, rest, ok = strings.Cut(inner, "}"); !ok {
				return nil, fmt.Errorf("has %%{%s without a } after it", inner)
			}
		}
		if rest == "" {
			return nil, fmt.Errorf("ends in a %%, which wants a letter after it; a percent sign itself is written %%%%")
		}
		verb := rest[0]
		format = rest[1:]
		if verb == '%' && arg == "" {
			text("%")
			continue
		}
		part, err := formatPart(verb, arg)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
}

// formatPart is a value of the format, with its argument in small letters where
// php-fpm ignores their case.
func formatPart(verb byte, arg string) (FormatPart, error) {
	known, ok := formatArgs[verb]
	lower := strings.ToLower(arg)
	switch {
	case !ok:
		return FormatPart{}, fmt.Errorf("has %%%c, which php-fpm does not know; a percent sign itself is written %%%%", verb)
	case arg == "" && (verb == 'e' || verb == 'o'):
		return FormatPart{}, fmt.Errorf("has %%%c, which php-fpm wants a name for, like %%{REQUEST_URI}%c", verb, verb)
	case known == nil:
		return FormatPart{Verb: verb, Arg: arg}, nil
	case len(known) == 1 && arg != "":
		return FormatPart{}, fmt.Errorf("has %%{%s}%c, and php-fpm takes nothing in braces there: write %%%c", arg, verb, verb)
	case !slices.Contains(known, lower):
		return FormatPart{}, fmt.Errorf("has %%{%s}%c, which php-fpm does not know%s", arg, verb, didYouMean(lower, known[1:]))
	}
	return FormatPart{Verb: verb, Arg: lower}, nil
}

// usableFormat says what makes a format of no use as evidence, or nothing.
func usableFormat(parts []FormatPart) string {
	has := func(verb byte) bool {
		return slices.ContainsFunc(parts, func(p FormatPart) bool { return p.Verb == verb })
	}
	if !has('d') && !has('s') {
		return "tells neither time nor status; add %{milliseconds}d and %s to the pool's access.format, and here"
	}
	return ""
}
