package journal

import "testing"

// Lines of one meaning have one shape, whatever was asked for, and by whom;
// lines that differ in their error do not.
func TestShape(t *testing.T) {
	for _, row := range []struct {
		x, y string
		same bool
	}{
		{`open() "/srv/a.css" failed (2: No such file or directory), client: ::1`, `open() "/srv/b12.css" failed (2: No such file or directory), client: 10.0.0.1`, true},
		{`open() "/srv/a" failed (2: No such file or directory)`, `open() "/srv/a" failed (13: Permission denied)`, false},
		{`limiting requests, dry run, excess: 0.996 by zone "a"`, `limiting requests, dry run, excess: 12.5 by zone "a"`, true},
		{`directory index of "/a" is forbidden`, `access forbidden by rule`, false},
	} {
		if x, y := Shape(row.x), Shape(row.y); (x == y) != row.same {
			t.Errorf("%q and %q: same is %v, want %v", x, y, x == y, row.same)
		}
	}
	if n := len(Shape(string(make([]byte, 10000)))); n != longestShape {
		t.Errorf("a shape of %d bytes, want %d at most", n, longestShape)
	}
}
