package chaos

import (
	"slices"
	"testing"
)

// What is undone is no more left over; the others are, in the order in which they were
// made; what is noted again comes last, once.
func TestWhatIsLeftOver(t *testing.T) {
	l := leftover{}
	for _, i := range []item{
		{Proxy: "payments", Toxic: "a"}, {Proxy: "payments", Toxic: "b"}, {Proxy: "search"}, {Proxy: "mail", Toxic: "a"},
		{Proxy: "payments", Toxic: "b", Undone: true}, {Proxy: "nobody", Undone: true}, {Proxy: "payments", Toxic: "a"},
	} {
		l.note(i)
	}
	if want := []item{{Proxy: "search"}, {Proxy: "mail", Toxic: "a"}, {Proxy: "payments", Toxic: "a"}}; !slices.Equal(l.items, want) {
		t.Errorf("left over are %v, want %v", l.items, want)
	}
}
