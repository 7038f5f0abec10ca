package words_test

import (
	"testing"

	"github.com/tailback/tailback/reports/words"
)

func TestSpoken(t *testing.T) {
	for _, row := range []struct {
		answers     map[string]int64
		connections int64
		want        string
	}{
		{map[string]int64{"HTTP/2.0": 1200}, 1, "HTTP/2.0 over 1 connection"},
		{map[string]int64{"HTTP/1.1": 1, "HTTP/2.0": 1200}, 12, "HTTP/2.0 (1,200 answers), HTTP/1.1 (1 answer) over 12 connections"},
		{map[string]int64{}, 3, "no answer over 3 connections"},
	} {
		if got := words.Spoken(row.answers, row.connections); got != row.want {
			t.Errorf("got %q, want %q", got, row.want)
		}
	}
}
