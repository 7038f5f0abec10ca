package using

import "testing"

func Test(t *testing.T) {
	if n := Large([]int{1, 2, 3}, 2); n != 1 {
		t.Errorf("%d are above 2, want 1", n)
	}
}
