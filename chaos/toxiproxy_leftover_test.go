package chaos

import (
	"slices"
	"testing"
)

// What is undone is no more left over; the others are, in the order in which they were
// made; what is noted again comes last, once.
func TestWhatIsLeftOver(t *testing.T) {
	l := leftover{}
	a, b, search, mail := item{Proxy: "payments", Toxic: "a"}, item{Proxy: "payments", Toxic: "b"}, item{Proxy: "search"}, item{Proxy: "mail", Toxic: "a"}
	for _, step := range []struct{ note, want []item }{
		{[]item{a, b, search, mail}, []item{a, b, search, mail}},
		{[]item{{Proxy: "payments", Toxic: "b", Undone: true}}, []item{a, search, mail}},
		{[]item{{Proxy: "nobody", Undone: true}}, []item{a, search, mail}},
		{[]item{a}, []item{search, mail, a}},
	} {
		for _, i := range step.note {
			l.note(i)
		}
		if !slices.Equal(l.items, step.want) {
			t.Errorf("after %v: left over are %v, want %v", step.note, l.items, step.want)
		}
	}
}
