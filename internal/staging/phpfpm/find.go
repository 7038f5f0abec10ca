package phpfpm

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Packages are what a Debian or Ubuntu machine must have installed.
const Packages = "nginx php-fpm php-curl"

// ErrNotInstalled says that a program or extension is missing, and which
// packages have it.
var ErrNotInstalled = errors.New("not installed: apt-get install " + Packages)

type binaries struct{ nginx, php string }

// programDirs are PATH and the folders for system programs, which are not in
// everybody's PATH.
func programDirs() []string {
	return append(filepath.SplitList(os.Getenv("PATH")),
		"/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/sbin", "/usr/local/nginx/sbin")
}

// find looks in dirs for nginx and php-fpm, and in PHP for libcurl and posix.
func find(dirs []string) (binaries, error) {
	nginx, php := program(dirs, "nginx"), program(dirs, "php-fpm")
	switch {
	case nginx == "":
		return binaries{}, fmt.Errorf("find nginx: %w", ErrNotInstalled)
	case php == "":
		return binaries{}, fmt.Errorf("find php-fpm: %w", ErrNotInstalled)
	}
	out, err := exec.Command(php, "-m").Output()
	if err != nil {
		return binaries{}, fmt.Errorf("list extensions of %s: %w", php, err)
	}
	loaded := strings.Fields(string(out))
	for _, extension := range []string{"curl", "posix"} {
		if !slices.Contains(loaded, extension) {
			return binaries{}, fmt.Errorf("find PHP's %s extension: %w", extension, ErrNotInstalled)
		}
	}
	return binaries{nginx, php}, nil
}

// program is the first one in dirs called name, or name and a version, as
// Debian's php-fpm8.2: then the last in order of name. Empty if there is none.
func program(dirs []string, name string) string {
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
