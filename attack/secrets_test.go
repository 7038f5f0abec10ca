package attack

import (
	"fmt"
	"testing"
)

// Values are hidden wherever they stand, whole, escaped or cut off at the end; the
// oldest are forgotten.
func TestRecent(t *testing.T) {
	t.Parallel()
	var r recent
	if got := r.hide("token-1/a"); got != "token-1/a" {
		t.Errorf("got %q of none", got)
	}
	for _, value := range []string{"token-1/a", "token-1/a", "token-1/abc", "short"} {
		r.add(value)
	}
	for text, want := range map[string]string{
		"no token-1/a here":         "no [hidden] here",
		"token-1/abc and token-1/a": "[hidden] and [hidden]",
		"?t=token-1%2Fa&x=1":        "?t=[hidden]&x=1",
		"cut off: token-1/":         "cut off: [hidden]",
		"token-2/a, short":          "token-2/a, short",
		"token-1/x, another":        "token-1/x, another",
		"token-":                    "token-",
		"":                          "",
	} {
		if got := r.hide(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for i := range maxRecent {
		r.add(fmt.Sprintf("number-%06d", i))
	}
	if got := r.hide("token-1/a number-000000"); got != "token-1/a [hidden]" {
		t.Errorf("got %q, want the newest %d hidden, and no more", got, maxRecent)
	}
	if len(r.order) != maxRecent {
		t.Errorf("keeps %d, want %d", len(r.order), maxRecent)
	}
}
