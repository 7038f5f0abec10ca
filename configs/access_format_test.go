package configs

import (
	"reflect"
	"strings"
	"testing"
)

// The example in php-fpm's own www.conf, with each kind of piece.
func TestParseAccessFormat(t *testing.T) {
	got, err := ParseAccessFormat(`%R - %{%Y-%m-%dT%H:%M:%S%z}t "%m %r%Q%q" %{milli}d %C%%`)
	want := []FormatPart{
		{Verb: 'R'}, {Text: " - "}, {Verb: 't', Arg: "%Y-%m-%dT%H:%M:%S%z"}, {Text: ` "`}, {Verb: 'm'}, {Text: " "},
		{Verb: 'r'}, {Verb: 'Q'}, {Verb: 'q'}, {Text: `" `}, {Verb: 'd', Arg: "milli"}, {Text: " "}, {Verb: 'C'}, {Text: "%"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

// What php-fpm itself takes and refuses: asked of it by a test of reports/evidence.
func TestParseAccessFormatArguments(t *testing.T) {
	for format, want := range map[string]FormatPart{
		"%{mili}d": {Verb: 'd', Arg: "mili"}, "%{miliseconds}d": {Verb: 'd', Arg: "miliseconds"}, "%{MILLI}d": {Verb: 'd', Arg: "milli"},
		"%{KILO}M": {Verb: 'M', Arg: "kilo"}, "%{Bytes}M": {Verb: 'M', Arg: "bytes"}, "%{TOTAL}C": {Verb: 'C', Arg: "total"},
		"%{}d": {Verb: 'd'}, "%{HTTP_Host}e": {Verb: 'e', Arg: "HTTP_Host"}, "%{%F}T": {Verb: 'T', Arg: "%F"},
	} {
		if got, err := ParseAccessFormat(format); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %+v, %v, want %+v", format, got, err, want)
		}
	}
	for format, want := range map[string]string{
		"%e": "wants a name for", "%o": "wants a name for", "%{x}s": "write %s", "%{x}%": "does not know",
		"%{MILLYS}d": `did you mean "milli"?`, "%a": "does not know", "%{x": "without a }", "%": "ends in a %",
	} {
		if got, err := ParseAccessFormat(format); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v, want an error with %q", format, got, err, want)
		}
	}
}
