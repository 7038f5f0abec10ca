package staging

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// ProgramDirs are PATH and the folders for system programs, which are not in
// everybody's PATH.
func ProgramDirs() []string {
	return append(filepath.SplitList(os.Getenv("PATH")),
		"/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/sbin", "/usr/local/nginx/sbin")
}

// Program is the first one in dirs called name, or name and a version, as
// Debian's php-fpm8.2: then the last in order of name. Empty if there is none.
func Program(dirs []string, name string) string {
	for _, dir := range dirs {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
		versions, _ := filepath.Glob(filepath.Join(dir, name+"[0-9]*"))
		for _, path := range slices.Backward(versions) {
			if _, err := exec.LookPath(path); err == nil {
				return path
			}
		}
	}
	return ""
}
