package main

import "testing"

func TestClip(t *testing.T) {
	for _, c := range []struct {
		line  string
		width int
		want  string
	}{
		{"10s of 40s  hang", 79, "10s of 40s  hang"}, {"10s of 40s  hang", 7, "10s of "}, {"naïve", 3, "naï"}, {"x", 0, ""}, {"x", -1, ""},
	} {
		if got := clip(c.line, c.width); got != c.want {
			t.Errorf("clip(%q, %d) = %q, want %q", c.line, c.width, got, c.want)
		}
	}
}
