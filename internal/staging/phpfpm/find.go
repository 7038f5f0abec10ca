package phpfpm

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/tailback/tailback/internal/staging"
)

// Packages are what a Debian or Ubuntu machine must have installed.
const Packages = "nginx php-fpm php-curl"

// ErrNotInstalled says that a program or extension is missing, and which
// packages have it.
var ErrNotInstalled = errors.New("not installed: apt-get install " + Packages)

type binaries struct{ nginx, php string }

// find looks in dirs for nginx and php-fpm, and in PHP for libcurl and posix.
func find(dirs []string) (binaries, error) {
	nginx, php := staging.Program(dirs, "nginx"), staging.Program(dirs, "php-fpm")
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
