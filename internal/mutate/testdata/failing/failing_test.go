package failing

import "testing"

func Test(t *testing.T) {
	if Two() != 2 {
		t.Error("two is not two")
	}
}
