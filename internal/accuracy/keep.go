package accuracy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Keep writes text under the heading title into a file of such sections, in the
// place of what was there.
func Keep(file, title, text string) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keep %q: %w", title, err)
	}
	if err := os.WriteFile(file, []byte(replaceSection(string(old), title, text)), 0o644); err != nil {
		return fmt.Errorf("keep %q: %w", title, err)
	}
	return nil
}

// replaceSection puts text under the heading title, in the place of what was
// there up to the next heading, or at the end.
func replaceSection(file, title, text string) string {
	section := "# " + title + "\n\n" + strings.TrimSpace(text) + "\n"
	parts := strings.SplitAfter("\n"+strings.TrimSpace(file), "\n# ")
	var out []string
	found := false
	for _, part := range parts {
		body := strings.TrimSuffix(part, "\n# ")
		switch {
		case strings.TrimSpace(body) == "":
		case strings.HasPrefix(body, title+"\n"):
			out, found = append(out, section), true
		default:
			out = append(out, "# "+strings.TrimSpace(body)+"\n")
		}
	}
	if !found {
		out = append(out, section)
	}
	return strings.Join(out, "\n")
}
