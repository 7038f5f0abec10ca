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

// StorePackages are what Options.Stores needs as well.
const StorePackages = "mariadb-server redis-server php-mysql"

// SessionPackages are what sessions in Redis need as well.
const SessionPackages = "redis-server php-redis"

// ErrNotInstalled says that a program or extension is missing; what wraps it
// names the packages that have it.
var ErrNotInstalled = errors.New("not installed")

func missing(what, packages string) error {
	return fmt.Errorf("find %s: %w: apt-get install %s", what, ErrNotInstalled, packages)
}

type binaries struct {
	nginx, php     string
	mariadb, redis string   // empty when they are missing
	extensions     []string // of PHP
}

// find looks in dirs for nginx and php-fpm, and in PHP for libcurl and posix.
func find(dirs []string) (binaries, error) {
	nginx, php := staging.Program(dirs, "nginx"), staging.Program(dirs, "php-fpm")
	switch {
	case nginx == "":
		return binaries{}, missing("nginx", Packages)
	case php == "":
		return binaries{}, missing("php-fpm", Packages)
	}
	out, err := exec.Command(php, "-m").Output()
	if err != nil {
		return binaries{}, fmt.Errorf("list extensions of %s: %w", php, err)
	}
	loaded := strings.Fields(string(out))
	for _, extension := range []string{"curl", "posix"} {
		if !slices.Contains(loaded, extension) {
			return binaries{}, missing("PHP's "+extension+" extension", Packages)
		}
	}
	return binaries{nginx, php, staging.Program(dirs, "mariadbd"), staging.Program(dirs, "redis-server"), loaded}, nil
}

// needStores says what the database or the cache lacks.
func (b binaries) needStores() error {
	switch {
	case b.mariadb == "":
		return missing("mariadbd", StorePackages)
	case b.redis == "":
		return missing("redis-server", StorePackages)
	case !slices.Contains(b.extensions, "mysqli"):
		return missing("PHP's mysqli extension", StorePackages)
	}
	return nil
}

// needSessions says what sessions in Redis lack.
func (b binaries) needSessions() error {
	switch {
	case b.redis == "":
		return missing("redis-server", SessionPackages)
	case !slices.Contains(b.extensions, "redis"):
		return missing("PHP's redis extension", SessionPackages)
	}
	return nil
}
