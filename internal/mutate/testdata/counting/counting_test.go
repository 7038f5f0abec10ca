package counting

import "testing"

var _ [size]int = [3]int{}

func Test(t *testing.T) {
	list := []int{1, 2, 3, 4}
	if n := Below(list, 3); n != 2 {
		t.Errorf("%d below 3", n)
	}
	if n := Above(list, 0); n != 4 {
		t.Errorf("%d above 0", n)
	}
	if n := To(3); n != 3 {
		t.Errorf("counted to %d", n)
	}
}
