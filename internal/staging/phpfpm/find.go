package phpfpm

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Packages are what a Debian or Ubuntu machine must have installed.
const Packages = "nginx php-fpm php-curl"

// ErrNotInstalled says that a program or extension is missing, and which
// packages have it.
var ErrNotInstalled = errors.New("not installed: apt-get install " + Packages)

type binaries struct{ nginx, php string }

// find looks for nginx and php-fpm, and for libcurl and posix in PHP.
func find() (binaries, error) {
	nginx := newest("nginx", "nginx")
	php := newest("php-fpm", "php-fpm*")
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

// fpmName keeps php-fpm8.2 and php-fpm82, and leaves out php-fpm8.2.conf.
var fpmName = regexp.MustCompile(`^(nginx|php-fpm[0-9.]*)$`)

// newest is the program called name, or else the last in order that matches
// pattern (Debian's are php-fpm8.2 and such), in PATH and the folders for
// system programs, which are not in everybody's PATH. Empty if none.
func newest(name, pattern string) string {
	dirs := append(filepath.SplitList(os.Getenv("PATH")),
		"/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/sbin", "/usr/local/nginx/sbin")
	best := ""
	for _, dir := range dirs {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
		found, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, path := range found {
			_, err := exec.LookPath(path)
			if err == nil && fpmName.MatchString(filepath.Base(path)) && filepath.Base(path) > filepath.Base(best) {
				best = path
			}
		}
	}
	return best
}
