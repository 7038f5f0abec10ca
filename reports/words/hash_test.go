package words

import (
	"strings"
	"testing"
)

// SHA-1 has 40 digits, SHA-256 has 64; what is no hash is somebody's own name for it.
func TestShortHash(t *testing.T) {
	for value, want := range map[string]string{
		strings.Repeat("3f9c2ab8d0", 4):       "3f9c2ab8d03f",
		strings.Repeat("3f9c2ab8", 8):         "3f9c2ab83f9c",
		strings.Repeat("3f9c2ab8d0", 4) + "0": strings.Repeat("3f9c2ab8d0", 4) + "0",
		strings.Repeat("release/42", 4):       strings.Repeat("release/42", 4),
		"main":                                "main",
	} {
		if got := ShortHash(value); got != want {
			t.Errorf("%q becomes %q, want %q", value, got, want)
		}
	}
}
