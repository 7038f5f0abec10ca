package configs

import (
	"reflect"
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
